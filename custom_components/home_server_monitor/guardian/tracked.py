"""One finding through time: what is remembered of it, and how that is stored."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
import math
from typing import Any, Literal, Self

from .contract import Finding, Proposal, Severity
from .waking import waking_of

# seconds without a change after which a finding flaps no more
STEADY_AFTER = 1800.0


class State(StrEnum):
    """Where a finding is in its life."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


type Kind = Literal["raised", "severer", "resolved", "flapping", "steady", "unsnoozed"]


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a finding."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Who silenced a finding, when, and why; it holds up to the severity of that moment."""

    who: str
    at: float
    why: str = ""
    severity: Severity = Severity.CRITICAL


def finding_id(source: str, rule: str, node: str) -> str:
    """Return the id of a finding, 12 hex digits; the same at every start."""
    return sha256(f"{source}\x1f{rule}\x1f{node}".encode("utf-8", "surrogatepass")).hexdigest()[:12]


@dataclass(slots=True, kw_only=True, eq=False)
class Tracked:
    """A finding and its time. All instants are seconds since 1970 UTC.

    severity: capped by the table; since: start of this occurrence; missing_since: not in the newest snapshots since;
    count: occurrences; changed: the newest moments of raise and resolve; frozen: its source says nothing now;
    baseline: was there at the first look at its source; ended: gone or removed (with its source).
    told_severity, told_at, told_times, told_as: the worst that was pushed and not yet ended, when, how often, and the
    id under which it was; told_at is None where it is to be told again. passed: the severity that the digest or the
    first look tells instead of a push. flap_told: that it flaps was told.
    """

    id: str
    finding: Finding
    severity: Severity
    state: State
    first_seen: float
    since: float
    last_seen: float
    resolved_at: float | None = None
    missing_since: float | None = None
    count: int = 0
    changed: list[float] = field(default_factory=list)
    frozen: bool = False
    baseline: bool = False
    ended: str = ""
    acknowledged: Mark | None = None
    snoozed: Mark | None = None
    snoozed_until: float | None = None
    dismissed: Mark | None = None
    inhibited_by: str | None = None
    flapping: bool = False
    flap_told: bool = False
    told_severity: Severity | None = None
    told_at: float | None = None
    told_times: int = 0
    told_as: str = ""
    passed: Severity | None = None

    def not_after(self, now: float) -> None:
        """Count every moment in the future as now: the clock was set back."""
        self.first_seen = min(self.first_seen, now)
        self.since = min(self.since, now)
        self.last_seen = min(self.last_seen, now)
        self.resolved_at = _earlier(self.resolved_at, now)
        self.missing_since = _earlier(self.missing_since, now)
        self.told_at = _earlier(self.told_at, now)
        self.changed = [min(at, now) for at in self.changed]
        if self.snoozed and self.snoozed_until is not None and self.snoozed.at > now:
            self.snoozed_until -= self.snoozed.at - now
        self.acknowledged, self.snoozed, self.dismissed = (
            mark and replace(mark, at=min(mark.at, now))
            for mark in (self.acknowledged, self.snoozed, self.dismissed)
        )

    def outgrow(self) -> None:
        """Drop what silenced it at a lower severity."""
        if self.acknowledged and self.acknowledged.severity < self.severity:
            self.acknowledged = None
        if self.snoozed and self.snoozed.severity < self.severity:
            self.snoozed = self.snoozed_until = None
        if self.dismissed and self.dismissed.severity < self.severity:
            self.dismissed = None

    def told(self, lead: str, now: float, *, severer: bool = False) -> None:
        """Note that it was pushed under that id."""
        self.told_severity = max(self.severity, self.told_severity or Severity.INFO)
        self.told_at, self.told_as = now, lead
        self.told_times = 1 if severer else self.told_times + 1
        self.flap_told = self.flapping

    def untold(self) -> None:
        """Note that its end was told: nobody has a notice of it any more."""
        self.told_severity = self.told_at = None
        self.told_times, self.told_as = 0, ""

    def leave(self, now: float) -> None:
        """Leave it to the digest, or to the first look."""
        self.passed, self.flap_told = self.severity, self.flapping
        if self.told_severity is not None:
            self.told_at = now

    def dues(self) -> Iterator[float]:
        """Yield when time alone changes it."""
        waking = waking_of(self.finding.rule)
        if self.snoozed_until is not None:
            yield self.snoozed_until
        if self.flapping:
            yield self.changed[-1] + STEADY_AFTER
        if not self.frozen:
            if self.state is State.PENDING:
                yield self.since + waking.hold
            elif self.state is State.FIRING and self.missing_since is not None:
                yield self.missing_since + waking.keep

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        row = {name: getattr(self, name) for name in _PLAIN}
        row |= {name: asdict(mark) for name in _MARKS if (mark := getattr(self, name))}
        finding = {name: getattr(self.finding, name) for name in ("source", "rule", "object", "severity")}
        finding["placeholders"] = dict(self.finding.placeholders)
        finding["evidence"] = plain(self.finding.evidence)
        if proposal := self.finding.proposal:
            finding["proposal"] = {
                "action": proposal.action,
                "target": proposal.target,
                "params": plain(proposal.params),
                "source": proposal.source,
            }
        return row | {"finding": finding}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Return what `to_json` gave. Raises KeyError, TypeError, ValueError, AttributeError on damage."""
        finding = _finding(row["finding"])
        mine = cls(
            id=finding_id(finding.source, finding.rule, finding.object),
            finding=finding,
            severity=Severity(row["severity"]),
            state=State(row["state"]),
            first_seen=_instant(row["first_seen"]),
            since=_instant(row["since"]),
            last_seen=_instant(row["last_seen"]),
            resolved_at=_maybe(row.get("resolved_at")),
            missing_since=_maybe(row.get("missing_since")),
            count=int(row.get("count", 0)),
            changed=[_instant(at) for at in row.get("changed", ())],
            snoozed_until=_maybe(row.get("snoozed_until")),
            told_at=_maybe(row.get("told_at")),
            told_times=int(row.get("told_times", 0)),
            told_severity=_severity(row.get("told_severity")),
            passed=_severity(row.get("passed")),
            told_as=str(row.get("told_as", "")),
            ended=str(row.get("ended", "")),
            inhibited_by=row.get("inhibited_by"),
            frozen=bool(row.get("frozen")),
            baseline=bool(row.get("baseline")),
            flapping=bool(row.get("flapping") and row["changed"]),
            flap_told=bool(row.get("flap_told")),
            acknowledged=_mark(row.get("acknowledged")),
            snoozed=_mark(row.get("snoozed")),
            dismissed=_mark(row.get("dismissed")),
        )
        mine._complete()
        return mine

    def _complete(self) -> None:
        """Leave no half of what goes together."""
        if self.state is State.RESOLVED and self.resolved_at is None:
            self.resolved_at = self.last_seen
        if self.snoozed_until is None or self.snoozed is None:
            self.snoozed = self.snoozed_until = None


_MARKS = ("acknowledged", "snoozed", "dismissed")
_PLAIN = tuple(name for name in Tracked.__slots__ if name not in (*_MARKS, "finding", "id"))


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it; what it cannot becomes text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _earlier(at: float | None, now: float) -> float | None:
    return None if at is None else min(at, now)


def _instant(value: Any) -> float:
    if not math.isfinite(number := float(value)):
        raise ValueError(value)
    return number


def _maybe(value: Any) -> float | None:
    return None if value is None else _instant(value)


def _severity(value: Any) -> Severity | None:
    return None if value is None else Severity(value)


def _mark(row: Mapping[str, Any] | None) -> Mark | None:
    if not row:
        return None
    return Mark(
        who=str(row["who"]),
        at=_instant(row["at"]),
        why=str(row.get("why", "")),
        severity=Severity(row["severity"]),
    )


def _finding(row: Mapping[str, Any]) -> Finding:
    proposal = row.get("proposal")
    return Finding(
        source=str(row["source"]),
        rule=str(row["rule"]),
        object=str(row["object"]),
        severity=Severity(row["severity"]),
        placeholders={str(key): str(value) for key, value in row["placeholders"].items()},
        evidence=dict(row.get("evidence") or {}),
        proposal=proposal
        and Proposal(
            action=str(proposal["action"]),
            target=str(proposal["target"]),
            params=dict(proposal.get("params") or {}),
            source=str(proposal.get("source") or ""),
        ),
    )
