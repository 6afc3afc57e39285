"""What runs now: one action per target, one of high risk per host, each in a task of its own."""

import asyncio
from collections.abc import Coroutine
import logging
from typing import Any

from .book import Book
from .contract import Refusal, Refused, Risk
from .remediation import Record
from .running import Runner

_LOGGER = logging.getLogger(__name__)


class Floor:
    """The tasks of the runs, and the claims on their targets."""

    def __init__(self, book: Book, runner: Runner) -> None:
        self._book = book
        self._runner = runner
        # (source, target) → the record that acts on it; (source, "") → the one of high risk there
        self._claims: dict[tuple[str, str], str] = {}
        self._runs: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def runs(self, record_id: str) -> bool:
        """Return whether a record is under way."""
        return record_id in self._runs or record_id in self._claims.values()

    def claim(self, record: Record, *, force: bool = False) -> None:
        """Keep others from a target. Raises Refused where somebody acts on it, unless by force."""
        keys = [(record.source, record.target)]
        if record.risk is Risk.HIGH:
            keys.append((record.source, ""))
        if record.id in self._claims.values():
            raise Refused(Refusal("already_decided", {"state": record.state}))
        if not force and any(key in self._claims for key in keys):
            raise Refused(Refusal("busy", {"target": record.name}))
        for key in keys:
            self._claims.setdefault(key, record.id)

    def release(self, record: Record) -> None:
        """Let others at its target again."""
        self._claims = {key: owner for key, owner in self._claims.items() if owner != record.id}

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
