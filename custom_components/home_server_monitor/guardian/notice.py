"""What is told: the notice, when the night is, and how much may be pushed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .contract import Severity

type NoticeKind = Literal[
    "raised", "repeated", "severer", "resolved", "flapping", "summary", "digest", "escalated"
]

DAY_MINUTES = 1440
MORNING = 7 * 60 + 30
NIGHT = (22 * 60 + 30, MORNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell, of one or more findings, most severe first.

    lead: the id whose tag it carries, so that a later notice of the same lead replaces it; "" for digest and summary.
    rest: others that were told under that lead and are still open.
    instead: leads under which only is told what these explain; this takes their place.
    critical: goes through silence. new, resolved, open: the parts of a digest, ids too.
    kinds: raised, severer (was told before at less), repeated (still there, nobody acknowledged it, or a snooze
    ended), escalated (the first repeat of a critical one: the next channel should hear of it too), resolved, flapping
    (comes and goes), summary (a first look, or what had gathered while things were starting), digest.
    """

    kind: NoticeKind
    ids: tuple[str, ...]
    severity: Severity
    critical: bool = False
    lead: str = ""
    rest: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one household wants to be told.

    local: from an instant to (number of the local day, minute of that day).
    quiet: from and to, minutes of the local day, or None for no quiet hours.
    """

    local: Callable[[float], tuple[int, int]]
    quiet: tuple[int, int] | None = NIGHT

    @property
    def digest_minute(self) -> int:
        """Return the minute of the day at which the digest is due: the end of the quiet hours."""
        return self.quiet[1] if self.quiet else MORNING

    def is_quiet(self, now: float) -> bool:
        """Return whether only what is critical may make a sound."""
        if self.quiet is None:
            return False
        start, end = self.quiet
        minute = self.local(now)[1]
        return start <= minute < end if start <= end else minute >= start or minute < end

    def quiet_end(self, now: float) -> float:
        """Return when the quiet hours end next, to the minute; the clock change may make it an hour off."""
        return self.next_at(now, self.quiet[1] if self.quiet else MORNING)

    def next_at(self, now: float, minute: int) -> float:
        """Return the start of the next such minute of the local day."""
        wait = (minute - self.local(now)[1]) % DAY_MINUTES or DAY_MINUTES
        return now - now % 60 + wait * 60


class Bucket:
    """How much may be pushed that is not critical: `size` at once, filled again over `span` seconds."""

    def __init__(self, size: float = 20.0, span: float = 3600.0) -> None:
        self.size = size
        self.rate = size / span
        self.level = size
        self.at: float | None = None

    def take(self, now: float) -> bool:
        """Take one, if there is one. A clock that goes back fills nothing."""
        passed = 0.0 if self.at is None else max(now - self.at, 0.0)
        self.level, self.at = min(self.size, self.level + passed * self.rate), now
        if self.level < 1.0:
            return False
        self.level -= 1.0
        return True

    def dump(self) -> list[Any]:
        """Return it as JSON can hold it."""
        return [self.level, self.at]

    def load(self, stored: Any) -> None:
        """Take back what `dump` gave. Raises TypeError or ValueError on damage."""
        level, at = stored
        self.level, self.at = min(max(float(level), 0.0), self.size), None if at is None else float(at)
