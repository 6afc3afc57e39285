"""The log of what changed on a server, whoever changed it: what a new finding is read against."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from .contract import Change

MOST = 1000
DAY = 86400.0
# an act of ours and the change that a source then sees lie this close together, in seconds
OURS_WITHIN = 900.0
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Logged:
    """One change: `at` in seconds since 1970; `ours`: an action of ours on this object had just been sent."""

    at: float
    source: str
    change: Change
    ours: bool = False

    def to_json(self) -> list[Any]:
        """Return it as a row."""
        change = self.change
        return [self.at, self.source, change.object, change.key, dict(change.placeholders), self.ours]

    @classmethod
    def from_json(cls, row: Any) -> Self | None:
        """Read a row; None where it is damaged."""
        match row:
            case [
                int() | float() as at,
                str() as source,
                str() as on,
                str() as key,
                dict() as named,
                bool() as ours,
            ]:
                return cls(float(at), source, Change(object=on, key=key, placeholders=named), ours)
        return None


class ChangeLog:
    """The newest thousand changes."""

    def __init__(self) -> None:
        self._rows: deque[Logged] = deque(maxlen=MOST)
        self._acts: dict[str, float] = {}
        # the one id of a thing that several sources see, each under an id of its own
        self.canonical: Callable[[str], str] = str

    def acted(self, node: str, now: float) -> None:
        """Note that an action of ours was sent to this object."""
        self._acts[node] = now
        for old in [each for each, at in self._acts.items() if now - at > OURS_WITHIN]:
            del self._acts[old]

    def note(self, source: str, changes: Iterable[Change], now: float) -> list[Logged]:
        """Take in what a source saw change; returns the new rows."""
        acts: dict[str, float] = {}
        for node, at in self._acts.items():
            one = self.canonical(node)
            acts[one] = max(at, acts.get(one, at))
        new = [
            Logged(
                now, source, each, ours=0 <= now - acts.get(self.canonical(each.object), -DAY) <= OURS_WITHIN
            )
            for each in changes
        ]
        self._rows.extend(new)
        return new

    def since(self, then: float) -> Iterator[Logged]:
        """Yield what changed since then, newest first."""
        for row in reversed(self._rows):
            if row.at >= then:
                yield row

    def before(self, objects: Iterable[str], at: float) -> list[Logged]:
        """Return the newest changes of these objects in the 24 h before an instant, at most three."""
        wanted = frozenset(map(self.canonical, objects))
        found = [
            row
            for row in self.since(at - DAY)
            if row.at <= at + 60 and self.canonical(row.change.object) in wanted
        ]
        return found[:SHOWN]

    def dump(self) -> list[Any]:
        """Return it as JSON can hold it."""
        return [row.to_json() for row in self._rows]

    def load(self, rows: Any) -> None:
        """Take in what was dumped; damaged rows are left out."""
        if isinstance(rows, list):
            self._rows.extend(found for row in rows if (found := Logged.from_json(row)))
