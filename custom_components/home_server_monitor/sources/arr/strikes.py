"""Strikes: what is wrong for long counts; what is wrong once does not. They outlive a restart.

A look counts at most once in `every` seconds of this clock. What gets on, or is well again, is clean again. Looks in which nothing may
be said (an outage, a pause) count for nobody and take nothing back.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
import heapq
import math
from typing import Any, Final

from .signals import Kind, Look, Signal

# seconds between two strikes
EVERY: Final = 600.0
MOST: Final = 3
# more downloads than that are remembered by nobody
KEPT: Final = 2000
# what is not in the queue any more may come back, as after a restart of its client
FORGET: Final = 3600.0


@dataclass(slots=True)
class Record:
    """The strikes of one download. kind: what for; at: the newest; seen: when it was in the queue last."""

    kind: str
    count: int
    since: float
    at: float
    seen: float


@dataclass(slots=True)
class Strikes:
    """The strikes of all downloads of one Arr, by key."""

    every: float = EVERY
    most: int = MOST
    records: dict[str, Record] = field(default_factory=dict)

    def note(self, found: Look, present: Collection[str], now: float) -> bool:
        """Take in a look; returns whether anything counts anew."""
        changed = False
        for key in present:
            if key in found.frozen:
                if (record := self.records.get(key)) is not None:
                    # the time of an outage is nobody's
                    record.at = record.seen = max(record.at, now)
                continue
            signal = found.signals.get(key)
            if signal is None:
                changed |= self.records.pop(key, None) is not None
            else:
                changed |= self._strike(key, signal, now)
        for key in [key for key, each in self.records.items() if key not in present]:
            if now - self.records[key].seen > FORGET:
                del self.records[key]
                changed = True
        if (over := len(self.records) - KEPT) > 0:
            # who is gone first, then who came last, so that strikes of the others add up
            ranks = {key: (each.seen, -each.since) for key, each in self.records.items()}
            for key in heapq.nsmallest(over, reversed(ranks), key=ranks.__getitem__):
                del self.records[key]
        return changed

    def _strike(self, key: str, signal: Signal, now: float) -> bool:
        record = self.records.get(key)
        if record is None or record.kind != signal.kind:
            self.records[key] = Record(signal.kind, 1, now, now, now)
            return True
        record.seen = now
        # a clock that was set back begins anew from now
        record.at, record.since = min(record.at, now), min(record.since, now)
        if now - record.at < self.every or record.count >= self.most:
            return False
        record.count, record.at = record.count + 1, now
        return True

    def out(self) -> Mapping[str, Record]:
        """Return the downloads that have all their strikes."""
        return {key: each for key, each in self.records.items() if each.count >= self.most}

    def dump(self) -> dict[str, Any]:
        """Return them as JSON holds them."""
        return {
            key: [each.kind, each.count, each.since, each.at, each.seen] for key, each in self.records.items()
        }

    def load(self, kept: Any, now: float) -> None:
        """Take over what was kept; what is no strike is left out, and the time of being away counts for nobody."""
        for key, row in kept.items() if isinstance(kept, dict) else ():
            if not (isinstance(key, str) and isinstance(row, list) and len(row) == 5 and row[0] in set(Kind)):
                continue
            kind, count, since, *_ = row
            if any(isinstance(each, bool) or not isinstance(each, (int, float)) for each in row[1:]):
                continue
            if not all(math.isfinite(each) for each in row[1:]):
                continue
            count = max(1, min(int(count), self.most))
            self.records[key] = Record(kind, count, min(since, now), now, now)
            if len(self.records) >= KEPT:
                return


@dataclass(slots=True)
class Progress:
    """How fast each download gets on, by what its Arr says is left; over at least `over` seconds."""

    over: float = 540.0
    marks: dict[str, list[tuple[float, int]]] = field(default_factory=dict)

    def note(self, left: Mapping[str, int], now: float) -> None:
        """Take in what is left of each, in bytes."""
        self.marks = {key: self._marked(key, bytes_left, now) for key, bytes_left in left.items()}

    def _marked(self, key: str, left: int, now: float) -> list[tuple[float, int]]:
        """Return the marks of one: an old one to measure from, and those since, a few of them."""
        marks = self.marks.get(key, [])
        if not marks or left > marks[-1][1] or now < marks[-1][0]:
            # begun anew, or checked and found wanting; or the clock was set back
            return [(now, left)]
        marks = [*marks, (now, left)] if now - marks[-1][0] >= self.over / 6 else marks
        while len(marks) > 2 and now - marks[1][0] >= self.over:
            marks = marks[1:]
        return marks

    def rates(self, left: Mapping[str, int], now: float) -> dict[str, float | None]:
        """Return bytes a second of each; None while it is not known for long enough."""
        found: dict[str, float | None] = {}
        for key, bytes_left in left.items():
            marks = self.marks.get(key)
            if not marks or now - marks[0][0] < self.over:
                found[key] = None
            else:
                found[key] = max(marks[0][1] - bytes_left, 0) / (now - marks[0][0])
        return found

    def restart(self, keys: Collection[str], now: float) -> None:
        """Measure these anew from now on: what they could not do until now says nothing of them."""
        for key in keys:
            if marks := self.marks.get(key):
                self.marks[key] = [(now, marks[-1][1])]
