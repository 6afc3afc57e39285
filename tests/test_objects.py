"""Objects that come and go, what is written how often, and how much there is of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from homeassistant.components.diagnostics import DOMAIN as DIAGNOSTICS
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, EntityCategory
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor import (
    HOUSE,
    async_remove_config_entry_device,
    own_path_edge,
    system_health,
)
from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.diagnostics import async_get_config_entry_diagnostics
from custom_components.home_server_monitor.entity import DeadBandEntity
from custom_components.home_server_monitor.guardian import own_path
from custom_components.home_server_monitor.guardian.capabilities import InUse, ReadsSmart, SnapshotsDatasets
from custom_components.home_server_monitor.guardian.contract import Action
from custom_components.home_server_monitor.guardian.house import House
from custom_components.home_server_monitor.history import KEEP_DAYS, DailyHistory
from custom_components.home_server_monitor.sources.errors import (
    BadResponse,
    InsecureTransport,
    NotSupported,
)
from custom_components.home_server_monitor.sources.truenas.protocol import Event
import simulator

from .conftest import LAST_PING, nas_entry
from .seen import Seen, device_of
from .warp import Warp

MINUTE = 60


@pytest.fixture(autouse=True)
def _time(warp: Warp) -> None:
    """Minutes pass in milliseconds."""


@asynccontextmanager
async def watched(hass: HomeAssistant, **world: Any) -> AsyncGenerator[tuple[MockConfigEntry, Any, Seen]]:
    """Another NAS than the usual one, set up and at rest."""
    async with simulator.run(**world) as sim:
        entry = nas_entry(sim)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await asyncio.sleep(60)
        yield entry, sim, Seen(hass, entry)
        assert await hass.config_entries.async_unload(entry.entry_id)
        await asyncio.sleep(LAST_PING)


@pytest.fixture
async def seen(hass: HomeAssistant, nas: MockConfigEntry) -> Seen:
    await asyncio.sleep(45)
    return Seen(hass, nas)


# Come and go


async def test_a_new_app_appears_without_a_reload(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen
) -> None:
    apps = sim.world.apps
    plex = apps.pop("plex")
    sim.world.changed("app", "removed", "plex")
    await asyncio.sleep(5)
    assert seen.like("^app_plex_") == set()
    assert device_of(hass, nas, "app_plex") is None
    apps["plex"] = plex
    sim.world.changed("app", "added", "plex")
    await asyncio.sleep(5)
    assert seen.state("app_plex_app_state") == "running"
    assert device_of(hass, nas, "app_plex")
    assert seen.like("^app_sonarr_") <= seen.available()


async def test_a_new_dataset_appears(hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen) -> None:
    from simulator.storage import Dataset

    sim.world.datasets["tank/new"] = Dataset("tank/new", 7 << 30)
    await asyncio.sleep(6 * MINUTE)
    registered = er.async_get(hass)
    found = registered.async_get_entity_id("sensor", DOMAIN, f"{nas.unique_id}_dataset_tank/new_dataset_used")
    assert found
    del sim.world.datasets["tank/new"]
    await asyncio.sleep(6 * MINUTE)
    assert registered.async_get(found) is None


@pytest.mark.parametrize("how", ["skipped", "failed", "hung", "denied"])
async def test_an_incomplete_listing_removes_nothing(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen, how: str
) -> None:
    before = seen.like("^app_")
    if how == "skipped":
        sim.faults.replace("app.query", [{"name": "plex", "id": "plex", "state": "RUNNING"}, None])
    elif how == "failed":
        sim.faults.error("app.query")
    elif how == "hung":
        sim.faults.hang("app.query")
    else:
        sim.faults.deny("app.query")
    await asyncio.sleep(20 * MINUTE)
    assert seen.like("^app_") == before
    assert device_of(hass, nas, "app_sonarr")
    assert seen.state("app_sonarr_app_state") == STATE_UNAVAILABLE
    if how == "skipped":
        assert seen.state("app_plex_app_state") == "running"


async def test_what_went_while_home_assistant_was_off_is_removed_at_start(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen
) -> None:
    assert await hass.config_entries.async_unload(nas.entry_id)
    del sim.world.apps["plex"]
    assert await hass.config_entries.async_setup(nas.entry_id)
    await asyncio.sleep(5)
    assert seen.like("^app_plex_") == set()
    assert device_of(hass, nas, "app_plex") is None


async def test_a_disk_that_is_gone_can_be_deleted_and_is_then_forgotten(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen
) -> None:
    serial = sim.world.disk("sdc").serial
    present = device_of(hass, nas, f"disk_{serial}")
    assert present
    assert not await async_remove_config_entry_device(hass, nas, present)
    await sim.scenario("disk_missing", disk="sdc")
    await asyncio.sleep(31 * MINUTE)
    assert seen.like(f"^disk_{serial}_") & seen.available() == set()
    assert "disk_missing" in {finding.rule for finding in nas.runtime_data.findings}
    assert await async_remove_config_entry_device(hass, nas, present)
    dr.async_get(hass).async_remove_device(present.id)
    assert "disk_missing" not in {finding.rule for finding in nas.runtime_data.findings}
    await sim.scenario_off("disk_missing")
    await asyncio.sleep(31 * MINUTE)
    assert seen.like(f"^disk_{serial}_") <= seen.available()


async def test_devices_that_may_not_be_deleted(
    hass: HomeAssistant, nas: MockConfigEntry, server_entry: MockConfigEntry, sim: Any
) -> None:
    itself = device_of(hass, nas)
    pool = device_of(hass, nas, f"pool_{sim.world.pool('tank').guid}")
    app = device_of(hass, nas, "app_plex")
    server = device_of(hass, server_entry)
    assert itself
    assert pool
    assert app
    assert server
    assert not await async_remove_config_entry_device(hass, nas, itself)
    assert not await async_remove_config_entry_device(hass, nas, pool)
    assert await async_remove_config_entry_device(hass, nas, app)
    assert not await async_remove_config_entry_device(hass, server_entry, server)


async def test_devices_hang_together(
    hass: HomeAssistant, nas: MockConfigEntry, server_entry: MockConfigEntry, sim: Any
) -> None:
    server, itself = device_of(hass, server_entry), device_of(hass, nas)
    disk = device_of(hass, nas, "disk_WD-WCC7K4AA17XU")
    assert server
    assert itself
    assert disk
    assert itself.via_device_id == server.id
    assert disk.via_device_id == itself.id
    assert (disk.serial_number, disk.model) == ("WD-WCC7K4AA17XU", "WDC WD40EFRX-68N32N0")
    assert itself.sw_version == "TrueNAS-25.10.6"


# How much there is


async def test_budgets_of_entities(hass: HomeAssistant, nas: MockConfigEntry, seen: Seen) -> None:
    enabled: Counter[str | None] = Counter()
    plain: Counter[str | None] = Counter()
    for entity in er.async_entries_for_config_entry(er.async_get(hass), nas.entry_id):
        if entity.disabled:
            continue
        enabled[entity.device_id] += 1
        plain[entity.device_id] += entity.entity_category is None
    counted = set()
    budgets = {"pool": (8, 3), "disk": (6, 1), "app": (4, 1)}
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), nas.entry_id):
        (identifier,) = (found for domain, found in device.identifiers if domain == DOMAIN)
        kind = identifier.removeprefix(f"{nas.unique_id}_").partition("_")[0]
        counted.add(kind)
        if kind in budgets:
            assert enabled[device.id] <= budgets[kind][0], identifier
            assert plain[device.id] <= budgets[kind][1], identifier
        elif identifier == nas.unique_id:
            assert plain[device.id] <= 10
    assert counted >= set(budgets)


async def test_whatever_writes_is_config(hass: HomeAssistant, nas: MockConfigEntry) -> None:
    for entity in er.async_entries_for_config_entry(er.async_get(hass), nas.entry_id):
        if entity.domain in ("button", "update"):
            assert entity.entity_category is EntityCategory.CONFIG


async def test_a_frozen_server_is_written_never(seen: Seen) -> None:
    seen.forget()
    await asyncio.sleep(MINUTE)
    assert seen.writes == []


@pytest.mark.timeout(120)
async def test_64_disks_at_rest_are_written_60_times_a_minute_at_most(
    hass: HomeAssistant, hass_storage: Any, server_entry: MockConfigEntry, socket_enabled: None
) -> None:
    async with watched(hass, version="25.10", profile="idle-noise", disks=64) as (_, _, seen):
        await asyncio.sleep(5 * MINUTE)
        seen.forget()
        await asyncio.sleep(10 * MINUTE)
        assert 0 < len(seen.writes) / 10 <= 60


async def test_calls_a_minute(nas: MockConfigEntry, sim: Any, seen: Seen) -> None:
    calls = len(sim.calls)
    await asyncio.sleep(30 * MINUTE)
    assert 30 < len(sim.calls) - calls <= 300
    assert sim.logins == 1
    assert sim.refusals == []
    assert sim.world.wakeups == 0


class _Shown(DeadBandEntity[Any]):
    """An entity whose value a test sets."""

    _attr_has_entity_name = False
    value: Any = 10.0
    fine = True

    def __init__(self) -> None:
        self.written = 0
        self.entity_description = SimpleNamespace(dead_band=2.0)  # type: ignore[assignment]

    @property
    def available(self) -> bool:
        return self.fine

    def current(self) -> Any:
        return self.value

    def async_write_ha_state(self) -> None:
        self.written += 1

    def update(self, value: Any, fine: bool = True) -> int:
        """Return how often it was written for this."""
        before, self.value, self.fine = self.written, value, fine
        self._handle_coordinator_update()
        return self.written - before


async def test_dead_band(warp: Warp) -> None:
    entity = _Shown()
    assert entity.update(10.0) == 1
    assert entity.update(11.9) == 0
    assert entity.update(8.1) == 0
    assert entity.update(12.0) == 1
    assert entity.update(12.5) == 0
    await asyncio.sleep(301)
    assert entity.update(12.5) == 1
    await asyncio.sleep(301)
    assert entity.update(12.5) == 0
    assert entity.update(None) == 1
    assert entity.update("text") == 1
    assert entity.update("text", fine=False) == 1
    assert entity.update("text", fine=False) == 0
    assert entity.update("text") == 1


async def test_an_entity_says_what_it_writes() -> None:
    with pytest.raises(NotImplementedError):
        DeadBandEntity.current(_Shown())


# Buttons and updates


async def test_a_button_acts_for_an_admin(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen, hass_admin_user: MockUser
) -> None:
    button = seen.entities()[f"pool_{sim.world.pool('tank').guid}_start_scrub"]
    data = {"entity_id": button}
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call("button", "press", data, blocking=True)
    assert sim.world.pool("tank").scan.state == "FINISHED"
    context = Context(user_id=hass_admin_user.id)
    await hass.services.async_call("button", "press", data, blocking=True, context=context)
    assert sim.world.pool("tank").scan.state == "SCANNING"


async def test_updates_are_shown_and_installed(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen, hass_admin_user: MockUser
) -> None:
    entity = seen.entities()["app_sonarr_update"]
    assert seen.state("app_sonarr_update") == "off"
    await sim.scenario("app_update", app="sonarr", version="9.9.9")
    await asyncio.sleep(5)
    assert seen.state("app_sonarr_update") == "on"
    context = Context(user_id=hass_admin_user.id)
    installing = asyncio.create_task(
        hass.services.async_call("update", "install", {"entity_id": entity}, blocking=True, context=context)
    )
    await asyncio.sleep(0.1)
    state = hass.states.get(entity)
    assert state
    assert state.attributes["in_progress"] is True
    await installing
    await asyncio.sleep(5)
    state = hass.states.get(entity)
    assert state
    assert (state.state, state.attributes["installed_version"], state.attributes["in_progress"]) == (
        "off",
        "9.9.9",
        False,
    )


async def test_the_update_of_the_nas(hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen) -> None:
    await sim.scenario("update_available", version="TrueNAS-25.10.7")
    await asyncio.sleep(5)
    state = hass.states.get(seen.entities()["update"])
    assert state
    assert state.state == "on"
    assert "25.10.7" in state.attributes["latest_version"]
    await sim.stop_listening()
    await asyncio.sleep(60)
    assert seen.state("update") == STATE_UNAVAILABLE


# Pushed events


@pytest.mark.parametrize(
    "fields", [None, 7, [], {"cpu": {"cpu": {"usage": {"a": 1}}}}, {"interfaces": {"a": None}}]
)
async def test_pushed_numbers_of_any_shape(nas: MockConfigEntry, seen: Seen, fields: Any) -> None:
    for collection in ("reporting.realtime", "app.stats", "core.get_jobs", "unknown"):
        nas.runtime_data._event(Event(collection, "added", 1, fields))
    await asyncio.sleep(45)
    assert seen.dark() == set()


async def test_pushed_numbers_that_stop_coming_are_not_shown(sim: Any, seen: Seen) -> None:
    sim.truenas.event_pace = 1e6
    await asyncio.sleep(4 * MINUTE)
    assert seen.dark() == seen.like("^(cpu_|memory_usage|arc_)|_app_(cpu|memory)$")
    sim.truenas.events.advanced()
    await asyncio.sleep(2)
    assert seen.dark() == set()


async def test_the_end_of_a_job_is_seen_soon(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen
) -> None:
    before = seen.state("task_cloud_sync_1_last_success")
    from simulator.motion import start_task

    start_task(sim.world, sim.world.cloud_syncs[1], owner="homeassistant")
    await asyncio.sleep(30)
    assert seen.state("task_cloud_sync_1_last_result") == "success"
    assert seen.state("task_cloud_sync_1_last_success") != before


# History


async def test_history_round_trip(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    history = DailyHistory(hass, "pool", "guid/../1", ("used", "total"))
    await history.async_load()
    assert len(history) == 0
    assert history.record(1, {"used": 10, "total": 100})
    assert not history.record(1, {"used": 11, "total": 100})
    assert not history.record(0, {"used": 11, "total": 100})
    assert history.record(2, {"used": None})
    assert history.record(3, {"used": 30})
    await asyncio.sleep(3700)
    (name,) = [key for key in hass_storage if key.startswith(f"{DOMAIN}/pool/")]
    assert "guid" not in name
    again = DailyHistory(hass, "pool", "guid/../1", ("used", "total", "new"))
    await again.async_load()
    assert again.series("used") == [(1, 10), (3, 30)]
    assert again.series("total") == [(1, 100)]
    assert again.series("new") == []
    assert len(again) == 3
    other = DailyHistory(hass, "pool", "another", ("used",))
    await other.async_load()
    assert len(other) == 0
    await again.async_forget()
    assert name not in hass_storage


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"identity": "other", "days": [1], "values": {"used": [1]}},
        {"identity": "x", "days": None},
        {"identity": "x", "days": ["a"]},
        {"identity": "x", "days": [1], "values": None},
        {"identity": "x", "days": [1], "values": {"used": [1, 2]}},
        {"identity": "x", "days": [2, 1], "values": {"used": [1, 2]}},
        {"identity": "x", "days": [1], "values": {"used": ["many"]}},
    ],
)
async def test_a_damaged_history_is_no_history(
    hass: HomeAssistant, hass_storage: dict[str, Any], data: Any
) -> None:
    history = DailyHistory(hass, "pool", "x", ("used",))
    hass_storage[history._store.key] = {"version": 1, "data": data}
    await history.async_load()
    assert history.series("used") == []
    assert history.record(20_000, {"used": 5})
    assert history.series("used") == [(20_000, 5)]
    await asyncio.sleep(3700)


async def test_a_history_does_not_grow_for_ever(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    history = DailyHistory(hass, "pool", "x", ("used",))
    for day in range(KEEP_DAYS + 10):
        history.record(day, {"used": day})
    assert len(history) == KEEP_DAYS
    assert history.series("used")[0] == (10, 10)
    await asyncio.sleep(3700)


async def test_a_forecast_after_seven_days(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen, warp: Warp
) -> None:
    guid = sim.world.pool("media").guid
    for day in range(8):
        assert (seen.state(f"pool_{guid}_days_to_90") == "unknown") is (day < 7), day
        sim.world.root(sim.world.pool("media")).own += 10 << 30
        warp.offset += 86400
        await asyncio.sleep(7 * MINUTE)
    assert float(seen.state(f"pool_{guid}_days_to_90") or "nan") > 1


# The entry, the house, the server


async def test_the_server_is_set_up_and_missed(
    hass: HomeAssistant, nas: MockConfigEntry, server_entry: MockConfigEntry
) -> None:
    from homeassistant.helpers import issue_registry as ir

    assert await hass.config_entries.async_remove(server_entry.entry_id)
    assert ir.async_get(hass).async_get_issue(DOMAIN, "server_missing")
    assert await hass.config_entries.async_reload(nas.entry_id)
    assert nas.state is ConfigEntryState.LOADED
    assert await hass.config_entries.async_remove(nas.entry_id)
    assert not ir.async_get(hass).async_get_issue(DOMAIN, "server_missing")


async def test_a_nas_that_is_away_at_start_is_tried_again(
    hass: HomeAssistant, hass_storage: Any, server_entry: MockConfigEntry, sim: Any
) -> None:
    await sim.stop_listening()
    entry = nas_entry(sim)
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    await sim.start_listening()
    await asyncio.sleep(30)
    assert entry.state.name == "LOADED"
    assert await hass.config_entries.async_unload(entry.entry_id)
    await asyncio.sleep(LAST_PING)
    assert sim.sessions == 0


async def test_a_revoked_key_at_start(
    hass: HomeAssistant, hass_storage: Any, server_entry: MockConfigEntry, sim: Any
) -> None:
    await sim.scenario("revoked_key")
    entry = nas_entry(sim)
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == ["reauth"]
    await asyncio.sleep(LAST_PING)


async def test_unloading_keeps_what_is_remembered(
    hass: HomeAssistant, nas: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    assert await hass.config_entries.async_unload(nas.entry_id)
    saved = hass_storage[f"{DOMAIN}/memory/{nas.entry_id}"]["data"]
    assert saved["scrubs"]
    assert saved["disks"]


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (InsecureTransport("x"), "insecure_http"),
        (NotSupported("TrueNAS-13"), "not_supported"),
        (BadResponse("x"), "bad_response"),
    ],
)
async def test_failures_are_said_in_words(
    nas: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, error: Exception, key: str
) -> None:
    async def fail() -> None:
        raise error

    source = nas.runtime_data
    monkeypatch.setattr(source, "async_fetch", fail)
    waits = []
    for _ in range(5):
        with pytest.raises(UpdateFailed) as failed:
            await source._async_update_data()
        assert failed.value.translation_key == key
        waits.append(failed.value.retry_after or 0)
    assert 3 < waits[0] < 5
    assert max(waits) < 20
    monkeypatch.undo()
    await source.async_refresh()
    assert source.last_update_success


async def test_house() -> None:
    house = House()
    told: list[Any] = []
    first, second = SimpleNamespace(id="a", kind="x"), SimpleNamespace(id="a", kind="x")
    source: Any = first
    detach = house.attach(source)
    other: Any = second
    detach_other = house.attach(other)
    assert house.source("a") is second
    detach()
    assert house.source("a") is second
    stop = house.subscribe(told.append)
    house.updated(other)
    stop()
    house.updated(other)
    assert told == [second]
    detach_other()
    assert house.source("a") is None


async def test_the_house_knows_who_can_what(hass: HomeAssistant, nas: MockConfigEntry) -> None:
    house = hass.data[HOUSE]
    source = nas.runtime_data
    assert list(house.capable(ReadsSmart)) == [source]
    assert list(house.capable(SnapshotsDatasets)) == [source]
    assert list(house.capable(InUse)) == []
    told: list[Any] = []
    house.subscribe(told.append)
    await asyncio.sleep(6 * MINUTE)
    assert source.nodes
    kinds = Counter(node.kind for node in source.nodes)
    assert (kinds["host"], kinds["pool"], kinds["disk"], kinds["app"]) == (1, 3, 5, 8)
    assert all(isinstance(action, Action) or action.key for action in source.actions.values())


# What Home Assistant stands on


@pytest.mark.parametrize("name", ["docker", "libpod", "containers"])
def test_own_container(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, name: str) -> None:
    container = "ab" * 32
    text = f"1 2 0:1 /var/lib/{name}/{container}/hostname /etc/hostname rw\n"
    monkeypatch.setattr(own_path.Path, "read_text", lambda self, **_: text)
    assert own_path.own_container() == container


def test_no_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_path.Path, "read_text", lambda self, **_: "nothing")
    assert own_path.own_container() is None
    assert own_path.own_pod() is None

    def unreadable(self: Any, **_: Any) -> str:
        raise OSError

    monkeypatch.setattr(own_path.Path, "read_text", unreadable)
    assert own_path.own_container() is None
    assert own_path.own_pod() is None


def test_own_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_path.Path, "read_text", lambda self, **_: "/kubepods/x")
    monkeypatch.setattr(own_path.socket, "gethostname", lambda: "home-assistant-5f-x")
    assert own_path.own_pod() == "home-assistant-5f-x"


async def test_own_path_is_derived(
    hass: HomeAssistant, server_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_path_edge, "own_container", lambda: "ab" * 32)
    monkeypatch.setattr(own_path_edge, "own_pod", lambda: "home-assistant-5f9-x2")
    monkeypatch.setitem(
        hass.data, own_path_edge.DATA_INSTANCE, SimpleNamespace(db_url="mysql://ha:pw@127.0.0.1:3306/ha")
    )
    hass.config.internal_url = "http://127.0.0.1:8123"
    hass.config.external_url = "https://[::1]:8443"
    hass.config_entries.async_update_entry(server_entry, options={"own_path": ["My Proxy"]})
    found = await own_path_edge.async_derive_own_path(hass)
    assert found.stands_on({own_path.container_node("ab" * 32)}) == "Home Assistant runs in it"
    assert found.stands_on({own_path.named_node("home-assistant")}) == "Home Assistant runs in it"
    assert found.stands_on({own_path.named_node("MY PROXY")})
    assert (
        found.stands_on({own_path.endpoint_node("127.0.0.1", 3306)}) == "Home Assistant's database is on it"
    )
    assert (
        found.stands_on({own_path.endpoint_node("127.0.0.1", 8123)}) == "Home Assistant is reached through it"
    )
    assert found.stands_on({own_path.named_node("home"), "container:x"}) is None


def test_addresses_of_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: Any) -> Any:
        raise OSError

    monkeypatch.setattr(own_path.socket, "getaddrinfo", nobody)
    assert own_path.addresses_of("Nas.Invalid") == {"nas.invalid"}


# Diagnostics and system health


async def test_diagnostics_name_nothing(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen
) -> None:
    await sim.scenario("task_failing", kind="cloudsync", error="login of alice@192.168.1.77 refused")
    await asyncio.sleep(6 * MINUTE)
    text = str(await async_get_config_entry_diagnostics(hass, nas))
    world = sim.world
    secrets = {
        sim.api_key,
        sim.api_key.partition("-")[2],
        world.host_id,
        world.hostname,
        "127.0.0.1",
        "192.168.1",
        "alice",
        str(sim.fingerprint),
    }
    secrets |= {disk.serial for disk in world.disks} | {disk.lunid for disk in world.disks}
    secrets |= (
        {user.name for user in world.users if len(user.name) > 4}
        if hasattr(world.users[0], "name")
        else set()
    )
    secrets |= {str(pool.guid) for pool in world.pools}
    found = {secret for secret in secrets if secret in text and secret != "truenas"}
    assert found == set()
    assert "25.10" in text
    assert "feeds" in text
    assert DIAGNOSTICS == "diagnostics"


async def test_diagnostics_of_the_server(
    hass: HomeAssistant, nas: MockConfigEntry, server_entry: MockConfigEntry
) -> None:
    found = await async_get_config_entry_diagnostics(hass, server_entry)
    assert set(found) == {"entry"}


async def test_system_health(hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen) -> None:
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    registered: list[Any] = []
    system_health.async_register(hass, SimpleNamespace(async_register_info=registered.append))  # type: ignore[arg-type]
    found = await registered[0](hass)
    assert (found["services"], found["services_answering"]) == (1, 1)
    assert "25.10" in found["versions"]
    assert found["findings"] > 0
    await sim.stop_listening()
    await asyncio.sleep(60)
    found = await registered[0](hass)
    assert (found["services_answering"], found["versions"], found["findings"]) == (0, "none", 0)


# The disk temperatures can be switched off


async def test_without_temperatures(
    hass: HomeAssistant, hass_storage: Any, server_entry: MockConfigEntry, sim: Any
) -> None:
    entry = nas_entry(sim, disk_temperatures=False)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await asyncio.sleep(10 * MINUTE)
    assert not any(call.method == "disk.temperatures" for call in sim.calls)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await asyncio.sleep(LAST_PING)
