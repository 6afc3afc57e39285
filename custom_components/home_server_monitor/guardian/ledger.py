"""What was begun within a day: what budgets and cool-downs count, whatever the clock does."""

import contextlib

from .book import Book
from .journal import Journal, JournalFailed
from .journal_files import Replay
from .policy import Act
from .remediation import DAY, OUTAGE, State, new_id
from .running import BAD


class Ledger:
    """Counts the records of a book."""

    def __init__(self, book: Book, journal: Journal) -> None:
        self._book = book
        self._journal = journal
        # forward jumps of the clock: (instant before, seconds)
        self._jumps: list[tuple[float, float]] = []

    def load(self, replay: Replay) -> None:
        """Take the jumps that the journal knows."""
        for each in replay.of("jump"):
            before, by = each.value.get("before"), each.value.get("by")
            if isinstance(before, int | float) and isinstance(by, int | float):
                self._jumps.append((before, by))

    async def jumped(self, by: float, now: float) -> None:
        """Note that the clock went `by` seconds too far; a clock that goes back refills nothing anyhow."""
        if by > 0:
            self._jumps.append((now - by, by))
            with contextlib.suppress(JournalFailed):
                await self._journal.append("jump", new_id(now), {"before": now - by, "by": by, "over": True})

    def acts(self, now: float) -> list[Act]:
        """Return what was begun within a day, each as long ago as it really was."""
        acts = []
        for record in self._book.records.values():
            begun = record.entered(State.RUNNING)
            # the whole counts for its parts
            if begun is not None and not record.part_of and record.rule != OUTAGE:
                begun += sum(by for before, by in self._jumps if begun <= before)
                if now - begun < DAY:
                    acts.append(Act(begun, f"{record.source} {record.target}", record.state in BAD))
        return acts
