"""Actions on disks: why one is judged as it is, that its replacement is ordered, and that it is being replaced."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..guardian.capabilities import ExplainsDisks, TendsDisks
from .calls import Table, admin_of
from .errors import refuse, told
from .guardian import Guardian
from .naming import iso


def _disk(of: Guardian, wanted: str) -> Mapping[str, Any]:
    for source in of.house.sources(of.id):
        if isinstance(source, ExplainsDisks) and (found := source.explain_disk(wanted)) is not None:
            return found
    raise refuse("no_such_disk", {"disk": wanted})


async def _explain_disk(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    return dict(_disk(of, call.data["disk"]))


def _tender(of: Guardian, wanted: str) -> tuple[TendsDisks, str]:
    for source in of.house.sources(of.id):
        if isinstance(source, TendsDisks) and (serial := source.serial(wanted)) is not None:
            return source, serial
    raise refuse("no_such_disk", {"disk": wanted})


async def _disk_ordered(of: Guardian, call: ServiceCall) -> ServiceResponse:
    """Be quiet about a disk for 14 days, unless it gets worse."""
    actor = await admin_of(of.hass, call)
    source, serial = _tender(of, call.data["disk"])
    findings, until = await source.order(serial, actor)
    return {"findings": [*findings], "until": iso(until)}


async def _disk_replacing(of: Guardian, call: ServiceCall) -> ServiceResponse:
    """Expect the loss of a disk for 14 days, or no more."""
    actor = await admin_of(of.hass, call)
    source, serial = _tender(of, call.data["disk"])
    if call.data["stop"]:
        await told(source.stop_replacing(serial, actor))
        return {"disk": serial, "replacing": False}
    steps = await told(source.replace_disk(serial, actor))
    return {"disk": serial, "replacing": True, "steps": [*steps.splitlines()]}


_DISK = {vol.Required("disk"): vol.All(cv.string, vol.Length(min=3, max=64))}
ACTIONS: Table = (
    ("explain_disk", _explain_disk, _DISK, SupportsResponse.ONLY),
    ("disk_ordered", _disk_ordered, _DISK, SupportsResponse.OPTIONAL),
    (
        "disk_replacing",
        _disk_replacing,
        {**_DISK, vol.Optional("stop", default=False): cv.boolean},
        SupportsResponse.OPTIONAL,
    ),
)
