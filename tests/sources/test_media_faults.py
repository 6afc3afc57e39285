"""The fault table of media services: six of them suffer together, nothing false is shown, and all heal by themselves.

`HSM_FAULT_TABLE=1` writes the rows for `python -m bench.faults media`.
"""

import asyncio
from collections.abc import AsyncIterator
import json
import os
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.guardian.contract import Refused
import simulator
from simulator.arr import Library, Prowlarr, Release, Thing
from simulator.arr.indexers import Indexer
from simulator.media.mooring import Media
from simulator.plex.theatre import MACHINE
from tests.warp import Warp

from .media_cases import FAULTS, MAIN, Watched, suffer

TABLE = Path(__file__).parents[2] / ".bench" / "media_faults.json"


def entries_of(house: Any) -> dict[str, MockConfigEntry]:
    """Return the entries that the flow would make."""
    quay = house.quay
    qbittorrent, sabnzbd, plex = (quay.face(each) for each in ("qbittorrent", "sabnzbd", "plex"))
    data: dict[str, dict[str, Any]] = {
        name: {CONF_KIND: "arr", "url": house.arrs.url(name), "api_key": house.arrs.key(name)}
        for name in ("sonarr", "radarr", "prowlarr")
    }
    login = {"username": qbittorrent.username, "password": qbittorrent.password}
    data |= {
        "qbittorrent": {CONF_KIND: "downloads", "product": "qbittorrent", **login},
        "sabnzbd": {CONF_KIND: "downloads", "product": "sabnzbd", "api_key": sabnzbd.api_key},
        "plex": {CONF_KIND: "plex", "token": plex.token, "client_id": "0" * 32},
    }
    return {
        name: MockConfigEntry(
            domain=DOMAIN,
            title=name,
            unique_id=MACHINE if name == "plex" else f"{name}-1",
            data={"url": quay.url(name), **more, CONF_SERVER: HOME},
            # nothing becomes stuck while time flies, which would be true and new
            options={"queue_strikes": 20, "queue_minutes": 240} if more[CONF_KIND] == "arr" else {},
        )
        for name, more in data.items()
    }


@pytest.fixture
async def house(hass: HomeAssistant, warp: Warp, socket_enabled: None) -> AsyncIterator[Any]:
    """A house in which six services answer and nothing moves."""
    clients = {"qbittorrent": "5.1.0", "sabnzbd": "4.5.0"}
    media = Media(clients=clients, plex=True, busy=True)
    async with simulator.run(profile="frozen", tls=False, arrs=True, media=media) as running:
        running.quay.face("plex").theatre.play("A Secret Film", way="hardware")
        yield running
        for name in MAIN:
            running.quay.face(name).faults.clear()


@pytest.fixture
async def watched(
    hass: HomeAssistant, hass_storage: dict[str, Any], server_entry: MockConfigEntry, house: Any, warp: Warp
) -> AsyncIterator[list[Watched]]:
    """What is seen of them."""
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    entries = entries_of(house)
    for entry in entries.values():
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        assert entry.state is ConfigEntryState.LOADED, entry.reason
    await asyncio.sleep(180)
    yield [Watched(hass, warp, name, entry, house.quay.face(name)) for name, entry in entries.items()]
    for entry in (*entries.values(), server_entry):
        if entry.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(entry.entry_id)


async def test_every_fault_is_shown_and_heals(
    hass: HomeAssistant, server_entry: MockConfigEntry, watched: list[Watched], warp: Warp
) -> None:
    table: dict[str, dict[str, dict[str, Any]]] = {}
    wrong: list[str] = []
    guardian = server_entry.runtime_data
    for name, fault in FAULTS.items():
        rows = table[name] = await suffer(watched, warp, fault)
        for who, row in rows.items():
            lost = {"nothing": 0, "all": row["of"]}.get(fault.dark)
            checks = {
                "lost": lost is None or row["affected"] == lost,
                "shown": (row["shown_s" if fault.dark == "all" else "first_s"] or 0.0) <= fault.shows,
                "healed": row["healed_s"] is not None and row["healed_s"] <= fault.heals,
                "false": not row["false"],
                "writes": not row["writes"],
                "asked": row["requests_a_minute"] <= 40,
            }
            wrong += [f"{name}: {who}: {key}: {row}" for key, holds in checks.items() if not holds]
        # what was found while it was away is over, and nobody is asked for a password
        await warp.until(lambda: "source_lost" not in told(guardian), 180.0, lambda: f": {name}")  # noqa: B023
        flows = [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()]
        wrong += [f"{name}: asks for {flows}"] if flows else []
    if "HSM_FAULT_TABLE" in os.environ:
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text(json.dumps(table, indent=1))
    assert wrong == [], "\n".join(wrong)


