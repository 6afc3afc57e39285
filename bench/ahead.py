"""A clock that is put forward while no socket says anything: minutes pass in moments, every timer keeps its order.

`python -m bench.ahead MODULE ARGUMENT…` runs a module on such a clock. It stands in for `time.monotonic` and
`time.time` before anything else is imported, so the event loop's own timers, retries and deadlines follow it, too.
"""

import asyncio
import importlib
import runpy
import sys
import time
from typing import Any

# of the time, what the meters take is less
BUSY = 0.3

_monotonic, _wall = time.monotonic, time.time


class Ahead:
    """How far the clock is ahead, in seconds, and when a socket said something last."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._heard = time.perf_counter()
        self._asking = 0

    def monotonic(self) -> float:
        """Return seconds, as `time.monotonic` does."""
        return _monotonic() + self.offset

    def wall(self) -> float:
        """Return seconds since 1970."""
        return _wall() + self.offset

    def install(self) -> None:
        """Be the clock of this process."""
        time.monotonic, time.time = self.monotonic, self.wall

    def listen(self) -> None:
        """Note when sockets of the running loop say something, and what has yet to be answered."""
        loop: Any = asyncio.get_running_loop()
        select = loop._selector.select  # noqa: SLF001 - nothing else sees every socket

        def selecting(timeout: float | None = None) -> list[Any]:
            found: list[Any] = select(timeout)
            if found:
                self._heard = time.perf_counter()
            return found

        loop._selector.select = selecting  # noqa: SLF001
        # whoever installs the clock has nothing imported yet
        session: Any = importlib.import_module("aiohttp").ClientSession
        request = session._request  # noqa: SLF001 - every request of both passes here

        async def requesting(*args: Any, **more: Any) -> Any:
            self._asking += 1
            try:
                return await request(*args, **more)
            finally:
                self._asking -= 1

        session._request = requesting  # noqa: SLF001
        run = loop.run_in_executor

        def running(*args: Any) -> Any:
            # others ask in threads, and long answers are parsed in them
            self._asking += 1
            future = run(*args)
            future.add_done_callback(self._done)
            return future

        loop.run_in_executor = running

    def _done(self, _: Any) -> None:
        self._asking -= 1

    async def quiet(self, silence: float) -> None:
        """Wait until all is answered and sockets said nothing for so many real seconds."""
        while True:
            began, busy = time.perf_counter(), time.thread_time()
            await asyncio.sleep(silence)
            # a long answer is read in turns, in which no socket says anything
            idle = time.thread_time() - busy < BUSY * silence
            # one that is woken late may only not have had its turn on a busy machine
            idle = idle and time.perf_counter() - began < 2 * silence
            if idle and not self._asking and self._heard < began:
                return

    def until_due(self, soon: float) -> float:
        """Return in how many seconds the running loop's next timer is due that is not due `soon` anyway."""
        loop: Any = asyncio.get_running_loop()
        now = loop.time()
        waits = (each.when() - now for each in loop._scheduled if not each.cancelled())  # noqa: SLF001 - as above
        return min((wait for wait in waits if wait > soon), default=3600.0)

    async def go(self, seconds: float, silence: float) -> None:
        """Let time pass at once, and what is due then happen."""
        self.offset += seconds
        await self.quiet(silence)


AHEAD = Ahead()


def main() -> None:
    """Run the module that is named, on this clock."""
    # the module finds it under its own name, not as the program that was started
    importlib.import_module("bench.ahead").AHEAD.install()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
