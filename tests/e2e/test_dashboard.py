"""The dashboard, as people see it in a browser; what the guardian answers is played."""

import asyncio
from collections.abc import AsyncIterator, Iterator
import json
from typing import Any

import pytest
import pytest_socket

from simulator.demo.processes import ROOT

from .screen import seat
from .stage.plays import at, ended, engine, finding, findings, line, member, mended, power, proposal, source
from .theatre import PATH, Theatre, open_theatre, processes, raise_curtain

FOLDER = ROOT / "custom_components/home_server_monitor/dashboard"
HOSTILE = '<img src=x onerror="window.hacked=1">\u202egnp.exe ' + "W" * 300
READ = r'<img src=x onerror="window\.hacked=1"> gnp\.exe W+…'
WELL = ("All well", r"Checked \d+ s ago")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """Where a Home Assistant with the stage in it is, and the tokens of its users."""
    pytest_socket.enable_socket()
    hass, server = processes(tmp_path_factory.mktemp("dashboard"))
    try:
        hass.start()
        server.start()
        yield hass.url, asyncio.run(raise_curtain(hass, server))
        errors = [each for each in hass.log.read_text().splitlines() if " ERROR " in each]
        # what the stage refuses is logged as the error of a call
        assert not [each for each in errors if "[custom_components.home_server_monitor" in each]
    finally:
        hass.stop()
        server.stop()


@pytest.fixture
async def theatre(running: Any, socket_enabled: None) -> AsyncIterator[Theatre]:
    """The theatre, with nothing wrong on its stage."""
    async with open_theatre(*running) as theatre:
        await theatre.show(
            list_findings=findings(),
            list_proposals={"proposals": [], "history": []},
            list_journal={"journal": []},
        )
        await theatre.played()
        yield theatre


async def test_what_is_wrong_comes_first_and_is_followed_as_it_changes(theatre: Theatre) -> None:
    said = "Scrub: done. Approved by Ann."
    worse = finding(
        2,
        done=said,
        severity="critical",
        title="Pool vault: lost one of two disks",
        answers=["ordered", "replacing"],
    )
    changed = {"at": at(minutes=40), "text": "Plex image changed, not by us"}
    asked = finding(1, proposal="p", verb="Start scrub", risk="low", changes=[changed])
    follows = finding(3, state="inhibited", inhibited_by=worse["id"], title="Disk sdb: 3 unreadable sectors")
    missing = source(missing=["SMART readings: would light the forecast of failing disks"])
    await theatre.show(list_findings=findings(asked, worse, follows, sources=[missing]))
    async with seat(theatre, theatre.owner, "phone") as screen:
        await screen.go("overview")
        shown = await screen.until("2 problems", "Free space", "Found: 3 pools, 5 disks, 8 apps")
        told = [
            "2 problems",
            worse["title"],
            asked["title"],
            "Missing",
            *missing["missing"],
            "CPU usage",
            "Disks",
        ]
        assert [each for each in shown if each in told] == told
        assert {asked["meaning"], asked["advice"], "Proposed: Start scrub (low risk)"} <= {*shown}
        assert any(each.startswith("since ") and each.endswith(", 3 h ago") for each in shown)
        assert await screen.link("See Approvals") == f"/{PATH}/approvals"
        assert f"{said} It stays here until it is seen to be over." in " ".join(shown)
        assert await screen.link("I am replacing it…") == "/config/repairs"
        # what follows from another problem is folded away
        assert "1 more that you know of or that follows from another" in shown
        await screen.hold()

        await screen.press(f"Acknowledge: {worse['title']}")
        await screen.until("1 problem", f"Acknowledged: {worse['title']}")
        await screen.press(f"Snooze: {asked['title']}")
        await screen.until(*WELL, "3 more that you know of or that follow from another")
        assert await theatre.played() == [
            {"action": "acknowledge", "finding": worse["id"]},
            {"action": "snooze", "finding": asked["id"]},
        ]

        # pushed, long before the next look
        lost = source(state="lost", checked=at(hours=1))
        await theatre.show(list_findings=findings(sources=[lost]))
        await screen.until(
            "Nothing wrong found, but not everything answers",
            "Does not answer",
            gone=("All well",),
            within=5,
        )
        await theatre.show(refuse={"list_findings": "The journal cannot be read"})
        await screen.until(
            "Not available", "The journal cannot be read", gone=(*WELL, lost["found"]), within=5
        )
        await theatre.show(list_findings=findings())
        await screen.until(*WELL, gone=("Not available",), within=5)

        # the connection breaks, and comes again by itself
        await screen.run("document.querySelector('home-assistant').hass.connection.socket.close()")
        await theatre.show(list_findings=findings(finding()))
        await screen.until("1 problem", gone=("Not available",))

        forty = [finding(number, title=f"Disk {number}: failing") for number in range(40)]
        await theatre.show(list_findings=findings(*forty))
        shown = await screen.until("40 problems", "Show 30 more", within=5)
        assert sum("failing" in each for each in shown) == 10
        await screen.press("more")
        assert sum("failing" in each for each in await screen.until("Show fewer")) == 40
        await screen.hold()


