"""The soak's faster time is the same for everything: what it reports as not healed is not healed."""

from collections.abc import Iterator

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from bench import soak
from custom_components.home_server_monitor.coordinator import CYCLE
import simulator

from .conftest import nas_entry
from .warp import Warp


@pytest.fixture
def hurried() -> Iterator[None]:
    """The times of the soak."""
    patches = soak.hurried()
    for each in patches:
        each.start()
    yield
    for each in patches:
        each.stop()


@pytest.mark.usefixtures("hurried", "socket_enabled")
@pytest.mark.parametrize(
    "method", ["pool.snapshot.query", "app.query", "update.status", "service.query", "*"]
)
async def test_a_poll_ends_within_a_cycle_of_the_soak(
    hass: HomeAssistant, server_entry: MockConfigEntry, warp: Warp, method: str
) -> None:
    async with simulator.run(profile="frozen") as sim:
        entry = nas_entry(sim)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        source = entry.runtime_data
        sim.faults.hang(method)
        source.feeds.reset()
        began = warp.monotonic()
        await source.async_refresh()
        assert warp.monotonic() - began <= CYCLE / soak.PACE + 0.1
        assert await hass.config_entries.async_unload(entry.entry_id)
