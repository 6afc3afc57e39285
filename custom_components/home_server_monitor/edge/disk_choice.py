"""Which disk an action means: the device that shows it, or its serial number, never both."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr
import voluptuous as vol

from ..const import CONF_KIND, CONF_SERVER, DOMAIN, KIND_SERVER
from ..guardian.capabilities import TendsDisks
from .errors import refuse
from .guardian import Guardian

SERIAL = "disk"
FIELDS = {
    vol.Optional(ATTR_DEVICE_ID): cv.string,
    vol.Optional(SERIAL): vol.All(cv.string, vol.Length(min=3, max=64)),
}


@callback
def _device_of(hass: HomeAssistant, device_id: str) -> tuple[dr.DeviceEntry, ConfigEntry]:
    """Return the device of a disk, also of one whose service is not loaded. Raises where it is none."""
    device, entry = dr.async_get_device_and_config_entry_for_domain(
        hass, device_id, domain=DOMAIN, include_child_devices=False
    )
    names = [name for domain, name in device.identifiers if domain == DOMAIN] if device else []
    if device is None or entry is None or not any("_disk_" in name for name in names):
        raise refuse("wrong_device", {"kind": SERIAL})
    return device, entry


@callback
def server_of(hass: HomeAssistant, device_id: str) -> str:
    """Return the server that the device of a disk hangs on. Raises where it is none."""
    _, entry = _device_of(hass, device_id)
    own = entry.data.get(CONF_KIND) == KIND_SERVER
    return str(entry.unique_id or entry.entry_id) if own else str(entry.data[CONF_SERVER])


@callback
def chosen(of: Guardian, call: ServiceCall) -> str:
    """Return the serial that is meant, in full. Raises where that is no disk, or more than one way says which."""
    device_id, wanted = call.data.get(ATTR_DEVICE_ID), call.data.get(SERIAL)
    if (device_id is None) is (wanted is None):
        raise refuse("name_a_disk")
    if device_id is not None:
        device, _ = _device_of(of.hass, device_id)
        if server_of(of.hass, device_id) == of.id and device.serial_number:
            return device.serial_number
        raise refuse("no_such_disk", {"disk": device.name_by_user or device.name or device_id})
    for source in of.house.sources(of.id):
        if isinstance(source, TendsDisks) and (serial := source.serial(str(wanted))) is not None:
            return serial
    raise refuse("no_such_disk", {"disk": str(wanted)})
