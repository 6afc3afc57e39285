"""Download clients in Home Assistant: what is shown, what a person sets, and what the guardian lends and takes back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.diagnostics import async_get_config_entry_diagnostics
from custom_components.home_server_monitor.guardian.capabilities import (
    AnswersItself,
    ChangesForAWhile,
    NamesTargets,
)
from custom_components.home_server_monitor.guardian.capabilities_media import (
    Downloads,
    LimitsBandwidth,
    PausesDownloads,
)
from simulator.clock import Clock
from simulator.media import Client, Fate, MediaWorld, add_client
from simulator.media.download import State
from simulator.media.faces import FACES
from tests.seen import device_of
from tests.warp import Warp

GIB, MIB = 1 << 30, 1 << 20
MINUTE = 60.0


@dataclass
class Hours:
    """What knows when much may be written."""

    server: str
    moves_wait_until: float | None
    id: str = "hours"


@dataclass
class Home:
    """A server and one download client, in a time that flies."""

    hass: HomeAssistant
    entry: MockConfigEntry
    server: MockConfigEntry
    face: Any
    world: MediaWorld
    admin: MockUser

    @property
    def there(self) -> Client:
        """The client itself."""
        return self.face.client  # type: ignore[no-any-return]

    @property
    def source(self) -> Any:
        """What watches it."""
        return self.entry.runtime_data

    async def ask(self, name: str, user: MockUser | None = None, **data: Any) -> Any:
        """Order something as an admin does, by action."""
        device = device_of(self.hass, self.entry)
        assert device is not None
        given = {"device_id": device.id} if name not in ("list_leases", "end_lease") else {}
        return await self.hass.services.async_call(
            DOMAIN,
            name,
            {**given, **data},
            blocking=True,
            return_response=True,
            context=Context(user_id=(user or self.admin).id),
        )

    async def press(
        self, domain: str, service: str, key: str, user: MockUser | None = None, **data: Any
    ) -> None:
        """Use an entity as an admin does."""
        await self.hass.services.async_call(
            domain,
            service,
            {"entity_id": self.entity(domain, key), **data},
            blocking=True,
            context=Context(user_id=(user or self.admin).id),
        )

    def entity(self, domain: str, key: str) -> str:
        """Return an entity's id."""
        found = er.async_get(self.hass).async_get_entity_id(domain, DOMAIN, f"{self.source.id}_{key}")
        assert found is not None, key
        return found

    def state(self, domain: str, key: str) -> str:
        """Return what an entity shows."""
        state = self.hass.states.get(self.entity(domain, key))
        assert state is not None
        return state.state

    async def leases(self) -> list[dict[str, Any]]:
        """Return what is lent now."""
        found: list[dict[str, Any]] = (await self.ask("list_leases"))["leases"]
        return found

    @property
    def limits(self) -> tuple[int, int, int, int]:
        """What the client itself has."""
        return self.there.down_limit, self.there.up_limit, self.there.alt_down, self.there.alt_up


def entry_of(url: str, face: Any) -> MockConfigEntry:
    """Return the entry that the flow would make."""
    login = (
        {"api_key": face.api_key}
        if face.client.kind == "sabnzbd"
        else {"username": face.username, "password": face.password}
    )
    data = {CONF_KIND: "downloads", CONF_SERVER: HOME, "url": url, "product": face.client.kind, **login}
    return MockConfigEntry(domain=DOMAIN, title=face.client.kind, unique_id="client-1", data=data)


