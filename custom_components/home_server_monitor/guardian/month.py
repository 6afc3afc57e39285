"""What a month brought: counted from what is on the disk, so that neither a restart nor an end of records changes it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .journal_files import Entry
from .remediation import DAY, State
from .would_have import records_in

# days that are kept
KEPT = 62
# an exercise is neither a problem nor a remedy
EXERCISE = "practise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """found: problems, each time they began; asked: proposals; false: findings that somebody dismissed."""

    found: int
    asked: int
    done: int
    undone: int
    false: int


class Tally:
    """How often something happened, by day (number since 1970, UTC)."""

    def __init__(self) -> None:
        self._days: dict[int, int] = {}

    def note(self, now: float) -> None:
        """Count one more."""
        day = int(now // DAY)
        self._days[day] = self._days.get(day, 0) + 1
        for old in [each for each in self._days if each <= day - KEPT]:
            del self._days[old]

    def between(self, since: float, until: float) -> int:
        """Return how often it happened after the day of one instant, up to the day of another."""
        return sum(count for day, count in self._days.items() if since // DAY < day <= until // DAY)

    def dump(self) -> dict[str, int]:
        """Return it as JSON can hold it."""
        return {str(day): count for day, count in self._days.items()}

    def load(self, stored: Any) -> None:
        """Take back what `dump` gave, without what is damaged."""
        for day, count in stored.items() if isinstance(stored, Mapping) else ():
            if str(day).isdecimal() and isinstance(count, int) and count > 0:
                self._days[int(day)] = count


def count(entries: Iterable[Entry], found: Tally, since: float, now: float) -> Month:
    """Return what there was since then, from the newest line of each thing in the journal."""
    entries = list(entries)
    records = [each for each in records_in(entries) if each.action != EXERCISE]
    ended = [each.state for each in records if each.changed >= since]
    dismissed = {each.value.get("finding") for each in entries if each.value.get("what") == "dismissed"}
    return Month(
        found=found.between(since, now),
        asked=sum(each.created >= since for each in records),
        done=ended.count(State.SUCCEEDED),
        undone=ended.count(State.ROLLED_BACK),
        false=len(dismissed),
    )
