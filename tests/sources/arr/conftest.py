"""A Home Assistant that watches the simulated Arrs."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
import simulator
from tests.vendors import watched


@pytest.fixture(autouse=True)
def vendors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every request is one that was held against the vendor's description."""
    with watched(monkeypatch):
        yield


@pytest.fixture
async def sim(socket_enabled: None, hass: HomeAssistant) -> AsyncIterator[Any]:
    """A simulated house with Sonarr, Radarr and Prowlarr, in which nothing moves by itself."""
    hass.loop.set_debug(False)
    async with simulator.run(profile="frozen", tls=False, arrs=True) as running:
        yield running


def arr_entry(sim: Any, name: str, **options: Any) -> MockConfigEntry:
    """Return the entry that the flow would make for one of them."""
    data = {CONF_KIND: "arr", CONF_SERVER: HOME, "url": sim.arrs.url(name), "api_key": sim.arrs.key(name)}
    return MockConfigEntry(domain=DOMAIN, title=name.capitalize(), data=data, options=options)


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Set an entry up and return its source."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED, entry.reason
    await hass.async_block_till_done(wait_background_tasks=False)
    return entry.runtime_data


@pytest.fixture
async def radarr(hass: HomeAssistant, hass_storage: dict[str, Any], sim: Any) -> AsyncIterator[Any]:
    """The source of the simulated Radarr."""
    source = await set_up(hass, arr_entry(sim, "radarr"))
    yield source
    await hass.config_entries.async_unload(source.config_entry.entry_id)


@pytest.fixture
async def sonarr(hass: HomeAssistant, hass_storage: dict[str, Any], sim: Any) -> AsyncIterator[Any]:
    """The source of the simulated Sonarr."""
    source = await set_up(hass, arr_entry(sim, "sonarr"))
    yield source
    await hass.config_entries.async_unload(source.config_entry.entry_id)