@pytest.fixture(params=[("qbittorrent", "5.1.0")], ids="-".join)
async def home(
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    socket_enabled: None,
    warp: Warp,
    server_entry: MockConfigEntry,
    hass_admin_user: MockUser,
) -> AsyncIterator[Home]:
    """A client that is watched, with a download that runs."""
    kind, version = request.param
    world = MediaWorld(Clock(moving=False))
    add_client(world, kind, version)
    face = FACES[kind](world, kind)
    world.grab(kind, "Harbour.S01E01", size=900 * GIB, cap=5e6, category="sonarr")
    world.step(1)
    server = TestServer(face.app())
    await server.start_server()
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    entry = entry_of(str(server.make_url("/")).rstrip("/"), face)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id), entry.reason
    await hass.async_block_till_done()
    await asyncio.sleep(120)
    yield Home(hass, entry, server_entry, face, world, hass_admin_user)
    for each in (entry, server_entry):
        if each.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(each.entry_id)
    await server.close()


async def test_what_is_shown(home: Home) -> None:
    source = home.source
    for capability in (
        Downloads,
        LimitsBandwidth,
        PausesDownloads,
        ChangesForAWhile,
        AnswersItself,
        NamesTargets,
    ):
        assert isinstance(source, capability)
    assert (source.protocol, source.limits_bandwidth) == ("torrent", {"down", "up"})
    assert float(home.state("sensor", "download_speed")) == pytest.approx(5.0, rel=0.1)
    assert home.state("sensor", "downloads_active") == "1"
    assert home.state("number", "download_limit") == "0"
    assert home.state("switch", "downloads_paused") == "off"
    enabled = [
        each
        for each in er.async_entries_for_config_entry(er.async_get(home.hass), home.entry.entry_id)
        if not each.disabled
    ]
    assert len(enabled) <= 10
    (row,) = (await home.ask("list_downloads"))["downloads"]
    assert (row["name"], row["state"], row["category"]) == ("Harbour.S01E01", "downloading", "sonarr")
    assert (await home.ask("list_downloads", state="failed"))["downloads"] == []
    told = str(await async_get_config_entry_diagnostics(home.hass, home.entry))
    for secret in (home.face.password, "Harbour", "127.0.0.1", home.face.username):
        assert secret not in told.replace(DOMAIN, "")


@pytest.mark.parametrize(
    "home",
    [("qbittorrent", "5.1.0"), ("sabnzbd", "4.5.0"), ("transmission", "4.1.3"), ("nzbget", "21.0")],
    indirect=True,
    ids="-".join,
)
async def test_a_steady_queue_writes_nothing_and_takes_few_calls(home: Home) -> None:
    for number in range(200):
        home.world.grab(home.face.name, f"Waits {number}", size=GIB)
    await asyncio.sleep(120)
    written = async_capture_events(home.hass, EVENT_STATE_CHANGED)
    before = home.source.client.wire.calls
    # long enough for what is asked for every few minutes, short of what is written again without a change
    await asyncio.sleep(4 * MINUTE)
    mine = er.async_entries_for_config_entry(er.async_get(home.hass), home.entry.entry_id)
    assert {each.data["entity_id"] for each in written} & {each.entity_id for each in mine} == set()
    assert (home.source.client.wire.calls - before) / 4 <= 7


async def test_a_person_sets_limits(home: Home) -> None:
    await home.press("number", "set_value", "download_limit", value=500)
    assert home.there.down_limit == 500 * 1024
    await asyncio.sleep(5)
    assert home.state("number", "download_limit") == "500"
    await home.press("switch", "turn_on", "alternative_limits")
    assert home.there.alt_on
    await home.press("switch", "turn_off", "alternative_limits")
    assert not home.there.alt_on
    assert home.state("switch", "alternative_limits") == "off"


async def test_nobody_else_does(home: Home, hass_read_only_user: MockUser) -> None:
    with pytest.raises((ServiceValidationError, HomeAssistantError)):
        await home.press("number", "set_value", "download_limit", hass_read_only_user, value=500)
    assert home.limits[0] == 0
    assert not [call for call in home.face.calls.writes if not call.path.endswith("login")]


