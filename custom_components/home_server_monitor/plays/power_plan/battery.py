"""How good the battery still is, from the times when it was drained: the same load, months apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

# a discharge says something about the whole where it took this much, percent, for this long, seconds
FALLEN: Final = 10.0
LASTED: Final = 60.0
# one says how long the battery really lasts where it took this much, or ended with the battery low
DEEP: Final = 40.0
# a lead battery gives less the more is drawn: runtime goes with the load to this power (Peukert)
PEUKERT: Final = 1.2
# loads further apart than this, times, are not compared
APART: Final = 2.0
# a figure this much above all of the last ones is a new battery
NEW_BATTERY: Final = 1.4
# days: what is compared with the beginning, and how long that must be ago at least
RECENT: Final = 120.0
SPAN: Final = 60.0
# how many of the first and of the last figures make one
SEVERAL: Final = 3
# a battery that lost this share of its runtime is worn
WORN: Final = 0.3
# figures nearer than this, days, do not make a trend
NEARER: Final = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Discharge:
    """One time on battery, or one calibration. day: any count of days; load: percent, on average.

    seconds: how long; begun, ended: percent; low: it ended because the battery was low, whatever its gauge said.
    """

    day: float
    load: float
    seconds: float
    begun: float
    ended: float
    low: bool = False

    @property
    def whole(self) -> float | None:
        """Return the seconds that a full battery lasts at this load, None where too little of it was drained."""
        if self.low and self.begun > 0:
            return self.seconds * 100 / self.begun
        fallen = self.begun - self.ended
        if fallen < FALLEN or self.seconds < LASTED:
            return None
        return self.seconds * 100 / fallen

    @property
    def deep(self) -> bool:
        """Return whether it shows how long the battery really lasts."""
        return self.low or self.begun - self.ended >= DEEP


@dataclass(frozen=True, slots=True)
class Figure:
    """How long a full battery was found to last. day: any count of days; load: percent; seconds: at that load."""

    day: float
    load: float
    seconds: float

    def at(self, load: float) -> float:
        """Return the seconds that it would be at another load."""
        return self.seconds * float((self.load / load) ** PEUKERT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How good it is. share: of its runtime when it was new; seconds: at the load of now, then and now.

    lost_a_year: share of the runtime at the beginning; days_left: until it is worn at that pace, None where it does
    not get worse.
    """

    share: float
    then: float
    now: float
    lost_a_year: float
    days_left: float | None

    @property
    def worn(self) -> bool:
        """Return whether it is time for a new one."""
        return self.share <= 1 - WORN


def figures(discharges: Iterable[Discharge]) -> list[Figure]:
    """Return what the discharges say, oldest first."""
    found = [
        Figure(each.day, each.load, whole)
        for each in discharges
        if each.load > 0 and (whole := each.whole) is not None
    ]
    return sorted(found, key=lambda figure: figure.day)


def health(found: Sequence[Figure], load: float) -> Health | None:
    """Return how good the battery is at a load, percent; None where there is not enough to compare."""
    comparable = [
        each for each in found if each.load > 0 and load > 0 and 1 / APART <= each.load / load <= APART
    ]
    alike = _since_new(comparable, load)
    if not alike or alike[-1].day - alike[0].day < SPAN:
        return None
    last = alike[-1].day
    recent = [each for each in alike if each.day >= last - RECENT][-SEVERAL:]
    first = [each for each in alike if each not in recent][:SEVERAL] or alike[:1]
    then, now = (median(each.at(load) for each in some) for some in (first, recent))
    if then <= 0:
        return None
    slope = _slope([(each.day, each.at(load)) for each in alike]) / then
    share = now / then
    days = None if slope >= 0 else max(0.0, (share - (1 - WORN)) / -slope)
    return Health(share=share, then=then, now=now, lost_a_year=max(0.0, -slope * 365), days_left=days)


def _since_new(alike: Sequence[Figure], load: float) -> Sequence[Figure]:
    """Return the figures of the battery that is in it now: two that are much better than those before are a new one."""
    for start in range(len(alike) - 2, 0, -1):
        before = [each.at(load) for each in alike[max(0, start - SEVERAL) : start]]
        if min(each.at(load) for each in alike[start : start + 2]) > NEW_BATTERY * median(before):
            return alike[start:]
    return alike


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the median slope of all pairs that are not too near (Theil-Sen): no single figure decides."""
    slopes = [
        (after - before) / (late - early)
        for index, (early, before) in enumerate(points)
        for late, after in points[index + 1 :]
        if late - early >= NEARER
    ]
    return median(slopes) if slopes else 0.0


def lasts(discharges: Iterable[Discharge], load: float, day: float) -> float | None:
    """Return how long a full battery is known to last at a load, seconds, from deep discharges of the last year."""
    deep = [each for each in discharges if each.deep and 0 <= day - each.day <= 365]
    alike = [each for each in figures(deep) if load > 0 and 1 / APART <= each.load / load <= APART]
    return min((each.at(load) for each in alike[-2:]), default=None)


class Draining:
    """Follows one time on battery, reading by reading; `end` makes a `Discharge` of it."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._last = 0.0
        self._begun: float | None = None
        self._ended = 0.0
        # a UPS may say for months that it is on battery
        self._load, self._loads = 0.0, 0
        self._low = False

    def take(self, now: float, charge: float | None, load: float | None, *, low: bool) -> None:
        """Take in a reading on battery. now: seconds that only grow; low: the battery was found to be low."""
        if self._began is None:
            self._began = now
        self._last = now
        self._low = self._low or low
        if charge is not None:
            self._begun = charge if self._begun is None else self._begun
            self._ended = charge
        if load is not None:
            self._load, self._loads = self._load + load, self._loads + 1

    def end(self, day: float) -> Discharge | None:
        """Return it, None where charge or load were never known."""
        if self._began is None or self._begun is None or not self._loads:
            return None
        return Discharge(
            day=day,
            load=self._load / self._loads,
            seconds=self._last - self._began,
            begun=self._begun,
            ended=self._ended,
            low=self._low,
        )
