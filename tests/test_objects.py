"""Objects that come and go: entities appear without a reload, and go only when they are surely gone."""

import asyncio
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor import (
    async_remove_config_entry_device,
)
from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.sources.truenas.protocol import Event

from .seen import Seen, device_of

pytestmark = pytest.mark.usefixtures("warp")
MINUTE = 60


async def test_a_new_app_appears_without_a_reload(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen
) -> None:
    apps = sim.world.apps
    plex = apps.pop("plex")
    sim.world.changed("app", "removed", "plex")
    await asyncio.sleep(35)
    assert seen.like("^app_plex_") == set()
    assert device_of(hass, nas, "app_plex") is None
    apps["plex"] = plex
    sim.world.changed("app", "added", "plex")
    await asyncio.sleep(35)
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


@pytest.mark.parametrize("answer", [[], [{"name": "plex", "id": "plex", "state": "RUNNING"}]])
async def test_a_list_that_is_suddenly_much_shorter_must_be_confirmed(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen, answer: list[Any]
) -> None:
    before = seen.like("^app_")
    gone = before - (seen.like("^app_plex_") if answer else set())
    sim.faults.replace("app.query", answer)
    sim.world.changed("app", "changed", "plex")
    await asyncio.sleep(9 * MINUTE)
    assert seen.like("^app_") == before
    assert seen.available() & gone == set()
    await asyncio.sleep(12 * MINUTE)
    assert seen.like("^app_") == before - gone
    assert device_of(hass, nas, "app_sonarr") is None
    sim.faults.clear()
    await asyncio.sleep(6 * MINUTE)
    assert seen.like("^app_") == before
    assert seen.available() >= before


async def test_a_list_that_was_short_for_a_moment_costs_nothing(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen
) -> None:
    before = seen.entities()
    device = device_of(hass, nas, "app_sonarr")
    sim.faults.replace("app.query", [], count=1)
    sim.world.changed("app", "changed", "plex")
    await asyncio.sleep(20 * MINUTE)
    assert seen.entities() == before
    assert device_of(hass, nas, "app_sonarr") == device
    assert seen.available() >= seen.like("^app_")
    # what is missed for the first time much later has to be confirmed again
    sim.faults.replace("app.query", [])
    sim.world.changed("app", "changed", "plex")
    await asyncio.sleep(5 * MINUTE)
    assert seen.entities() == before


@pytest.mark.parametrize(("status", "minutes"), [("STOPPED", 90), ("FAILED", 20)])
async def test_apps_stay_while_docker_is_down(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen, status: str, minutes: float
) -> None:
    before = seen.like("^app_")
    sim.faults.replace("docker.status", {"status": status, "description": ""})
    sim.faults.replace("app.query", [])
    sim.world.changed("app", "changed", "plex")
    await asyncio.sleep(minutes * MINUTE)
    assert seen.like("^app_") == before
    assert seen.state("app_sonarr_app_state") == STATE_UNAVAILABLE
    sim.faults.clear()
    await asyncio.sleep(MINUTE)
    assert seen.like("^app_") <= seen.available()


async def test_after_a_start_too_a_list_that_is_much_shorter_must_be_confirmed(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen
) -> None:
    before = seen.like("^app_")
    assert await hass.config_entries.async_unload(nas.entry_id)
    sim.faults.replace("app.query", [])
    assert await hass.config_entries.async_setup(nas.entry_id)
    await asyncio.sleep(MINUTE)
    assert seen.like("^app_") == before
    sim.faults.clear()
    await asyncio.sleep(6 * MINUTE)
    assert seen.like("^app_") == before
    assert seen.available() >= before


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
    before = seen.like(f"^disk_{serial}_")
    assert not await async_remove_config_entry_device(hass, nas, present)
    await sim.scenario("disk_missing", disk="sdc")
    await asyncio.sleep(31 * MINUTE)
    assert seen.like(f"^disk_{serial}_") & seen.available() == set()
    assert "disk_missing" in {finding.rule for finding in nas.runtime_data.findings}
    assert await async_remove_config_entry_device(hass, nas, present)
    dr.async_get(hass).async_remove_device(present.id)
    await asyncio.sleep(1)
    assert seen.like(f"^disk_{serial}_") == set()
    assert "disk_missing" not in {finding.rule for finding in nas.runtime_data.findings}
    await sim.scenario_off("disk_missing")
    await asyncio.sleep(31 * MINUTE)
    assert seen.like(f"^disk_{serial}_") == before
    assert device_of(hass, nas, f"disk_{serial}")
    assert before & seen.available()


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
    assert not await async_remove_config_entry_device(hass, nas, app)
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
    assert itself.sw_version == "25.10.6"


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
    await asyncio.sleep(60)
    assert seen.state("task_cloud_sync_1_last_result") == "success"
    assert seen.state("task_cloud_sync_1_last_success") != before