async def test_a_limit_goes_back_by_itself(home: Home) -> None:
    before = home.limits
    found = await home.ask("limit_bandwidth", down=1024, minutes=10)
    assert found["outcome"] == "succeeded"
    assert home.limits == (MIB, 0, MIB, before[3])
    assert [each["what"] for each in await home.leases()] == [
        "download limit of qbittorrent",
        "alternative download limit of qbittorrent",
    ]
    await asyncio.sleep(9 * MINUTE)
    assert home.limits[0] == MIB
    await asyncio.sleep(2 * MINUTE)
    assert home.limits == before
    assert await home.leases() == []


async def test_one_client_by_two_addresses(home: Home) -> None:
    before = home.limits
    server = TestServer(home.face.app())
    await server.start_server()
    second = entry_of(str(server.make_url("/")).rstrip("/"), home.face)
    home.hass.config_entries.async_update_entry(home.entry, title="By address")
    second.add_to_hass(home.hass)
    home.hass.config_entries.async_update_entry(second, title="By name", unique_id="client-2")
    for each in (home.entry, second):
        assert await home.hass.config_entries.async_reload(each.entry_id), each.reason
    by_name = Home(home.hass, second, home.server, home.face, home.world, home.admin)
    await asyncio.sleep(2 * MINUTE)
    await home.ask("limit_bandwidth", down=1024, minutes=10)
    for order in ("limit_bandwidth", "pause_downloads"):
        wishes = {"down": 512} if order == "limit_bandwidth" else {}
        with pytest.raises(ServiceValidationError) as refused:
            await by_name.ask(order, minutes=30, **wishes)
        assert refused.value.translation_key == "connected_twice"
        assert refused.value.translation_placeholders == {"target": "qBittorrent", "other": "By address"}
    await asyncio.sleep(4 * MINUTE)
    told = [each.finding for each in home.server.runtime_data.open_findings()]
    assert [(each.rule, each.source) for each in told] == [("downloads_connected_twice", "client-2")]
    await asyncio.sleep(8 * MINUTE)
    assert (home.limits, await home.leases()) == (before, [])
    # with nothing to tell it by: what one lent is not what the other returns to, either way
    home.world.remove(next(iter(home.world.downloads)), delete_data=True)
    assert await home.hass.config_entries.async_reload(second.entry_id)
    for first, other in ((home, by_name), (by_name, home)):
        await first.ask("limit_bandwidth", down=1024, minutes=10)
        with pytest.raises(ServiceValidationError, match="connected twice"):
            await other.ask("limit_bandwidth", down=512, minutes=30)
        await asyncio.sleep(12 * MINUTE)
        assert (home.limits, await home.leases()) == (before, [])
    assert await home.hass.config_entries.async_unload(second.entry_id)
    await server.close()


async def test_two_overlap(home: Home) -> None:
    home.there.up_limit = 3 * MIB
    before = home.limits
    await home.ask("limit_bandwidth", up=1024, minutes=10)
    await home.ask("limit_bandwidth", up=2048, minutes=30)
    assert home.limits[1] == MIB
    await asyncio.sleep(12 * MINUTE)
    assert home.limits[1] == 2 * MIB, "what the second one wants still holds"
    await asyncio.sleep(20 * MINUTE)
    assert home.limits == before


async def test_a_stricter_limit_of_a_person_stays(home: Home) -> None:
    home.there.down_limit = home.there.alt_down = 100 * 1024
    with pytest.raises(ServiceValidationError):
        await home.ask("limit_bandwidth", down=1024, minutes=10)
    assert home.limits[0] == 100 * 1024
    assert await home.leases() == []


async def test_what_a_person_sets_meanwhile_is_theirs(home: Home) -> None:
    before = home.limits
    await home.ask("limit_bandwidth", down=1024, up=512, minutes=10)
    # in the client itself, and by the number here
    home.there.down_limit = 7 * MIB
    await home.press("number", "set_value", "upload_limit", value=300)
    await asyncio.sleep(15 * MINUTE)
    assert home.limits == (7 * MIB, 300 * 1024, before[2], before[3]), "the others are back"
    assert await home.leases() == []


