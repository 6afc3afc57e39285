"""What runs now: one action per target, one of high risk per host, each in a task of its own."""

import asyncio
from collections.abc import Callable, Coroutine
import logging
from typing import Any

from .book import Book
from .contract import Plan, Refusal, Refused, Risk
from .reach import Reach
from .remediation import OUTAGE, Record
from .running import Runner

_LOGGER = logging.getLogger(__name__)


class Floor:
    """The tasks of the runs, and the claims on their targets and hosts. reach: what a plan of a source reaches."""

    def __init__(self, book: Book, runner: Runner, reach: Callable[[str, Plan], Reach]) -> None:
        self._book = book
        self._runner = runner
        self._reach = reach
        # what is under way or about to be, by id
        self._claims: dict[str, Record] = {}
        self._runs: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def runs(self, record_id: str) -> bool:
        """Return whether a record is under way."""
        return record_id in self._runs or record_id in self._claims

    def claim(self, record: Record, *, force: bool = False) -> None:
        """Keep others away. Raises Refused where another action is in the way, unless by force."""
        if record.id in self._claims:
            raise Refused(Refusal("already_decided", {"state": record.state}))
        for other in () if force else self._claims.values():
            if refusal := self._conflict(record, other):
                raise Refused(refusal)
        self._claims[record.id] = record

    def _conflict(self, mine: Record, other: Record) -> Refusal | None:
        """Return why one cannot begin while another is under way.

        One at a time on a target, by whichever sources, and on what is made anew with it; one of high risk on a host.
        While a whole host is taken away, nothing else is done on it or on what stands on it, and it is not taken away
        while something is done there.
        """
        if (mine.source, mine.target) == (other.source, other.target):
            return Refusal("busy", {"target": mine.name})
        if mine.rule == OUTAGE:
            # it waits for nobody: what is under way elsewhere is cut off by the dark anyway
            return None
        here, there = (self._reach(each.source, each.plan) for each in (mine, other))
        # one that aims at nothing in particular is many in one, which begins each of them as its own
        if here.aim and there.aim and (here.aim & there.itself or there.aim & here.itself):
            return Refusal("busy", {"target": mine.name})
        if mine.risk is Risk.HIGH is other.risk and not set(here.hosts).isdisjoint(there.hosts):
            return Refusal("busy", {"target": mine.name})
        if not _taken(other, there).isdisjoint(here.hosts):
            return Refusal("host_taken", {"target": other.name})
        if not _taken(mine, here).isdisjoint(there.hosts):
            return Refusal("host_in_use", {"target": other.name})
        return None

    def release(self, record: Record) -> None:
        """Let others at its target again."""
        self._claims.pop(record.id, None)

    def start(
        self, record_id: str, run: Coroutine[Any, Any, None], sent: asyncio.Event | None = None
    ) -> None:
        """Run a record that was claimed."""
        self._runs[record_id] = asyncio.get_running_loop().create_task(self._guarded(record_id, run, sent))

    async def _guarded(
        self, record_id: str, run: Coroutine[Any, Any, None], sent: asyncio.Event | None
    ) -> None:
        try:
            await run
        except Exception:
            _LOGGER.exception("The run of a record broke off")
            await self._runner.give_up(record_id, "internal_error")
        finally:
            self.release(self._book.records[record_id])
            self._runs.pop(record_id, None)
            if sent is not None:
                sent.set()

    async def own[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do something to its end even when the caller goes away."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End all tasks; what the journal holds is taken up at the next start."""
        tasks = [*self._runs.values(), *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _taken(record: Record, reach: Reach) -> frozenset[str]:
    """Return the hosts that an action takes away as a whole: by a reboot, a shutdown, an update."""
    takes = record.plan.takes_away or record.risk is Risk.HIGH
    return reach.itself.intersection(reach.hosts) if takes else frozenset()
