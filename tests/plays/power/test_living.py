"""The plan in Home Assistant: what it does to a household whose power fails, and how all of it comes back."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import CONF_KIND, DOMAIN
from custom_components.home_server_monitor.guardian.contract import Risk, Severity
from custom_components.home_server_monitor.guardian.remediation import State as Done
from custom_components.home_server_monitor.plays.power_plan import play
import simulator
from simulator.clock import Clock
from simulator.harbour import Containers
from simulator.media import MediaWorld, add_client
from simulator.media.faces import FACES
from tests.conftest import LAST_PING, nas_entry
from tests.warp import Warp

from .living import Living, add_phone, entry_of

MINUTE = 60.0


@pytest.fixture
async def living(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    socket_enabled: None,
    warp: Warp,
    server_entry: MockConfigEntry,
    hass_admin_user: MockUser,
) -> AsyncIterator[Living]:
    """The household, on mains, without a plan."""
    world = MediaWorld(Clock(moving=False))
    add_client(world, "qbittorrent", "5.1.0")
    face = FACES["qbittorrent"](world, "qbittorrent")
    downloads = TestServer(face.app())
    await downloads.start_server()
    asked = Containers(apps=True)
    async with simulator.run(version="25.10", profile="frozen", containers=asked, ups=True) as sim:
        found = Living(hass, server_entry, hass_admin_user, warp, sim, face.client)
        # the NAS itself only acts on a low battery
        found.ups.settings.shutdown = "LOWBATT"
        found.phone = add_phone(hass, hass_admin_user, found.pushes)
        found.set()
        assert await hass.config_entries.async_setup(server_entry.entry_id)
        url = str(downloads.make_url("/")).rstrip("/")
        login = {"url": url, "product": "qbittorrent", "username": face.username, "password": face.password}
        entries = [
            nas_entry(sim),
            entry_of("containers", unique_id="engine-1", title="media", url=sim.harbour.docker_url),
            entry_of("downloads", **login),
            entry_of(
                "ups",
                host="127.0.0.1",
                port=sim.nut.port,
                ups="ups",
                username="ha",
                password=sim.world.ups.settings.extra["ha"],
                title="Keeper",
            ),
        ]
        for entry in entries:
            entry.add_to_hass(hass)
            assert await hass.config_entries.async_setup(entry.entry_id), entry.reason
        await asyncio.sleep(30)
        yield found
        for entry in (*entries, server_entry):
            if entry.state is ConfigEntryState.LOADED:
                await hass.config_entries.async_unload(entry.entry_id)
        await downloads.close()
        await asyncio.sleep(LAST_PING)


CHOSEN = ("Sonarr", "gluetun", "qbittorrent", "immich_server", "immich_postgres", "nodered")


async def test_a_household_through_its_outages(living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    """One set-up, many cases: each leaves the household as it found it."""
    it = living
    it.client.max_active = 5
    chosen = {
        item.name: item.node
        for load in (await it.play.load()).values()
        for item in load.items
        if item.name in CHOSEN and item.node
    }
    assert chosen.keys() == set(CHOSEN)
    plan = {"power_chosen": [*chosen.values()], "power_never": [chosen["nodered"]]}
    await _brief(it)
    await _reported(it)
    await _approved(it, plan)
    await _shed_and_back(it)
    await _cancelled(it)
    await _stopped_by_the_switch(it)
    await _killed(it)
    await _practised(it)
    await _lapsed(it, plan)
    await _announced(it, monkeypatch)
    await _decided(it, plan)
    await _taken_away(it)


async def _brief(it: Living) -> None:
    """An outage that is shorter than the hold-off tells nobody."""
    it.fail()
    await it.until(lambda: it.state("power_plan_state").state == "on_battery")
    assert it.guardian.desk.helm.outage
    await asyncio.sleep(20)
    it.come_back()
    await it.until(lambda: it.state("power_plan_state").state == "online")
    await asyncio.sleep(20)
    assert it.pushes == []
    assert not it.guardian.desk.helm.outage
    driver = it.play.driver
    assert driver is not None
    found = []
    for _ in range(2):
        # a step without another reading counts it no second time
        await driver._step()
        assert driver.inputs is not None
        found.append(driver.inputs.new)
    assert it.play.ups is not None
    it.play.ups.looks += 1
    await driver._step()
    assert [*found[1:], driver.inputs.new] == [False, True]
    await it.back()


async def _reported(it: Living) -> None:
    """Without a plan it only says what it would do."""
    it.forget()
    for refused in ("power_plan_not_approved", "on_battery"):
        with pytest.raises(ServiceValidationError) as err:
            await it.ask("power_drill", real=True)
        assert err.value.translation_key == refused
        if refused == "power_plan_not_approved":
            it.fail()
            await it.until(lambda: it.state("power_plan_state").state == "on_battery")
    await it.until(lambda: len(it.pushes) == 2)
    assert "would stop the load in 30 s" in it.said[0]
    assert "17 min left" in it.said[0]
    it.come_back()
    await it.back()
    assert "Power is back after" in it.said[-1]
    assert not it.records("shed_load")
    assert it.running(*CHOSEN)


async def _approved(it: Living, plan: dict[str, Any]) -> None:
    """A plan that is written waits for exactly its approval, in Repairs; until then it only reports."""
    it.forget()
    it.set(power_mode="prepare", **plan)
    await it.until(lambda: "power_plan_unapproved" in it.rules())
    it.fail()
    await it.until(lambda: len(it.pushes) == 2)
    it.come_back()
    await it.back()
    assert not it.records("shed_load")
    assert "only reports" in it.said[0]
    record = await it.approve()
    assert (record.state, record.risk) == (Done.SUCCEEDED, Risk.MEDIUM)
    await it.until(lambda: "power_plan_unapproved" not in it.rules())
    listed = await it.ask("list_standing")
    (standing,) = listed["standing"]
    assert standing["action"] == "shed_load"
    assert "After 30 s on battery" in standing["says"]
    assert "Never: nodered." in standing["says"]


async def _shed_and_back(it: Living) -> None:
    """Downloads first, then what needs others, databases last; all of it comes back in reverse, in one notification."""
    it.forget()
    it.fail()
    await it.until(lambda: it.said and it.said[-1].startswith("On battery. Paused or stopped: "), 5 * MINUTE)
    await it.until(lambda: not it.ups.logins)
    assert it.resting
    assert not it.running("gluetun")
    assert it.running("nodered")
    at = {each.target: each.created for each in it.records("stop_container")}
    assert max(at["qbittorrent"], at["immich_server"]) < min(at["gluetun"], at["immich_postgres"])
    paused = it.records("pause_downloads")[0]
    assert paused.created < min(at.values())
    assert "nodered" not in at
    assert all(each.part_of for each in (paused, *it.records("stop_container"), *it.records("stop_app")))
    assert it.guardian.proposals.refusal() == "on_battery"
    assert any("Stopping downloads." in each for each in it.said)
    assert any("Stopping apps and containers." in each for each in it.said)
    seen = await it.ask("power_overview")
    assert [(each["state"], each["answers"]) for each in seen["units"]] == [("on_battery", True)]
    plan = seen["plan"]
    assert (plan["state"], plan["mode"], plan["approved"]) == ("load_shed", "prepare", True)
    assert plan["can_cancel"]
    assert plan["says"].startswith("On battery. Paused or stopped: ")
    assert {"gluetun", "immich_postgres"} <= {*plan["stopped"]}
    took = {each["name"]: each["took"] for each in plan["stages"]}
    assert took["apps and containers"] > 0
    it.come_back(30.0)
    await it.until(lambda: "starts again once the battery has 50 %" in it.said[-1], 3 * MINUTE)
    await asyncio.sleep(20)
    assert not it.running("gluetun")
    it.ups.charge = 55.0
    begun = it.started()
    await it.back()
    assert it.running(*CHOSEN)
    assert not it.resting
    again = it.started()[len(begun) :]
    assert again.index("immich_postgres") < again.index("immich_server")
    assert again.index("gluetun") < again.index("qbittorrent")
    assert not it.guardian.desk.leases.changes
    assert it.said[-1].startswith("Power back after")
    assert len({each["data"]["tag"] for each in it.pushes}) == 1
    assert it.said[-1].endswith("all restored.")
    loud = [each for each in it.pushes if "alert_once" not in each["data"]]
    assert [each["message"][:13] for each in loud] == ["On battery, 1", "On battery, 1", "Power is back"]


async def _cancelled(it: Living) -> None:
    """A tap on Cancel ends the countdown, for this outage; so does the action, for anybody."""
    it.forget()
    with pytest.raises(ServiceValidationError) as err:
        await it.act("power_cancel")
    assert err.value.translation_key == "nothing_to_answer"
    it.fail()
    await it.until(lambda: it.pushes)
    countdown = (await it.ask("power_overview"))["plan"]
    assert (countdown["state"], countdown["stopped"]) == ("countdown", [])
    assert countdown["ends"]
    listed = (await it.ask("list_findings"))["findings"]
    assert [each["answers"] for each in listed if each["rule"] == "power_outage"] == [["cancel"]]
    await it.act("power_cancel")
    await it.until(lambda: it.said[-1].startswith("Cancelled: nothing is stopped"))
    it.come_back()
    await it.back()
    it.forget()
    it.fail()
    await it.until(lambda: it.pushes)
    await it.tap("cancel")
    await it.until(lambda: it.said[-1].startswith("Cancelled"))
    await asyncio.sleep(45)
    assert it.running(*CHOSEN)
    assert it.state("power_plan_state").state == "on_battery"
    it.come_back()
    await it.back()


async def _stopped_by_the_switch(it: Living) -> None:
    """Stop all actions stops the plan, and says so at once; what is stopped already still comes back."""
    it.forget()
    it.fail()
    await it.until(lambda: it.resting)
    await it.guardian.desk.hold(True, it.admin)
    await it.until(lambda: any("Stop all actions is on" in each for each in it.said))
    assert "power_plan_powerless" in it.rules()
    it.come_back()
    await it.back()
    assert it.running(*CHOSEN)
    assert not it.resting
    await it.guardian.desk.hold(False, it.admin)
    await it.until(lambda: "power_plan_powerless" not in it.rules(), 3 * MINUTE)


async def _killed(it: Living) -> None:
    """Killed while it sheds, it goes on; killed once all is shed, it still brings all of it back."""
    it.forget()
    it.fail()
    await it.until(lambda: it.resting)
    await it.kill()
    await it.until(lambda: not it.running("immich_postgres") and not it.running("Sonarr"), 5 * MINUTE)
    await it.until(lambda: it.said[-1].startswith("On battery. Paused or stopped: "), 5 * MINUTE)
    await it.kill()
    it.come_back()
    await it.back()
    assert it.running(*CHOSEN)
    assert not it.resting
    assert not it.guardian.desk.leases.changes
    stops = [each.target for each in it.records("stop_container") if each.created > it.since]
    assert len(stops) == len(set(stops))


async def _practised(it: Living) -> None:
    """Dry it touches nothing; for real it stops and starts, and says how long that took."""
    it.forget()
    dry = await it.ask("power_drill")
    stages = {each["stage"]: each for each in dry["stages"]}
    assert "gluetun" in stages["workloads"]["ends"]
    assert dry["covered"] is True
    ends = len(stages["workloads"]["ends"])
    assert 30 < stages["workloads"]["at_most"] < 120 * ends, "databases have 120 s each, five end at a time"
    # the NAS waits for a low battery, which leaves it time enough, until it is found to take longer
    assert "power_low_too_late" not in {each.rule for each in it.play.findings}
    it.play.keeping.took("nas", 280.0, whole=True)
    (late,) = (each for each in it.play.findings if each.rule == "power_low_too_late")
    assert late.severity is Severity.WARNING
    assert (late.placeholders["needed"], late.placeholders["seconds"]) == ("6 min", "540")
    it.play.keeping._times.pop("nas")
    assert {"name": "nodered", "reason": "it is on the list of what is never stopped"} in stages["workloads"][
        "left_alone"
    ]
    assert it.running(*CHOSEN)
    helm, drill = it.guardian.desk.helm, it.play.drill
    for thing, name, why in ((helm, "hold", "hold_is_on"), (drill, "runs", "busy")):
        setattr(thing, name, True)
        with pytest.raises(ServiceValidationError) as err:
            await it.ask("power_drill", real=True)
        assert err.value.translation_key == why
        setattr(thing, name, False)
    assert it.running(*CHOSEN)
    real = await it.ask("power_drill", real=True)
    assert {"gluetun", "immich_postgres", "Sonarr"} <= set(real["ended"]) == set(real["back"])
    assert not real["not_well"]
    assert not real["left"]
    assert it.running(*CHOSEN)
    assert it.play.keeping.time_of("workloads")
    assert it.pushes == []
    # a stage that takes longer than it may
    it.set(**{**it.server.options, "power_limit_downloads": 5})
    it.play.keeping._times.pop("downloads")
    it.play.keeping.took("downloads", 5.0, whole=False)
    (slow,) = (each for each in it.play.findings if each.rule == "power_stage_short")
    assert (slow.placeholders["stage"], slow.placeholders["limit"]) == ("downloads", "5 s")


async def _lapsed(it: Living, plan: dict[str, Any]) -> None:
    """A change of the plan ends its approval within the minute, which is told; so does Watch only, in its way."""
    it.set(power_mode="prepare", **{**plan, "power_never": []})
    await it.until(lambda: {"standing_lapsed", "power_plan_unapproved"} <= it.rules(), MINUTE)
    (lapsed,) = (each for each in it.guardian.open_findings() if each.finding.rule == "standing_lapsed")
    assert lapsed.severity is Severity.HIGH
    await it.approve()
    await it.until(lambda: not {"standing_lapsed", "power_plan_unapproved"} & it.rules(), 2 * MINUTE)


async def _announced(it: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forced shutdown that begins while it watches: all load stops while the NAS waits, which is woken afterwards."""
    it.forget()
    woken: list[str] = []
    monkeypatch.setattr(play, "wake", woken.append)
    it.set(**{**it.server.options, "power_wake": "00:1a:2b:3c:4d:5e"})
    it.ups.settings.hostsync, it.ups.primary_acts = 300, True
    # it does not start by itself when mains is back
    switch_on, it.ups.switch_on = it.ups.switch_on, lambda: None
    it.fail(90.0)
    await it.until(lambda: it.ups.logins)
    it.ups.announced = it.ups.clock.now()
    await it.until(lambda: it.ups.off, 5 * MINUTE)
    assert it.resting
    assert not it.running("gluetun")
    assert not it.running("immich_postgres")
    assert "A shutdown was announced" in "".join(it.said)
    stopped = [each for each in it.records("stop_container") if each.created > it.since]
    assert all(each.state is Done.SUCCEEDED for each in stopped), "the NAS went once all of it had ended"
    await it.until(lambda: it.said[-1] == "The NAS is off.", 5 * MINUTE)
    it.ups.primary_acts = False
    it.come_back(30.0)
    await asyncio.sleep(2 * MINUTE)
    assert not woken, "a battery that could not carry the next outage"
    it.ups.charge = 60.0
    await it.until(lambda: woken, 2 * MINUTE)
    assert woken == ["00:1a:2b:3c:4d:5e"]
    assert not it.running("gluetun"), "what runs on it waits for it"
    it.ups.switch_on = switch_on
    await it.sim.reboot()
    await it.back()
    assert it.running(*CHOSEN)
    assert not it.resting
    assert woken == ["00:1a:2b:3c:4d:5e"]
    assert "system.shutdown" not in [call.method for call in it.sim.calls]


