"""The devices of an engine: itself, its containers and its stacks."""

from typing import Any

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo

from ....const import DOMAIN
from ....coordinator import ServiceCoordinator
from ..model import Containers, Stack, Watched
from ..view import installed

type Coordinator = ServiceCoordinator[Containers]


def engine_device(coordinator: Coordinator, item: Any) -> DeviceInfo:
    """Return the device of the engine itself."""
    return DeviceInfo(identifiers={(DOMAIN, coordinator.id)})


def container_device(coordinator: Coordinator, item: Watched) -> DeviceInfo:
    """Return the device of a container; it survives the container's being made anew under its name."""
    container = item.container
    return _hung_on(
        coordinator,
        DeviceInfo(
            identifiers={(DOMAIN, f"{coordinator.id}_container_{container.name}")},
            name=container.name,
            model=container.image or "Container",
            sw_version=installed(item),
            entry_type=DeviceEntryType.SERVICE,
        ),
    )


def stack_device(coordinator: Coordinator, item: Stack) -> DeviceInfo:
    """Return the device of a stack."""
    return _hung_on(
        coordinator,
        DeviceInfo(
            identifiers={(DOMAIN, f"{coordinator.id}_stack_{item.name}")},
            name=item.name,
            model="Stack",
            entry_type=DeviceEntryType.SERVICE,
        ),
    )


def _hung_on(coordinator: Coordinator, device: DeviceInfo) -> DeviceInfo:
    if via := coordinator.device_id:
        device["via_device_id"] = via
    return device
