"""When a pool will be full: a robust line through its own daily history, with an interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median, quantiles

MIN_DAYS = 7
WINDOW = 60
FARTHEST = 3650.0
MARKS = (80, 90, 100)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Days from now until each mark in percent (0 when passed, None when never), and the interval for 90 %."""

    days_to: dict[int, float | None]
    interval: tuple[float | None, float | None]


def forecast(used: Sequence[tuple[int, float]], total: float) -> Forecast | None:
    """Fit the last 60 days by Theil-Sen: the median of all slopes between pairs of days.

    `used` is (day number, bytes); `total` is bytes. One big copy or deletion moves the median little. The interval
    is the middle 80 % of the slopes. None until there are rows over at least 7 days.
    """
    rows = list(used)[-WINDOW:]
    if len(rows) < MIN_DAYS or rows[-1][0] - rows[0][0] < MIN_DAYS - 1 or total <= 0:
        return None
    slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(rows, 2)]
    deciles = quantiles(slopes, n=10, method="inclusive")
    now = rows[-1][1]
    days = {mark: _days(total * mark / 100 - now, median(slopes)) for mark in MARKS}
    left = total * 0.9 - now
    return Forecast(days, (_days(left, deciles[-1]), _days(left, deciles[0])))


def _days(left: float, slope: float) -> float | None:
    if left <= 0:
        return 0.0
    # slower than ten years to the mark is no growth that anybody plans for
    if slope <= 0 or left / slope > FARTHEST:
        return None
    return round(left / slope, 1)
