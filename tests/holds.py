"""How long the event loop was held at a time, fair on a busy machine: what other processes took does not count."""

import asyncio
import gc
import os
import time
from typing import Any, Self

# how much longer a piece of work may take beside other workers, on a machine that may be slower, than alone on ours
BESIDE_OTHERS = 4 if "PYTEST_XDIST_WORKER" in os.environ else 1


class Holds:
    """Measures, per turn of the loop, the smaller of wall time and this process's CPU time, without collections."""

    def __init__(self) -> None:
        self.longest = 0.0
        self.turns = 0
        self._collected = self._collecting = 0.0
        self._selector: Any = asyncio.get_running_loop()._selector  # type: ignore[attr-defined]
        self._select = self._selector.select
        self._before = self._now()

    def _now(self) -> tuple[float, float, float]:
        return time.perf_counter(), time.process_time(), self._collected

    def __enter__(self) -> Self:
        gc.callbacks.append(self._gc)
        self._selector.select = self._selecting
        self._before = self._now()
        return self

    def __exit__(self, *args: object) -> None:
        self._selector.select = self._select
        gc.callbacks.remove(self._gc)

    def _selecting(self, timeout: float | None = None) -> list[Any]:
        wall, cpu, collected = (now - then for now, then in zip(self._now(), self._before, strict=True))
        self.longest = max(self.longest, min(wall, cpu) - collected)
        self.turns += 1
        found: list[Any] = self._select(timeout)
        self._before = self._now()
        return found

    def _gc(self, phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            self._collecting = time.perf_counter()
        else:
            self._collected += time.perf_counter() - self._collecting
