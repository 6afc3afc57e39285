"""What the guardian's actions answer with: findings, proposals, journal, changes, in words and as plain values."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..guardian.capabilities import name_of_target
from ..guardian.changes import Logged
from ..guardian.contract import Risk, Severity
from ..guardian.finding import Tracked
from ..guardian.first_week import KIND as REPORT
from ..guardian.journal_files import Entry
from ..guardian.plain import plain
from ..guardian.reach import named
from ..guardian.remediation import Record, State
from ..guardian.tracked import State as Life
from . import clock
from .batches import planned
from .mended import mended_lately
from .messages import moment

if TYPE_CHECKING:
    from .guardian import Guardian

# what hangs on a server in the topology, and loses nothing with it
NO_DEPENDANTS = ("alert:",)


def iso(at: float | None) -> str | None:
    """Return an instant as text, or None."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") if at else None


def device_of(hass: HomeAssistant, of: Guardian, node: str) -> dr.DeviceEntry | None:
    """Return the device that shows a node: its own, else that of what it stands on, else the server's."""
    registry = dr.async_get(hass)
    for each in of.topology.above(node):
        kind, _, key = each.partition(":")
        for stand in of.watch.stands.values():
            own = f"{stand.id}_{kind}_{key.removeprefix(f'{stand.id}:')}"
            for name in (own, key):
                if device := registry.async_get_device_by_identifier((DOMAIN, name), stand.entry_id):
                    return device
    return registry.async_get_device_by_identifier((DOMAIN, of.id), of.entry.entry_id)


def rule_name(of: Guardian, rule: str) -> str:
    """Return what is done for a rule, in words."""
    return of.texts.get(f"selector.rule.options.{rule}", default=rule.replace("_", " "))


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
        "object_name": target_name(of, tracked.finding.source, tracked.finding.object),
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
        "changes": [change_view(of, row) for row in of.changes_before(tracked)],
    }


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


def source_view(of: Guardian, key: str) -> dict[str, Any]:
    """Return how one source stands."""
    stand = of.watch.stands[key]
    device = dr.async_get(of.hass).async_get_device_by_identifier((DOMAIN, key), stand.entry_id)
    source = of.house.source(key)
    return {
        "id": key,
        "name": plain(stand.name),
        "kind": stand.kind,
        "state": stand.state,
        "device_id": device.id if device else None,
        "checked": iso(checked(of, key)),
        "found": found_in_words(of, source.nodes if source else ()),
        "missing": [
            of.texts.common(f"missing_{each.key}", each.placeholders)
            for each in (source.missing if source else ())
        ],
    }


def checked(of: Guardian, key: str) -> float | None:
    """Return when a source was last asked and answered: with each good poll, also one that brought nothing new."""
    source = of.house.source(key)
    return (source.checked if source else None) or of.intake.checked.get(key)


def last_checked(of: Guardian) -> float | None:
    """Return since when all sources that answer are known: the oldest of their last answers."""
    known = {key: at for key in of.watch.stands if (at := checked(of, key))}
    answering = [at for key, at in known.items() if of.watch.stands[key].state == "ok"]
    return min(answering) if answering else max(known.values(), default=of.started)


def found_in_words(of: Guardian, nodes: Any) -> str:
    """Return what a source consists of: `3 pools, 5 disks`."""
    counts: dict[str, int] = {}
    for node in nodes:
        counts[node.kind] = counts.get(node.kind, 0) + 1
    return ", ".join(
        of.texts.common(f"count_{kind}" if count != 1 else f"one_{kind}", {"count": count})
        for kind in ("pool", "disk", "app", "machine", "container", "task")
        if (count := counts.get(kind))
    )


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
        "risk_text": texts.common(f"risk_{record.risk.name.lower()}"),
        "undo": undo,
        "interrupts": of.waits.names(plan),
        "depends": sorted((depends | touched) - {"", record.name}),
    }


def target_node(of: Guardian, source: str, target: str) -> str:
    """Return the node that an action's target is, or the target itself where the topology does not know it."""
    return next((each for each in named(source, target) if of.topology.label(each)), target)


