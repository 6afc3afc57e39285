"""The report of the month: what was found, done, undone, asked, and no problem after all."""

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ..guardian.book import KIND
from ..guardian.contract import Severity
from ..guardian.finding import Tracked
from ..guardian.journal import JournalFailed
from ..guardian.month import Tally, count
from .messages import Message

if TYPE_CHECKING:
    from .guardian import Guardian

# the journal's lines that it counts: proposals, and what somebody said
KINDS = (KIND, "said")


class Monthly:
    """Counts the months of one guardian, and tells each once."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian
        self.found = Tally()
        # the month that was told last, counted from year 0
        self.told: int | None = None

    async def tick(self, now: float) -> None:
        """Tell the last month on the first day of the next, at the digest's hour."""
        local = dt_util.as_local(dt_util.utc_from_timestamp(now))
        month = local.year * 12 + local.month
        if self.told is None or month < self.told:
            self.told = month
        if month > self.told and local.hour * 60 + local.minute >= self._of.alerts.settings.digest_minute:
            try:
                message = await self.message(now)
            except JournalFailed:
                # it is told when the journal can be read
                return
            self.told = month
            await self._of.speaker.deliver(message)

    def happened(self, kind: str, tracked: Tracked | None, now: float) -> None:
        """Count what began: problems, not notes and no exercise."""
        if tracked is None or tracked.finding.rule == "practice":
            return
        raised = kind == "raised" and tracked.severity >= Severity.WARNING
        # what was a note until now
        if raised or (kind == "severer" and tracked.severity is Severity.WARNING):
            self.found.note(now)

    async def message(self, now: float) -> Message:
        """Return the report of the month up to now. Raises JournalFailed."""
        since = _month_before(now)
        rows = await self._of.desk.journal.newest(since, KINDS)
        texts, counted = self._of.texts, count(rows, self.found, since, now)
        text = texts.common("month_text", asdict(counted))
        return Message(tag="hsm-month", title=texts.common("month_title"), text=text)


def _month_before(now: float) -> float:
    """Return the same minute of the same day of the month before, or of its last day."""
    local = dt_util.as_local(dt_util.utc_from_timestamp(now))
    last = local.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(local.day, last.day)).timestamp()
