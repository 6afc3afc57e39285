"""Which containers are looked at closely in this tick, so that watching a thousand costs the engine little."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# requests a minute that the budget allows: FIXED and EACH per container, at least LEAST for the containers
FIXED = 4.0
LEAST = 20.0
EACH = 0.2
# close looks a minute at containers of which there is news, inside the budget
FAST_LANE = 8.0
# seconds between two samples of one container, at best and at worst
SAMPLE_FIRST = 60.0
SAMPLE_LAST = 300.0
# seconds after which a container is inspected again although nothing was heard of it
SWEEP = 1800.0
MINUTE = 60.0
# a tick comes a moment before or after its time
EARLY = 3.0


@dataclass(frozen=True, slots=True)
class Choice:
    """The ids of the containers to sample and to inspect now, the most pressing first."""

    sample: tuple[str, ...] = ()
    inspect: tuple[str, ...] = ()


def allowed_per_minute(containers: int) -> float:
    """Return how many requests a minute an engine with so many containers is asked at most."""
    return FIXED + max(LEAST, EACH * containers)


def sample_every(running: int) -> float:
    """Return the seconds between two samples of one container where so many run."""
    return min(max(SAMPLE_FIRST, SAMPLE_FIRST * running / LEAST), SAMPLE_LAST)


@dataclass(slots=True)
class Schedule:
    """Remembers when each container was sampled and inspected, by id; instants are seconds that only run forward."""

    tick: float
    sampled: dict[str, float] = field(default_factory=dict)
    inspected: dict[str, float] = field(default_factory=dict)
    # ids of which there is news
    _news: dict[str, None] = field(default_factory=dict)
    # what was asked lately: when, in all, and in the fast lane; news makes ticks come early
    _asked: deque[tuple[float, int, int]] = field(default_factory=deque)

    def note(self, container: str) -> None:
        """Have a container inspected soon: something happened to it."""
        self._news[container] = None

    def spend(self, now: float, requests: int) -> None:
        """Note what was asked beside the ticks: the budget of the minute is for all together."""
        if requests:
            self._asked.append((now, requests, 0))

    def forget(self, present: Iterable[str]) -> None:
        """Keep only what is still there."""
        here = frozenset(present)
        for book in (self.sampled, self.inspected, self._news):
            for gone in [key for key in book if key not in here]:
                del book[gone]

    def begin_anew(self) -> None:
        """Forget when containers were sampled: the engine was away, and what they use now takes two new samples."""
        self.sampled.clear()

    @property
    def waiting(self) -> bool:
        """Return whether there is news that was not looked at yet."""
        return bool(self._news)

    def choose(self, now: float, containers: Mapping[str, bool], spent: int) -> Choice:
        """Return what to look at in this tick.

        containers: whether each runs, by id; spent: requests of this tick that are already decided. What is chosen
        counts as looked at.
        """
        left, lane = self._left(now, len(containers))
        left -= spent
        fast = min(left, lane)
        inspect = [each for each in self._news if each in containers][: max(int(fast), 0)]
        running = [each for each, runs in containers.items() if runs]
        every = sample_every(len(running)) - EARLY
        due = sorted(
            (each for each in running if now - self.sampled.get(each, -SAMPLE_LAST) >= every),
            key=lambda each: self.sampled.get(each, -SAMPLE_LAST),
        )
        sample = due[: max(int(left) - len(inspect), 0)]
        rest = max(int(left) - len(inspect) - len(sample), 0)
        stale = sorted(
            (
                each
                for each in containers
                if each not in inspect and now - self.inspected.get(each, -SWEEP) >= SWEEP
            ),
            key=lambda each: self.inspected.get(each, -SWEEP),
        )
        news = len(inspect)
        inspect += stale[:rest]
        self._asked.append((now, spent + len(sample) + len(inspect), news))
        # a rate needs two samples: after its first one a container is due again at once
        first = [each for each in sample if each not in self.sampled]
        self._take(now, sample, inspect)
        self._take(now - SAMPLE_LAST, first, ())
        return Choice(tuple(sample), tuple(inspect))

    def _left(self, now: float, containers: int) -> tuple[float, float]:
        """Return the requests that are left for this tick, in all and in the fast lane: of any minute, what it allows."""
        while self._asked and now - self._asked[0][0] >= MINUTE - EARLY:
            self._asked.popleft()
        tick, allowed = self.tick / MINUTE, allowed_per_minute(containers)
        left = min(allowed * tick, allowed - sum(each for _, each, _ in self._asked))
        return left, min(FAST_LANE * tick, FAST_LANE - sum(each for _, _, each in self._asked))

    def everything(self, now: float, containers: Mapping[str, bool]) -> Choice:
        """Return all there is, for the first look. The second samples are due at once: a rate needs two."""
        choice = Choice(tuple(each for each, runs in containers.items() if runs), tuple(containers))
        self._take(now - SAMPLE_LAST, choice.sample, ())
        self._take(now, (), choice.inspect)
        return choice

    def _take(self, now: float, sample: Iterable[str], inspect: Iterable[str]) -> None:
        self.sampled.update(dict.fromkeys(sample, now))
        for each in inspect:
            self.inspected[each] = now
            self._news.pop(each, None)
