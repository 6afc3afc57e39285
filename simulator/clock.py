"""The world's time: the wall clock, which can be pushed forward and whose own motion can be frozen."""

import time

DAY = 86400.0


class Clock:
    """Seconds since the epoch, as the server sees them.

    `now` always runs. `motion` counts only the seconds in which the world may move by itself, so a
    frozen world keeps its wall time while every noisy number stands still.
    """

    def __init__(self, *, rate: float = 1.0, moving: bool = True) -> None:
        self._rate = rate
        self._start = time.time()
        self._mark = time.monotonic()
        self._advanced = 0.0
        self._moving = moving
        self._moved = 0.0
        self._moving_since = self._start

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._start + (time.monotonic() - self._mark) * self._rate + self._advanced

    def motion(self) -> float:
        """Seconds for which the world has been moving by itself."""
        return self._moved + (self.now() - self._moving_since if self._moving else 0.0)

    def advance(self, seconds: float) -> None:
        """Jump forward."""
        self._advanced += seconds

    @property
    def moving(self) -> bool:
        """Whether numbers wander and schedules run."""
        return self._moving

    @moving.setter
    def moving(self, value: bool) -> None:
        if value == self._moving:
            return
        if self._moving:
            self._moved = self.motion()
        self._moving = value
        self._moving_since = self.now()
