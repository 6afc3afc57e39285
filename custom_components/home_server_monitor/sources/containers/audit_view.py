"""The audit as an action answers with it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from .audit import Accepted, Report
from .audit_actions import ENGINE
from .audit_case import Check

type Say = Callable[[str, Mapping[str, str]], str]


def audit_view(
    reports: Iterable[Report], accepted: Iterable[Accepted], now: datetime, say: Say
) -> list[dict[str, Any]]:
    """Return every check, the worst first, with those that were accepted. say: returns a text of the messages."""
    lived_with = {(each.container, each.check): each for each in accepted if now < each.until}
    rows = [
        (check.grade, _row(each, check, lived_with.get((each.name, check.identity)), say))
        for each in reports
        for check in _all(each)
    ]
    return [row for _, row in sorted(rows, key=lambda pair: (-pair[0], pair[1]["container"]))]


def _all(report: Report) -> Iterator[Check]:
    yield from report.open
    yield from report.accepted


def _row(report: Report, check: Check, accepted: Accepted | None, say: Say) -> dict[str, Any]:
    fix = check.fix
    row: dict[str, Any] = {
        "container": report.name or ENGINE,
        "check": check.identity,
        "cis": check.cis,
        "severity": check.grade.name.lower(),
        "title": say(f"audit_{check.key}_title", check.placeholders),
        "meaning": say(f"audit_{check.key}_meaning", check.placeholders),
        "change": say(f"audit_{check.key}_change", check.placeholders),
        "expected": check.expected,
        "can_be_fixed_here": fix is not None and bool(fix.live),
        "take_out": list(fix.take_out) if fix else [],
        "put_in": list(fix.put_in) if fix else [],
        "where": report.where,
        "score": report.score,
    }
    if accepted is not None and check in report.accepted:
        row["accepted"] = {"reason": accepted.reason, "until": accepted.until.isoformat()}
    return row
