"""What happened, in sentences: the changes that somebody made, and the lines of the journal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..guardian.changes import Logged
from ..guardian.first_week import KIND as REPORT
from ..guardian.journal_files import Entry
from ..guardian.plain import plain
from . import clock
from .messages import moment
from .naming import iso, rule_name

if TYPE_CHECKING:
    from .guardian import Guardian


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
        elif kind == "said" and "rule" in named:
            named["rule"] = rule_name(of, named["rule"])
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
    what = of.texts.lent(*(str(value.get(key) or "") for key in ("kind", "target", "name")))
    if returned := value.get("returned"):
        return of.texts.common(f"journal_lease_{returned}", {"what": what})
    ends = _newest_wish(value).get("ends")
    if not isinstance(ends, int | float) or ends <= at:
        return of.texts.common("journal_lease_due", {"what": what})
    return of.texts.common("journal_lease", {"what": what, "until": moment(ends, at)})


def _flat(value: Mapping[str, Any]) -> dict[str, str]:
    return {key: plain(each) for key, each in value.items() if isinstance(each, (str, int, float, bool))}