def told(guardian: Any) -> set[str]:
    """What is told now."""
    return {each.finding.rule for each in guardian.open_findings()}


def begin_anew(house: Any) -> None:
    """Give all of them a database of its own with other things in it, under the ids that were there before."""
    world = house.world.media
    rows = {name: next(iter(house.arrs.faces[name].library.tracked)) for name in ("sonarr", "radarr")}
    for client in ("qbittorrent", "sabnzbd"):
        for each in list(world.of(client)):
            world.remove(each.id, True)
        world.grab(client, "Another.Thing", size=1 << 30)
    house.quay.face("qbittorrent").forget_sessions()
    for name, category in (("sonarr", "sonarr"), ("radarr", "radarr")):
        face = house.arrs.faces[name]
        face.library.leave()
        library = Library(face.library.app, world, face.library.root, category)
        key = next(iter(face.library.things))
        library.things[key] = Thing(id=key, title="Something else", series=1, series_title="Another series")
        library._next = rows[name] - 17
        found = library.grab(Release(title="Something.Else", things=(key,), client="qbittorrent"))
        assert found.row == rows[name]
        face.attach(library)
    house.arrs.faces["prowlarr"].state = Prowlarr({1: Indexer(1, "Another Index")})


async def _after_the_restart(house: Any) -> None:
    """Let all of them answer again, and time pass until everything was asked for."""
    for name in MAIN:
        house.quay.face(name).faults.clear()
        house.quay.face(name).calls.clear()
    await asyncio.sleep(1200)


async def test_a_restart_with_another_database_is_another_one(
    hass: HomeAssistant, house: Any, watched: list[Watched], warp: Warp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the old database is shown, ordered or counted any more; another Plex is not taken for the one that was."""
    source = {each.name: each.entry.runtime_data for each in watched}
    radarr, plex = source["radarr"], source["plex"]
    # what comes from a private tracker is not removed
    owed = {key for key, each in source["qbittorrent"].data.items.items() if each.private}
    target = next(key for key in radarr.data.queue.items if key not in owed)
    plan = await radarr.actions["queue_remove"].plan(target, {})
    known = {name: set(source[name].data.items) for name in ("qbittorrent", "sabnzbd")}
    newest = {name: source[name].judging.learned.newest for name in ("sonarr", "radarr")}
    for name in MAIN:
        house.quay.face(name).faults.add("drop")
    await asyncio.sleep(90)
    begin_anew(house)
    with monkeypatch.context() as patch:
        for module in ("rows", "face"):
            patch.setattr(f"simulator.plex.{module}.MACHINE", "f" * 40)
        await _after_the_restart(house)
        # another identity is another server
        assert not plex.judged
        assert "Another Plex" in str(plex.last_exception)
    await asyncio.sleep(30)
    assert plex.judged
    for name in ("sonarr", "radarr"):
        data = source[name].data
        assert [each.title for each in data.queue.items.values()] == ["Something.Else"]
        assert source[name].judging.learned.newest < newest[name], "its history is counted from its beginning"
        assert not source[name].judging.strikes.out()
    for name, before in known.items():
        items = source[name].data.items
        assert {each.name for each in items.values()} <= {"Another.Thing", "Something.Else"}
        assert before.isdisjoint(items)
    assert [each.name for each in source["prowlarr"].data.indexers.values()] == ["Another Index"]
    # what was planned for a download of before finds none, also where its row has another one now
    refusal = await radarr.actions["queue_remove"].check(plan)
    assert refusal is not None
    assert refusal.key == "no_such_target"
    with pytest.raises(Refused):
        await radarr.actions["queue_remove"].run(plan, 0)
    assert len(house.arrs.radarr.tracked) == 1
    assert [
        call.route for call in house.quay.face("radarr").calls.writes if "negotiate" not in call.route
    ] == []
