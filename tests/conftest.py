"""Fixtures of all tests. Sockets are open to loopback only where a test asks for the simulator."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

# Home Assistant mounts its test configuration's custom_components first: ours is found only when it is loaded already
import custom_components.home_server_monitor  # noqa: F401
from custom_components.home_server_monitor.const import CONF_FINGERPRINT, CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.edge import server as edge_server
from custom_components.home_server_monitor.plays.disk_risk import play as disk_play
from custom_components.home_server_monitor.sources.feeds import Feeds
import simulator

from .engine import engine, engines, newer_engine, the_engine  # noqa: F401 - fixtures
from .seen import Seen
from .warp import Warp

# the same file for each Home Assistant that is started
disk_play.load = cache(disk_play.load)

# aiohttp may leave one timer of a heartbeat behind a socket that it closed; it ends by itself after this long
LAST_PING = 40.0
NOON = 12


@pytest.fixture(autouse=True)
def _custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant load this integration, in the tests that have a Home Assistant."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture(autouse=True)
def _journal_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a journal of its own: the configuration of the tests is one folder for all."""
    monkeypatch.setattr(edge_server, "journal_folder", lambda hass, server: tmp_path / "journal" / server)


@pytest.fixture
async def hass(hass: HomeAssistant, request: pytest.FixtureRequest) -> HomeAssistant:
    """Home Assistant; where time flies it is noon at first, so that no morning's digest and no midnight comes by."""
    if "warp" in request.fixturenames:
        behind = datetime.now(UTC).hour - NOON
        # the signs of these are those of POSIX
        await hass.config.async_set_time_zone(f"Etc/GMT{behind:+d}")
    return hass


@pytest.fixture
def server_entry(hass: HomeAssistant) -> MockConfigEntry:
    """The server's entry, not yet set up."""
    entry = MockConfigEntry(domain=DOMAIN, title="Home", unique_id=HOME, data={CONF_KIND: "server"})
    entry.add_to_hass(hass)
    return entry


def nas_entry(sim: Any, **options: Any) -> MockConfigEntry:
    """Return the entry that the flow would make for a simulated NAS."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="truenas",
        unique_id=sim.world.host_id if hasattr(sim.world, "host_id") else "nas",
        data={
            CONF_KIND: "truenas",
            CONF_SERVER: HOME,
            "url": sim.url,
            "api_key": sim.api_key,
            CONF_FINGERPRINT: sim.fingerprint,
        },
        options=options,
    )


@pytest.fixture
async def sim(socket_enabled: None) -> AsyncIterator[Any]:
    """A simulated TrueNAS 25.10 in which nothing moves by itself."""
    async with simulator.run(version="25.10", profile="frozen") as running:
        yield running


type Simulated = Callable[..., AbstractAsyncContextManager[Any]]


async def _ticking(sim: Any) -> None:
    """Let the simulated world move once a second."""
    while True:
        sim.world.tick()
        await asyncio.sleep(1)


@pytest.fixture
async def warp(monkeypatch: pytest.MonkeyPatch) -> Warp:
    """Time flies while nothing happens: for the loop, for the integration and for the simulator."""
    loop = asyncio.get_running_loop()
    loop.set_debug(False)
    found = Warp(loop)
    place = "custom_components.home_server_monitor"
    for module in (
        f"{place}.entity",
        f"{place}.edge.clock",
        f"{place}.sources.truenas.numbers",
        f"{place}.sources.truenas.session",
        "simulator.clock",
    ):
        monkeypatch.setattr(f"{module}.time", found)
    monkeypatch.setattr(simulator.Simulation, "_ticking", _ticking)
    monkeypatch.setattr(Feeds.__init__, "__defaults__", (found.monotonic,))
    monkeypatch.setattr("homeassistant.util.dt.utcnow", lambda: datetime.fromtimestamp(found.time(), UTC))
    return found


@pytest.fixture
async def nas(
    hass: HomeAssistant, hass_storage: dict[str, Any], server_entry: MockConfigEntry, warp: Warp, sim: Any
) -> AsyncIterator[MockConfigEntry]:
    """The set-up entry of the simulated NAS, in a time that flies."""
    entry = nas_entry(sim)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    yield entry
    if entry.state is ConfigEntryState.LOADED:
        assert await hass.config_entries.async_unload(entry.entry_id)
    await asyncio.sleep(LAST_PING)


@pytest.fixture
async def seen(hass: HomeAssistant, nas: MockConfigEntry) -> Seen:
    """What a person sees of the simulated NAS, once all numbers have come."""
    await asyncio.sleep(45)
    return Seen(hass, nas)
