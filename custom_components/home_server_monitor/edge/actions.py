"""The guardian's actions, registered: on findings, proposals, the journal. What changes anything, or may leak, is for admins."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..const import DOMAIN
from . import disk_actions, finding_actions, lease_actions, power_actions, proposal_actions
from .calls import Handler
from .disk_choice import server_of
from .errors import refuse
from .guardian import Guardian
from .house_key import HOUSE


def guardian_of(hass: HomeAssistant, call: ServiceCall) -> Guardian:
    """Return the guardian that a call is for: the named one, else that of the device, else the only one."""
    guardians: Mapping[str, Guardian] = hass.data[HOUSE].guardians
    wanted = call.data.get("server")
    if not wanted and (device := call.data.get(ATTR_DEVICE_ID)):
        wanted = server_of(hass, device)
    if wanted:
        if wanted in guardians:
            return guardians[wanted]
        raise refuse("no_such_server", {"server": str(wanted)})
    if len(guardians) == 1:
        return next(iter(guardians.values()))
    raise refuse("name_a_server" if guardians else "no_guardian")


ACTIONS = (
    *finding_actions.ACTIONS,
    *proposal_actions.ACTIONS,
    *lease_actions.ACTIONS,
    *disk_actions.ACTIONS,
    *power_actions.ACTIONS,
)


@callback
def async_setup_guardian_actions(hass: HomeAssistant) -> None:
    """Register them once."""

    def register(name: str, handler: Handler, fields: Mapping[Any, Any], response: SupportsResponse) -> None:
        async def handle(call: ServiceCall) -> ServiceResponse:
            return await handler(guardian_of(hass, call), call)

        schema: Any = vol.Schema({vol.Optional("server"): cv.string, **fields})
        hass.services.async_register(DOMAIN, name, handle, schema, supports_response=response)

    for name, handler, fields, response in ACTIONS:
        register(name, handler, fields, response)
