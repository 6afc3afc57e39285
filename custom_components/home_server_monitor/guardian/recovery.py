"""What becomes of the records that a restart cut off. No order that may have been sent is sent again."""

import logging

from .book import KIND, TOLD, Book
from .contract import SYSTEM, RepeatsUndo, Resume, Stepwise
from .journal_files import Replay
from .remediation import DAY, Record, State, unpack
from .running import Runner
from .stopping import Stop

_LOGGER = logging.getLogger(__name__)


class Recovery:
    """Takes up the records of a journal."""

    def __init__(self, book: Book, runner: Runner) -> None:
        self._book = book
        self._runner = runner

    async def load(self, replay: Replay, now: float) -> list[Record]:
        """Take all records from the journal, end those that must not go on, and return those that must."""
        for entry in replay.of(KIND):
            try:
                self._book.records[entry.id] = unpack(entry.id, entry.value)
            except KeyError, TypeError, ValueError:
                _LOGGER.warning("A record in the journal is not readable: %s", entry.id)
        self._book.told.update(entry.id for entry in replay.of(TOLD))
        newest = {entry.id: entry.at for entry in replay.of(KIND)}
        going_on = []
        for record in tuple(self._book.records.values()):
            if record.state is State.PROPOSED:
                await self._proposed(record, now, damaged=bool(replay.damaged))
            elif record.state is State.APPROVED:
                await self._approved(record, now, damaged=bool(replay.damaged))
            elif not record.over:
                # an instant in the future counts as now
                if now - newest[record.id] > DAY:
                    await self._runner.give_up(record.id, "too_old")
                else:
                    going_on.append(record)
        return going_on

    async def _proposed(self, record: Record, now: float, *, damaged: bool) -> None:
        if record.expires <= now:
            await self._book.move(record.id, State.PROPOSED, State.EXPIRED, SYSTEM, must=False)
        elif damaged or record.part_of:
            # a line that is lost may have said that it was decided; a part is offered to nobody without its whole
            reason = "journal_damaged" if damaged else "interrupted"
            await self._book.move(
                record.id, State.PROPOSED, State.SUPERSEDED, SYSTEM, must=False, reason=reason
            )

    async def _approved(self, record: Record, now: float, *, damaged: bool) -> None:
        """What was approved but not begun: nothing was sent. Only what was to wait anyway still does."""
        if record.waits and record.expires <= now:
            await self._book.move(record.id, State.APPROVED, State.EXPIRED, SYSTEM, must=False)
        elif damaged or not record.waits:
            reason = "journal_damaged" if damaged else "interrupted"
            await self._book.move(
                record.id, State.APPROVED, State.CANCELLED, SYSTEM, must=False, reason=reason
            )

    async def resume(self, record_id: str) -> None:
        """Bring a record to its end by its action's `resume`."""
        record = self._book.records[record_id]
        if record.state is State.VERIFYING and record.undoing is None:
            return await self._runner.verify(record_id)
        if record.undoing is not None:
            return await self._resume_undo(record)
        try:
            action = await self._runner.reach(record)
        except Stop as stop:
            return await self._runner.give_up(record_id, stop.reason)
        plan, more = record.plan, record.step + 1 < len(record.plan.steps)
        if action.resume is Resume.UNDO and plan.can_undo(record.step):
            return await self._runner.undo(record_id, record.step)
        finishes = action.resume is Resume.FINISH or (plan.inverse and not plan.can_undo(record.step))
        if finishes and more and isinstance(action, Stepwise):
            return await self._runner.forward(record_id, record.step + 1)
        return await self._runner.verify(record_id)

    async def _resume_undo(self, record: Record) -> None:
        """Go on with an inverse that was begun; the one that may have been sent is sent again only if it looks first."""
        undoing = record.undoing if record.undoing is not None else 0
        if any(each.step == undoing for each in record.undone):
            return await self._runner.undo(record.id, undoing - 1)
        try:
            action = await self._runner.reach(record)
        except Stop as stop:
            return await self._runner.give_up(record.id, stop.reason)
        if isinstance(action, RepeatsUndo):
            return await self._runner.undo(record.id, undoing)
        return await self._runner.give_up(record.id, "undo_interrupted")
