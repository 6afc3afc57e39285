"""A thousand entities of one service are told in turns, and the last thing that is said reaches all of them."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.coordinator import TOLD_AT_ONCE


async def test_many_are_told_in_turns(hass: HomeAssistant, nas: MockConfigEntry) -> None:
    source: Any = nas.runtime_data
    told: list[int] = []
    offs = [
        source.async_add_listener(lambda number=number: told.append(number))
        for number in range(2 * TOLD_AT_ONCE)
    ]
    source.async_update_listeners()
    # others have a turn before the first is told, and before all are
    assert not told
    for _ in range(10):
        if told:
            break
        await asyncio.sleep(0)
    assert 0 < len(told) <= TOLD_AT_ONCE
    # what comes meanwhile is told to everybody once more
    source.async_update_listeners()
    offs[-1]()
    async with asyncio.timeout(5):
        await source._telling
    assert [told.count(number) for number in range(2 * TOLD_AT_ONCE)] == [2] * (2 * TOLD_AT_ONCE - 1) + [0]
    for off in offs[:-1]:
        off()


async def test_few_are_told_at_once(hass: HomeAssistant, nas: MockConfigEntry) -> None:
    told: list[int] = []
    off = nas.runtime_data.async_add_listener(lambda: told.append(1))
    nas.runtime_data.async_update_listeners()
    assert told == [1]
    off()