async def test_nothing_stays_throttled_after_a_restart(home: Home) -> None:
    before = home.limits
    await home.ask("limit_bandwidth", down=1024, minutes=10)
    await home.ask("pause_downloads", minutes=12)
    for each in (home.entry, home.server):
        assert await home.hass.config_entries.async_unload(each.entry_id)
    # what a process that is killed takes with it
    home.hass.data[DOMAIN].desks.clear()
    await asyncio.sleep(20 * MINUTE)
    assert home.limits[0] == MIB
    assert home.there.max_active == 0
    for each in (home.server, home.entry):
        assert await home.hass.config_entries.async_setup(each.entry_id)
    await asyncio.sleep(3 * MINUTE)
    assert home.limits == before
    assert home.there.max_active == 5


async def test_what_is_lent_goes_back_when_the_entry_is_removed(home: Home) -> None:
    before = home.limits, home.there.max_active
    await home.ask("limit_bandwidth", down=1024, minutes=10)
    await home.ask("limit_bandwidth", down=512, minutes=20)
    await home.ask("pause_downloads", minutes=12)
    assert len(await home.leases()) == 5
    assert await home.hass.config_entries.async_remove(home.entry.entry_id)
    assert (home.limits, home.there.max_active) == before
    leases = home.server.runtime_data.desk.leases
    assert leases.changes == {}
    # where it is away, its entry is removed all the same, and what is still lent is known
    again = entry_of(home.entry.data["url"], home.face)
    again.add_to_hass(home.hass)
    assert await home.hass.config_entries.async_setup(again.entry_id)
    other = Home(home.hass, again, home.server, home.face, home.world, home.admin)
    await asyncio.sleep(MINUTE)
    await other.ask("limit_bandwidth", down=1024, minutes=10)
    home.face.faults.add("drop")
    assert await home.hass.config_entries.async_remove(again.entry_id)
    assert (home.limits[0], len(leases.changes)) == (MIB, 2)


async def test_the_client_is_away_when_it_ends(home: Home) -> None:
    before = home.limits
    await home.ask("limit_bandwidth", down=1024, minutes=10)
    fault = home.face.faults.add("drop")
    await asyncio.sleep(15 * MINUTE)
    assert home.limits[0] == MIB
    home.face.faults.remove(fault)
    await asyncio.sleep(3 * MINUTE)
    assert home.limits == before


async def test_the_answer_to_a_limit_is_lost(home: Home) -> None:
    before = home.limits
    cut = home.face.faults.add("drop", "/api/v2/app/setPreferences", count=1)
    with pytest.raises(HomeAssistantError):
        # nothing arrived, and nothing holds
        await home.ask("limit_bandwidth", down=1024, minutes=10)
    await asyncio.sleep(2 * MINUTE)
    assert (home.limits, await home.leases(), cut.hits) == (before, [], 1)
    # it arrived, and the answer did not
    home.face.faults.add("cut", "/api/v2/app/setPreferences", count=1)
    await home.ask("limit_bandwidth", down=1024, minutes=10)
    assert home.limits[0] == MIB
    await asyncio.sleep(15 * MINUTE)
    assert home.limits == before


