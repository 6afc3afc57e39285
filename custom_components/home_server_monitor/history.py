"""DailyHistory: years of daily vectors per object, keyed by the object's own identity."""

import bisect
from collections.abc import Mapping, Sequence
import contextlib
import hashlib
import logging
import math
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from .const import DOMAIN

_LOGGER = logging.getLogger(__name__)

VERSION = 1
KEEP_DAYS = 4000
UNSEEN = 400 * 86400


def file_name(identity: str) -> str:
    """Return a name that says nothing of an identity and is no path, whatever characters that has."""
    return hashlib.sha256(identity.encode()).hexdigest()[:24]


def _number(values: Any, index: int) -> float | None:
    value = values[index] if isinstance(values, list) and index < len(values) else None
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return value if usable else None


class DailyHistory:
    """One small file for one object: a row of numbers a day, packed by column.

    The file name holds a hash of the identity, so that a serial with odd characters is no path, and survives the
    removal of the config entry. Rows are written once a day, at a minute that differs from object to object, or after
    `delay` seconds where something is judged by them today.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        kind: str,
        identity: str,
        columns: tuple[str, ...],
        delay: float | None = None,
        keep: int = KEEP_DAYS,
    ) -> None:
        name = file_name(identity)
        self._hass = hass
        self._keep = keep
        self.columns = columns
        self._identity = identity
        self._delay = 60 + int(name[:4], 16) % 3600 if delay is None else delay
        self._store: Store[dict[str, Any]] = Store(
            hass, VERSION, f"{DOMAIN}/{kind}/{name}", atomic_writes=True, serialize_in_event_loop=False
        )
        self._days: list[int] = []
        self._values: dict[str, list[float | None]] = {column: [] for column in columns}

    async def async_load(self) -> None:
        """Read the file; one that is damaged, of another version or of another object is started anew."""
        try:
            data = await self._store.async_load()
        except HomeAssistantError, OSError, ValueError, NotImplementedError:
            _LOGGER.exception("A daily history cannot be read and is started anew")
            return
        if not isinstance(data, dict) or data.get("identity") != self._identity:
            return
        before = self.rows()
        self._days, self._values = await self._hass.async_add_executor_job(self._unpacked, data)
        for day, row in before:
            self.record(day, row)

    def _unpacked(self, data: Mapping[str, Any]) -> tuple[list[int], dict[str, list[float | None]]]:
        """Return the days of a file and their values, by column; not for the event loop."""
        days, stored = data.get("days"), data.get("values")
        values: dict[str, list[float | None]] = {column: [] for column in self.columns}
        known: list[int] = []
        if not isinstance(days, list) or not isinstance(stored, dict):
            return known, values
        kept = []
        for index, day in enumerate(days):
            if isinstance(day, bool) or not isinstance(day, int) or (known and day <= known[-1]):
                continue
            known.append(day)
            kept.append(index)
        for column in self.columns:
            values[column] = [_number(stored.get(column), index) for index in kept]
        return known, values

    @property
    def days(self) -> Sequence[int]:
        """Return the days that it has a row of, the oldest first."""
        return self._days

    @callback
    def record(self, day: int, row: Mapping[str, float | None], *, highest: bool = False) -> bool:
        """Note a day's row (day number since 1970); returns whether anything is new.

        The first one of a day stands; with `highest`, each column has the highest value of that day. A day before the
        newest one is put in its place: a clock that was wrong for a while costs no other row.
        """
        place = bisect.bisect_left(self._days, day)
        if place < len(self._days) and self._days[place] == day:
            return highest and self._raise(place, row)
        self._days.insert(place, day)
        for column in self.columns:
            self._values[column].insert(place, row.get(column))
        if len(self._days) > self._keep:
            del self._days[0]
            for values in self._values.values():
                del values[0]
        self._store.async_delay_save(self._packed, self._delay)
        return True

    def _raise(self, place: int, row: Mapping[str, float | None]) -> bool:
        """Take over the values of a row that are higher than those of a day, or that it lacks."""
        raised = False
        for column in self.columns:
            old, new = self._values[column][place], row.get(column)
            if new is not None and (old is None or new > old):
                self._values[column][place] = new
                raised = True
        if raised:
            self._store.async_delay_save(self._packed, self._delay)
        return raised

    def rows(self) -> list[tuple[int, dict[str, float | None]]]:
        """Return every day with its row, the oldest first."""
        return [
            (day, {column: self._values[column][place] for column in self.columns})
            for place, day in enumerate(self._days)
        ]

    def series(self, column: str) -> list[tuple[int, float]]:
        """Return the days that have a value in this column."""
        return [
            (day, value)
            for day, value in zip(self._days, self._values[column], strict=True)
            if value is not None
        ]

    def _packed(self) -> dict[str, Any]:
        return {
            "identity": self._identity,
            "days": list(self._days),
            "values": {column: list(values) for column, values in self._values.items()},
        }


def remove_unseen(folder: Path, now: float) -> int:
    """Delete the files of objects that were not seen for 400 days; returns how many. Blocks on the disk."""
    removed = 0
    for file in folder.glob("*/*"):
        with contextlib.suppress(OSError):
            if now - file.stat().st_mtime > UNSEEN:
                file.unlink()
                removed += 1
    return removed
