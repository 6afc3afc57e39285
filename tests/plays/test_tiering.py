"""Films land on a fast disk and are taken over at night; whatever comes between, everything has its own setting back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.edge.house_key import HOUSE
from custom_components.home_server_monitor.guardian.contract import Actor, Finding, Severity
from custom_components.home_server_monitor.guardian.remediation import State
from simulator.arr.face import ArrFace
from simulator.arr.library import Library
from simulator.arr.things import Release, Thing
from simulator.clock import Clock
from simulator.media import MediaWorld, add_client
from simulator.media.faces import FACES
from simulator.plex import PlexFace
from tests.warp import Warp

GB = 1_000_000_000
MINUTE = 60.0


@dataclass
class Living:
    """A server with a SABnzbd, a Radarr and a Plex, in a time that flies."""

    hass: HomeAssistant
    server: MockConfigEntry
    world: MediaWorld
    radarr: Library
    sonarr: Library
    plex: Any
    user: MockUser
    entries: list[MockConfigEntry]
    # of Radarr's interface
    faults: Any
    films: int = 0

    @property
    def guardian(self) -> Any:
        """The guardian as it is now."""
        return self.hass.data[HOUSE].guardian(HOME)

    @property
    def client(self) -> Any:
        """The download client."""
        return self.world.clients["sabnzbd"]

    @property
    def leases(self) -> int:
        """How many values are lent."""
        return len(self.guardian.desk.leases.changes)

    @property
    def found(self) -> dict[str, Finding]:
        """What is wrong, by rule; the guardian waits a while before it tells."""
        return {each.rule: each for each in self.hass.data[HOUSE].source(f"tiering:{HOME}").findings}

    def free(self, size: int) -> None:
        """Let the disk that is downloaded to have so many free bytes."""
        disk = self.world.disk(self.client.save_path)
        assert disk is not None
        disk.other += self.world.free(self.client.save_path) - size

    def film(self, size: int, refused: str = "") -> Any:
        """A film is completed; returns its download."""
        self.films += 1
        self.radarr.things[self.films] = Thing(id=self.films, title=f"Film {self.films}")
        release = Release(
            title=f"Film.{self.films}", things=(self.films,), client="sabnzbd", size=size, refused=refused
        )
        return self.world.downloads[self.radarr.grab_done(release).download or ""]

    def episode(self, size: int) -> Any:
        """An episode is completed in the same client; returns its download."""
        self.sonarr.things[1] = Thing(id=1, title="Part 1", series=1, series_title="Nine Bridges")
        release = Release(title="Nine.Bridges.S01E01", things=(1,), client="sabnzbd", size=size)
        return self.world.downloads[self.sonarr.grab_done(release).download or ""]

    async def tick(self, begin: float = 40, end: float = 80, **options: Any) -> None:
        """Change the options of the server, at a whole minute; begin, end: of the hours, in minutes from now.

        Hours know no seconds, so that only then they begin after exactly so many minutes.
        """
        await asyncio.sleep(-dt_util.utcnow().timestamp() % MINUTE)
        # `dt_util.now` would be the time that does not fly
        now = dt_util.as_local(dt_util.utcnow())
        told = {
            "pause_downloads": True,
            "pause_below": 50,
            "resume_above": 100,
            "hold_imports": True,
            "import_from": f"{now + timedelta(minutes=begin):%H:%M:00}",
            "import_to": f"{now + timedelta(minutes=end):%H:%M:00}",
        }
        self.hass.config_entries.async_update_entry(self.server, options={**told, **options})

    async def approve(self) -> None:
        """Approve what is ticked, as an admin, in Repairs."""
        await asyncio.sleep(2 * MINUTE)
        admin = Actor(kind="user", id=self.user.id, name="Ann", admin=True, via="repairs")
        told = {each.finding.rule: each for each in self.guardian.open_findings()}
        record = await self.guardian.proposals.propose_for(told["tier_unapproved"])
        await self.guardian.desk.approve(record.id, admin)
        assert (await self.guardian.desk.wait(record.id)).state is State.SUCCEEDED
        await asyncio.sleep(2)

    def state(self, key: str, platform: str = "sensor") -> str | None:
        """What an entity of the server shows, None where there is none."""
        entity = er.async_get(self.hass).async_get_entity_id(platform, DOMAIN, f"{HOME}_{key}")
        shown = self.hass.states.get(entity) if entity else None
        return shown.state if shown else None

    async def switch(self, on: bool) -> None:
        """Flip the switch that suspends the hold."""
        entity = er.async_get(self.hass).async_get_entity_id("switch", DOMAIN, f"{HOME}_tier_suspended")
        await self.hass.services.async_call(
            "switch",
            "turn_on" if on else "turn_off",
            {"entity_id": entity},
            blocking=True,
            context=Context(user_id=self.user.id),
        )


@pytest.fixture
async def living(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    socket_enabled: None,
    warp: Warp,
    server_entry: MockConfigEntry,
    hass_admin_user: MockUser,
) -> AsyncIterator[Living]:
    """The household; both options are ticked, and the quiet hours begin in 40 minutes."""
    world = MediaWorld(Clock(moving=False))
    add_client(world, "sabnzbd", "4.5.3")
    library = Library("Radarr", world, "/data/movies", "radarr")
    series = Library("Sonarr", world, "/data/series", "sonarr")
    faces: tuple[Any, ...] = (
        FACES["sabnzbd"](world, "sabnzbd"),
        ArrFace(library, "5.27.5.10198"),
        PlexFace(world),
        ArrFace(series, "4.0.15.2941"),
    )
    servers = [TestServer(each.app()) for each in faces]
    urls = []
    for each in servers:
        await each.start_server()
        urls.append(str(each.make_url("/")).rstrip("/"))
    client, radarr, plex, sonarr = faces
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    mine: tuple[dict[str, Any], ...] = (
        {CONF_KIND: "downloads", "url": urls[0], "product": "sabnzbd", "api_key": client.api_key},
        {CONF_KIND: "arr", "url": urls[1], "api_key": radarr.key},
        {CONF_KIND: "plex", "url": urls[2], "token": plex.token, "client_id": "0" * 32},
        {CONF_KIND: "arr", "url": urls[3], "api_key": sonarr.key},
    )
    entries = [
        MockConfigEntry(
            domain=DOMAIN, title=data[CONF_KIND], unique_id=f"{number}", data={CONF_SERVER: HOME, **data}
        )
        for number, data in enumerate(mine)
    ]
    for entry in entries:
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id), entry.reason
    found = Living(
        hass, server_entry, world, library, series, plex.theatre, hass_admin_user, entries, radarr.faults
    )
    found.free(300 * GB)
    yield found
    for entry in (*entries, server_entry):
        if entry.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(entry.entry_id)
    for each in servers:
        await each.close()


async def test_a_film_waits_for_the_night(living: Living) -> None:
    assert living.state("tier_imports") is None, "nothing was ticked"
    # one that waits for a person since before
    living.film(2 * GB, refused="sample")
    await asyncio.sleep(2 * MINUTE)
    await living.tick(begin=18, end=38)
    await living.approve()
    (standing,) = living.guardian.desk.helm.standings.values()
    assert standing.params["policy"]["pause_below"] == 50
    assert "tier_unapproved" not in living.found
    assert not living.radarr.handles
    assert living.state("tier_imports") == "hours"
    opens = dt_util.parse_datetime(living.state("tier_until") or "")
    assert opens is not None
    assert timedelta(minutes=13) <= opens - dt_util.utcnow() <= timedelta(minutes=16)
    # it is completed, and stays where it is
    film = living.film(70 * GB)
    await asyncio.sleep(2 * MINUTE)
    assert film.imported is None
    assert living.state("tier_waiting") == "1"
    # the disk fills: downloads rest, and have time until the night
    coming = living.world.grab("sabnzbd", "Film.9", size=40 * GB, category="radarr")
    living.free(40 * GB)
    await asyncio.sleep(2 * MINUTE)
    assert living.client.paused
    assert (living.state("tier_room"), living.state("tier_imports")) == ("paused", "hours")
    living.world.step(600)
    assert coming.done == 0
    await asyncio.sleep(3 * MINUTE)
    # what the Arr complains of is our doing, and what waited for a person still does
    source = living.entries[1].runtime_data
    await source.async_look("health", "queue")
    assert not any(each.key == "ImportMechanismCheck" for each in source.data.checks.values())
    assert [each.title for each in source.data.queue.items.values() if each.blocked] == ["Film.1"]
    assert "tier_full" not in living.found
    # the night comes: it is taken over, its place is free, downloads go on
    await asyncio.sleep(12 * MINUTE)
    assert living.radarr.handles
    assert living.state("tier_imports") == "open"
    assert film.imported == "/data/movies/Film.2"
    assert not living.client.paused
    await asyncio.sleep(2 * MINUTE)
    assert (living.state("tier_waiting"), living.state("tier_room")) == ("0", "enough")
    assert living.leases == 0
    # somebody watches: what comes now waits until that is over
    stream = living.plex.play("The Long Tide")
    await asyncio.sleep(2 * MINUTE)
    assert (living.radarr.handles, living.state("tier_imports")) == (False, "watching")
    living.plex.stop(stream.key)
    await asyncio.sleep(2 * MINUTE)
    assert living.radarr.handles
    # and with the morning it is as it was; what had to wait for somebody is told
    late = living.film(3 * GB)
    assert late.imported is not None
    stream = living.plex.play("The Long Tide")
    await asyncio.sleep(2 * MINUTE)
    later = living.film(30 * GB)
    # the Arr says nothing for a moment: what was known of it is kept
    living.faults.add("status", "GET /api/v3/history", status=500)
    await asyncio.sleep(2 * MINUTE)
    living.faults.clear()
    await asyncio.sleep(12 * MINUTE)
    living.plex.stop(stream.key)
    assert (living.state("tier_waiting"), later.imported) == ("1", None)
    assert living.found["tier_backlog"].evidence["cause"] == "tier_left_over"
    assert living.found["tier_backlog"].placeholders["left"] == "30"
    assert (living.radarr.handles, living.state("tier_imports")) == (False, "hours")
    # not tonight
    await living.switch(on=True)
    assert (living.radarr.handles, living.state("tier_imports")) == (True, "suspended")
    assert living.state("tier_suspended", "switch") == "on"
    await living.switch(on=False)
    await asyncio.sleep(MINUTE)
    assert not living.radarr.handles
    # unticked, it is as if it had never been, at once
    await living.tick(hold_imports=False, pause_downloads=False)
    await asyncio.sleep(5)
    assert (living.radarr.handles, living.leases) == (True, 0)
    assert living.state("tier_imports") is None


async def test_space_comes_before_quiet(living: Living) -> None:
    await living.tick(begin=400, end=500)
    await living.approve()
    first, third = living.film(70 * GB), living.episode(5 * GB)
    living.free(40 * GB)
    await asyncio.sleep(3 * MINUTE)
    assert (living.client.paused, first.imported, third.imported) == (True, None, None)
    assert living.state("tier_waiting") == "2"
    # what its pool stands on is in trouble: nothing is written to it, whatever else
    arr = living.entries[1].runtime_data
    (place,) = arr.places
    trouble = Finding(source="nas", rule="pool_degraded", object=place, severity=Severity.HIGH)
    living.guardian.register.observe("nas", [trouble], dt_util.utcnow().timestamp() - 600)
    living.guardian.register.tick(dt_util.utcnow().timestamp())
    living.free(20 * GB)
    await asyncio.sleep(3 * MINUTE)
    assert (living.state("tier_imports"), first.imported) == ("trouble", None)
    # the other one stands elsewhere, and shares the client
    assert third.imported == "/data/series/Nine.Bridges.S01E01"
    full = living.found["tier_full"]
    assert full.evidence["cause"] == "tier_trouble"
    assert full.placeholders["waits"] == "70"
    # mended: there is no time to wait for the night
    living.guardian.register.observe("nas", [], dt_util.utcnow().timestamp())
    living.guardian.register.tick(dt_util.utcnow().timestamp() + 600)
    await asyncio.sleep(2 * MINUTE)
    assert first.imported is not None
    # the disk has room again, so the night is kept to again
    await asyncio.sleep(3 * MINUTE)
    assert (living.state("tier_imports"), living.radarr.handles) == ("hours", False)
    assert living.client.paused, "not above 100 GB"
    living.free(120 * GB)
    await asyncio.sleep(2 * MINUTE)
    assert not living.client.paused
    # the client falls silent: what is not known changes nothing
    living.free(40 * GB)
    await asyncio.sleep(2 * MINUTE)
    assert living.client.paused
    assert await living.hass.config_entries.async_unload(living.entries[0].entry_id)
    await asyncio.sleep(5 * MINUTE)
    assert living.client.paused
    assert await living.hass.config_entries.async_setup(living.entries[0].entry_id)
    await asyncio.sleep(2 * MINUTE)
    assert living.client.paused
    living.free(150 * GB)
    await asyncio.sleep(2 * MINUTE)
    assert not living.client.paused


async def test_whatever_comes_between(living: Living) -> None:
    await living.tick(begin=200, end=230)
    await living.approve()
    living.free(40 * GB)
    await asyncio.sleep(2 * MINUTE)
    assert (living.radarr.handles, living.client.paused, living.leases) == (False, True, 3)
    # somebody stops all actions
    admin = Actor(kind="user", id=living.user.id, name="Ann", admin=True)
    await living.guardian.desk.hold(on=True, actor=admin)
    await asyncio.sleep(5)
    assert (living.radarr.handles, living.client.paused, living.leases) == (True, False, 0)
    await living.guardian.desk.hold(on=False, actor=admin)
    await asyncio.sleep(5)
    assert (living.radarr.handles, living.client.paused) == (False, True)
    # the entry is unloaded: all goes back at once, and comes again with it
    assert await living.hass.config_entries.async_unload(living.server.entry_id)
    assert (living.radarr.handles, living.client.paused) == (True, False)
    assert await living.hass.config_entries.async_setup(living.server.entry_id)
    await asyncio.sleep(2 * MINUTE)
    assert (living.radarr.handles, living.client.paused) == (False, True)
    # a process that is killed gives nothing back; the journal knows what was there, and nothing is wanted any more
    for end in list(living.server._on_unload or []):
        if getattr(end, "__name__", "") == "async_end":
            living.server._on_unload.remove(end)
    assert await living.hass.config_entries.async_unload(living.server.entry_id)
    living.hass.data[HOUSE].desks.clear()
    assert (living.radarr.handles, living.client.paused) == (False, True)
    await living.tick(hold_imports=False, pause_downloads=False)
    assert await living.hass.config_entries.async_setup(living.server.entry_id)
    await asyncio.sleep(2 * MINUTE)
    assert (living.radarr.handles, living.client.paused, living.leases) == (True, False, 0)
    # the same, and it is still wanted: nothing moves by day
    await living.tick(begin=200, end=230)
    await living.approve()
    film = living.film(5 * GB)
    assert await living.hass.config_entries.async_unload(living.entries[1].entry_id)
    assert await living.hass.config_entries.async_setup(living.entries[1].entry_id)
    await asyncio.sleep(2 * MINUTE)
    assert film.imported is None
    # a person sets it meanwhile: it is theirs until the night is over
    living.radarr.handle(True)
    living.client.paused = False
    await asyncio.sleep(10 * MINUTE)
    assert (living.radarr.handles, living.client.paused) == (True, False)
    assert film.imported is not None
    assert (living.sonarr.handles, living.leases) == (False, 1), "the others are held as before"
    living.free(200 * GB)
    await asyncio.sleep(2 * MINUTE)
    living.free(40 * GB)
    await asyncio.sleep(2 * MINUTE)
    assert living.client.paused, "it was well, and is full anew"
    assert living.radarr.handles
    # somebody who handles nothing anyway is left as they are
    await living.tick(begin=-5, end=30)
    await asyncio.sleep(5)
    assert living.leases == 0, "it was not approved like that"
    await living.approve()
    assert (living.state("tier_imports"), living.leases, living.radarr.handles) == ("open", 1, True)
    living.radarr.handle(False)
    await asyncio.sleep(30 * MINUTE)
    assert living.leases == 2
    assert await living.hass.config_entries.async_unload(living.server.entry_id)
    assert (living.radarr.handles, living.client.paused, living.sonarr.handles) == (False, False, True)
    assert await living.hass.config_entries.async_setup(living.server.entry_id)
