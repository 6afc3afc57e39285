"""Watches what containers use against what they may: samples are kept by id, for as long as a judgement needs them."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
import time
from typing import Any

from .ladder import Remedy, Rung, ladder
from .leak import HOUR, MOST_DAYS, Leak, leak
from .model import Container, Containers, Usage
from .quota import LONGEST_GAP, Breach, Measure, Quota, Sample, breaches
from .raw import Json

# with one sample a minute, twice the longest time that can be chosen
_REMEMBERED = 240
_HOURS = (MOST_DAYS + 1) * 24
# a limit of the engine's own machine, for which nothing was said
LIMITED = (Measure.CPU, Measure.MEMORY, Measure.PIDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What a container may use for long, from the options; 0 is without a quota.

    memory: percent of its limit, or of the whole machine where it has none; cpu: percent of one core; network: Mbit a
    second of both directions; log: MB a day.
    """

    memory: float = 95.0
    cpu: float = 0.0
    pids: int = 0
    restarts: int = 5
    network: float = 0.0
    log: float = 1000.0
    minutes: float = 10.0

    def of(self, usage: Usage) -> Quota:
        """Return the quota of a container that uses this."""
        limit = usage.memory_limit
        return Quota(
            cpu=self.cpu or None,
            memory=int(limit * self.memory / 100) if limit and self.memory else None,
            pids=self.pids or None,
            restarts=self.restarts or None,
            network=self.network * 125_000 or None,
            log=self.log * 10**6 / 86400 or None,
            lasting=self.minutes * 60,
        )


@dataclass(frozen=True, slots=True)
class Over:
    """A container that uses more than it may, and what may be done, the gentlest first."""

    breach: Breach
    remedies: tuple[Remedy, ...]

    @property
    def next(self) -> Remedy | None:
        """Return what is proposed: the first step after telling."""
        return next((each for each in self.remedies if each.rung is not Rung.NOTIFY), None)


@dataclass(slots=True)
class _Book:
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    hours: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=_HOURS))


class Quotas:
    """The samples of one engine's containers. They are not kept over a restart: then it begins anew."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._books: dict[str, _Book] = {}

    def note(self, container: Container, usage: Usage, log_rate: float | None = None) -> None:
        """Take a sample; log_rate: bytes a second that it writes to its log, where that is known."""
        now = self._clock()
        book = self._books.setdefault(container.id, _Book())
        book.samples.append(Sample(at=now, usage=usage, restarts=container.restart_count, log_rate=log_rate))
        if usage.memory is not None and (not book.hours or now - book.hours[-1][0] >= HOUR / 2):
            book.hours.append((now, usage.memory))

    def forget(self, present: Iterable[str]) -> None:
        """Keep only what is known of these ids."""
        here = frozenset(present)
        for gone in [key for key in self._books if key not in here]:
            del self._books[gone]

    def over(self, container: Container, allowed: Allowed, info: Json) -> Over | None:
        """Return what a running container has exceeded for long, by samples that are of now."""
        book = self._books.get(container.id)
        if book is None or not container.running or self._clock() - book.samples[-1].at > LONGEST_GAP:
            return None
        usage = book.samples[-1].usage
        # what is close to a limit of its own is no quota of anybody's
        found = [
            each
            for each in breaches(tuple(book.samples), allowed.of(usage))
            if each.measure not in (Measure.NEAR_MEMORY, Measure.NEAR_PIDS, Measure.THROTTLED)
        ]
        if not found:
            return None
        return Over(found[0], ladder(found[0], {"HostConfig": host_of(container)}, info, usage))

    def leak(self, container: Container, uptime: float) -> Leak | None:
        """Return a leak, by days of samples; uptime: seconds for which it runs."""
        book = self._books.get(container.id)
        if book is None or not container.running:
            return None
        return leak(tuple(book.hours), self._clock() - uptime, container.limits.memory)

    def all_over(self, data: Containers, allowed: Allowed, info: Json) -> Mapping[str, Over]:
        """Return all that exceed their quota, by name."""
        return {
            name: found
            for name, each in data.containers.items()
            if (found := self.over(each, allowed, info)) is not None
        }


def host_of(container: Container) -> dict[str, Any]:
    """Return the limits of a container as its inspection has them."""
    limits = container.limits
    return {
        "Memory": limits.memory or 0,
        "NanoCpus": int((limits.cpu or 0) * 10**9),
        "PidsLimit": limits.pids or 0,
        "RestartPolicy": {"Name": container.restart_policy or "no"},
    }
