"""Actions on findings: list, acknowledge, snooze, dismiss; what changed; the digest."""

from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..guardian.contract import Actor, Severity
from ..guardian.finding import Tracked
from ..guardian.journal import JournalFailed
from . import clock
from .calls import ID, Table, admin_of
from .chronicle import changes_view
from .errors import refuse
from .guardian import Guardian
from .messages import snooze_until
from .naming import iso
from .people import context_actor
from .views import findings_view

SEVERITIES = [each.name.lower() for each in Severity]
MOST_HOURS = 24 * 30


def _finding(of: Guardian, call: ServiceCall) -> Tracked:
    if (tracked := of.tracked(call.data["finding"])) is None:
        raise refuse("no_such_finding", {"finding": call.data["finding"]})
    return tracked


async def _list_findings(of: Guardian, call: ServiceCall) -> ServiceResponse:
    least = Severity[call.data["severity"].upper()]
    return findings_view(of, least, resolved=call.data["include_resolved"])


async def _admin_or_automation(of: Guardian, call: ServiceCall) -> Actor | None:
    """Return the admin behind a call, or None for an automation, which an admin made. Raises for other users."""
    actor = await context_actor(of.hass, call.context, "action")
    if call.context.user_id and (actor is None or not actor.admin):
        raise refuse("admin_only")
    return actor


async def _acknowledge(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await _admin_or_automation(of, call)
    tracked = _finding(of, call)
    await of.answers.acknowledge(tracked, actor)
    return {"finding": tracked.id}


async def _snooze(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await _admin_or_automation(of, call)
    tracked = _finding(of, call)
    now = clock.now()
    hours = call.data.get("hours")
    until = now + hours * 3600 if hours else snooze_until(of.settings, now)
    await of.answers.snooze(tracked, until, actor)
    return {"finding": tracked.id, "until": iso(until)}


async def _dismiss(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await admin_of(of.hass, call)
    tracked = _finding(of, call)
    await of.answers.dismiss(tracked, call.data["reason"], actor)
    return {"finding": tracked.id}


async def _accept_notes(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await admin_of(of.hass, call)
    return {"accepted": await of.answers.accept(call.data["rule"], actor)}


async def _list_changes(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    found: Any = changes_view(of, call.data["hours"])
    return {"changes": found}


async def _test_alert(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    await of.answers.practise()
    return None


async def _digest(of: Guardian, call: ServiceCall) -> ServiceResponse:
    try:
        message = await of.month.message(clock.now()) if call.data["month"] else of.wording.digest()
    except JournalFailed as err:
        raise refuse("journal_failed") from err
    return {"title": message.title, "message": message.text}


_FINDING = {vol.Required("finding"): ID}

ACTIONS: Table = (
    (
        "list_findings",
        _list_findings,
        {
            vol.Optional("severity", default="info"): vol.In(SEVERITIES),
            vol.Optional("include_resolved", default=False): cv.boolean,
        },
        SupportsResponse.ONLY,
    ),
    ("acknowledge", _acknowledge, _FINDING, SupportsResponse.OPTIONAL),
    (
        "snooze",
        _snooze,
        {**_FINDING, vol.Optional("hours"): vol.All(vol.Coerce(float), vol.Range(min=0.25, max=MOST_HOURS))},
        SupportsResponse.OPTIONAL,
    ),
    (
        "dismiss",
        _dismiss,
        {**_FINDING, vol.Required("reason"): vol.All(cv.string, vol.Length(min=3, max=200))},
        SupportsResponse.OPTIONAL,
    ),
    ("accept_notes", _accept_notes, {vol.Required("rule"): cv.slug}, SupportsResponse.OPTIONAL),
    (
        "list_changes",
        _list_changes,
        {vol.Optional("hours", default=24): vol.All(vol.Coerce(float), vol.Range(min=1, max=MOST_HOURS))},
        SupportsResponse.ONLY,
    ),
    ("test_alert", _test_alert, {}, SupportsResponse.NONE),
    ("digest", _digest, {vol.Optional("month", default=False): cv.boolean}, SupportsResponse.ONLY),
)
