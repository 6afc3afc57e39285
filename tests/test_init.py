"""Setting up, failing, unloading and removing entries."""

import asyncio
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.update_coordinator import UpdateFailed
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.sources.errors import (
    BadResponse,
    InsecureTransport,
    NotSupported,
)

from .conftest import LAST_PING, nas_entry

pytestmark = pytest.mark.usefixtures("warp")
MINUTE = 60


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
    await asyncio.sleep(60)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == ["reauth"]
    await asyncio.sleep(LAST_PING)


async def test_unloading_keeps_what_is_remembered(
    hass: HomeAssistant, nas: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    assert await hass.config_entries.async_unload(nas.entry_id)
    (name,) = [key for key in hass_storage if key.startswith(f"{DOMAIN}/memory/")]
    saved = hass_storage[name]["data"]
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
