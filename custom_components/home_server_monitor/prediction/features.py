"""What the disk model looks at: levels of error counters and how they grew, out of one vector a day.

`training/features.py` computes the same for millions of rows; a test holds both to each other.
"""

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log1p, nan
from typing import Final

from .counters import COUNTERS, GROWING

WINDOWS: Final = (1, 7, 30)
LONGEST: Final = 90

LEVELS: Final = tuple(f"level_{attribute}" for attribute in COUNTERS)
GROWTHS: Final = (
    *(f"growth_{attribute}_{window}" for attribute in GROWING for window in WINDOWS),
    "growth_188_30",
)
FEATURES: Final = (*LEVELS, *GROWTHS, "peak_197_30", "events_30", "since", "nonzero")

_PLACE: Final = {attribute: place for place, attribute in enumerate(COUNTERS)}
_GROWING: Final = tuple(_PLACE[attribute] for attribute in GROWING)
_GROWTHS: Final = (
    *((_PLACE[attribute], window) for attribute in GROWING for window in WINDOWS),
    (_PLACE[188], 30),
)
_PENDING: Final = _PLACE[197]


@dataclass(frozen=True, slots=True)
class Day:
    """The counts of one drive on one day (days since 1970), in the order of COUNTERS; None is not reported."""

    day: int
    counts: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a history shows: the newest counts, for how many days it is known (90 at most), and how they rose since.

    growth: log1p of the rise, in the order of GROWTHS; rises: by counter the age in days and the size of each;
    peak: the highest of 197 in 30 days.
    """

    counts: tuple[float | None, ...]
    reach: int
    growth: tuple[float, ...]
    rises: tuple[Sequence[tuple[int, float]], ...]
    peak: float | None

    def vector(self, without: int | None = None) -> list[float]:
        """Return the features in the order of FEATURES, NaN where not known.

        With `without` as if the counter in that place had always been zero.
        """
        counts = self.counts
        if without is not None and counts[without] is not None:
            counts = (*counts[:without], 0.0, *counts[without + 1 :])
        values = [nan if level is None else log1p(level) for level in counts]
        if self.reach <= 0:
            values += [nan] * (len(_GROWTHS) + 3)
        else:
            values += self._changes(counts, without)
        values.append(sum(1.0 for place in _GROWING if counts[place]))
        return values

    def _changes(self, counts: Sequence[float | None], without: int | None) -> list[float]:
        values = [
            nan if counts[place] is None else 0.0 if place == without else growth
            for (place, _), growth in zip(_GROWTHS, self.growth, strict=True)
        ]
        peak = 0.0 if without == _PENDING and self.peak is not None else self.peak
        values.append(nan if peak is None else log1p(peak))
        ages = {age for place in _GROWING if place != without for age, _ in self.rises[place]}
        values.append(float(sum([age < 30 for age in ages])))
        values.append(float(min(ages, default=self.reach)))
        return values

    def grown(self, place: int) -> float:
        """Return by how much a counter rose within 30 days."""
        return sum(size for age, size in self.rises[place] if age < 30)


def span(history: Sequence[Day]) -> int:
    """Return over how many days the readings reach; 0 is a single one."""
    return history[-1].day - history[0].day if history else 0


def seen(history: Sequence[Day], today: int | None = None) -> Seen:
    """Return what a history shows on a day, by default that of its newest reading. A value holds until the next one.

    `history` is sorted by day, has one entry a day and is not empty.
    """
    newest = history[-1]
    day = newest.day if today is None else today
    rises: tuple[list[tuple[int, float]], ...] = tuple([] for _ in COUNTERS)
    for age, place, size in _rises(history, day):
        rises[place].append((age, size))
    growth = tuple(
        log1p(sum([size for age, size in rises[place] if age < window])) for place, window in _GROWTHS
    )
    reach = min(day - history[0].day, LONGEST)
    return Seen(newest.counts, reach, growth, rises, _peak(history, day))


def features(history: Sequence[Day], today: int | None = None) -> list[float]:
    """Return the features of a history in the order of FEATURES (see `seen`)."""
    return seen(history, today).vector()


def _rises(history: Sequence[Day], day: int) -> Iterator[tuple[int, int, float]]:
    """Yield age in days, place of the counter and increase, of every increase of the last 90 days."""
    first = max(bisect.bisect_right(history, day - LONGEST, key=_day), 1)
    last: list[float | None] = [None] * len(COUNTERS)
    before = history[first - 1].counts
    for row in history[first:]:
        if row.counts == before:  # as on most days of most drives
            continue
        before = row.counts
        for place, level in enumerate(row.counts):
            if level is None:
                continue
            old = last[place]
            if old is None:
                old = _before(history, first, place)
            if old is not None and level > old:
                yield day - row.day, place, level - old
            last[place] = level


def _day(row: Day) -> int:
    return row.day


def _before(history: Sequence[Day], first: int, place: int) -> float | None:
    """Return the last known level of a counter before a row."""
    for index in range(first - 1, -1, -1):
        if (level := history[index].counts[place]) is not None:
            return level
    return None


def _peak(history: Sequence[Day], day: int) -> float | None:
    """Return the highest level of 197 in the last 30 days; pending sectors go down again when they are rewritten."""
    if history[-1].counts[_PENDING] is None:
        return None
    first = max(bisect.bisect_right(history, day - 29, key=_day) - 1, 0)
    return max(level for row in history[first:] if (level := row.counts[_PENDING]) is not None)
