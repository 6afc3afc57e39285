"""When a solid-state drive will have used its rated writes: a straight line, and what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import median
from typing import Final

_LEAST_DAYS: Final = 60
_LEAST_RISE: Final = 2.0
_LEAST_HOURS: Final = 2000
_LONGEST: Final = 20 * 365
_YEAR: Final = 365.25
_EPOCH: Final = date(1970, 1, 1)


class Basis(StrEnum):
    """What a rate of wear was taken from."""

    RECENT = "recent"
    LIFETIME = "lifetime"


@dataclass(frozen=True, slots=True)
class WearOut:
    """When 100 % is reached: `per_year` in percent of the rated life, `when` None beyond 20 years.

    No promise: a rate holds as long as the same is written.
    """

    per_year: float
    when: date | None
    basis: Basis


def wear_out(used: Sequence[tuple[int, float]], hours: int | None) -> WearOut | None:
    """Return when 100 % will be reached, out of the used percent by day (days since 1970), oldest first.

    The recent rate takes at least 60 days and a rise of two steps, as the value is a whole number; else it is the mean
    over the hours powered on; None where neither can be told.
    """
    if not used:
        return None
    day, now = used[-1]
    rate, basis = _recent(used), Basis.RECENT
    if rate is None and hours is not None and hours >= _LEAST_HOURS and now > 0:
        rate, basis = now / (hours / 24), Basis.LIFETIME
    if rate is None:
        return None
    left = max(100 - now, 0) / rate
    when = None if left > _LONGEST else _EPOCH + timedelta(days=day + round(left))
    return WearOut(rate * _YEAR, when, basis)


def _recent(used: Sequence[tuple[int, float]]) -> float | None:
    """Return the median slope per day between first-half and second-half days, or None where it is too short."""
    first = next((index for index in range(len(used) - 1, 0, -1) if used[index - 1][1] > used[index][1]), 0)
    kept = used[first:]  # a value that fell is another drive or another firmware
    if len(kept) < 4 or kept[-1][0] - kept[0][0] < _LEAST_DAYS or kept[-1][1] - kept[0][1] < _LEAST_RISE:
        return None
    half = len(kept) // 2
    pairs = zip(kept, kept[-half:], strict=False)
    slope = median((late - early) / (day - start) for (start, early), (day, late) in pairs if day > start)
    return slope if slope > 0 else None
