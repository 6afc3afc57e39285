"""Scrutiny is asked little, and what fails costs only what it is about."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_FINGERPRINT, CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.diagnostics import async_get_config_entry_diagnostics
from custom_components.home_server_monitor.sources.certificates import pin
from custom_components.home_server_monitor.sources.smart import coordinator
from custom_components.home_server_monitor.sources.smart.coordinator import SmartCoordinator
import simulator

DETAILS = "GET /api/device/{key}/details"


@pytest.fixture
async def sim(socket_enabled: None, hass: HomeAssistant) -> AsyncGenerator[Any]:
    hass.loop.set_debug(False)
    async with simulator.run(profile="frozen", scrutiny=True) as running:
        yield running


async def entry_of(hass: HomeAssistant, sim: Any) -> MockConfigEntry:
    data = {CONF_KIND: "smart", CONF_SERVER: HOME, "url": sim.scrutiny_url, CONF_FINGERPRINT: sim.fingerprint}
    entry = MockConfigEntry(domain=DOMAIN, title="Scrutiny", data=data)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=False)
    return entry


@pytest.fixture
async def smart(hass: HomeAssistant, hass_storage: Any, sim: Any) -> AsyncGenerator[SmartCoordinator]:
    entry = await entry_of(hass, sim)
    yield entry.runtime_data
    await hass.config_entries.async_unload(entry.entry_id)


async def look(smart: SmartCoordinator) -> None:
    """Ask for everything that is asked for by rhythm, now."""
    for key in ("drives", "readings"):
        smart.feeds.hurry(key, 0.0)
    await smart.async_refresh()


def asked(sim: Any, route: str) -> int:
    return sum(call.route == route for call in sim.scrutiny.calls.calls)


async def test_a_drive_is_asked_for_once_per_reading(smart: SmartCoordinator, sim: Any) -> None:
    assert asked(sim, DETAILS) == len(smart.data.drives) == 5
    assert all(drive.reading for drive in smart.data.drives.values())
    await look(smart)
    assert asked(sim, DETAILS) == 5, "nothing is newer"
    await sim.scenario("disk_asleep", disk="sdd")
    sim.advance(25 * 3600)
    await look(smart)
    assert asked(sim, DETAILS) == 9, "the one that sleeps was not read"
    assert sim.world.wakeups == 0
    assert sim.scrutiny.calls.writes == []


async def test_many_drives_are_shown_as_they_come(
    hass: HomeAssistant, hass_storage: Any, sim: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes longer than it is waited for ends no set-up, and is not begun anew each time; on one connection."""
    monkeypatch.setattr(coordinator, "READING", 2.0)
    sim.scrutiny.faults.add("delay", DETAILS, seconds=0.6)
    entry = await entry_of(hass, sim)
    smart: SmartCoordinator = entry.runtime_data
    assert smart.last_update_success
    first = sum(drive.reading is not None for drive in smart.data.drives.values())
    assert first < 5
    while smart.feeds.goes_on("readings"):  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.02)
    await smart.async_refresh()
    assert all(drive.reading for drive in smart.data.drives.values())
    assert asked(sim, DETAILS) == 5
    assert pin(sim.fingerprint) is pin(sim.fingerprint)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_drive_that_cannot_be_read_costs_no_other(
    hass: HomeAssistant, hass_storage: Any, sim: Any
) -> None:
    broken = sim.scrutiny.key(sim.world.disk("sdb"))
    sim.scrutiny.faults.add("malformed", DETAILS, target=broken)
    entry = await entry_of(hass, sim)
    smart: SmartCoordinator = entry.runtime_data
    assert smart.last_update_success
    assert sum(drive.reading is None for drive in smart.data.drives.values()) == 1
    sim.scrutiny.faults.clear()
    await look(smart)
    assert all(drive.reading for drive in smart.data.drives.values())
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop"},
        {"kind": "html"},
        {"kind": "null"},
        {"kind": "cut"},
        {"kind": "status", "status": 503},
    ],
)
async def test_what_was_read_is_not_shown_while_it_does_not_answer(
    smart: SmartCoordinator, sim: Any, fault: dict[str, Any]
) -> None:
    fault = dict(fault)
    sim.scrutiny.faults.add(fault.pop("kind"), **fault)
    for _ in range(2):
        await look(smart)
    assert not smart.last_update_success
    sim.scrutiny.faults.clear()
    await look(smart)
    assert smart.last_update_success
    assert smart.fresh("drives")
    assert len(smart.data.drives) == 5


async def test_drives_that_no_nas_lists_have_a_device(hass: HomeAssistant, smart: SmartCoordinator) -> None:
    assert "ZR15K0XV" in smart.data.own
    assert hass.states.get("sensor.st8000vn004_3cp101_k0xv_temperature") is not None
    assert any(node.id == "disk:ZR15K0XV" for node in smart.nodes)


async def test_diagnostics_name_no_drive(hass: HomeAssistant, smart: SmartCoordinator) -> None:
    told = str(await async_get_config_entry_diagnostics(hass, smart.config_entry))
    assert "'drives': 5" in told
    assert "ZR15K0XV" not in told
    assert smart.client.url.host not in told


async def test_a_changed_certificate_is_told(hass: HomeAssistant, smart: SmartCoordinator, sim: Any) -> None:
    await sim.new_certificate()
    await look(smart)
    assert not smart.last_update_success
    issue = f"certificate_changed_{smart.config_entry.entry_id}"
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue) is not None


async def test_a_login_that_came_later_is_asked_for_and_not_stormed(
    hass: HomeAssistant, smart: SmartCoordinator, sim: Any
) -> None:
    """Two refusals, of which one may be a restart's, then nobody is asked any more until a person answers."""
    sim.scrutiny.token = "secret"
    before = len(sim.scrutiny.calls.calls)
    await look(smart)
    assert not hass.config_entries.flow.async_progress()
    await look(smart)
    (flow,) = hass.config_entries.flow.async_progress()
    assert (flow["context"]["source"], flow["step_id"]) == ("reauth", "reauth_confirm")
    assert len(sim.scrutiny.calls.calls) - before == 2
    assert smart._unsub_refresh is None, "no further try is planned"
