"""Actions on what is changed for a while: list it, end it early, leave it as it is; and media, whom it mostly is about."""

from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..guardian.lease import Change, Lease
from ..guardian.plain import plain
from . import clock
from .calls import ID, Table, admin_of
from .errors import refuse
from .guardian import Guardian
from .media import media_view
from .naming import iso


def lease_view(of: Guardian, change: Change, lease: Lease) -> dict[str, Any]:
    """Return one wish about one value."""
    stand = of.watch.stands.get(change.source)
    return {
        "id": lease.id,
        "what": of.wording.lent(change),
        "target_name": plain(change.name),
        "source": change.source,
        "source_name": plain(stand.name) if stand else None,
        "by": plain(lease.by),
        "until": iso(lease.ends),
        "overdue": lease.ends <= clock.now(),
    }


async def _list_leases(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    rows = [(change, lease) for change in of.desk.leases.changes.values() for lease in change.leases]
    rows.sort(key=lambda row: row[1].ends)
    return {"leases": [lease_view(of, change, lease) for change, lease in rows]}


async def _end_lease(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await admin_of(of.hass, call)
    leases, wanted = of.desk.leases, call.data["lease"]
    try:
        returned = await (leases.forget(wanted) if call.data["forget"] else leases.end(wanted))
    except KeyError as err:
        raise refuse("no_such_lease", {"lease": wanted}) from err
    await of.note("lease_ended", {"who": actor.name, "lease": wanted, "returned": returned.value})
    of.notify()
    return {"lease": wanted, "returned": returned.value}


async def _media_overview(of: Guardian, call: ServiceCall) -> ServiceResponse:
    return media_view(of)


ACTIONS: Table = (
    ("media_overview", _media_overview, {}, SupportsResponse.ONLY),
    ("list_leases", _list_leases, {}, SupportsResponse.ONLY),
    (
        "end_lease",
        _end_lease,
        {vol.Required("lease"): ID, vol.Optional("forget", default=False): cv.boolean},
        SupportsResponse.OPTIONAL,
    ),
)
