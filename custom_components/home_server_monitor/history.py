"""DailyHistory: years of daily vectors per object, keyed by the object's own identity."""

from collections.abc import Mapping
import hashlib
import itertools
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from .const import DOMAIN

VERSION = 1
KEEP_DAYS = 4000


class DailyHistory:
    """One small file for one object: a row of numbers a day, packed by column.

    The file name holds a hash of the identity, so that a serial with odd characters is no path, and survives the
    removal of the config entry. Rows are written once a day, at a minute that differs from object to object.
    """

    def __init__(self, hass: HomeAssistant, kind: str, identity: str, columns: tuple[str, ...]) -> None:
        digest = hashlib.sha256(identity.encode()).hexdigest()
        self.columns = columns
        self._identity = identity
        self._delay = 60 + int(digest[:4], 16) % 3600
        self._store: Store[dict[str, Any]] = Store(
            hass, VERSION, f"{DOMAIN}/{kind}/{digest[:24]}", atomic_writes=True, serialize_in_event_loop=False
        )
        self._days: list[int] = []
        self._values: dict[str, list[float | None]] = {column: [] for column in columns}

    async def async_load(self) -> None:
        """Read the file; one that is damaged or of another object is started anew."""
        data = await self._store.async_load()
        if not isinstance(data, dict) or data.get("identity") != self._identity:
            return
        days = data.get("days")
        if not isinstance(days, list) or not all(isinstance(day, int) for day in days):
            return
        if any(later <= day for day, later in itertools.pairwise(days)):
            return
        stored = data.get("values")
        for column in self.columns:
            values = stored.get(column) if isinstance(stored, dict) else None
            whole = (
                isinstance(values, list)
                and len(values) == len(days)
                and all(value is None or isinstance(value, (int, float)) for value in values)
            )
            self._values[column] = list(values) if whole and values else [None] * len(days)
        self._days = list(days)

    def __len__(self) -> int:
        return len(self._days)

    @callback
    def record(self, day: int, row: Mapping[str, float | None]) -> bool:
        """Note a day's row (day number since 1970); the first one of a day stands. Returns whether it is new."""
        if self._days and day <= self._days[-1]:
            return False
        self._days.append(day)
        for column in self.columns:
            self._values[column].append(row.get(column))
        if len(self._days) > KEEP_DAYS:
            del self._days[0]
            for values in self._values.values():
                del values[0]
        self._store.async_delay_save(self._packed, self._delay)
        return True

    def series(self, column: str) -> list[tuple[int, float]]:
        """Return the days that have a value in this column."""
        return [
            (day, value)
            for day, value in zip(self._days, self._values[column], strict=True)
            if value is not None
        ]

    async def async_forget(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    def _packed(self) -> dict[str, Any]:
        return {
            "identity": self._identity,
            "days": list(self._days),
            "values": {column: list(values) for column, values in self._values.items()},
        }
