"""Since when a pool's errors are there: they are new for 24 hours after they rose, whatever day it is."""

from collections.abc import Iterable, Sequence
import math
from typing import Any

DAY = 86400.0
# moments that are kept of one pool
MOST = 100

# the count of errors from an instant on (seconds since 1970), oldest first
type Rises = list[tuple[float, int]]


def note(seen: Rises, total: int, now: float) -> bool:
    """Note how many errors there are; returns whether that is a change. A moment in the future counts as now."""
    if seen and seen[-1][0] > now:
        seen[:] = [(min(at, now), count) for at, count in seen]
    if seen and seen[-1][1] == total:
        return False
    seen.append((now, total))
    # what was before is needed as it was 24 hours ago, and since
    old = sum(at <= now - DAY for at, _ in seen)
    del seen[: max(old - 1, 0)]
    while len(seen) > MOST:
        # without one of many steps up, errors count as new for longer; a step down is never forgotten
        steps = range(1, len(seen) - 1)
        del seen[next((place for place in steps if seen[place][1] >= seen[place - 1][1]), 1)]
    return True


def before(seen: Sequence[tuple[float, int]], now: float) -> int | None:
    """Return the fewest errors there were in the last 24 hours: more than these are new. None: never looked."""
    old = [count for at, count in seen if at <= now - DAY]
    return min([*old[-1:], *(count for at, count in seen if at > now - DAY)], default=None)


def of_days(rows: Iterable[tuple[int, float]]) -> Rises:
    """Return the same from daily rows (day since 1970, count), where nothing more exact is remembered."""
    return [(day * DAY, int(count)) for day, count in rows][-3:]


def stored(raw: Any) -> Rises:
    """Return what was saved, in order and without what is damaged."""
    found = []
    for row in raw if isinstance(raw, list) else ():
        if isinstance(row, list | tuple) and len(row) == 2:
            at, count = row
            sane = isinstance(at, int | float) and math.isfinite(at) and isinstance(count, int)
            if sane and not isinstance(at, bool) and not isinstance(count, bool):
                found.append((float(at), count))
    return sorted(found)
