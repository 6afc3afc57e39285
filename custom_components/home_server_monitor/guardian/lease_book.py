"""What is changed for a while, as the journal holds it: written before it is begun, and kept in memory where it fails."""

from collections.abc import Callable
from dataclasses import replace
import logging
from typing import Any

from .journal import Journal, JournalFailed
from .journal_files import Replay
from .lease import OF_RECORD, Change, Returned, unpack
from .remediation import DAY

_LOGGER = logging.getLogger(__name__)

KIND = "lease"


class LeaseBook:
    """All changes for a while of one server. clock: seconds since 1970."""

    def __init__(self, journal: Journal, clock: Callable[[], float]) -> None:
        self.changes: dict[str, Change] = {}
        # what somebody else changed while we held it, and when that was seen: told for a day
        self.foreign: dict[str, tuple[Change, float]] = {}
        self._journal = journal
        self._clock = clock
        self._unsaved: dict[str, dict[str, Any]] = {}

    def load(self, replay: Replay) -> None:
        """Take what the journal knows; what no owner still wants is due at once."""
        now = self._clock()
        for entry in replay.of(KIND):
            try:
                change = unpack(entry.value)
            except KeyError, TypeError, ValueError:
                _LOGGER.warning("A change for a while is not readable in the journal: %s", entry.id)
                continue
            if entry.value.get("over"):
                if entry.value.get("returned") == Returned.FOREIGN and now - entry.at < DAY:
                    self.foreign[change.id] = (change, entry.at)
                continue
            leases = tuple(
                each if each.owner.startswith(OF_RECORD) else replace(each, ends=min(each.ends, now))
                for each in change.leases
            )
            self.changes[change.id] = replace(change, leases=leases)

    async def begin(self, change: Change, *, must: bool = True) -> None:
        """Write down what is about to be changed. Raises JournalFailed where it `must` be: then nothing may be."""
        if must:
            await self._journal.append(KIND, change.id, change.pack())
            self._unsaved.pop(change.id, None)
        self.changes[change.id] = change
        if not must:
            await self._write_down(change.id, change.pack())
        self.foreign.pop(change.id, None)

    async def note(self, change: Change) -> None:
        """Take what is known now of a change; it is so also where it cannot be written yet."""
        self.changes[change.id] = change
        await self._write_down(change.id, change.pack())

    async def over(self, change: Change, returned: Returned) -> Returned:
        """Note that a change is no longer ours to take back."""
        self.changes.pop(change.id, None)
        self.foreign.pop(change.id, None)
        if returned is Returned.FOREIGN:
            self.foreign[change.id] = (change, self._clock())
        await self._write_down(change.id, change.pack(returned))
        return returned

    async def save(self) -> None:
        """Write what could not be written before, and forget what was told for a day."""
        for name, value in tuple(self._unsaved.items()):
            # something newer may be known meanwhile
            if self._unsaved.get(name) is value:
                await self._write_down(name, value)
        now = self._clock()
        self.foreign = {key: row for key, row in self.foreign.items() if now - row[1] < DAY}

    async def _write_down(self, name: str, value: dict[str, Any]) -> None:
        self._unsaved[name] = value
        try:
            await self._journal.append(KIND, name, value)
        except JournalFailed:
            return
        if self._unsaved.get(name) is value:
            del self._unsaved[name]