async def _decided(it: Living, plan: dict[str, Any]) -> None:
    """The second time mains does not come back: the NAS is asked once, and comes back with all that ran."""
    it.forget()
    begun: list[str] = []

    async def run(call: ServiceCall) -> None:
        begun.append(call.data["entity_id"])

    it.hass.services.async_register("script", "turn_on", run)
    it.hass.states.async_set("script.pc", "off")
    stages = ["downloads", "workloads", "snapshot"]
    it.set(power_mode="decide", power_stages=stages, power_scripts=["script.pc"], **plan)
    await it.until(lambda: "power_plan_unapproved" in it.rules())
    record = await it.approve()
    assert (record.state, record.risk) == (Done.SUCCEEDED, Risk.HIGH)
    # the first time it says no, so that it surely does not go
    it.sim.faults.error("system.shutdown", count=1)
    it.fail(26.0)
    await it.until(lambda: any("was asked to shut down" in each for each in it.said), 10 * MINUTE)
    assert it.ups.charge > 10
    await it.until(lambda: it.said[-1] == "The NAS is off.", 5 * MINUTE)
    assert [call.method for call in it.sim.calls].count("system.shutdown") == 2
    ends = [Done.FAILED, Done.SUCCEEDED]
    await it.until(lambda: [each.state for each in it.records("shutdown")] == ends, 5 * MINUTE)
    assert any("It is asked again for as long as the battery lasts" in each for each in it.said)
    assert begun == ["script.pc"]
    stopped = min(each.created for each in it.records("shutdown"))
    assert max(each.created for each in it.records("stop_container")) < stopped
    assert {each.params["recursive"] for each in it.records("create_snapshot")} == {True}
    await it.kill()
    await asyncio.sleep(20)
    it.come_back(40.0)
    await asyncio.sleep(20)
    await it.sim.reboot()
    await asyncio.sleep(45)
    assert not it.running("gluetun")
    it.ups.charge = 60.0
    await it.back()
    assert it.running(*CHOSEN)
    assert not it.resting
    assert not it.guardian.desk.leases.changes
    assert [call.method for call in it.sim.calls].count("system.shutdown") == 2


async def _taken_away(it: Living) -> None:
    """A UPS whose entry is deleted in an outage holds nothing any more, and what was stopped for it starts."""
    it.forget()
    it.fail(90.0)
    await it.until(lambda: not it.running("immich_server"), 5 * MINUTE)
    (ups,) = (each for each in it.hass.config_entries.async_entries(DOMAIN) if each.data[CONF_KIND] == "ups")
    await it.hass.config_entries.async_remove(ups.entry_id)
    await it.until(lambda: it.running(*CHOSEN) and not it.resting, 10 * MINUTE)
    await it.until(lambda: not it.guardian.desk.helm.outage and not it.play.ledger.rows)
    assert it.state("power_plan_state").state == "unavailable"
    assert it.play.power_plan() is None
    with pytest.raises(ServiceValidationError) as err:
        await it.ask("power_drill")
    assert err.value.translation_key == "power_no_ups"
