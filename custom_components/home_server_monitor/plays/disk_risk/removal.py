"""The devices of a disk, whichever of our entries made them."""

from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ...const import DOMAIN
from ...coordinator import ServiceCoordinator


@callback
def devices_of(hass: HomeAssistant, serial: str) -> list[tuple[str, ServiceCoordinator[Any], str]]:
    """Return the ids of its devices, each with the service that it belongs to and what it is known by there."""
    registry = dr.async_get(hass)
    found = []
    for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False):
        service = getattr(entry, "runtime_data", None)
        if not isinstance(service, ServiceCoordinator):
            continue
        identifier = f"{service.id}_disk_{serial}"
        device = registry.async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)
        if device is not None:
            found.append((device.id, service, identifier))
    return found


@callback
def delete_devices(hass: HomeAssistant, serial: str) -> None:
    """Delete them, where their service does not list the disk any more: the same rule as for a person's own click."""
    for device, service, identifier in devices_of(hass, serial):
        if service.forget(identifier):
            dr.async_get(hass).async_remove_device(device)
