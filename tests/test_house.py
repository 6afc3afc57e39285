"""The House: where sources attach, and who can do what."""

import asyncio
from collections import Counter
from types import SimpleNamespace
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor import HOUSE
from custom_components.home_server_monitor.guardian.capabilities import ReadsSmart, SnapshotsDatasets
from custom_components.home_server_monitor.guardian.house import House

pytestmark = pytest.mark.usefixtures("warp")
MINUTE = 60


async def test_house() -> None:
    house = House()
    told: list[Any] = []
    first, second = SimpleNamespace(id="a", kind="x"), SimpleNamespace(id="a", kind="x")
    source: Any = first
    detach = house.attach(source)
    other: Any = second
    detach_other = house.attach(other)
    assert house.source("a") is second
    detach()
    assert house.source("a") is second
    stop = house.subscribe(told.append)
    house.updated(other)
    stop()
    house.updated(other)
    assert told == [second]
    detach_other()
    assert house.source("a") is None


def test_a_listener_that_fails_makes_no_other_deaf(caplog: pytest.LogCaptureFixture) -> None:
    """What is wrong in one part of the house does not keep the guardian from seeing."""
    house, heard = House(), list[Any]()

    def broken(source: Any) -> None:
        raise ValueError("what nobody thought of")

    house.subscribe(broken)
    house.subscribe(heard.append)
    source: Any = SimpleNamespace(id="engine-1")
    house.updated(source)
    assert heard == [source]
    assert "engine-1" in caplog.text


async def test_the_house_knows_who_can_what(hass: HomeAssistant, nas: MockConfigEntry) -> None:
    house = hass.data[HOUSE]
    source = nas.runtime_data
    assert list(house.capable(ReadsSmart)) == [source]
    assert list(house.capable(SnapshotsDatasets)) == [source]
    told: list[Any] = []
    house.subscribe(told.append)
    await asyncio.sleep(6 * MINUTE)
    assert source.nodes
    kinds = Counter(node.kind for node in source.nodes)
    assert (kinds["host"], kinds["pool"], kinds["disk"], kinds["app"]) == (1, 3, 5, 8)
    assert all(action.key == key for key, action in source.actions.items())
