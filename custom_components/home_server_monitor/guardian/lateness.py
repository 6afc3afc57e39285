"""Returns that are due and have not succeeded: when each is tried again, and since when it is late."""

from dataclasses import dataclass

from .lease import Change
from .remediation import HOUR, MINUTE

# a return that the system turned down is tried again after this long, doubled each time
FIRST_AGAIN = 15.0
LAST_AGAIN = HOUR
# a return that is late by this much is told
OVERDUE = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Late:
    """One of them. since: when it was due; again: when it is tried again; why: what the system said, if anything."""

    change: Change
    since: float
    tries: int = 0
    again: float = 0.0
    why: str = ""


class Lateness:
    """All of them, by the change's name."""

    def __init__(self) -> None:
        self._late: dict[str, Late] = {}

    def is_time(self, change: Change, now: float) -> bool:
        """Return whether a change is to be looked at now."""
        late = self._late.get(change.id)
        return change.due(now) if late is None else late.again <= now

    def overdue(self, now: float) -> list[Late]:
        """Return those that are late enough to be told."""
        return [each for each in self._late.values() if now - each.since >= OVERDUE]

    def put_off(self, change: Change, now: float, why: str) -> None:
        """Note that a return did not succeed. A system that is away (no `why`) is asked as soon as it is back."""
        known = self._late.get(change.id) or Late(change, min([now, *(each.ends for each in change.leases)]))
        tries = known.tries + 1 if why else known.tries
        wait = min(FIRST_AGAIN * 2 ** min(tries - 1, 10), LAST_AGAIN) if why else 0.0
        self._late[change.id] = Late(change, known.since, tries, now + wait, why or known.why)

    def drop(self, name: str) -> None:
        """Forget one that has ended."""
        self._late.pop(name, None)

    def clear(self) -> None:
        """Look at all of them anew."""
        self._late.clear()
