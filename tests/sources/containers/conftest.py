"""A Home Assistant that watches the simulated engine, directly or through the simulated Portainer."""

from collections.abc import AsyncIterator
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.sources.containers.address import normalise
from custom_components.home_server_monitor.sources.containers.client import EngineClient
from custom_components.home_server_monitor.sources.containers.sessions import open_session
from custom_components.home_server_monitor.sources.containers.transport import Transport
import simulator
from simulator.harbour import Containers
from tests.engine import Engine


@pytest.fixture
async def client(engine: Engine) -> AsyncIterator[EngineClient]:
    """A client of the real engine, that has found out whom it talks to."""
    address = normalise(engine.url)
    async with open_session(address) as session:
        found = EngineClient(Transport(session, address))
        await found.negotiate()
        yield found


@pytest.fixture
async def house(socket_enabled: None) -> AsyncIterator[Any]:
    """A simulated home server with an engine, Portainer and a registry, in which nothing moves by itself."""
    async with simulator.run(profile="frozen", containers=Containers()) as running:
        yield running


def engine_entry(url: str, **more: Any) -> MockConfigEntry:
    """Return the entry that the flow would make for an engine."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="media",
        unique_id=more.pop("unique_id", "engine-1"),
        data={CONF_KIND: "containers", CONF_SERVER: HOME, "url": url, **more},
    )


@pytest.fixture
async def docker(
    hass: HomeAssistant, hass_storage: dict[str, Any], server_entry: MockConfigEntry, house: Any
) -> AsyncIterator[MockConfigEntry]:
    """The set-up entry of the simulated engine, all of whose containers were looked at."""
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    entry = engine_entry(house.harbour.docker_url)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED, entry.reason
    await entry.runtime_data.first_look
    await hass.async_block_till_done()
    yield entry
    if hass.config_entries.async_get_entry(entry.entry_id) is not None:
        await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
