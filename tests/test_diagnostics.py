"""Diagnostics and system health: what helps to find a fault, and nothing that names anybody."""

import asyncio
from types import SimpleNamespace
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor import (
    system_health,
)
from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.diagnostics import async_get_config_entry_diagnostics
from custom_components.home_server_monitor.kinds import KINDS

from .seen import Seen

pytestmark = pytest.mark.usefixtures("warp")
MINUTE = 60


async def test_diagnostics_name_nothing(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen
) -> None:
    sim.world.hostname = "attic-nas"
    await sim.scenario("task_failing", kind="cloudsync", error="login of alice@192.168.1.77 refused")
    await asyncio.sleep(6 * MINUTE)
    text = str(await async_get_config_entry_diagnostics(hass, nas))
    world = sim.world
    secrets = {sim.api_key, sim.api_key.partition("-")[2], world.host_id, str(sim.fingerprint), "127.0.0.1"}
    secrets |= {"attic-nas", "192.168.1", "alice"}
    secrets |= {disk.serial for disk in world.disks} | {disk.lunid for disk in world.disks}
    secrets |= {user.username for user in world.users if user.username != "root"}
    secrets |= {str(pool.guid) for pool in world.pools}
    assert {secret for secret in secrets if secret in text} == set()
    assert "25.10" in text
    assert "feeds" in text


async def test_no_kind_of_service_shows_what_it_is_shown(hass: HomeAssistant) -> None:
    told = []
    for kind in KINDS.values():
        secrets = {each: f"sekrit-{kind.key}-{each}" for each in kind.secrets}
        assert secrets
        more = {"url": "http://198.51.100.7:1", "client_id": "sekrit-client"}
        entry = MockConfigEntry(domain=DOMAIN, data={"kind": kind.key, **more, **secrets})
        entry.runtime_data = SimpleNamespace()
        told.append(str(await async_get_config_entry_diagnostics(hass, entry)))
    assert len(told) == len(KINDS)
    assert [each for each in told if "sekrit" in each or "198.51.100.7" in each] == []


async def test_diagnostics_of_the_server(
    hass: HomeAssistant, nas: MockConfigEntry, server_entry: MockConfigEntry
) -> None:
    found = await async_get_config_entry_diagnostics(hass, server_entry)
    assert set(found) == {"entry", "guardian"}
    assert found["guardian"]["mode"] == "ask"
    assert found["guardian"]["sources"] == {"truenas ok": 1}
    (disks,) = found["guardian"]["disks"]
    assert (disks["model"], disks["listed"] > 0, disks["read"]) == (True, True, 0)


async def test_diagnostics_of_the_server_name_nobody(
    hass: HomeAssistant, nas: MockConfigEntry, server_entry: MockConfigEntry
) -> None:
    secrets = {
        "phones": ["phone-of-ann"],
        "approvers": ["id-of-ann"],
        "low_approvers": ["id-of-bea"],
        "telegram": ["7000123:7000123"],
        "dead_man_url": "https://ping.example/aaaa-bbbb",
        "protected_objects": ["app:nas-of-ann:plex"],
        "runs_on": ["app:nas-of-ann:plex > pool:of-bea"],
        "names": {"phone-of-ann": "Ann's phone"},
    }
    hass.config_entries.async_update_entry(server_entry, options=secrets)
    text = str(await async_get_config_entry_diagnostics(hass, server_entry))
    assert [
        each for each in ("Ann", "ann", "bea", "7000123", "ping.example", "aaaa-bbbb") if each in text
    ] == []


async def test_diagnostics_of_what_is_not_loaded(hass: HomeAssistant, nas: MockConfigEntry) -> None:
    await hass.config_entries.async_unload(nas.entry_id)
    found = await async_get_config_entry_diagnostics(hass, nas)
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