async def test_what_was_mended_stays_for_a_while(theatre: Theatre) -> None:
    done = mended()
    await theatre.show(list_findings=findings(mended=[done]))
    async with seat(theatre, theatre.owner, "phone") as screen:
        await screen.go("overview")
        await screen.until(*WELL, done["title"], done["text"], "2 h ago")
        await screen.hold()
        # beside what is wrong it comes after that
        await theatre.show(list_findings=findings(finding(), mended=[done]))
        shown = await screen.until("1 problem", done["title"], within=5)
        assert shown.index(finding()["title"]) < shown.index(done["title"])
        await theatre.show(list_findings=findings())
        await screen.until(*WELL, gone=(done["title"],), within=5)


async def test_an_administrator_decides(theatre: Theatre) -> None:
    scrub, snapshot = proposal(1), proposal(2, title="Snapshot of tank/media", verb="Take snapshot")
    reboot = proposal(
        3, title="Reboot truenas", risk="high", needs_typing=True, typed_name="truenas", verb="Reboot"
    )
    await theatre.show(
        list_proposals={"proposals": [scrub, snapshot, reboot], "history": [ended(4)]},
        list_journal={"journal": [line()]},
    )
    async with seat(theatre, theatre.owner, "desktop") as screen:
        await screen.go("approvals")
        shown = await screen.until("Waiting for you", "Journal", line()["text"])
        wanted = {"what", "why", "undo", "title"}
        assert {scrub[key] for key in wanted} | {"Plex, Photos", "low risk", "Expires in 3 h"} <= {*shown}
        assert {"The scrub runs", "1 day ago", "by Owner"} <= {*shown}
        # what interrupts things is not decided by one press
        assert not [each for each in await screen.buttons() if reboot["title"] in each]
        assert await screen.link("Open in Repairs") == "/config/repairs"
        await screen.hold()

        await screen.press(f"Approve: Start scrub, {scrub['title']}")
        await screen.until("Running", f"Approved: {scrub['title']}")
        await theatre.show(refuse={"deny": "This has been decided already"})
        await screen.press(f"Deny: {snapshot['title']}")
        await screen.until("That did not work: This has been decided already")
        assert await theatre.played() == [
            {"action": "approve", "proposal": scrub["id"]},
            {"action": "deny", "proposal": snapshot["id"]},
        ]
        await theatre.show(list_proposals={"proposals": [], "history": []}, list_journal={"journal": []})
        await screen.until("Nothing waits for you", "Nothing was done yet.", within=5)
        await screen.hold()


