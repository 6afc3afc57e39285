"""A clock that jumps: while nothing is under way, the event loop's time goes on to its next timer at once.

Deadlines, heartbeats, retries and tiers are the real ones and keep their order; minutes pass in milliseconds. Data
on a loopback socket is there as soon as it was sent, so a loop whose sockets are silent waits only for its timers.
"""

import asyncio
from collections.abc import Callable
import time
from types import SimpleNamespace
from typing import Any, override

# after how many seconds of jumps sockets must be silent, for how long in real seconds, before time jumps on
STRIDE = 5.0
SILENCE = 0.0005


class Warp(SimpleNamespace):
    """The time of one event loop; also stands in for the module `time`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.offset = 0.0
        self.worst_hold = 0.0
        self._jobs = 0
        self._strode = 0.0
        self._awake = time.perf_counter()
        self._loop: Any = loop
        self._select: Callable[[float | None], list[Any]] = self._loop._selector.select
        self._executor = self._loop.run_in_executor
        self._loop._selector.select = self._selecting
        self._loop.time = self.monotonic
        self._loop.run_in_executor = self._counted

    def monotonic(self) -> float:
        """Return seconds, as `time.monotonic` does."""
        return time.monotonic() + self.offset

    def time(self) -> float:
        """Return seconds since 1970."""
        return time.time() + self.offset

    def _counted(self, executor: Any, func: Any, *args: Any) -> Any:
        """While a thread works, time passes as it does for the thread."""
        future = self._executor(executor, func, *args)
        self._jobs += 1
        future.add_done_callback(self._returned)
        return future

    def _returned(self, future: Any) -> None:
        self._jobs -= 1

    def _selecting(self, timeout: float | None = None) -> list[Any]:
        self.worst_hold = max(self.worst_hold, time.perf_counter() - self._awake)
        if timeout is None or timeout <= SILENCE or self._jobs:
            found = self._select(timeout)
        else:
            found = self._silent(timeout)
            if not found:
                self.offset += timeout
                self._strode += timeout
        self._awake = time.perf_counter()
        return found

    def _silent(self, timeout: float) -> list[Any]:
        """Return what sockets have; many short jumps are made on one look, as each look costs a millisecond."""
        if self._strode + timeout < STRIDE:
            return self._select(0)
        self._strode = 0.0
        return self._select(SILENCE)

    async def until(self, reached: Callable[[], bool], limit: float, why: Callable[[], str] = str) -> float:
        """Let time pass until something is reached and return how many seconds that took; fails at the limit."""
        start = self.monotonic()
        while not reached():
            passed = self.monotonic() - start
            assert passed <= limit, f"not within {limit} s{why()}"
            await asyncio.sleep(0.5)
        return self.monotonic() - start

    @override
    def __repr__(self) -> str:
        return f"Warp(+{self.offset:.1f} s)"
