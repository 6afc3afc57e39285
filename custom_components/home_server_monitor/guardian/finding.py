"""The life of findings: pending, firing, resolved, and what people said about them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
import contextlib
import math
from typing import Any

from .contract import Finding, Severity
from .tracked import STEADY_AFTER, Change, Kind, Mark, State, Tracked, finding_id
from .waking import waking_of

__all__ = ["OWN", "Change", "Mark", "Register", "State", "Tracked", "finding_id"]

# the source of the guardian's own findings; these have no first look
OWN = "guardian:"
FLAPS = 4
FLAP_SPAN = 3600.0
KEPT_FOR = 7 * 86400.0
KEPT_DISMISSED_FOR = 400 * 86400.0
KEPT = 500
PIECE = 500
DAMAGE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


class Register:
    """All findings of one server, over time. `now` is seconds since 1970 UTC and may jump."""

    def __init__(self) -> None:
        self.tracked: dict[str, Tracked] = {}
        self.accepted: dict[str, Mark] = {}
        self._known: set[str] = set()
        self._of: defaultdict[str, dict[str, Tracked]] = defaultdict(dict)
        self._latest = -math.inf

    def observe(self, source: str, findings: Iterable[Finding], now: float) -> list[Change]:
        """Take in all that is wrong at a source, in its complete snapshot; what is not in it is gone."""
        return [change for part in self.observing(source, findings, now) for change in part]

    def observing(self, source: str, findings: Iterable[Finding], now: float) -> Iterator[list[Change]]:
        """Do the same in pieces of some milliseconds, so that others get their turn; never two of one source."""
        self._not_after(now)
        first_look = source not in self._known and not source.startswith(OWN)
        self._known.add(source)
        changes: list[Change] = []
        seen: set[str] = set()
        for index, (key, finding) in enumerate(_worst(findings).items()):
            if self._see(key, finding, now, first_look, changes):
                seen.add(key)
            if index % PIECE == PIECE - 1:
                yield changes
                changes = []
        for key, tracked in list(self._of[source].items()):
            tracked.frozen = False
            if key not in seen and tracked.state is not State.RESOLVED:
                self._miss(tracked, now, changes)
        yield changes

    def freeze(self, source: str) -> None:
        """Leave a source's findings as they are until its next complete snapshot: it is lost, or says nothing yet."""
        for tracked in self._of[source].values():
            tracked.frozen = True

    def drop(self, source: str, now: float) -> list[Change]:
        """End the findings of a source that was removed. If it is added again, there is a first look again."""
        self._not_after(now)
        self._known.discard(source)
        changes: list[Change] = []
        for tracked in list(self._of[source].values()):
            tracked.frozen = tracked.flapping = False
            if tracked.state is State.PENDING:
                self._withdraw(tracked)
            elif tracked.state is State.FIRING:
                self._resolve(tracked, now, "removed", changes)
        return changes

    def tick(self, now: float) -> list[Change]:
        """Let time pass: what was held or kept long enough, snoozes that end, what has become steady."""
        self._not_after(now)
        changes: list[Change] = []
        for tracked in list(self.tracked.values()):
            if tracked.snoozed_until is not None and tracked.snoozed_until <= now:
                tracked.snoozed = tracked.snoozed_until = tracked.told_at = None
                if tracked.state is State.FIRING:
                    changes.append(Change("unsnoozed", tracked.id))
            if tracked.flapping and now - tracked.changed[-1] >= STEADY_AFTER:
                tracked.flapping = tracked.flap_told = False
                changes.append(Change("steady", tracked.id))
            if not tracked.frozen:
                self._ripen(tracked, now, changes)
                self._expire(tracked, now, changes)
        self._forget(now)
        return changes

    def next_due(self) -> float | None:
        """Return when `tick` has something to do next."""
        return min((at for tracked in self.tracked.values() for at in tracked.dues()), default=None)

    def acknowledge(self, key: str, who: str, now: float) -> bool:
        """Silence this occurrence, unless it becomes more severe. Returns whether it did. Raises KeyError."""
        tracked = self.tracked[key]
        if tracked.state is State.RESOLVED or tracked.acknowledged:
            return False
        tracked.acknowledged = Mark(who=who, at=now, severity=tracked.severity)
        return True

    def snooze(self, key: str, until: float, who: str, now: float) -> bool:
        """Silence until then, unless it becomes more severe. Returns whether it did. Raises KeyError."""
        tracked = self.tracked[key]
        if tracked.state is State.RESOLVED or until <= now:
            return False
        tracked.snoozed = Mark(who=who, at=now, severity=tracked.severity)
        tracked.snoozed_until = until
        return True

    def dismiss(self, key: str, who: str, reason: str, now: float) -> bool:
        """Silence it for good, also when it comes back no worse. Returns whether it did. Raises KeyError."""
        tracked = self.tracked[key]
        if tracked.dismissed:
            return False
        tracked.dismissed = Mark(who=who, at=now, why=reason, severity=tracked.severity)
        return True

    def reopen(self, key: str) -> bool:
        """Take back acknowledgement, snooze and dismissal; it is told again. Raises KeyError."""
        tracked = self.tracked[key]
        if not (tracked.acknowledged or tracked.snoozed or tracked.dismissed):
            return False
        tracked.acknowledged = tracked.snoozed = tracked.snoozed_until = tracked.dismissed = None
        tracked.told_at = None
        return True

    def accept(self, rule: str, who: str, now: float) -> bool:
        """Silence the notes (info) of a rule, those to come too. Returns whether it did."""
        if rule in self.accepted:
            return False
        self.accepted[rule] = Mark(who=who, at=now, severity=Severity.INFO)
        return True

    def silence(self, tracked: Tracked) -> str | None:
        """Return why a finding is not told, if people said so: dismissed, accepted, snoozed or acknowledged."""
        if tracked.dismissed:
            return "dismissed"
        if tracked.severity is Severity.INFO and tracked.finding.rule in self.accepted:
            return "accepted"
        if tracked.snoozed:
            return "snoozed"
        return "acknowledged" if tracked.acknowledged else None

    def firing(self) -> Iterator[Tracked]:
        """Yield what is wrong now, silenced or not."""
        return (tracked for tracked in self.tracked.values() if tracked.state is State.FIRING)

    def dump(self, rows: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """Return all of it as JSON can hold it. rows: of the findings, where somebody has made them already."""
        return {
            "known": sorted(self._known),
            "accepted": {rule: [mark.who, mark.at] for rule, mark in self.accepted.items()},
            "tracked": [each.to_json() for each in self.tracked.values()] if rows is None else rows,
        }

    def load(self, stored: Mapping[str, Any]) -> None:
        """Take back what `dump` gave, row by row, without what is damaged. All sources count as frozen."""
        self._latest = math.inf
        with contextlib.suppress(*DAMAGE):
            self._known |= {str(source) for source in stored["known"]}
        with contextlib.suppress(*DAMAGE):
            for rule, (who, at) in stored["accepted"].items():
                self.accepted[str(rule)] = Mark(who=str(who), at=float(at), severity=Severity.INFO)
        rows = stored.get("tracked") if isinstance(stored, Mapping) else None
        for row in rows if isinstance(rows, list) else ():
            with contextlib.suppress(*DAMAGE):
                self._add(tracked := Tracked.from_json(row))
                tracked.frozen = True

    def _add(self, tracked: Tracked) -> None:
        self.tracked[tracked.id] = tracked
        self._of[tracked.finding.source][tracked.id] = tracked

    def _remove(self, tracked: Tracked) -> None:
        del self.tracked[tracked.id]
        self._of[tracked.finding.source].pop(tracked.id, None)

    def _not_after(self, now: float) -> None:
        if now < self._latest:
            for tracked in self.tracked.values():
                tracked.not_after(now)
        self._latest = now

    def _see(self, key: str, finding: Finding, now: float, first_look: bool, changes: list[Change]) -> bool:
        """Take in one finding; returns whether it is there."""
        tracked = self.tracked.get(key)
        if finding.holds:
            if tracked is None or tracked.state is not State.FIRING:
                return False
            tracked.finding, tracked.last_seen, tracked.missing_since = finding, now, None
            return True
        severity = min(finding.severity, waking_of(finding.rule).most)
        if tracked is None:
            tracked = Tracked(
                id=key,
                finding=finding,
                severity=severity,
                state=State.PENDING,
                first_seen=now,
                since=now,
                last_seen=now,
                baseline=first_look,
            )
            self._add(tracked)
        elif tracked.state is State.RESOLVED:
            tracked.state, tracked.since, tracked.ended = State.PENDING, now, ""
            tracked.baseline, tracked.passed, tracked.acknowledged = first_look, None, None
        worse = tracked.state is State.FIRING and severity > tracked.severity
        tracked.finding, tracked.severity, tracked.frozen = finding, severity, False
        tracked.last_seen, tracked.missing_since = now, None
        tracked.outgrow()
        if worse:
            changes.append(Change("severer", key))
        self._ripen(tracked, now, changes)
        return True

    def _ripen(self, tracked: Tracked, now: float, changes: list[Change]) -> None:
        """Let a pending finding count, once it was there for long enough; at a first look, at once."""
        if tracked.state is not State.PENDING:
            return
        if tracked.baseline or now - tracked.since >= waking_of(tracked.finding.rule).hold:
            tracked.state, tracked.resolved_at = State.FIRING, None
            tracked.inhibited_by = None
            tracked.count += 1
            self._changed(tracked, "raised", now, changes)

    def _miss(self, tracked: Tracked, now: float, changes: list[Change]) -> None:
        if tracked.state is State.PENDING:
            self._withdraw(tracked)
            return
        if tracked.missing_since is None:
            tracked.missing_since = now
        self._expire(tracked, now, changes)

    def _expire(self, tracked: Tracked, now: float, changes: list[Change]) -> None:
        """End a finding that has been gone for long enough."""
        if tracked.state is not State.FIRING or tracked.missing_since is None:
            return
        if now - tracked.missing_since >= waking_of(tracked.finding.rule).keep:
            self._resolve(tracked, now, "gone", changes)

    def _withdraw(self, tracked: Tracked) -> None:
        """Take back what never counted."""
        if tracked.count and tracked.resolved_at is not None:
            tracked.state = State.RESOLVED
        else:
            self._remove(tracked)

    def _resolve(self, tracked: Tracked, now: float, ended: str, changes: list[Change]) -> None:
        tracked.state, tracked.resolved_at, tracked.ended = State.RESOLVED, now, ended
        tracked.missing_since = None
        self._changed(tracked, "resolved", now, changes)

    def _changed(self, tracked: Tracked, kind: Kind, now: float, changes: list[Change]) -> None:
        tracked.changed = [at for at in tracked.changed if now - at < FLAP_SPAN] + [now]
        if tracked.flapping:
            return
        if len(tracked.changed) > FLAPS and tracked.ended != "removed":
            tracked.flapping, kind = True, "flapping"
        changes.append(Change(kind, tracked.id))

    def _forget(self, now: float) -> None:
        """Drop what has been over for long, oldest first; not what people still have to hear of."""
        over = sorted(
            (
                tracked
                for tracked in self.tracked.values()
                if tracked.state is State.RESOLVED and tracked.told_severity is None and not tracked.flapping
            ),
            key=lambda tracked: (tracked.dismissed is not None, tracked.resolved_at or 0.0),
        )
        for index, tracked in enumerate(over):
            kept_for = KEPT_DISMISSED_FOR if tracked.dismissed else KEPT_FOR
            if len(over) - index > KEPT or now - (tracked.resolved_at or 0.0) > kept_for:
                self._remove(tracked)


def _worst(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Return the findings by id; of two of one id, the worse."""
    worst: dict[str, Finding] = {}
    for finding in findings:
        key = finding_id(finding.source, finding.rule, finding.object)
        if (other := worst.get(key)) is None or _badness(finding) > _badness(other):
            worst[key] = finding
    return worst


def _badness(finding: Finding) -> tuple[bool, Severity]:
    return not finding.holds, finding.severity