async def test_what_strangers_wrote_is_text(theatre: Theatre) -> None:
    await theatre.show(
        list_findings=findings(
            finding(
                title=HOSTILE,
                meaning=HOSTILE,
                object_name=HOSTILE,
                risk=HOSTILE,
                verb=HOSTILE,
                proposal="p",
                device_id='"><img src=x onerror="window.hacked=1">',
                changes=[{"at": HOSTILE, "text": HOSTILE}],
            ),
            mended=[mended(title=HOSTILE, text=HOSTILE, at=HOSTILE)],
            sources=[source(name=HOSTILE, found=HOSTILE, state=HOSTILE, missing=[HOSTILE])],
        ),
        list_proposals={
            "proposals": [
                proposal(title=HOSTILE, what=HOSTILE, depends=[HOSTILE], verb=HOSTILE, expires="never")
            ],
            "history": [ended(1, title=HOSTILE, outcome=HOSTILE, by=HOSTILE)],
        },
        list_journal={"journal": [line(text=HOSTILE, by=HOSTILE)]},
    )
    async with seat(theatre, theatre.owner, "phone") as screen:
        for view in ("overview", "approvals"):
            await screen.go(view)
            shown = await screen.until(READ)
            assert not [each for each in shown if "\u202e" in each or len(each) > 400]
            await screen.hold()


async def test_an_engine_at_a_glance(theatre: Theatre) -> None:
    plex = member("plex", latest="4f2c9a1b")
    ill, ended_, wrong = (
        member("sonarr", health="unhealthy"),
        member("old", state="exited", cpu_percent=None, memory=None),
        member(HOSTILE, state=HOSTILE),
    )
    many = [member(f"extra {number}") for number in range(30)]
    dark = "Details of containers: this access may not inspect them"
    await theatre.show(engine_overview=engine(plex, *many, ended_, ill, wrong, missing=[dark, HOSTILE]))
    async with seat(theatre, theatre.owner, "phone") as screen:
        await screen.go("overview")
        await screen.until(*WELL)
        await screen.run("""
          const card = document.createElement("home-server-monitor-engine");
          card.setConfig({ device: "d", source: "e" });
          card.hass = document.querySelector("home-assistant").hass;
          document.body.replaceChildren(card);""")
        told = ["sonarr", "old", "plex", "extra 0", "media"]
        shown = await screen.until(
            "3 GiB of 32 GiB", "72 of 100 · 1 serious", "New: 4f2c9a1b", "Unhealthy", "Ended", dark, READ
        )
        # what needs a look comes first
        assert [each for each in shown if each in told] == told
        assert "Show 14 more" in shown
        await screen.press("more")
        assert "extra 29" in await screen.until("Show fewer")
        await screen.hold()
        await theatre.show(refuse={"engine_overview": "The engine is away"})
        await screen.until("The engine is away", gone=("3 GiB of 32 GiB", "plex"), within=5)


async def test_others_see_what_is_wrong_and_decide_nothing(theatre: Theatre) -> None:
    await theatre.show(list_findings=findings(finding(proposal="p", verb="Start scrub")))
    async with seat(theatre, theatre.guest, "phone") as screen:
        await screen.go("overview")
        await screen.until("1 problem", "An administrator is asked about it: Start scrub", "CPU usage")
        assert await screen.buttons() == []
        await screen.hold()
        # but to do less is everybody's
        outage = finding(rule="power_outage", title="Power outage: Rack", answers=["cancel"])
        await theatre.show(list_findings=findings(outage), power_overview=power())
        await screen.go("overview")
        await screen.until("Power outage: Rack")
        assert await screen.buttons() == ["Cancel: Power outage: Rack"]
        await screen.press("Cancel: Power outage: Rack")
        await screen.until("Cancelled: Power outage: Rack")
        assert [each["action"] for each in await theatre.played() if each["action"] == "power_cancel"]
        await screen.run("""
          const card = document.createElement("home-server-monitor-power");
          card.setConfig({});
          card.hass = document.querySelector("home-assistant").hass;
          document.body.replaceChildren(card);""")
        shown = await screen.until(
            "2 stopped while the power is out", "sonarr", "17 min 5 s", "Shed and wait, approved", within=10
        )
        assert {"8 min, too short", "Never ran", "running updates"} <= {*shown}
        await screen.hold()
        await screen.go("approvals")
        shown = await screen.until("Approvals and the journal are for administrators of this Home Assistant.")
        assert "Journal" not in shown
        await screen.hold()


