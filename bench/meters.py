"""Meters: gaps of the event loop, garbage collections, memory."""

import asyncio
import contextlib
import gc
from pathlib import Path
import resource
import threading
import time
from typing import Any, Self

BEAT = 0.002


class Heartbeat:
    """Wakes every 2 ms and notes how late it was woken; garbage collections in such gaps count apart.

    longest: seconds; longest_cpu: the most that the loop itself worked between two beats, which is less than the gap where
    other threads, or other programs, had their turn.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self.longest_cpu = 0.0
        self.longest_gc = 0.0
        self._collecting = self._collecting_cpu = 0.0
        self._collected = self._collected_cpu = 0.0
        self._thread = threading.get_ident()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        gc.callbacks.append(self._gc)
        self._task = asyncio.create_task(self._beat())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *args: object) -> None:
        await asyncio.sleep(0.01)
        gc.callbacks.remove(self._gc)
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def _gc(self, phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            self._collecting, self._collecting_cpu = time.perf_counter(), time.thread_time()
        else:
            if threading.get_ident() == self._thread:
                self._collected_cpu += time.thread_time() - self._collecting_cpu
            took = time.perf_counter() - self._collecting
            self._collected += took
            self.longest_gc = max(self.longest_gc, took)

    async def _beat(self) -> None:
        while True:
            before, collected = time.perf_counter(), self._collected
            worked = time.thread_time() - self._collected_cpu
            await asyncio.sleep(BEAT)
            self.longest_cpu = max(self.longest_cpu, time.thread_time() - self._collected_cpu - worked)
            late = time.perf_counter() - before - BEAT - (self._collected - collected)
            self.longest = max(self.longest, late)


def memory() -> float:
    """Return this process's resident memory in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20