@pytest.mark.parametrize(
    "home",
    [("qbittorrent", "4.5.2"), ("sabnzbd", "4.5.0"), ("transmission", "4.1.3"), ("nzbget", "21.0")],
    indirect=True,
    ids="-".join,
)
async def test_a_pause_ends_by_itself_and_by_the_switch(home: Home) -> None:
    before = home.limits, home.there.max_active, home.there.paused
    await home.press("switch", "turn_on", "downloads_paused")
    home.world.step(5)
    assert home.world.speed(home.face.name)[0] < 10
    await asyncio.sleep(5)
    assert home.state("switch", "downloads_paused") == "on"
    await home.press("switch", "turn_off", "downloads_paused")
    await asyncio.sleep(MINUTE)
    assert (home.limits, home.there.max_active, home.there.paused) == before
    assert await home.leases() == []
    await home.ask("pause_downloads", minutes=5)
    home.world.step(5)
    assert home.world.speed(home.face.name)[0] < 10
    await home.ask("limit_bandwidth", down=512, minutes=10)
    await asyncio.sleep(7 * MINUTE)
    home.world.step(5)
    assert 1000 < home.world.speed(home.face.name)[0] <= 512 * 1024
    await asyncio.sleep(5 * MINUTE)
    assert (home.limits, home.there.max_active, home.there.paused) == before
    assert await home.leases() == []


async def test_one_download(home: Home) -> None:
    key = next(iter(home.source.downloads()))
    assert (await home.ask("pause_download", download=key))["outcome"] == "succeeded"
    assert home.world.downloads[key].state == "paused"
    await home.ask("resume_download", download=key)
    private = home.world.grab("qbittorrent", "Tide.2024", size=GIB, private=True, fate=Fate.STALLS)
    await asyncio.sleep(MINUTE)
    with pytest.raises(ServiceValidationError):
        await home.ask("remove_download", download=private.id, delete_data=True)
    assert private.id in home.world.downloads, "that is asked for first"
    (asked,) = (each for each in home.server.runtime_data.desk.records.values() if not each.over)
    assert (asked.name, asked.risk.name) == ("Tide.2024", "HIGH")
    await home.ask("remove_download", download=key, delete_data=True)
    assert key not in home.world.downloads


async def test_a_torrent_is_moved(home: Home) -> None:
    key = next(iter(home.source.downloads()))
    moving = home.world.downloads[key]
    with pytest.raises(HomeAssistantError, match="not complete"):
        await home.ask("move_download", download=key, folder="/library/slow")
    moving.done, moving.state = float(moving.size), State.SEEDING
    await asyncio.sleep(MINUTE)
    with pytest.raises(HomeAssistantError, match="in that folder already"):
        await home.ask("move_download", download=key, folder=f"{moving.save_path}/")
    hours = Hours(HOME, dt_util.utcnow().timestamp() + 3600)
    leave = home.source.house.attach(hours)
    with pytest.raises(HomeAssistantError, match=r"wait for the quiet hours, until \d\d:\d\d"):
        await home.ask("move_download", download=key, folder="/library/slow")
    hours.moves_wait_until = None
    was = moving.save_path
    ordered = home.hass.async_create_task(home.ask("move_download", download=key, folder="/library/slow"))
    await asyncio.sleep(MINUTE)
    # it is under way, and another one waits for its end
    other = home.world.grab("qbittorrent", "Other.2024", size=GIB)
    other.done, other.state = float(other.size), State.SEEDING
    await asyncio.sleep(MINUTE)
    assert (moving.state, moving.save_path, ordered.done()) == (State.MOVING, was, False)
    with pytest.raises(HomeAssistantError, match="moving a download already"):
        await home.ask("move_download", download=other.id, folder="/library/slow")
    home.world.step(6000)
    await asyncio.sleep(MINUTE)
    assert (await ordered)["outcome"] == "succeeded"
    assert (moving.state, moving.save_path) == (State.SEEDING, "/library/slow")
    leave()


async def test_a_problem_is_told(home: Home) -> None:
    for number in range(3):
        home.world.grab("qbittorrent", f"T{number}", size=GIB, fate=Fate.STALLS, turns_at=0.0)
    home.world.remove(next(iter(home.world.downloads)), delete_data=True)
    home.world.step(10)
    await asyncio.sleep(40 * MINUTE)
    rules = [each.finding.rule for each in home.server.runtime_data.open_findings()]
    assert rules == ["downloads_all_stalled"]