async def test_it_is_offered_without_yaml_and_every_file_loads(theatre: Theatre) -> None:
    async with seat(theatre, theatre.owner, "desktop") as screen:
        await screen.page.open("/config/lovelace/dashboards")
        await screen.page.click("Add dashboard")
        await screen.until(
            "What is wrong with your home server, what is proposed about it, and what was done."
        )
        folder = await screen.run(
            "return performance.getEntriesByType('resource').map((each) => each.name)"
            ".find((name) => name.endsWith('/strategy.js')).replace('/strategy.js', '')"
        )
        wrong = {path.name: await screen.load(f"{folder}/{path.name}") for path in FOLDER.glob("*.js")}
        assert {name: said for name, said in wrong.items() if said} == {}
        await screen.hold()
        await _several_servers(screen, folder)


async def _several_servers(screen: Any, folder: str) -> None:
    """Two households and a host with many disks: each card knows whose it is, and nobody gets a hundred tiles."""
    base = {"manufacturer": "Home Server Monitor", "entry_type": "service", "via_device_id": None}
    ours = "home_server_monitor"
    devices = {
        "a": base | {"id": "a", "name": "Cabin", "identifiers": [[ours, "01J"]]},
        "b": base | {"id": "b", "name": "Home", "identifiers": [[ours, "home"]]},
        "n": {"id": "n", "name": "nas", "via_device_id": "b", "identifiers": [[ours, "n"]]},
        "e": {
            "id": "e",
            "name": "media",
            "via_device_id": "b",
            "identifiers": [[ours, "e"]],
            "manufacturer": "Docker",
        },
        "x": {"id": "x", "name": "else", "via_device_id": "b", "identifiers": [["hue", "n"]]},
    }
    entities = {"switch.hold": {"entity_id": "switch.hold", "device_id": "b", "platform": ours}}
    for number in range(100):
        key, entity = f"d{number}", f"sensor.disk_{number}"
        devices[key] = {
            "id": key,
            "name": f"disk {number}",
            "via_device_id": "n",
            "identifiers": [[ours, f"n_disk_{key}"]],
        }
        entities[entity] = {"entity_id": entity, "device_id": key, "platform": ours}
    hass = {
        "devices": devices,
        "entities": entities,
        "states": {entity: {} for entity in entities},
        "user": {"is_admin": True},
    }
    views = await screen.run(f"""
      const hass = {json.dumps(hass)};
      const {{ OverviewView }} = await import("{folder}/overview-view.js");
      const {{ ContainersView }} = await import("{folder}/containers-view.js");
      const {{ ApprovalsView }} = await import("{folder}/approvals-view.js");
      return Promise.all([
        OverviewView.generate({{}}, hass), ApprovalsView.generate({{}}, hass), OverviewView.generate({{ server: "home" }}, hass),
        ContainersView.generate({{}}, hass),
      ]);""")
    both, approvals, home, engines = (
        [card for part in view["sections"] for card in part["cards"]] for view in views
    )
    assert [card["server"] for card in both if card["type"].endswith("-findings")] == ["01J", "home"]
    assert [card["server"] for card in home if card["type"].endswith("-findings")] == ["home"]
    shown = [card for card in engines if "source" in card]
    assert [(card["type"].rpartition("-")[2], card.get("server")) for card in shown] == [
        ("findings", "home"),
        ("engine", None),
    ]
    assert shown[1] == {"type": "custom:home-server-monitor-engine", "device": "e", "source": "e"}
    assert [card["entity"] for card in approvals if card["type"] == "tile"] == ["switch.hold"]
    tiles = [card["entity"] for card in both if card["type"] == "tile"]
    assert tiles == [f"sensor.disk_{number}" for number in range(48)]
    assert "and 52 more" in [card.get("heading") for card in both]
