"""The devices of a disk, whichever of our entries made them."""

from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ...const import CONF_KIND, DOMAIN, KIND_SERVER
from ...coordinator import ServiceCoordinator
from .devices import own_identifier


@callback
def devices_of(hass: HomeAssistant, serial: str) -> list[tuple[str, ServiceCoordinator[Any] | None, str]]:
    """Return the ids of its devices, each with what it is known by and the service that has it, None for a server's own."""
    registry = dr.async_get(hass)
    found = []
    for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False):
        service = getattr(entry, "runtime_data", None)
        if isinstance(service, ServiceCoordinator):
            identifier = f"{service.id}_disk_{serial}"
        elif entry.data.get(CONF_KIND) == KIND_SERVER:
            service, identifier = None, own_identifier(entry.unique_id or entry.entry_id, serial)
        else:
            continue
        device = registry.async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)
        if device is not None:
            found.append((device.id, service, identifier))
    return found


@callback
def delete_devices(hass: HomeAssistant, serial: str) -> None:
    """Delete those of a disk that was replaced, where their service does not list it: as for a person's own click."""
    for device, service, identifier in devices_of(hass, serial):
        if service is None or service.forget(identifier):
            dr.async_get(hass).async_remove_device(device)
