"""What the morning says: what is new, what came back by itself, what is still open."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .contract import Severity
from .finding import Register, State, Tracked
from .notice import Notice, Settings


class Digest:
    """Once a day, at the end of the quiet hours; caught up after a start, never twice for one day."""

    def __init__(self) -> None:
        self.day: int | None = None
        self.at: float | None = None

    def due(
        self, register: Register, settings: Settings, now: float, told: Collection[str] = ()
    ) -> Notice | None:
        """Return the digest, if it is time for it and there is anything to say; told: what is being told anyway."""
        day, minute = settings.local(now)
        past = minute >= settings.digest_minute
        if self.day is None:
            self.day = day if past else day - 1
        self.day = min(self.day, day)
        if not past or self.day >= day:
            return None
        notice = self.look(register, now, told)
        self.day, self.at = day, now
        return notice if notice.ids else None

    def look(self, register: Register, now: float, told: Collection[str] = ()) -> Notice:
        """Return what there is to say since the last digest. What was pushed is not called new again.

        What is told in this very moment (`told`) is not said in the same breath.
        """
        since = 0.0 if self.at is None else min(self.at, now)
        new: list[Tracked] = []
        still: list[Tracked] = []
        for tracked in _open(register):
            if tracked.id in told:
                continue
            fresh = tracked.since > since and tracked.told_severity is None and not tracked.baseline
            (new if fresh else still).append(tracked)
        over = [tracked for tracked in _over(register) if (tracked.resolved_at or 0.0) > since]
        parts = [tuple(one.id for one in sorted(part, key=_order)) for part in (new, over, still)]
        return Notice(
            kind="digest",
            ids=tuple(key for part in parts for key in part),
            severity=max((tracked.severity for tracked in new + still), default=Severity.INFO),
            new=parts[0],
            resolved=parts[1],
            open=parts[2],
        )

    def dump(self) -> Mapping[str, Any]:
        """Return it as JSON can hold it."""
        return {"day": self.day, "at": self.at}

    def load(self, stored: Mapping[str, Any]) -> None:
        """Take back what `dump` gave. Raises KeyError, TypeError or ValueError on damage."""
        day, at = stored["day"], stored["at"]
        self.day, self.at = None if day is None else int(day), None if at is None else float(at)


def _open(register: Register) -> Iterator[Tracked]:
    for tracked in register.firing():
        quiet = tracked.inhibited_by or register.silence(tracked)
        if tracked.severity >= Severity.WARNING and not quiet:
            yield tracked


def _over(register: Register) -> Iterator[Tracked]:
    """What ended by itself; not what was only the consequence of something else."""
    for tracked in register.tracked.values():
        hushed = tracked.inhibited_by or register.silence(tracked) not in (None, "acknowledged")
        gone = tracked.state is State.RESOLVED and tracked.ended == "gone"
        if gone and not hushed and tracked.severity >= Severity.WARNING:
            yield tracked


def _order(tracked: Tracked) -> tuple[int, float, str]:
    return -tracked.severity, tracked.since, tracked.id
