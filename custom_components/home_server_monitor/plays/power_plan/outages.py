"""What is said about outages over time: how many there were, how long, and whether there are many short ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WEEK: Final = 7 * 24 * 3600.0
# short outages in a week that are one warning
MANY: Final = 3
# how many are kept
KEPT: Final = 200


@dataclass(frozen=True, slots=True)
class Past:
    """One outage. at: when it ended, seconds since 1970; seconds: on battery; acted: something was stopped for it."""

    at: float
    seconds: float
    acted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Outages of a time. short: those below the hold-off; seconds: of all; longest: seconds; last: when it ended."""

    count: int
    short: int
    seconds: float
    longest: float
    last: float | None

    @property
    def many_short(self) -> bool:
        """Return whether there were so many short ones that somebody should look at it."""
        return self.short >= MANY


def summary(past: Sequence[Past], now: float, hold_off: float, *, days: float = 7.0) -> Summary:
    """Return what there was in the last days. A time in the future counts as now."""
    since = now - days * WEEK / 7
    found = [each for each in past if min(each.at, now) >= since]
    return Summary(
        count=len(found),
        short=sum(each.seconds < hold_off for each in found),
        seconds=sum(each.seconds for each in found),
        longest=max((each.seconds for each in found), default=0.0),
        last=max((min(each.at, now) for each in found), default=None),
    )


def noted(past: Sequence[Past], outage: Past) -> tuple[Past, ...]:
    """Return the outages with one more, as many as are kept."""
    return (*past, outage)[-KEPT:]
