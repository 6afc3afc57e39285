"""Actions on disks: why one is judged as it is, that its replacement is ordered, and that it is being replaced."""

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..guardian.capabilities import ExplainsDisks, TendsDisks
from .calls import Table, admin_of
from .disk_choice import FIELDS, chosen
from .errors import refuse, told
from .guardian import Guardian
from .naming import iso


async def _explain_disk(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    serial = chosen(of, call)
    for source in of.house.sources(of.id):
        if isinstance(source, ExplainsDisks) and (found := source.explain_disk(serial)) is not None:
            return dict(found)
    raise refuse("no_such_disk", {"disk": serial})


def _tender(of: Guardian, serial: str) -> TendsDisks:
    for source in of.house.sources(of.id):
        if isinstance(source, TendsDisks):
            return source
    raise refuse("no_such_disk", {"disk": serial})


async def _disk_ordered(of: Guardian, call: ServiceCall) -> ServiceResponse:
    """Be quiet about a disk for 14 days, unless it gets worse."""
    actor = await admin_of(of.hass, call)
    serial = chosen(of, call)
    source = _tender(of, serial)
    if source.serial(serial) != serial:
        raise refuse("no_such_disk", {"disk": serial})
    findings, until = await source.order(serial, actor)
    return {"findings": [*findings], "until": iso(until)}


async def _disk_replacing(of: Guardian, call: ServiceCall) -> ServiceResponse:
    """Expect the loss of a disk for 14 days, or no more."""
    actor = await admin_of(of.hass, call)
    serial = chosen(of, call)
    source = _tender(of, serial)
    if call.data["stop"]:
        await told(source.stop_replacing(serial, actor))
        return {"disk": serial, "replacing": False}
    # also one that its pool misses: its device is still there
    steps = await told(source.replace_disk(serial, actor))
    return {"disk": serial, "replacing": True, "steps": [*steps.splitlines()]}


ACTIONS: Table = (
    ("explain_disk", _explain_disk, FIELDS, SupportsResponse.ONLY),
    ("disk_ordered", _disk_ordered, FIELDS, SupportsResponse.OPTIONAL),
    (
        "disk_replacing",
        _disk_replacing,
        {**FIELDS, vol.Optional("stop", default=False): cv.boolean},
        SupportsResponse.OPTIONAL,
    ),
)
