"""Actions on disks: why one is judged as it is, and that its replacement is ordered."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..guardian.capabilities import ExplainsDisks
from . import clock
from .calls import Table, admin_of
from .errors import refuse
from .guardian import Guardian
from .proposals import DISKS
from .views import iso

# once it is ordered there is nothing to do for so long, in seconds
ORDERED = 14 * 86400.0


def _disk(of: Guardian, wanted: str) -> Mapping[str, Any]:
    for source in of.house.sources(of.id):
        if isinstance(source, ExplainsDisks) and (found := source.explain_disk(wanted)) is not None:
            return found
    raise refuse("no_such_disk", {"disk": wanted})


async def _explain_disk(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    return dict(_disk(of, call.data["disk"]))


async def _disk_ordered(of: Guardian, call: ServiceCall) -> ServiceResponse:
    """Be quiet about a disk for 14 days, unless it gets worse."""
    actor = await admin_of(of.hass, call)
    node = f"disk:{_disk(of, call.data['disk'])['serial']}"
    until = clock.now() + ORDERED
    about = [
        each for each in of.open_findings() if each.finding.object == node and each.finding.rule in DISKS
    ]
    for tracked in about:
        await of.answers.snooze(tracked, until, actor)
    return {"findings": [each.id for each in about], "until": iso(until)}


_DISK = {vol.Required("disk"): vol.All(cv.string, vol.Length(min=3, max=64))}
ACTIONS: Table = (
    ("explain_disk", _explain_disk, _DISK, SupportsResponse.ONLY),
    ("disk_ordered", _disk_ordered, _DISK, SupportsResponse.OPTIONAL),
)
