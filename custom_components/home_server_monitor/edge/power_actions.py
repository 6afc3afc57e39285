"""Actions on the plan for power failures: seeing how it stands, practising it, cancelling it in an outage."""

from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..guardian.capabilities_load import PlansPower
from ..guardian.contract import SYSTEM
from .calls import Table, admin_of
from .errors import refuse, told
from .guardian import Guardian
from .people import context_actor
from .power import power_view


def _plan_of(of: Guardian) -> PlansPower:
    """Return what carries the plan out. Raises where nothing does."""
    for source in of.house.sources(of.id):
        if isinstance(source, PlansPower):
            return source
    raise refuse("power_no_ups")


async def _overview(of: Guardian, call: ServiceCall) -> ServiceResponse:
    return power_view(of)


async def _cancel(of: Guardian, call: ServiceCall) -> ServiceResponse:
    """Cancel; anybody may, and any automation, for it does less."""
    actor = await context_actor(of.hass, call.context, "action")
    await told(_plan_of(of).cancel_power(actor or SYSTEM))
    return None


async def _drill(of: Guardian, call: ServiceCall) -> ServiceResponse:
    """Say what the plan would do, or do it up to what can be undone, and bring all of it back."""
    actor = await admin_of(of.hass, call)
    found: dict[str, Any] = dict(await told(_plan_of(of).practise_power(actor, real=call.data["real"])))
    return found


ACTIONS: Table = (
    ("power_overview", _overview, {}, SupportsResponse.ONLY),
    ("power_cancel", _cancel, {}, SupportsResponse.NONE),
    ("power_drill", _drill, {vol.Optional("real", default=False): cv.boolean}, SupportsResponse.OPTIONAL),
)
