"""How streams were converted: what goes on now and why, and by day how many went which way. Knows no Home Assistant."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .model import Plex
from .streams import Stream
from .verdict import Circumstances, Verdict, Way, judge

# seconds after which what a stream does is what it does: at its start it is slow and changes its mind
SETTLED: Final = 15.0
DAYS: Final = 90
SHARE_DAYS: Final = 30
# ways in which the chip encodes, which is most of the work
ON_CHIP: Final = frozenset({Way.HARDWARE.value, Way.PARTIAL.value, Way.ENCODER.value})
_WAYS: Final = frozenset(each.value for each in Way) - {Way.DIRECT.value}


@dataclass(frozen=True, slots=True)
class Converted:
    """A stream that is converted now, and how."""

    stream: Stream
    verdict: Verdict


class Conversions:
    """Follows the snapshots of one server."""

    def __init__(self) -> None:
        self.now: tuple[Converted, ...] = ()
        # by day, as 2026-11-30: how many streams went which way
        self.days: dict[str, Counter[str]] = {}
        # by what tells a stream from all others: a server that has started counts them anew
        self._since: dict[tuple[str, str], float] = {}
        self._counted: set[tuple[str, str]] = set()

    def see(self, data: Plex, known: Circumstances, clock: float, day: str) -> bool:
        """Take a snapshot; returns whether another stream was counted. clock: seconds that only grow."""
        if "streams" in data.stale:
            return False
        converted = {(each.key, each.session): each for each in data.transcoding}
        self._since = {key: self._since.get(key, clock) for key in converted}
        self._counted &= converted.keys()
        settled = [each for key, each in converted.items() if clock - self._since[key] >= SETTLED]
        self.now = tuple(Converted(each, judge(each, known)) for each in settled)
        new = [each for each in self.now if (each.stream.key, each.stream.session) not in self._counted]
        for each in new:
            self._counted.add((each.stream.key, each.stream.session))
            self.days.setdefault(day, Counter())[each.verdict.way.value] += 1
        self._forget()
        return bool(new)

    def share(self, since: str) -> float | None:
        """Return what share of those after a day the chip encoded, in percent; None where there was none."""
        total: Counter[str] = Counter()
        for day, ways in self.days.items():
            if day > since:
                total += ways
        if not (count := total.total()):
            return None
        return round(100 * sum(total[way] for way in ON_CHIP) / count, 1)

    def dump(self) -> dict[str, dict[str, int]]:
        """Return the days as JSON."""
        return {day: dict(ways) for day, ways in self.days.items()}

    def load(self, raw: Any) -> None:
        """Take the days that were kept; what is damaged is left out."""
        for day, ways in raw.items() if isinstance(raw, Mapping) else ():
            if isinstance(day, str) and isinstance(ways, Mapping):
                kept = {way: n for way, n in ways.items() if way in _WAYS and isinstance(n, int) and n > 0}
                self.days.setdefault(day, Counter()).update(kept)
        self._forget()

    def _forget(self) -> None:
        for day in sorted(self.days)[:-DAYS]:
            del self.days[day]
