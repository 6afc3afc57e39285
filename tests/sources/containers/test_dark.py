"""What a narrow access keeps dark is said in words that name the right, and all else goes on."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.edge.texts import Texts

RIGHTS = {
    "containers_images": "IMAGES",
    "containers_disk": "SYSTEM",
    "containers_events": "EVENTS",
    "containers_stats": "CONTAINERS",
    "containers_inspect": "CONTAINERS",
}


async def test_what_is_dark_names_the_right_that_would_light_it(
    hass: HomeAssistant, docker: MockConfigEntry, house: Any
) -> None:
    source = docker.runtime_data
    assert [*source.missing] == []
    face = house.harbour.docker
    for route in (
        "/images/json",
        "/system/df",
        "/events",
        "/containers/{id}/stats",
        "/containers/{id}/json",
    ):
        face.faults.add("status", route, status=403, message="Forbidden")
    face.feeds.cut()
    source.feeds.reset()
    source.schedule.begin_anew()
    for each in source.data.containers.values():
        source.schedule.note(each.id)
    async with asyncio.timeout(20):
        while not source.meanwhile.deaf:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await source.async_refresh()
    assert source.last_update_success
    assert {each.key for each in source.missing} == RIGHTS.keys()
    texts = Texts(hass)
    await texts.async_load()
    for key, right in RIGHTS.items():
        words = texts.common(f"missing_{key}", {})
        assert f"A socket proxy must allow {right}" in words
    assert set(source.data.containers) == set(house.harbour.engine.names)
