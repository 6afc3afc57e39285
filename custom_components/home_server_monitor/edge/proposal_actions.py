"""Actions on proposals: list, approve, deny, try out; the journal; what is approved in advance."""

from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..guardian.contract import Risk
from ..guardian.journal import JournalFailed
from ..guardian.policy import Standing
from ..guardian.remediation import Record
from . import clock
from .buttons import buttons_for
from .calls import ID, Table, admin_of
from .chronicle import journal_line
from .errors import refuse, told
from .guardian import Guardian
from .naming import iso, rule_name
from .patience import ended
from .people import context_actor
from .policies import said
from .views import proposal_view, proposals_view
from .waits import WHEN

# lines that one shown line of the journal stands for, at most: an update of a container has so many steps
RECEIPTS = 25
# what people read; tokens and checkpoints are the machine's own matter
JOURNAL_KINDS = (
    "remediation",
    "mode",
    "hold",
    "standing",
    "breaker",
    "lease",
    "installed",
    "report",
    "simulated",
    "said",
)


def _proposal(of: Guardian, call: ServiceCall) -> Record:
    if (record := of.desk.records.get(call.data["proposal"])) is None:
        raise refuse("no_such_proposal", {"proposal": call.data["proposal"]})
    return record


async def _list_proposals(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    return proposals_view(of)


async def _list_journal(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    try:
        # each receipt of a long action has a line of its own, which is not shown
        rows = await of.desk.journal.read(call.data["limit"] * RECEIPTS, JOURNAL_KINDS)
    except JournalFailed as err:
        raise refuse("journal_failed") from err
    # newest first; the line of a receipt repeats the one before, and says nothing new in words
    before: dict[str, object] = {}
    lines: Any = []
    for row in reversed(rows):
        line = journal_line(of, row)
        if row.kind not in ("remediation", "lease") or before.get(row.id) != line["text"]:
            lines.insert(0, line)
        before[row.id] = line["text"]
    return {"journal": lines[: call.data["limit"]]}


async def _approve(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await admin_of(of.hass, call)
    record = _proposal(of, call)
    if record.risk is Risk.HIGH:
        raise refuse("proposed_in_repairs")
    waits = WHEN[call.data["when"]]
    record = await told(of.desk.approve(record.id, actor, waits=waits))
    if call.return_response and not record.is_waiting:
        record = await ended(of, record, actor)
    return proposal_view(of, record)


async def _deny(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await admin_of(of.hass, call)
    return proposal_view(of, await told(of.desk.deny(_proposal(of, call).id, actor)))


async def _simulate(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await admin_of(of.hass, call)
    record = await told(of.desk.simulate(_proposal(of, call).id, actor))
    return {**proposal_view(of, record), "simulated": True}


async def _get_buttons(of: Guardian, call: ServiceCall) -> ServiceResponse:
    # a blueprint is an automation, which has no user: only a user that is no admin is kept out
    actor = await context_actor(of.hass, call.context, "action")
    if actor is not None and not actor.admin:
        raise refuse("admin_only")
    subject = call.data.get("finding") or call.data.get("proposal")
    found = await buttons_for(of, str(subject), call.data["recipient"])
    if found is None:
        raise refuse("no_such_finding", {"finding": str(subject)})
    return found


def _may_stand(of: Guardian, action: str) -> None:
    """Raise unless a server of this home offers the action, and it is of no high risk."""
    offered = [source.actions[action] for source in of.house.sources(of.id) if action in source.actions]
    named = {"action": of.texts.common(f"verb_{action}", default=action)}
    if not offered:
        raise refuse("not_offered", named)
    if any(each.risk is Risk.HIGH for each in offered):
        raise refuse("standing_high_risk", named)
    if any(getattr(each, "stands_by_policy", False) for each in offered):
        raise refuse("standing_by_policy", named)


async def _grant(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await admin_of(of.hass, call)
    _may_stand(of, call.data["action"])
    wanted = Standing(
        id="",
        action=call.data["action"],
        selector=call.data["target"],
        by=actor,
        at=clock.now(),
        rule=call.data.get("rule", ""),
        windows_only=call.data["window_only"],
    )
    standing = await told(of.desk.helm.grant(wanted))
    return {"standing": standing.id}


async def _revoke(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await admin_of(of.hass, call)
    if call.data["standing"] not in of.desk.helm.standings:
        raise refuse("no_such_standing", {"standing": call.data["standing"]})
    await told(of.desk.helm.revoke(call.data["standing"], actor))
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
                "says": said(of, each),
                "rule": each.rule or None,
                "window_only": each.windows_only,
                "granted_by": each.by.name,
                "granted": iso(each.at),
            }
            for each in of.desk.helm.standings.values()
            if not each.over
        ],
        "breakers": [
            {"rule": rule, "name": rule_name(of, rule), "failures": of.desk.helm.failures(rule)}
            for rule in sorted(of.desk.helm.open_breakers)
        ],
    }


async def _automation_report(of: Guardian, call: ServiceCall) -> ServiceResponse:
    await admin_of(of.hass, call)
    try:
        return await of.week.view(call.data["days"])
    except JournalFailed as err:
        raise refuse("journal_failed") from err


async def _reset_breaker(of: Guardian, call: ServiceCall) -> ServiceResponse:
    actor = await admin_of(of.hass, call)
    await told(of.answers.reset_breaker(call.data["rule"], actor))
    return None


_PROPOSAL = {vol.Required("proposal"): ID}
_ONE = {vol.Exclusive("finding", "subject"): ID, vol.Exclusive("proposal", "subject"): ID}

ACTIONS: Table = (
    ("list_proposals", _list_proposals, {}, SupportsResponse.ONLY),
    (
        "list_journal",
        _list_journal,
        {vol.Optional("limit", default=100): vol.All(int, vol.Range(min=1, max=1000))},
        SupportsResponse.ONLY,
    ),
    (
        "approve",
        _approve,
        {**_PROPOSAL, vol.Optional("when", default="now"): vol.In(list(WHEN))},
        SupportsResponse.OPTIONAL,
    ),
    ("deny", _deny, _PROPOSAL, SupportsResponse.OPTIONAL),
    ("simulate", _simulate, _PROPOSAL, SupportsResponse.OPTIONAL),
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
    (
        "automation_report",
        _automation_report,
        {vol.Optional("days", default=7): vol.All(vol.Coerce(float), vol.Range(min=1, max=30))},
        SupportsResponse.ONLY,
    ),
    ("reset_breaker", _reset_breaker, {vol.Required("rule"): cv.slug}, SupportsResponse.NONE),
)
