"""What is wrong with one container, or with the engine, costs nothing else, and heals by itself."""

import time
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.sources.containers.transport import Timing

from .test_watching import shown

ONE = "sonarr"
INSPECT, STATS, LIST = "/containers/{id}/json", "/containers/{id}/stats", "/containers/json"


async def cycle(entry: MockConfigEntry) -> None:
    """Poll once, and look closely at every container."""
    source = entry.runtime_data
    source.feeds.hurry("containers", 0.0)
    source.feeds.retry()
    await source.async_refresh()
    if source.last_update_success:
        by_id = {each.id: each for each in source.data.containers.values()}
        running = {key: each.running for key, each in by_id.items()}
        await source.closely.take(by_id, source.schedule.everything(time.monotonic(), running))


def others(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, str]:
    """The states of all other containers, without what moves by itself."""
    return {
        key: state
        for key, state in shown(hass, entry).items()
        if key.endswith("_container_state") and f"_{ONE}_" not in key
    }


@pytest.mark.parametrize("route", [INSPECT, STATS])
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("status", {"status": 404}),
        ("status", {"status": 500}),
        ("null", {}),
        ("malformed", {}),
        ("empty", {}),
        ("html", {}),
        ("hang", {}),
    ],
)
async def test_one_container_that_cannot_be_looked_at(
    hass: HomeAssistant, docker: MockConfigEntry, house: Any, route: str, kind: Any, more: dict[str, int]
) -> None:
    source, before = docker.runtime_data, others(hass, docker)
    source.access.client.transport.timing = Timing(call=0.5)
    fault = house.harbour.docker.faults.add(kind, route, target=ONE, **more)
    for _ in range(2):
        await cycle(docker)
        assert source.last_update_success
        assert others(hass, docker) == before
    assert fault.hits > 0
    assert not source.closely.denied
    running = {name for name, each in source.data.containers.items() if each.running}
    await source.async_refresh()
    assert running - {ONE} <= source.data.usage.keys()
    house.harbour.docker.faults.clear()
    await cycle(docker)
    await source.async_refresh()
    assert ONE in source.data.usage
    assert source.data.containers[ONE].inspected


@pytest.mark.parametrize("kind", ["null", "malformed"])
async def test_one_row_of_the_listing(
    hass: HomeAssistant, docker: MockConfigEntry, house: Any, kind: Any
) -> None:
    source, before = docker.runtime_data, others(hass, docker)
    house.harbour.docker.faults.add(kind, LIST, target=ONE)
    await source.async_look()
    assert others(hass, docker) == before
    assert ONE not in source.data.containers
    # what cannot be read is not taken for removed
    assert "containers" not in source.data.complete
    house.harbour.docker.faults.clear()
    await source.async_look()
    assert ONE in source.data.containers


async def test_an_engine_that_went_away_comes_back(
    hass: HomeAssistant, docker: MockConfigEntry, house: Any
) -> None:
    source, before = docker.runtime_data, others(hass, docker)
    await house.harbour.engine_down()
    await cycle(docker)
    assert not source.last_update_success
    assert set(others(hass, docker).values()) == {"unavailable"}
    await house.harbour.engine_up()
    await cycle(docker)
    assert source.last_update_success
    assert others(hass, docker).keys() == before.keys()
    assert "unavailable" not in others(hass, docker).values()
    assert source.access.transport.most_at_once <= 8
