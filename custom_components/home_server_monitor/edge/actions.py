"""The guardian's actions: on findings, proposals, the journal. What changes anything, or may leak, is for admins."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..const import DOMAIN
from ..guardian.contract import SYSTEM, Actor, NotDone, Refusal, Refused, Risk, Severity
from ..guardian.finding import Tracked
from ..guardian.journal import JournalFailed
from ..guardian.policy import Standing
from ..guardian.remediation import Record, State
from ..sources.errors import ClientError
from . import clock
from .guardian import Guardian
from .house_key import HOUSE
from .messages import snooze_until
from .people import context_actor
from .views import (
    changes_view,
    findings_view,
    iso,
    journal_line,
    plan_lines,
    proposal_view,
    proposals_view,
    target_name,
)

ID = vol.All(cv.string, vol.Match(r"^[0-9A-Za-z_:-]{1,64}\Z"))
SEVERITIES = [each.name.lower() for each in Severity]
MOST_HOURS = 24 * 30
# what people read; tokens and checkpoints are the machine's own matter
JOURNAL_KINDS = (
    "remediation",
    "mode",
    "hold",
    "standing",
    "breaker",
    "lease",
    "installed",
    "simulated",
    "said",
)

type Handler = Callable[[Guardian, ServiceCall], Coroutine[Any, Any, ServiceResponse]]


def refuse(key: str, placeholders: Mapping[str, str] | None = None) -> ServiceValidationError:
    """Return the translated error."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=dict(placeholders or {}),
    )


def guardian_of(hass: HomeAssistant, call: ServiceCall) -> Guardian:
    """Return the guardian that a call is for: the named one, else the only one."""
    guardians: Mapping[str, Guardian] = hass.data[HOUSE].guardians
    if wanted := call.data.get("server"):
        if wanted in guardians:
            return guardians[wanted]
        raise refuse("no_such_server", {"server": str(wanted)})
    if len(guardians) == 1:
        return next(iter(guardians.values()))
    raise refuse("name_a_server" if guardians else "no_guardian")


async def admin_of(hass: HomeAssistant, call: ServiceCall) -> Actor:
    """Return the admin behind a call. Raises where there is none."""
    actor = await context_actor(hass, call.context, "action")
    if actor is None or not actor.admin:
        raise refuse("admin_only")
    return actor


def _finding(of: Guardian, call: ServiceCall) -> Tracked:
    if (tracked := of.tracked(call.data["finding"])) is None:
        raise refuse("no_such_finding", {"finding": call.data["finding"]})
    return tracked


def _proposal(of: Guardian, call: ServiceCall) -> Record:
    if (record := of.desk.records.get(call.data["proposal"])) is None:
        raise refuse("no_such_proposal", {"proposal": call.data["proposal"]})
    return record


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


