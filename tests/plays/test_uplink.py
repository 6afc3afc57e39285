"""A stream leaves the house: download clients make room, and have their own limits back whatever comes between."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.edge.choices import async_known
from custom_components.home_server_monitor.edge.house_key import HOUSE
from custom_components.home_server_monitor.edge.settings import STREAM_PAUSE
from custom_components.home_server_monitor.guardian.contract import Actor, Severity
from custom_components.home_server_monitor.guardian.links import Link
from custom_components.home_server_monitor.guardian.policy import Mode
from custom_components.home_server_monitor.guardian.remediation import State
from custom_components.home_server_monitor.plays.uplink import play as uplink_play
from simulator.clock import Clock
from simulator.docker import Docker
from simulator.engine import release_named
from simulator.household import build_household
from simulator.media import MediaWorld, add_client
from simulator.media.faces import FACES
from simulator.plex import PlexFace
from tests.warp import Warp

GIB = 1 << 30
MINUTE = 60.0


@dataclass
class Living:
    """A server with a Plex and a qBittorrent, in a time that flies."""

    hass: HomeAssistant
    server: MockConfigEntry
    plex: Any
    client: Any
    entries: list[MockConfigEntry]
    admin: Actor

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

    @property
    def rules(self) -> dict[str, Any]:
        """What is wrong, by rule."""
        return {each.finding.rule: each for each in self.guardian.register.firing()}

    def shown(self, key: str) -> str:
        """Return the state of an entity of the line."""
        registry = er.async_get(self.hass)
        domain = "binary_sensor" if key == "uplink_spared" else "sensor"
        entity = registry.async_get_entity_id(domain, DOMAIN, f"{HOME}_{key}")
        return self.hass.states.get(entity or "").state

    def tick(self, **options: Any) -> None:
        """Change the options of the server."""
        self.hass.config_entries.async_update_entry(
            self.server, options={"upload_speed": 40, "limit_uploads": True, **options}
        )

    async def approve(self, rule: str = "uplink_unapproved") -> Any:
        """Approve what a finding offers, as an admin, and return the record once it has ended."""
        await asyncio.sleep(MINUTE)
        record = await self.guardian.proposals.propose_for(self.rules[rule])
        await self.guardian.desk.approve(record.id, self.admin)
        return await self.guardian.desk.wait(record.id)


@pytest.fixture
async def living(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    socket_enabled: None,
    warp: Warp,
    server_entry: MockConfigEntry,
    hass_admin_user: MockUser,
) -> AsyncIterator[Living]:
    """The household; its line carries 40 Mbit/s upwards, and what is ticked is approved."""
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
    admin = Actor(kind="user", id=hass_admin_user.id, name="Ann", admin=True, via="repairs")
    found = Living(hass, server_entry, plex.theatre, face.client, entries, admin)
    found.tick()
    assert (await found.approve()).state is State.SUCCEEDED
    await asyncio.sleep(MINUTE)
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
    full = living.rules["uplink_full"].finding
    assert full.evidence["cause"] == "uplink_streams"
    assert "Secret" not in str(full)
    assert (living.shown("uplink"), living.shown("uplink_spared")) == ("full", "on")
    assert (living.shown("uplink_used"), living.shown("uplink_allowance")) == ("46.0", "2.0")
    seen = await living.hass.services.async_call(
        DOMAIN, "media_overview", {}, blocking=True, return_response=True
    )
    assert (seen["line"]["state"], seen["line"]["streams"], seen["line"]["spared"]) == ("full", 2, True)
    assert [each["what"] for each in seen["lent"]] == ["Speed limit of downloads"]
    assert seen["lent"][0]["while_needed"]
    ((client,), (player,)) = seen["clients"], seen["players"]
    assert (client["name"], client["up_limit"], client["answers"]) == ("downloads", living.limits[1], True)
    assert (player["playing"], player["remote"], player["remote_rate"]) == (3, 2, 5_750_000)
    assert "Secret" not in str(seen)
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
    assert (living.shown("uplink"), living.shown("uplink_spared")) == ("idle", "off")
    assert living.shown("uplink_allowance") == "unknown"
    living.plex.stop(at_home.key)


async def test_only_what_an_admin_approved_to_the_letter(living: Living) -> None:
    before, desk = living.limits, living.guardian.desk
    (standing,) = desk.helm.standings.values()
    assert standing.params["policy"]["upload_speed"] == 40.0
    listed = await living.hass.services.async_call(
        DOMAIN,
        "list_standing",
        {},
        blocking=True,
        return_response=True,
        context=Context(user_id=living.admin.id),
    )
    assert [each["says"] for each in listed["standing"]] == [
        "Uploads of download clients are limited. The line: 40 Mbit/s"
    ]
    away = living.plex.play(remote=True, kbps=16_000)
    await asyncio.sleep(90)
    assert living.limits[1] == 2_249_728
    (change,) = desk.leases.changes.values()
    assert {each.by for each in change.leases} == {"Streams from outside, as approved by Ann"}
    # other options are another thing: it lapses, what was changed goes back, and both are told within a minute
    living.tick(limit_downloads_to=24)
    await asyncio.sleep(MINUTE)
    assert (living.limits, desk.helm.standings[standing.id].lapsed) == (before, "policy_changed")
    assert living.rules["standing_lapsed"].severity is Severity.HIGH
    record = await living.approve()
    said = living.guardian.wording.plan(record, None)[0]
    assert "uploads of download clients are limited; downloads are held to 24 Mbit/s. The line: 40" in said
    await asyncio.sleep(MINUTE)
    assert (living.limits[0], living.limits[1]) == (2_999_296, 2_249_728)
    assert not {"standing_lapsed", "uplink_unapproved"} & living.rules.keys()
    # one that is revoked ends at once, too, and is asked for anew
    (granted,) = (each for each in desk.helm.standings.values() if not each.over)
    await desk.helm.revoke(granted.id, living.admin)
    await asyncio.sleep(MINUTE)
    assert living.limits == before
    assert "uplink_unapproved" in living.rules
    assert "standing_lapsed" not in living.rules
    # nobody asks for what is not wanted any more
    living.tick(limit_uploads=False)
    await asyncio.sleep(MINUTE)
    assert "uplink_unapproved" not in living.rules
    living.plex.stop(away.key)


async def test_streams_alone_fill_the_line(living: Living) -> None:
    """It is offered to hold each of them to what fits; that it was unlimited is what goes back."""
    both = [living.plex.play(remote=True, kbps=30_000) for _ in range(2)]
    await asyncio.sleep(2 * MINUTE)
    assert living.rules["uplink_full"].finding.proposal.source == living.entries[1].runtime_data.id
    words = living.guardian.texts.finding(living.rules["uplink_full"].finding)
    assert words.title == "Upload: 60.0 Mbit/s needed, the line carries 40.0 Mbit/s"
    assert "each remote stream to 12.0 Mbit/s" in words.advice
    record = await living.approve("uplink_full")
    assert record.state is State.SUCCEEDED
    assert living.plex.preferences["WanPerStreamMaxUploadRate"] == 12_000
    assert record.plan.before["value"] == 0
    await asyncio.sleep(2 * MINUTE)
    # what is held to that already needs no offer; it is told all the same
    assert living.rules["uplink_full"].finding.proposal is None
    for each in both:
        living.plex.stop(each.key)


async def test_it_lasts_as_long_as_the_stream(living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    # a lease is taken anew a quarter of an hour before it ends
    monkeypatch.setattr(uplink_play, "MINUTES", 20.0)
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
    await living.guardian.desk.hold(on=True, actor=living.admin)
    await asyncio.sleep(MINUTE)
    assert living.limits[1] == 4_096_000
    await living.guardian.desk.hold(on=False, actor=living.admin)
    await living.guardian.desk.set_mode(Mode.WATCH, living.admin)
    await asyncio.sleep(MINUTE)
    assert living.limits[1] == 4_096_000
    await living.guardian.desk.set_mode(Mode.ASK, living.admin)
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
    await living.approve()
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


async def test_containers_rest_while_streams_need_most_of_the_line(living: Living) -> None:
    """Those that were named and approved; never what streams; and what a person lets go on goes on."""
    household = build_household(
        Clock(moving=False), 1, release_named("1.51"), count=6, registry_host="127.0.0.1:1"
    )
    docker = TestServer(Docker(household.engine).app())
    await docker.start_server()
    url = str(docker.make_url("/")).rstrip("/")
    data = {CONF_KIND: "containers", CONF_SERVER: HOME, "url": url}
    entry = MockConfigEntry(domain=DOMAIN, title="media", unique_id="engine", data=data)
    entry.add_to_hass(living.hass)
    assert await living.hass.config_entries.async_setup(entry.entry_id), entry.reason
    living.entries.append(entry)
    await asyncio.sleep(MINUTE)
    resting, other, streams = (household.engine.names[name] for name in ("sabnzbd", "prowlarr", "sonarr"))
    nodes = [f"member:engine:{each.name}" for each in (resting, streams)]
    known = (await async_known(living.hass, HOME))[STREAM_PAUSE]
    assert known[nodes[0]].startswith("sabnzbd · ")
    runs_on = str(Link(f"host:{living.entries[1].runtime_data.id}", nodes[1]))
    living.tick(limit_uploads=False, pause_for_streams=nodes, runs_on=[runs_on])
    record = await living.approve()
    assert (
        "paused while streams need more than half of the line: "
        in living.guardian.wording.plan(record, None)[0]
    )
    first = living.plex.play(remote=True, kbps=16_000)
    await asyncio.sleep(2 * MINUTE)
    assert resting.state == "running", "less than half of it is needed"
    second = living.plex.play(remote=True, kbps=16_000)
    await asyncio.sleep(MINUTE)
    assert [each.state for each in (resting, other, streams)] == ["paused", "running", "running"]
    living.plex.stop(second.key)
    await asyncio.sleep(4 * MINUTE)
    assert resting.state == "running"
    second = living.plex.play(remote=True, kbps=16_000)
    await asyncio.sleep(MINUTE)
    await entry.runtime_data.access.client.unpause(resting.ident)
    await asyncio.sleep(5 * MINUTE)
    assert resting.state == "running", "somebody lets it go on"
    for each in (first, second):
        living.plex.stop(each.key)
    await asyncio.sleep(5 * MINUTE)
    await living.hass.config_entries.async_unload(entry.entry_id)
    await docker.close()
