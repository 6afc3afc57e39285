"""What the guardian's actions answer with: findings and proposals, in words and as plain values."""

from typing import TYPE_CHECKING, Any

from ..guardian.contract import Plan, Risk, Severity
from ..guardian.finding import Tracked
from ..guardian.plain import plain
from ..guardian.remediation import Record, State
from ..guardian.tracked import State as Life
from . import clock
from .batches import planned
from .chronicle import change_view
from .mended import mended_lately
from .naming import device_of, iso, object_name, target_node
from .own_answers import verbs_of
from .standings import last_checked, source_view
from .texts import Texts

if TYPE_CHECKING:
    from .guardian import Guardian


# what hangs on a server in the topology, and loses nothing with it
NO_DEPENDANTS = ("alert:",)


def state_of(of: Guardian, tracked: Tracked) -> str:
    """Return how a finding stands, in the word that people are shown."""
    if tracked.state is not Life.FIRING:
        return tracked.state.value
    if silenced := of.register.silence(tracked):
        return "dismissed" if silenced == "accepted" else silenced
    return "inhibited" if tracked.inhibited_by else "firing"


def finding_view(of: Guardian, tracked: Tracked, now: float) -> dict[str, Any]:
    """Return one finding."""
    words = of.texts.finding(tracked.finding)
    record = of.proposals.proposal_of(tracked)
    device = device_of(of.hass, of, tracked.finding.object)
    stand = of.watch.stands.get(tracked.finding.source)
    snoozed = tracked.snoozed_until if tracked.snoozed_until and tracked.snoozed_until > now else None
    return {
        "id": tracked.id,
        "rule": tracked.finding.rule,
        "severity": tracked.severity.name.lower(),
        "state": state_of(of, tracked),
        "title": words.title,
        "meaning": words.meaning,
        "advice": words.advice,
        # what the words were filled with, for automations
        "about": of.texts.harmless(tracked.finding.placeholders),
        "object": tracked.finding.object,
        "object_name": object_name(of, tracked.finding.source, tracked.finding.object),
        "device_id": device.id if device else None,
        "source": tracked.finding.source,
        "source_name": plain(stand.name) if stand else "Home Server Monitor",
        "since": iso(tracked.since),
        "resolved": iso(tracked.resolved_at),
        "count": tracked.count,
        "snoozed_until": iso(snoozed),
        "acknowledged_by": plain(tracked.acknowledged.who) if tracked.acknowledged else None,
        "dismissed_because": plain(tracked.dismissed.why) if tracked.dismissed else None,
        "inhibited_by": tracked.inhibited_by,
        "frozen": tracked.frozen,
        "proposal": record.id if record else None,
        "verb": of.compose.verb(record) if record else None,
        "risk": record.risk.name.lower() if record else None,
        # what was done about it and worked, until it is seen to be over
        "done": _done(of, tracked) if record is None else None,
        # what may be answered to it besides
        "answers": verbs_of(of, tracked),
        "changes": [change_view(of, row) for row in of.changes_before(tracked)],
    }


def _done(of: Guardian, tracked: Tracked) -> str | None:
    if tracked.state is not Life.FIRING:
        return None
    record = of.proposals.decided(tracked)
    return of.wording.outcome(record) if record is not None and record.state is State.SUCCEEDED else None


def findings_view(of: Guardian, least: Severity, *, resolved: bool) -> dict[str, Any]:
    """Return the open findings, the most severe first, and how the sources stand."""
    now = clock.now()
    found = [
        each
        for each in of.register.tracked.values()
        if each.severity >= least
        and (each.state is Life.FIRING or (resolved and each.state is Life.RESOLVED))
    ]
    found.sort(key=lambda each: (-each.severity, each.since))
    return {
        "findings": [finding_view(of, each, now) for each in found],
        "mended": [mended_view(of, tracked, record) for tracked, record in mended_lately(of, now)],
        "checked": iso(last_checked(of)),
        "sources": [source_view(of, key) for key in of.watch.stands],
    }


