"""What each container moved over the network, day by day: counters of the engine begin anew with each start."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..records import at, integer

# of so many days it is known
KEPT = 62


@dataclass(slots=True)
class _Counter:
    """The counters of one container as they were seen last, and who had the name then."""

    id: str
    received: int
    sent: int


@dataclass(slots=True)
class _Book:
    counter: _Counter | None = None
    # day as YYYY-MM-DD: bytes received and sent
    days: dict[str, list[int]] = field(default_factory=dict)


class Traffic:
    """Bytes by name and day. today: returns the day as YYYY-MM-DD, where the people of the house are."""

    def __init__(self, today: Callable[[], str]) -> None:
        self._today = today
        self._books: dict[str, _Book] = {}

    def note(self, name: str, container_id: str, received: int | None, sent: int | None) -> bool:
        """Take the counters of a container; returns whether anything was added.

        What it moved before it was seen for the first time is not known to be of today, and is not counted.
        """
        if received is None or sent is None:
            return False
        book = self._books.setdefault(name, _Book())
        before, book.counter = book.counter, _Counter(container_id, received, sent)
        if before is None:
            return False
        if before.id == container_id and received >= before.received and sent >= before.sent:
            received, sent = received - before.received, sent - before.sent
        # else it was started or made anew meanwhile, and its counters with it
        if not received and not sent:
            return False
        row = book.days.setdefault(self._today(), [0, 0])
        row[0] += received
        row[1] += sent
        for old in sorted(book.days)[:-KEPT]:
            del book.days[old]
        return True

    def days(self, name: str) -> Mapping[str, tuple[int, int]]:
        """Return bytes received and sent by day, the newest first."""
        book = self._books.get(name, _Book())
        return {day: (book.days[day][0], book.days[day][1]) for day in sorted(book.days, reverse=True)}

    def today(self, name: str) -> tuple[int, int]:
        """Return bytes received and sent today."""
        return self.days(name).get(self._today(), (0, 0))

    def forget(self, present: Iterable[str]) -> None:
        """Keep only these names; what was made anew keeps its days."""
        here = frozenset(present)
        self._books = {name: book for name, book in self._books.items() if name in here}

    def pack(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            name: {
                "counter": [book.counter.id, book.counter.received, book.counter.sent]
                if book.counter
                else None,
                "days": book.days,
            }
            for name, book in self._books.items()
        }

    def load(self, raw: Any) -> None:
        """Take what was packed; what cannot be read is left out."""
        for name, row in raw.items() if isinstance(raw, dict) else ():
            book = self._books.setdefault(str(name), _Book())
            days = at(row, "days")
            for day, value in days.items() if isinstance(days, dict) else ():
                received, sent = (integer(each) for each in (*_pair(value),))
                if received is not None and sent is not None:
                    book.days[str(day)] = [received, sent]
            counter = at(row, "counter")
            if isinstance(counter, list) and len(counter) == 3:
                received, sent = integer(counter[1]), integer(counter[2])
                if received is not None and sent is not None:
                    book.counter = _Counter(str(counter[0]), received, sent)


def _pair(value: Any) -> tuple[Any, Any]:
    return (value[0], value[1]) if isinstance(value, list) and len(value) == 2 else (None, None)
