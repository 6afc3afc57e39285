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


@dataclass(frozen=True, slots=True)
class Day:
    """The counts of one drive on one day (days since 1970), in the order of COUNTERS; None is not reported."""

    day: int
    counts: tuple[float | None, ...]


def span(history: Sequence[Day]) -> int:
    """Return over how many days the readings reach; 0 is a single one."""
    return history[-1].day - history[0].day if history else 0


def features(history: Sequence[Day], today: int | None = None) -> list[float]:
    """Return the features in the order of FEATURES; NaN is not known. A value holds until the next reading.

    `history` is sorted by day, has one entry a day and is not empty; `today` is by default that of the newest.
    """
    newest = history[-1]
    day = newest.day if today is None else today
    values = [nan if level is None else log1p(level) for level in newest.counts]
    reach = day - history[0].day
    if reach <= 0:
        values += [nan] * (len(_GROWTHS) + 3)
    else:
        values += _changes(history, day, min(reach, LONGEST))
    values.append(sum(1.0 for place in _GROWING if newest.counts[place]))
    return values


def _steps(history: Sequence[Day], day: int) -> Iterator[tuple[int, int, float]]:
    """Yield age in days, place of the counter and increase, of every increase of the last 90 days."""
    first = max(bisect.bisect_right(history, day - LONGEST, key=lambda each: each.day), 1)
    last: list[float | None] = [None] * len(COUNTERS)
    for row in history[first:]:
        for place, level in enumerate(row.counts):
            if level is None:
                continue
            before = last[place]
            if before is None:
                before = _before(history, first, place)
            if before is not None and level > before:
                yield day - row.day, place, level - before
            last[place] = level


def _before(history: Sequence[Day], first: int, place: int) -> float | None:
    """Return the last known level of a counter before a row."""
    for index in range(first - 1, -1, -1):
        if (level := history[index].counts[place]) is not None:
            return level
    return None


def _changes(history: Sequence[Day], day: int, reach: int) -> list[float]:
    now = history[-1].counts
    steps = list(_steps(history, day))
    values = [
        nan
        if now[place] is None
        else log1p(sum(size for age, where, size in steps if where == place and age < window))
        for place, window in _GROWTHS
    ]
    values.append(_peak(history, day, _PLACE[197]))
    ages = {age for age, place, _ in steps if place in _GROWING}
    values.append(float(sum(age < 30 for age in ages)))
    values.append(float(min(ages, default=reach)))
    return values


def _peak(history: Sequence[Day], day: int, place: int) -> float:
    """Return the highest level of the last 30 days; pending sectors go down again when they are rewritten."""
    first = max(bisect.bisect_right(history, day - 29, key=lambda each: each.day) - 1, 0)
    seen = [level for row in history[first:] if (level := row.counts[place]) is not None]
    return log1p(max(seen)) if seen and history[-1].counts[place] is not None else nan