async def _list_proposals(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    return proposals_view(of)


async def _list_journal(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    try:
        rows = await of.desk.journal.read(call.data["limit"], JOURNAL_KINDS)
    except JournalFailed as err:
        raise refuse("journal_failed") from err
    # newest first; the line of a receipt repeats the state of the one before, and says nothing new in words
    before: dict[str, object] = {}
    lines: Any = []
    for row in reversed(rows):
        state = row.value.get("state")
        if row.kind != "remediation" or before.get(row.id) != state:
            lines.insert(0, journal_line(of, row))
        before[row.id] = state
    return {"journal": lines}


async def _list_changes(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    found: Any = changes_view(of, call.data["hours"])
    return {"changes": found}


async def _approve(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await admin_of(of.hass, call)
    record = _proposal(of, call)
    if record.risk is Risk.HIGH:
        raise refuse("proposed_in_repairs")
    try:
        record = await of.desk.approve(record.id, actor)
    except Refused as err:
        raise refuse(err.refusal.key, err.refusal.placeholders) from err
    except JournalFailed as err:
        raise refuse("journal_failed") from err
    except (ClientError, NotDone, TimeoutError) as err:
        raise refuse("action_failed", {"error": str(err) or "no answer in time"}) from err
    if call.return_response:
        record = await of.desk.wait(record.id)
    return proposal_view(of, record)


async def _deny(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await admin_of(of.hass, call)
    record = _proposal(of, call)
    try:
        record = await of.desk.deny(record.id, actor)
    except Refused as err:
        raise refuse(err.refusal.key, err.refusal.placeholders) from err
    except JournalFailed as err:
        raise refuse("journal_failed") from err
    return proposal_view(of, record)


async def _simulate(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await admin_of(of.hass, call)
    record = _proposal(of, call)
    try:
        record = await of.desk.simulate(record.id, actor)
    except Refused as err:
        raise refuse(err.refusal.key, err.refusal.placeholders) from err
    except JournalFailed as err:
        raise refuse("journal_failed") from err
    except (ClientError, NotDone, TimeoutError) as err:
        raise refuse("action_failed", {"error": str(err) or "no answer in time"}) from err
    return {**proposal_view(of, record), "simulated": True}


async def _test_alert(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    await of.answers.practise()
    return None


async def _digest(of: Guardian, call: ServiceCall) -> ServiceResponse:
    message = of.wording.month() if call.data["month"] else of.wording.digest()
    return {"title": message.title, "message": message.text}


async def _get_buttons(of: Guardian, call: ServiceCall) -> ServiceResponse:
    # a blueprint is an automation, which has no user: only a user that is no admin is kept out
    actor = await context_actor(of.hass, call.context, "action")
    if actor is not None and not actor.admin:
        raise refuse("admin_only")
    subject = call.data.get("finding") or call.data.get("proposal")
    found = await of.answers.buttons_for(str(subject), call.data["recipient"])
    if found is None:
        raise refuse("no_such_finding", {"finding": str(subject)})
    return found


async def _grant(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await admin_of(of.hass, call)
    wanted = Standing(
        id="",
        action=call.data["action"],
        selector=call.data["target"],
        by=actor,
        at=clock.now(),
        rule=call.data.get("rule", ""),
        windows_only=call.data["window_only"],
    )
    try:
        standing = await of.desk.helm.grant(wanted)
    except JournalFailed as err:
        raise refuse("journal_failed") from err
    return {"standing": standing.id}


async def _revoke(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await admin_of(of.hass, call)
    if call.data["standing"] not in of.desk.helm.standings:
        raise refuse("no_such_standing", {"standing": call.data["standing"]})
    await of.desk.helm.revoke(call.data["standing"], actor)
    return None


async def _list_standing(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    return {
        "standing": [
            {
                "id": each.id,
                "action": each.action,
                "verb": of.texts.common(f"verb_{each.action}", default=each.action),
                "target": each.selector,
                "rule": each.rule or None,
                "window_only": each.windows_only,
                "granted_by": each.by.name,
                "granted": iso(each.at),
            }
            for each in of.desk.helm.standings.values()
            if not each.over
        ]
    }


_FINDING = {vol.Required("finding"): ID}
_PROPOSAL = {vol.Required("proposal"): ID}
_ONE = {vol.Exclusive("finding", "subject"): ID, vol.Exclusive("proposal", "subject"): ID}

ACTIONS: tuple[tuple[str, Handler, Mapping[Any, Any], SupportsResponse], ...] = (
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
    ("list_proposals", _list_proposals, {}, SupportsResponse.ONLY),
    (
        "list_journal",
        _list_journal,
        {vol.Optional("limit", default=100): vol.All(int, vol.Range(min=1, max=1000))},
        SupportsResponse.ONLY,
    ),
    (
        "list_changes",
        _list_changes,
        {vol.Optional("hours", default=24): vol.All(vol.Coerce(float), vol.Range(min=1, max=MOST_HOURS))},
        SupportsResponse.ONLY,
    ),
    ("approve", _approve, _PROPOSAL, SupportsResponse.OPTIONAL),
    ("deny", _deny, _PROPOSAL, SupportsResponse.OPTIONAL),
    ("simulate", _simulate, _PROPOSAL, SupportsResponse.OPTIONAL),
    ("test_alert", _test_alert, {}, SupportsResponse.NONE),
    ("digest", _digest, {vol.Optional("month", default=False): cv.boolean}, SupportsResponse.ONLY),
    (
        "get_buttons",
        _get_buttons,
        {**_ONE, vol.Required("recipient"): vol.All(cv.string, vol.Length(min=1, max=200))},
        SupportsResponse.ONLY,
    ),
    (
        "grant_standing",
        _grant,
        {
            vol.Required("action"): cv.slug,
            vol.Required("target"): vol.All(cv.string, vol.Length(min=1, max=255)),
            vol.Optional("rule"): cv.slug,
            vol.Optional("window_only", default=True): cv.boolean,
        },
        SupportsResponse.OPTIONAL,
    ),
    ("revoke_standing", _revoke, {vol.Required("standing"): ID}, SupportsResponse.NONE),
    ("list_standing", _list_standing, {}, SupportsResponse.ONLY),
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


async def preview(
    of: Guardian, source: str, action: str, target: str, params: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what an action would do, without proposing it. Raises Refused and ClientError."""
    found = of.house.source(source)
    if found is None or (doing := found.actions.get(action)) is None:
        raise Refused(Refusal("no_such_action"))
    plan = await doing.plan(target, params)
    record = Record(
        id="",
        source=source,
        action=action,
        target=target,
        name=target_name(of, source, target),
        plan=plan,
        state=State.PROPOSED,
        created=clock.now(),
        expires=clock.now(),
        proposed_by=SYSTEM,
    )
    return {
        "action": action,
        "verb": of.compose.verb(record),
        "target": target,
        "target_name": record.name,
        "risk": record.risk.name.lower(),
        "right": plan.right or None,
        **plan_lines(of, record),
    }
