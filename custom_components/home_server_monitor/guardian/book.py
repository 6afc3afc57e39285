"""All records, each moved on only through the journal: compare, write, then believe it."""

import asyncio
from collections.abc import Callable
import contextlib
from dataclasses import replace
import logging
from typing import Any

from .contract import SYSTEM, Actor, Refusal, Refused
from .journal import Journal, JournalFailed
from .remediation import DAY, OUTAGE, Record, State, WrongState, move, pack

_LOGGER = logging.getLogger(__name__)

KIND = "remediation"
TOLD = "told"
# ended records that are kept in memory for people to look at
KEPT = 200


class Book:
    """The records of one server. clock: seconds since 1970."""

    def __init__(self, journal: Journal, clock: Callable[[], float]) -> None:
        self.records: dict[str, Record] = {}
        self.told: set[str] = set()
        self.on_change: Callable[[Record], None] = lambda record: None
        self._journal = journal
        self._clock = clock
        self._lock = asyncio.Lock()
        self._unsaved: set[str] = set()
        self._unsaved_told: set[str] = set()
        self._ends: dict[str, asyncio.Event] = {}

    @property
    def unsaved(self) -> bool:
        """Return whether something is believed that the journal does not hold."""
        return bool(self._unsaved)

    def get(self, record_id: str) -> Record:
        """Return a record. Raises Refused where there is none."""
        if (record := self.records.get(record_id)) is None:
            raise Refused(Refusal("no_such_proposal"))
        return record

    async def add(self, record: Record) -> Record:
        """Take a new record, or return the open one of the same purpose. Raises JournalFailed."""
        async with self._lock:
            if (found := self.open_like(record.same)) is not None:
                return found
            if record.rule == OUTAGE:
                await self._write(record, must=False)
                return record
            await self._journal.append(KIND, record.id, pack(record))
            self._set(record)
        return record

    def open_like(self, same: str) -> Record | None:
        """Return the record of that purpose that has not ended."""
        return next((each for each in self.records.values() if not each.over and each.same == same), None)

    async def move(
        self, record_id: str, expected: State, state: State, who: Actor, *, must: bool = True, **changes: Any
    ) -> Record:
        """Move a record on. Raises WrongState, and JournalFailed where it `must` be written before it is so.

        Without `must` it is so all the same, and is written as soon as the journal works again.
        """
        async with self._lock:
            record = self.records[record_id]
            if record.state is not expected:
                raise WrongState(record.state)
            moved = move(record, state, self._clock(), who, **changes)
            await self._write(moved, must=must)
        return moved

    async def expire(self, record: Record) -> None:
        """End what is open because its time is over, unless somebody was faster."""
        with contextlib.suppress(WrongState):
            await self.move(record.id, record.state, State.EXPIRED, SYSTEM, must=False)

    async def note(self, record_id: str, *, must: bool = False, **changes: Any) -> Record:
        """Change what is known of a record, in its state. Raises JournalFailed as `move` does."""
        async with self._lock:
            noted = replace(self.records[record_id], **changes)
            await self._write(noted, must=must)
        return noted

    async def _write(self, record: Record, *, must: bool) -> None:
        # what the dark would undo anyway is not given up for want of a disk
        must = must and record.rule != OUTAGE
        try:
            await self._journal.append(KIND, record.id, pack(record))
            self._unsaved.discard(record.id)
        except JournalFailed:
            if must:
                raise
            self._unsaved.add(record.id)
        except ValueError:
            if must:
                raise
            _LOGGER.exception("A record cannot be written: %s of %s", record.action, record.source)
        self._set(record)

    async def save(self) -> None:
        """Write what is believed but not written, as far as the journal works."""
        async with self._lock:
            for record_id in sorted(self._unsaved):
                try:
                    await self._journal.append(KIND, record_id, pack(self.records[record_id]))
                except JournalFailed:
                    return
                self._unsaved.discard(record_id)
        with contextlib.suppress(JournalFailed):
            for record_id in sorted(self._unsaved_told):
                await self._write_told(record_id)

    def _set(self, record: Record) -> None:
        self.records[record.id] = record
        if record.over and (event := self._ends.pop(record.id, None)):
            event.set()
        self.tell(record)

    def tell(self, record: Record) -> None:
        """Tell who listens; what goes wrong there is not the record's matter."""
        try:
            self.on_change(record)
        except Exception:
            _LOGGER.exception("Telling of a changed record failed")

    async def ended(self, record_id: str) -> Record:
        """Wait for the end of a record. Raises Refused where there is none."""
        if not self.get(record_id).over:
            await self._ends.setdefault(record_id, asyncio.Event()).wait()
        return self.records[record_id]

    async def mark_told(self, record_id: str) -> None:
        """Note that somebody was told of its end; until then a restart tells again."""
        if record_id not in self.told and record_id in self.records:
            self.told.add(record_id)
            self._unsaved_told.add(record_id)
            with contextlib.suppress(JournalFailed):
                await self._write_told(record_id)

    async def _write_told(self, record_id: str) -> None:
        await self._journal.append(TOLD, record_id, {"over": True})
        self._unsaved_told.discard(record_id)

    def forget(self, now: float) -> None:
        """Drop ended records that are older than a day, beyond the newest of them."""
        ended = sorted(
            (each for each in self.records.values() if each.over), key=lambda it: it.changed, reverse=True
        )
        for record in ended[KEPT:]:
            # one that is not written yet still is to be
            if record.changed < now - DAY and record.id not in self._unsaved:
                del self.records[record.id]
                self.told.discard(record.id)