def target_name(of: Guardian, source: str, target: str) -> str:
    """Return what an action is about, in the name that people know."""
    if target and (label := of.topology.label(target_node(of, source, target))):
        return plain(label)
    if source == of.own:
        return plain(of.entry.title)
    if target and (known := name_of_target(of.house.source(source), target)):
        return plain(known)
    stand = of.watch.stands.get(source)
    return plain(target) or (plain(stand.name) if stand else source)


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


def change_view(of: Guardian, row: Logged) -> dict[str, Any]:
    """Return one change."""
    return {
        "at": iso(row.at),
        "object": row.change.object,
        "object_name": plain(of.topology.label(row.change.object) or row.change.object),
        "text": of.texts.common(f"change_{row.change.key}", row.change.placeholders, default=row.change.key),
        "by_us": row.ours,
    }


def changes_view(of: Guardian, hours: float) -> list[dict[str, Any]]:
    """Return what changed in the last hours, newest first, with our own acts among it."""
    then = clock.now() - hours * 3600
    rows = [change_view(of, row) for row in of.changes.since(then)]
    acts = [
        {
            "at": iso(record.history[-1][1]),
            "object": record.target,
            "object_name": plain(record.name),
            "text": of.wording.outcome(record) or of.compose.verb(record),
            "by_us": True,
        }
        for record in of.desk.records.values()
        if record.history and record.history[-1][1] >= then and record.receipts
    ]
    return sorted([*rows, *acts], key=lambda each: str(each["at"]), reverse=True)[:200]


def journal_line(of: Guardian, row: Entry) -> dict[str, Any]:
    """Return a line of the journal in a sentence."""
    value = row.value
    record = of.desk.records.get(row.id)
    state = str(value.get("state", ""))
    by = value.get("actor") or value.get("by")
    who = plain(by.get("name", "")) if isinstance(by, dict) else ""
    kind = row.kind
    if kind == "remediation":
        verb = of.texts.common(f"verb_{value.get('action')}", default=str(value.get("action")))
        what = f"{verb}: {plain(value.get('name') or (record.name if record else ''))}"
        text = of.texts.common(
            f"journal_{state}", {"what": what, "who": who or "?"}, default=f"{what}: {state}"
        )
    elif kind == "lease":
        text = _lease_line(of, value, row.at)
        who = plain(_newest_wish(value).get("by", ""))
    else:
        named = {"who": who or "?", **_flat(value)}
        if kind == "breaker":
            named["rule"] = rule_name(of, row.id)
        if kind == "standing":
            action = named.get("action", "")
            named["action"] = of.texts.common(f"verb_{action}", default=action)
        if kind == "mode":
            mode = named.get("mode", "")
            named["mode"] = of.texts.get(f"selector.mode.options.{mode}", default=mode)
        text = of.texts.common(f"journal_{_journal_key(kind, value)}", named, default=kind)
    via = plain(by.get("via", "")) if isinstance(by, dict) else ""
    return {
        "at": iso(row.at),
        "text": text,
        "kind": kind,
        "id": row.id,
        "by": who or None,
        "via": via or None,
    }


def _journal_key(kind: str, value: Mapping[str, Any]) -> str:
    if kind == "said":
        return str(value.get("what"))
    if kind == "breaker" and not value.get("failures"):
        return "breaker_reset" if value.get("by") else "breaker_over"
    if kind == "hold":
        return "hold_on" if value.get("on") else "hold_off"
    return f"{kind}_{value.get('state')}" if kind == REPORT else kind


def _newest_wish(value: Mapping[str, Any]) -> Mapping[str, Any]:
    wishes = value.get("leases")
    newest = wishes[-1] if isinstance(wishes, list) and wishes else {}
    return newest if isinstance(newest, dict) else {}


def _lease_line(of: Guardian, value: Mapping[str, Any], at: float) -> str:
    what = of.texts.common(f"lent_{value.get('kind')}", {"target": value.get("name", "")}, default="?")
    if returned := value.get("returned"):
        return of.texts.common(f"journal_lease_{returned}", {"what": what})
    ends = _newest_wish(value).get("ends")
    if not isinstance(ends, int | float) or ends <= at:
        return of.texts.common("journal_lease_due", {"what": what})
    return of.texts.common("journal_lease", {"what": what, "until": moment(ends, at)})


def _flat(value: Mapping[str, Any]) -> dict[str, str]:
    return {key: plain(each) for key, each in value.items() if isinstance(each, (str, int, float, bool))}
