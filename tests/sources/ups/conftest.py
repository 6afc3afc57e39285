"""A Home Assistant that watches the UPS of the simulated house."""

from collections.abc import AsyncIterator
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
import simulator


@pytest.fixture
async def sim(socket_enabled: None, hass: HomeAssistant) -> AsyncIterator[Any]:
    """A simulated house on a UPS, in which nothing moves by itself but its battery."""
    hass.loop.set_debug(False)
    async with simulator.run(profile="frozen", ups=True) as running:
        yield running


@pytest.fixture
def entry(sim: Any) -> MockConfigEntry:
    """The entry that the flow would make."""
    return entry_of(sim, username="ha", password=sim.world.ups.settings.extra["ha"])


def entry_of(sim: Any, **more: Any) -> MockConfigEntry:
    """Return an entry of the simulated UPS."""
    data = {CONF_KIND: "ups", CONF_SERVER: HOME, "host": "127.0.0.1", "port": sim.nut.port, "ups": "ups"}
    return MockConfigEntry(domain=DOMAIN, title="Keeper 900", data=data | more, unique_id="SC2304K00917")


@pytest.fixture
async def ups(
    hass: HomeAssistant, hass_storage: dict[str, Any], server_entry: MockConfigEntry, entry: MockConfigEntry
) -> AsyncIterator[Any]:
    """The source of the simulated UPS."""
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    await started(hass, entry)
    yield entry.runtime_data
    await hass.config_entries.async_unload(entry.entry_id)


async def started(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Set an entry up and return its source."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED, entry.reason
    await hass.async_block_till_done(wait_background_tasks=False)
    return entry.runtime_data
