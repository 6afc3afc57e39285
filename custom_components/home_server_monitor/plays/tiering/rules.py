"""When downloads pause, and when imports wait: pure functions. Bytes, and seconds since 1970."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MINUTE: Final = 60.0
# further than this no window is away: a day, and an hour that a clock change adds, after the window of today
AHEAD: Final = 50 * 60
# of the limit below which downloads pause: nothing is left to wait with
CRITICAL: Final = 0.5
# seconds of imports after which it is known how fast they go, and after which old ones count half
KNOWN: Final = 600.0
HALF: Final = 4 * 3600.0


class Imports(StrEnum):
    """Whether imports wait, and why.

    off: nothing is held; hours, watching, trouble: they wait for the quiet hours, for who watches, for the pool;
    open: these are the hours; space: the disk of the downloads is nearly full; suspended: a person said so.
    """

    OFF = "off"
    HOURS = "hours"
    WATCHING = "watching"
    TROUBLE = "trouble"
    OPEN = "open"
    SPACE = "space"
    SUSPENDED = "suspended"

    @property
    def held(self) -> bool:
        """Return whether they wait."""
        return self in (Imports.HOURS, Imports.WATCHING, Imports.TROUBLE)


# of several Arrs the first of these that holds for one is shown
SHOWN: Final = (
    Imports.TROUBLE,
    Imports.WATCHING,
    Imports.SPACE,
    Imports.SUSPENDED,
    Imports.OPEN,
    Imports.HOURS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """How things stand for the imports of one Arr.

    trouble: what its library stands on is degraded; low, critical: the disk of the downloads is nearly full, or more
    than that; frees: bytes of it that its imports would free; paused: nothing more is downloaded meanwhile; watching:
    somebody watches, and imports are to wait for that.
    """

    in_hours: bool
    suspended: bool = False
    trouble: bool = False
    low: bool = False
    critical: bool = False
    frees: float = 0.0
    paused: bool = False
    watching: bool = False


def choose(case: Case) -> Imports:
    """Return whether imports wait.

    A pool in trouble is spared whatever else is. A disk that is nearly full can wait for the hours as long as nothing
    is downloaded to it; what is more than nearly full waits for nobody.
    """
    if case.trouble:
        return Imports.TROUBLE
    if case.suspended:
        return Imports.SUSPENDED
    if case.low and case.frees > 0 and (case.critical or not case.paused):
        return Imports.SPACE
    if case.in_hours:
        return Imports.WATCHING if case.watching else Imports.OPEN
    return Imports.HOURS


def is_low(free: float | None, low: float, again: float, *, was: bool) -> bool:
    """Return whether downloads are to pause: below `low`, and until `again`; what is not known changes nothing."""
    if free is None:
        return was
    return free < (max(again, low) if was else low)


def is_critical(free: float | None, low: float, *, was: bool) -> bool:
    """Return whether there is too little space to wait for anything: below half of the limit, and until the limit."""
    return is_low(free, low * CRITICAL, low, was=was)


def turn(holds: Callable[[float], bool], now: float) -> float | None:
    """Return the first whole minute after now at which it is otherwise than now; None where it is always so.

    Each minute is asked, for a clock that is set forward or back makes hours begin at none of those that are written.
    """
    first, start = holds(now), now - now % MINUTE
    return next((at for step in range(1, AHEAD) if holds(at := start + step * MINUTE) is not first), None)


class Pace:
    """How fast imports go, from what went while they could: bytes a second."""

    def __init__(self) -> None:
        self._bytes = self._seconds = 0.0
        self._before: tuple[float, float] | None = None

    @property
    def rate(self) -> float | None:
        """Return what they do, None while that is not known."""
        return self._bytes / self._seconds if self._seconds >= KNOWN and self._bytes > 0 else None

    def follow(self, waiting: float, now: float, *, importing: bool) -> None:
        """Take in how many bytes wait now. importing: whether they may be imported."""
        if self._before is not None:
            at, before = self._before
            self._bytes += max(before - waiting, 0.0)
            self._seconds += max(now - at, 0.0)
            if self._seconds > HALF:
                self._bytes, self._seconds = self._bytes / 2, self._seconds / 2
        # with nothing to do no time is spent
        self._before = (now, waiting) if importing and waiting > 0 else None


def overflow(waiting: float, rate: float | None, seconds: float) -> float:
    """Return the bytes that will be left of what waits at the end of the hours; 0 where all fits or nobody knows."""
    return 0.0 if rate is None else max(waiting - rate * seconds, 0.0)


class Cause(StrEnum):
    """Why the disk of the downloads stays nearly full."""

    NOT_PAUSED = "not_paused"
    TROUBLE = "trouble"
    WATCHING = "watching"
    OTHERS = "others"


def cause_of(*, paused: bool, waits: float, imports: Imports) -> Cause | None:
    """Return why nothing frees the disk of a client that is low; None where imports do, or will in the hours.

    waits: bytes of it that imports would free.
    """
    if waits > 0 and imports is not Imports.OFF:
        return {Imports.TROUBLE: Cause.TROUBLE, Imports.WATCHING: Cause.WATCHING}.get(imports)
    return Cause.OTHERS if paused else Cause.NOT_PAUSED
