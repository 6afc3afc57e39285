"""What is known of each pool day by day: how full it was, and how many errors it had."""

from collections.abc import Callable, Mapping
from typing import Protocol

from . import rises
from .forecast import Forecast, forecast
from .memory import Memory
from .model import TrueNas

DAY = 86400
COLUMNS = ("used", "total", "errors")


class History(Protocol):
    """One row a day (`history.DailyHistory`)."""

    async def async_load(self) -> None:
        """Read what was saved."""

    def series(self, column: str) -> list[tuple[int, float]]:
        """Return the days on which a column has a value, with it."""

    def record(self, day: int, row: Mapping[str, float | None]) -> bool:
        """Note the values of a day; returns whether that is news."""


class PoolDays:
    """The histories of one NAS's pools. make: the history of a pool by its guid; clock: seconds since 1970."""

    def __init__(self, memory: Memory, make: Callable[[str], History], clock: Callable[[], float]) -> None:
        self._memory = memory
        self._make = make
        self._clock = clock
        self._histories: dict[str, History] = {}
        self.forecasts: dict[str, Forecast | None] = {}

    @property
    def errors_before(self) -> Mapping[str, int]:
        """Return how many errors each pool had before those that count as new."""
        now = self._clock()
        known = {guid: rises.before(seen, now) for guid, seen in self._memory.errors.items()}
        return {guid: least for guid, least in known.items() if least is not None}

    async def learn(self, data: TrueNas) -> bool:
        """Note what a new listing says; returns whether that makes errors new or old, or a forecast another one."""
        again = False
        for guid, pool in data.pools.items() if "pools" not in data.stale else ():
            errors = pool.counted()
            again |= await self._note_errors(guid, errors)
            if "datasets" not in data.stale and pool.used is not None and pool.available is not None:
                again |= await self._note_day(guid, pool.used, pool.used + pool.available, errors)
        return again

    async def _history(self, guid: str) -> History:
        if (known := self._histories.get(guid)) is None:
            known = self._make(guid)
            await known.async_load()
            self._histories[guid] = known
        return known

    async def _note_errors(self, guid: str, errors: int) -> bool:
        history = await self._history(guid)
        now = self._clock()
        known = rises.before(self._memory.errors.get(guid, ()), now)
        self._memory.count_errors(guid, errors, now, rises.of_days(history.series("errors")))
        return rises.before(self._memory.errors[guid], now) != known

    async def _note_day(self, guid: str, used: int, total: int, errors: int) -> bool:
        history = await self._history(guid)
        today = int(self._clock()) // DAY
        new = history.record(today, {"used": used, "total": total, "errors": errors})
        if not new and guid in self.forecasts:
            return False
        found = forecast(history.series("used"), total)
        again = found != self.forecasts.get(guid)
        self.forecasts[guid] = found
        return again
