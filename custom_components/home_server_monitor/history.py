"""DailyHistory: years of daily vectors per object, keyed by the object's own identity."""

from array import array
import bisect
from collections.abc import Mapping, Sequence
import contextlib
import hashlib
import logging
import math
from pathlib import Path
import threading
from typing import Any, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .packed import Column, days_of, days_text

_LOGGER = logging.getLogger(__name__)

# 1: lists of numbers; 2: packed (see `packed`), a fortieth of it
VERSION = 2
KEEP_DAYS = 4000
UNSEEN = 400 * 86400


def file_name(identity: str) -> str:
    """Return a name that says nothing of an identity and is no path, whatever characters that has."""
    return hashlib.sha256(identity.encode()).hexdigest()[:24]


def _number(values: Any, index: int) -> float | None:
    value = values[index] if isinstance(values, list) and index < len(values) else None
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return value if usable else None


def _written(identity: str, days: Sequence[int], values: Mapping[str, Column]) -> dict[str, Any]:
    """Return a history as its file holds it."""
    texts = {name: text for name, column in values.items() if (text := column.text()) is not None}
    return {"identity": identity, "days": days_text(days), "values": texts}


def _from_lists(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file of version 1 holds as one of version 2; what of it is not sound is left out."""
    days, stored = data.get("days"), data.get("values")
    if not isinstance(days, list) or not isinstance(stored, dict):
        days, stored = [], {}
    known, kept = array("i"), []
    for index, day in enumerate(days):
        if isinstance(day, bool) or not isinstance(day, int) or abs(day) >= 1 << 31:
            continue
        if not known or day > known[-1]:
            known.append(day)
            kept.append(index)
    columns = {str(name): Column([_number(values, at) for at in kept]) for name, values in stored.items()}
    return _written(str(data.get("identity")), known, columns)


class _File(Store[dict[str, Any]]):
    """The file of one history."""

    @override
    async def _async_migrate_func(
        self, old_major_version: int, old_minor_version: int, old_data: Any
    ) -> dict[str, Any]:
        if old_major_version != 1 or not isinstance(old_data, dict):
            raise NotImplementedError
        return await self.hass.async_add_executor_job(_from_lists, old_data)


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
        self._store = _File(
            hass, VERSION, f"{DOMAIN}/{kind}/{name}", atomic_writes=True, serialize_in_event_loop=False
        )
        self._days = array("i")
        self._values = {column: Column() for column in columns}
        # it is written, and judged, in other threads: held for moments only
        self._lock = threading.Lock()

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
        self._days, self._values = self._unpacked(data)
        for day, row in before:
            self.record(day, row)

    def _unpacked(self, data: Mapping[str, Any]) -> tuple[array[int], dict[str, Column]]:
        """Return the days of a file and their values, by column."""
        stored = data.get("values")
        texts = stored if isinstance(stored, dict) else {}
        days = days_of(data.get("days")) or array("i")
        return days, {column: Column.of(texts.get(column), len(days)) for column in self.columns}

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
        with self._lock:
            self._days.insert(place, day)
            for name, column in self._values.items():
                column.insert(place, row.get(name))
            if len(self._days) > self._keep:
                del self._days[0]
                for column in self._values.values():
                    column.drop_first()
        self._store.async_delay_save(self._packed, self._delay)
        return True

    def _raise(self, place: int, row: Mapping[str, float | None]) -> bool:
        """Take over the values of a row that are higher than those of a day, or that it lacks."""
        raised = False
        with self._lock:
            for name, column in self._values.items():
                old, new = column[place], row.get(name)
                if new is not None and (old is None or new > old):
                    column.put(place, new)
                    raised = True
        if raised:
            self._store.async_delay_save(self._packed, self._delay)
        return raised

    def rows(self) -> list[tuple[int, dict[str, float | None]]]:
        """Return every day with its row, the oldest first."""
        with self._lock:
            days, columns = self._days[:], [[*self._values[name]] for name in self.columns]
        rows = zip(*columns, strict=True)
        return [(day, dict(zip(self.columns, row, strict=True))) for day, row in zip(days, rows, strict=True)]

    def series(self, column: str) -> list[tuple[int, float]]:
        """Return the days that have a value in this column."""
        pairs = zip(self._days, self._values[column], strict=True)
        return [(day, value) for day, value in pairs if value is not None]

    def _packed(self) -> dict[str, Any]:
        """Return it as its file holds it; for any thread."""
        with self._lock:
            days, values = self._days[:], {name: each.copy() for name, each in self._values.items()}
        return _written(self._identity, days, values)


def remove_unseen(folder: Path, now: float) -> int:
    """Delete the files of objects that were not seen for 400 days; returns how many. Blocks on the disk."""
    removed = 0
    for file in folder.glob("*/*"):
        with contextlib.suppress(OSError):
            if now - file.stat().st_mtime > UNSEEN:
                file.unlink()
                removed += 1
    return removed
