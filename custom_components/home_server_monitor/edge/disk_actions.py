"""The action that says why a disk is judged as it is."""

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..guardian.capabilities import ExplainsDisks
from .calls import Table, admin_of
from .errors import refuse
from .guardian import Guardian


async def _explain_disk(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    wanted = call.data["disk"]
    for source in of.house.sources(of.id):
        if isinstance(source, ExplainsDisks) and (found := source.explain_disk(wanted)) is not None:
            return dict(found)
    raise refuse("no_such_disk", {"disk": wanted})


ACTIONS: Table = (
    (
        "explain_disk",
        _explain_disk,
        {vol.Required("disk"): vol.All(cv.string, vol.Length(min=3, max=64))},
        SupportsResponse.ONLY,
    ),
)
