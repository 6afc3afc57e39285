"""A stream leaves the house: download clients make room, and have their own limits back whatever comes between."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.edge.house_key import HOUSE
from custom_components.home_server_monitor.guardian.contract import Actor
from custom_components.home_server_monitor.guardian.policy import Mode
from custom_components.home_server_monitor.plays import uplink_lending
from simulator.clock import Clock
from simulator.media import MediaWorld, add_client
from simulator.media.faces import FACES
from simulator.plex import PlexFace
from tests.warp import Warp

GIB = 1 << 30
MINUTE = 60.0
ADMIN = Actor(kind="user", id="ann", name="Ann", admin=True)


@dataclass
class Living:
    """A server with a Plex and a qBittorrent, in a time that flies."""

    hass: HomeAssistant
    server: MockConfigEntry
    plex: Any
    client: Any
    entries: list[MockConfigEntry]

    @property
    def guardian(self) -> Any:
        """The guardian as it is now."""
        return self.hass.data[HOUSE].guardian(HOME)

    @property
    def limits(self) -> tuple[int, int, int, int]:
        """What the client itself has."""
        there = self.client
        return there.down_limit, there.up_limit, there.alt_down, there.alt_up

    @property
    def leases(self) -> int:
        """How many values are lent."""
        return len(self.guardian.desk.leases.changes)

    def tick(self, **options: Any) -> None:
        """Change the options of the server."""
        self.hass.config_entries.async_update_entry(
            self.server, options={"upload_speed": 40, "limit_uploads": True, **options}
        )


@pytest.fixture
async def living(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    socket_enabled: None,
    warp: Warp,
    server_entry: MockConfigEntry,
) -> AsyncIterator[Living]:
    """The household; its line carries 40 Mbit/s upwards, and the option is ticked."""
    world = MediaWorld(Clock(moving=False))
    add_client(world, "qbittorrent", "5.1.0")
    face, plex = FACES["qbittorrent"](world, "qbittorrent"), PlexFace(world)
    servers = [TestServer(each.app()) for each in (face, plex)]
    urls = []
    for each in servers:
        await each.start_server()
        urls.append(str(each.make_url("/")).rstrip("/"))
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    login = {"product": "qbittorrent", "username": face.username, "password": face.password}
    mine = (
        {CONF_KIND: "downloads", "url": urls[0], **login},
        {CONF_KIND: "plex", "url": urls[1], "token": plex.token, "client_id": "0" * 32},
    )
    entries = [
        MockConfigEntry(
            domain=DOMAIN, title=data[CONF_KIND], unique_id=data[CONF_KIND], data={CONF_SERVER: HOME, **data}
        )
        for data in mine
    ]
    for entry in entries:
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id), entry.reason
    found = Living(hass, server_entry, plex.theatre, face.client, entries)
    found.tick()
    await asyncio.sleep(2 * MINUTE)
    yield found
    for entry in (*entries, server_entry):
        if entry.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(entry.entry_id)
    for each in servers:
        await each.close()


async def test_a_client_makes_room_and_has_its_limit_back(living: Living) -> None:
    living.client.up_limit = 8_192_000
    before = living.limits
    at_home = living.plex.play("The Long Tide")
    await asyncio.sleep(2 * MINUTE)
    assert living.limits == before, "what stays in the house takes nothing of the line"
    away = living.plex.play("A Secret Film", remote=True, kbps=16_000)
    await asyncio.sleep(90)
    # 85 % of 5 MB/s, less the 2 MB/s of the stream, in steps of the line; the other profile has a stricter one
    assert living.limits == (before[0], 2_249_728, before[2], before[3])
    # a second one: at once, and more than the line has
    second = living.plex.play("Harbour", remote=True, kbps=30_000)
    await asyncio.sleep(90)
    assert living.limits[1] == pytest.approx(250_000, abs=1024)
    rules = {each.finding.rule: each.finding for each in living.guardian.open_findings()}
    assert rules["uplink_full"].evidence["cause"] == "uplink_streams"
    assert "Secret" not in str(rules["uplink_full"])
    living.plex.stop(second.key)
    await asyncio.sleep(MINUTE)
    assert living.limits[1] == pytest.approx(250_000, abs=1024), "not before it has been so for a while"
    await asyncio.sleep(4 * MINUTE)
    assert living.limits[1] == 2_249_728
    living.plex.stop(away.key)
    await asyncio.sleep(MINUTE)
    assert living.limits[1] == 2_249_728
    await asyncio.sleep(3.5 * MINUTE)
    assert living.limits == before
    assert living.leases == 0
    living.plex.stop(at_home.key)


async def test_it_lasts_as_long_as_the_stream(living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    # a lease is taken anew a quarter of an hour before it ends
    monkeypatch.setattr(uplink_lending, "MINUTES", 20.0)
    before = living.limits
    away = living.plex.play(remote=True, kbps=16_000, minutes=600)
    await asyncio.sleep(25 * MINUTE)
    assert living.limits[1] == 2_249_728
    assert all(len(each.leases) == 1 for each in living.guardian.desk.leases.changes.values())
    living.plex.pause(away.key)
    await asyncio.sleep(5 * MINUTE)
    assert living.limits == before


async def test_a_restart_between(living: Living) -> None:
    before = living.limits
    away = living.plex.play(remote=True, kbps=16_000)
    await asyncio.sleep(90)
    assert living.limits[1] == 2_249_728
    # an entry that is unloaded gives back at once
    assert await living.hass.config_entries.async_unload(living.server.entry_id)
    assert living.limits == before
    assert await living.hass.config_entries.async_setup(living.server.entry_id)
    await asyncio.sleep(2 * MINUTE)
    assert living.limits[1] == 2_249_728, "the stream still plays"
    # a process that is killed gives nothing back, and the stream ends meanwhile: the journal knows what was there
    journalled = living.guardian.desk.leases.changes
    assert [each.original for each in journalled.values()] == [before[1]]
    for end in list(living.server._on_unload or []):
        if getattr(end, "__name__", "") == "async_end":
            living.server._on_unload.remove(end)
    assert await living.hass.config_entries.async_unload(living.server.entry_id)
    living.hass.data[HOUSE].desks.clear()
    assert living.limits[1] == 2_249_728
    living.plex.stop(away.key)
    await asyncio.sleep(MINUTE)
    assert await living.hass.config_entries.async_setup(living.server.entry_id)
    await asyncio.sleep(MINUTE)
    assert living.limits == before
    assert living.leases == 0


async def test_what_a_person_says_comes_first(living: Living) -> None:
    # a stricter limit is kept
    living.client.up_limit = living.client.alt_up = 102_400
    before = living.limits
    away = living.plex.play(remote=True, kbps=16_000)
    await asyncio.sleep(2 * MINUTE)
    assert (living.limits, living.leases) == (before, 0)
    living.plex.stop(away.key)
    await asyncio.sleep(5 * MINUTE)
    # one that somebody sets meanwhile is theirs, until the streams have ended
    living.client.up_limit = living.client.alt_up = 0
    away = living.plex.play(remote=True, kbps=16_000)
    await asyncio.sleep(2 * MINUTE)
    assert living.limits[1] == 2_249_728
    living.client.up_limit = 4_096_000
    await asyncio.sleep(5 * MINUTE)
    assert living.limits[1] == 4_096_000
    living.plex.stop(away.key)
    await asyncio.sleep(5 * MINUTE)
    assert living.limits == (before[0], 4_096_000, before[2], 0)
    away = living.plex.play(remote=True, kbps=16_000)
    await asyncio.sleep(2 * MINUTE)
    assert living.limits[1] == 2_249_728
    # the kill switch, and Watch only: it goes back, and nothing is changed any more
    await living.guardian.desk.hold(on=True, actor=ADMIN)
    await asyncio.sleep(MINUTE)
    assert living.limits[1] == 4_096_000
    await living.guardian.desk.hold(on=False, actor=ADMIN)
    await living.guardian.desk.set_mode(Mode.WATCH, ADMIN)
    await asyncio.sleep(MINUTE)
    assert living.limits[1] == 4_096_000
    await living.guardian.desk.set_mode(Mode.ASK, ADMIN)
    await asyncio.sleep(MINUTE)
    assert living.limits[1] == 2_249_728
    # and the tick
    living.tick(limit_uploads=False)
    await asyncio.sleep(MINUTE)
    assert living.limits[1] == 4_096_000


async def test_what_is_measured_and_downloads_too(living: Living) -> None:
    before = living.limits
    unit = {"unit_of_measurement": "Mbit/s", "device_class": "data_rate"}
    living.hass.states.async_set("sensor.upload", "20", unit)
    living.tick(upload_sensor="sensor.upload", limit_downloads_to=24)
    away = living.plex.play(remote=True, kbps=8_000)
    await asyncio.sleep(2 * MINUTE)
    assert living.limits == (2_999_296, 1_124_352, 2_999_296, 1_124_352)
    # it measures nothing: the given speed counts
    living.hass.states.async_set("sensor.upload", "unavailable")
    await asyncio.sleep(5 * MINUTE)
    assert living.limits[1] > 3_000_000
    # Plex goes away: who watches is not known, so nobody is slowed for it
    assert await living.hass.config_entries.async_unload(living.entries[1].entry_id)
    await asyncio.sleep(5 * MINUTE)
    assert living.limits == before
    living.plex.stop(away.key)