def mended_view(of: Guardian, tracked: Tracked, record: Record) -> dict[str, Any]:
    """Return what was mended, by what, and who approved it."""
    return {
        "id": tracked.id,
        "title": of.wording.over(tracked),
        "text": of.wording.why_over(tracked),
        "at": iso(tracked.resolved_at),
        "proposal": record.id,
    }


def risk_text(texts: Texts, plan: Plan) -> str:
    """Return how much depends on a plan, by what it does: for a while, by an interruption, or for good."""
    key = f"risk_{plan.risk.name.lower()}"
    plain_words = texts.common(key)
    if any(step.lease for step in plan.steps):
        return texts.common(f"{key}_lent", default=plain_words)
    return texts.common(f"{key}_away", default=plain_words) if plan.takes_away else plain_words


def plan_lines(of: Guardian, record: Record, tracked: Tracked | None = None) -> dict[str, Any]:
    """Return a plan in words: what, why, risk, undo, what depends on it."""
    texts, plan = of.texts, record.plan
    shown = {key: plain(str(value), 600) for key, value in plan.before.get("shown", {}).items()}
    named = {**shown, "target": record.name, **plan.params, **planned(of, record)}
    why = texts.finding(tracked.finding).meaning if tracked else ""
    about = {*plan.touches, target_node(of, record.source, record.target)}
    touched = {plain(of.topology.label(node)) for node in plan.touches}
    depends = {
        plain(of.topology.label(node))
        for each in about
        for node in of.topology.dependants(each)
        if not node.startswith(NO_DEPENDANTS)
    }
    lasts = next((step.lease.lasts for step in plan.steps if step.lease), None)
    undo = texts.common("undo_yes" if plan.inverse else "undo_no")
    undo = texts.common(f"undo_{record.action}", named, default=undo)
    if lasts is not None:
        undo = texts.common("undo_by_itself", {"hours": f"{lasts / 3600:g}"})
    return {
        "what": texts.common(
            f"what_{record.action}", named, default=f"{of.compose.verb(record)}: {named['target']}"
        ),
        "steps": [
            plain(f"{step.order} {' '.join(map(str, step.params.values()))}", 600) for step in plan.steps
        ],
        "why": why,
        "risk_text": risk_text(texts, plan),
        "undo": undo,
        "interrupts": of.waits.names(plan),
        "depends": sorted((depends | touched) - {"", record.name}),
    }


def proposal_view(of: Guardian, record: Record) -> dict[str, Any]:
    """Return one proposal."""
    tracked = of.tracked(record.finding) if record.finding else None
    lines = plan_lines(of, record, tracked)
    name = record.name
    return {
        "id": record.id,
        "action": record.action,
        "verb": of.compose.verb(record),
        "target": record.target,
        "target_name": name,
        "risk": record.risk.name.lower(),
        "state": record.state.value,
        "waits": record.waits if record.is_waiting else None,
        "not_now": of.wording.not_now(record) or None,
        "created": iso(record.created),
        "expires": iso(record.expires),
        "finding": record.finding or None,
        "title": of.texts.finding(tracked.finding).title if tracked else f"{of.compose.verb(record)}: {name}",
        **lines,
        "needs_typing": record.risk is Risk.HIGH,
        "typed_name": name,
        "by": plain(record.actor.name) if record.actor else None,
        "via": record.actor.via if record.actor else None,
        "ended": iso(record.history[-1][1]) if record.state is not State.PROPOSED else None,
        "outcome": of.wording.outcome(record),
    }


def proposals_view(of: Guardian) -> dict[str, Any]:
    """Return the open proposals, newest first, and what became of the others."""
    records = sorted(of.desk.records.values(), key=lambda each: each.created, reverse=True)
    decided = [each for each in records if each.state is not State.PROPOSED and not each.is_waiting]
    return {
        "proposals": [proposal_view(of, each) for each in records if each.state is State.PROPOSED],
        "waiting": [proposal_view(of, each) for each in records if each.is_waiting],
        "history": [proposal_view(of, each) for each in decided[:50]],
    }
