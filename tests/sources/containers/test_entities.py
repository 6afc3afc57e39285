"""What entities and devices of an engine show."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.sources.containers.entities import TABLES
from custom_components.home_server_monitor.sources.containers.model import Stack, State


def _switch(key: str) -> Any:
    return next(
        each for table in TABLES[Platform.SWITCH] for each in table.descriptions if each.key == key
    ).value


@pytest.mark.parametrize(("status", "on"), [("active", True), ("inactive", False), ("other", None)])
def test_whether_a_stack_runs_is_unknown_in_a_state_that_nobody_knows(status: Any, on: bool | None) -> None:
    assert (
        _switch("stack_running")(Stack(id=1, name="media", kind="compose", status=status, project="media"))
        is on
    )


@pytest.mark.parametrize(("state", "on"), [(State.PAUSED, True), (State.EXITED, False), (None, None)])
async def test_whether_a_container_runs_is_unknown_without_a_state(
    docker: MockConfigEntry, state: State | None, on: bool | None
) -> None:
    plex = docker.runtime_data.data.shown["plex"]
    assert _switch("container_running")(replace(plex, container=replace(plex.container, state=state))) is on


async def test_a_device_tells_the_image_that_runs_now(hass: HomeAssistant, docker: MockConfigEntry) -> None:
    source = docker.runtime_data
    identifier = (DOMAIN, f"{source.id}_container_plex")
    plex = source.data.shown["plex"]
    newer = replace(plex, container=replace(plex.container, image="plexinc/pms-docker:next"))
    source.async_publish(replace(source.data, shown=MappingProxyType({**source.data.shown, "plex": newer})))
    await hass.async_block_till_done()
    device = dr.async_get(hass).async_get_device_by_identifier(identifier, docker.entry_id)
    assert device is not None
    assert device.model == "plexinc/pms-docker:next"
