"""The device that shows a disk: that of the machine that lists it, else of who reads it, else one of the server's own."""

from collections.abc import Container, Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ...const import CONF_KIND, CONF_SERVER, DOMAIN
from .entities import KEYS

# kinds of services that make devices of disks
LISTING = ("truenas", "smart")


@callback
def found_device(hass: HomeAssistant, identifiers: Iterable[str]) -> dr.AnyDeviceEntry | None:
    """Return the device of the first identifier that has one."""
    registry = dr.async_get(hass)
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False)
    for identifier in identifiers:
        for entry in entries:
            found = registry.async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)
            if found is not None:
                return found
    return None


@callback
def is_listed_by_nobody(hass: HomeAssistant, server: str) -> bool:
    """Return whether nothing of this server is set up that would make devices of disks."""
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False)
    return not any(
        entry.data.get(CONF_SERVER) == server and entry.data.get(CONF_KIND) in LISTING for entry in entries
    )


@callback
def own_device(
    hass: HomeAssistant, entry: ConfigEntry, server: str, serial: str, model: str
) -> dr.AnyDeviceEntry:
    """Return a device of the server's own, for a disk that only a command in a container has read."""
    registry = dr.async_get(hass)
    above = registry.async_get_device_by_identifier((DOMAIN, server), entry.entry_id)
    return registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, own_identifier(server, serial))},
        name=f"{model or 'Disk'} {serial[-4:]}",
        model=model or None,
        serial_number=serial,
        via_device_id=above.id if above is not None else None,
    )


def own_identifier(server: str, serial: str) -> str:
    """Return what an own device is known by."""
    return f"{server}_disk_{serial}"


@callback
def clean_up(
    hass: HomeAssistant, entry: ConfigEntry, server: str, there: Container[str], shown: Container[str]
) -> list[tuple[str, str]]:
    """Remove entities whose device somebody has deleted and which nothing lists or reads, and own devices without any.

    there: serials of disks that are listed or read; shown: of those on own devices since the start. Returns platform and serial of what was removed.
    """
    registry, devices, start, gone = er.async_get(hass), dr.async_get(hass), f"{server}_disk_", []
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        if entity.device_id is None and entity.unique_id.startswith(start):
            ending = next((key for key in KEYS if entity.unique_id.endswith(f"_{key}")), "")
            serial = entity.unique_id.removeprefix(start).removesuffix(f"_{ending}")
            if serial not in there:
                registry.async_remove(entity.entity_id)
                gone.append((entity.domain, serial))
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        own = [name.removeprefix(start) for _, name in device.identifiers if name.startswith(start)]
        if (
            own
            and own[0] not in shown
            and not er.async_entries_for_device(registry, device.id, include_disabled_entities=True)
        ):
            # the entities of its disk have moved to the device of a machine that lists it
            devices.async_remove_device(device.id)
    return gone
