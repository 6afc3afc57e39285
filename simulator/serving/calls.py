"""What an HTTP face was asked: by path, and how many at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class HttpCall:
    """One request. `route` is the path with names for its parameters, `target` the object that it was about."""

    route: str
    path: str
    query: dict[str, str]
    target: str | None
    at: float
    write: bool
    body: Any = None
    status: int | None = None
    ended: bool = False


@dataclass(slots=True)
class Count:
    """How often a route was asked, and how many of those requests were under way at the same time."""

    calls: int = 0
    most_at_once: int = 0
    now: int = 0


@dataclass
class HttpCalls:
    """Every request since the start or the last reset; the oldest go after a while, the counts stay."""

    keep: int = 100_000
    calls: list[HttpCall] = field(default_factory=list)
    counts: dict[str, Count] = field(default_factory=dict)
    total: Count = field(default_factory=Count)

    @contextmanager
    def under_way(self, call: HttpCall, *, stream: bool = False) -> Iterator[None]:
        """Note a request for as long as it lasts; an endless stream does not count as one at a time."""
        self.calls.append(call)
        if len(self.calls) > self.keep:
            del self.calls[: self.keep // 2]
        counts = (self.total, self.counts.setdefault(call.route, Count()))
        for count in counts:
            count.calls += 1
            if not stream:
                count.now += 1
                count.most_at_once = max(count.most_at_once, count.now)
        try:
            yield
        finally:
            call.ended = True
            for count in counts:
                if not stream:
                    count.now -= 1

    @property
    def writes(self) -> list[HttpCall]:
        """Those that change something."""
        return [call for call in self.calls if call.write]

    def statuses(self) -> Counter[int]:
        """How often each status was answered."""
        return Counter(call.status for call in self.calls if call.status is not None)

    def clear(self) -> None:
        """Forget everything but what is under way."""
        self.calls.clear()
        for count in (self.total, *self.counts.values()):
            count.calls, count.most_at_once = 0, count.now
