"""The report of the first week, in which nothing happens by itself: made once, and answered or ignored once."""

from collections.abc import Mapping
from typing import Any

from .contract import Actor
from .journal import Journal
from .journal_files import Replay
from .packing import pack_actor

KIND = "report"
OPEN = "shown"
EMPTY = "empty"
ANSWERED = "answered"
IGNORED = "ignored"


class FirstWeek:
    """Where the report is. state: "" before it is made; since, until: what it is about, seconds since 1970."""

    def __init__(self, journal: Journal) -> None:
        self.state = ""
        self.since = self.until = 0.0
        self._journal = journal

    def load(self, replay: Replay) -> None:
        """Take what the journal says."""
        for entry in replay.of(KIND):
            self._take(entry.value)

    def _take(self, value: Mapping[str, Any]) -> None:
        since, until = value.get("since"), value.get("upto")
        self.state = str(value.get("state") or OPEN)
        self.since = float(since) if isinstance(since, int | float) else 0.0
        self.until = float(until) if isinstance(until, int | float) else 0.0

    async def made(self, since: float, until: float, *, empty: bool) -> None:
        """Note that it is made; what has nothing to say is shown to nobody. Raises JournalFailed."""
        await self._write({"state": EMPTY if empty else OPEN, "since": since, "upto": until})

    async def closed(self, state: str, by: Actor | None, allowed: str = "") -> None:
        """Note that somebody answered or ignored it; it is shown no more. Raises JournalFailed."""
        value: dict[str, Any] = {"state": state, "since": self.since, "upto": self.until, "allowed": allowed}
        await self._write(value | ({"by": pack_actor(by)} if by else {}))

    async def _write(self, value: Mapping[str, Any]) -> None:
        # neither over nor with an end: it stays in the journal, so that no restart shows it again
        await self._journal.append(KIND, KIND, value)
        self._take(value)
