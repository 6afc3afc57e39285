"""What all actions of a guardian share: who calls, and the shape of the table."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..guardian.contract import Actor
from .errors import refuse
from .guardian import Guardian
from .people import context_actor

ID = vol.All(cv.string, vol.Match(r"^[0-9A-Za-z_:-]{1,64}\Z"))

type Handler = Callable[[Guardian, ServiceCall], Coroutine[Any, Any, ServiceResponse]]
# name, what answers, fields, whether it returns something
type Table = tuple[tuple[str, Handler, Mapping[Any, Any], SupportsResponse], ...]


async def admin_of(hass: HomeAssistant, call: ServiceCall) -> Actor:
    """Return the admin behind a call. Raises where there is none."""
    actor = await context_actor(hass, call.context, "action")
    if actor is None or not actor.admin:
        raise refuse("admin_only")
    return actor
