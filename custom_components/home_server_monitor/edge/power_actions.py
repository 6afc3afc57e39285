"""Actions on the plan for power failures: practising it."""

from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..guardian.capabilities_load import PractisesPower
from .calls import Table, admin_of
from .errors import refuse, told
from .guardian import Guardian


async def _drill(of: Guardian, call: ServiceCall) -> ServiceResponse:
    """Say what the plan would do, or do it up to what can be undone, and bring all of it back."""
    actor = await admin_of(of.hass, call)
    source = next((each for each in of.house.sources(of.id) if isinstance(each, PractisesPower)), None)
    if source is None:
        raise refuse("power_no_ups")
    found: dict[str, Any] = dict(await told(source.practise_power(actor, real=call.data["real"])))
    return found


ACTIONS: Table = (
    ("power_drill", _drill, {vol.Optional("real", default=False): cv.boolean}, SupportsResponse.OPTIONAL),
)
