"""A Home Assistant that watches the simulated Plex."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
import simulator
from simulator.media.mooring import Media
from tests.vendors import watched


@pytest.fixture(autouse=True)
def vendors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every request is one that was held against the vendor's description."""
    with watched(monkeypatch):
        yield


@pytest.fixture
async def sim(socket_enabled: None, hass: HomeAssistant) -> AsyncIterator[Any]:
    """A simulated house with a Plex Media Server, in which nothing moves by itself."""
    hass.loop.set_debug(False)
    async with simulator.run(profile="frozen", tls=False, media=Media(plex=True)) as running:
        yield running


@pytest.fixture
def stage(sim: Any) -> Any:
    """The simulated server."""
    return sim.quay.face("plex")


@pytest.fixture
def entry(sim: Any, stage: Any) -> MockConfigEntry:
    """The entry that the flow would make."""
    data = {
        CONF_KIND: "plex",
        CONF_SERVER: HOME,
        "url": sim.quay.url("plex"),
        "token": stage.token,
        "client_id": "0" * 32,
    }
    return MockConfigEntry(domain=DOMAIN, title="Lighthouse", data=data, unique_id="5f0c7a1e9b6d4c2f")


@pytest.fixture
async def plex(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Any]:
    """The source of the simulated Plex; what it tells is followed up at once."""
    monkeypatch.setattr("custom_components.home_server_monitor.sources.plex.coordinator.GAP", 0.2)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED, entry.reason
    await hass.async_block_till_done(wait_background_tasks=False)
    yield entry.runtime_data
    await hass.config_entries.async_unload(entry.entry_id)
