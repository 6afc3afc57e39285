"""Taking back what was done: step by step, each inverse written down before it is sent, and never sent blindly again."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
import logging

from .book import Book
from .contract import Action, Blocked, NotDone, Receipt, Refused, RepeatsUndo
from .remediation import DAY, Record, State
from .stopping import Stop

_LOGGER = logging.getLogger(__name__)

# how often an inverse that looks first is begun anew before that is given up
UNDO_TRIES = 10
# seconds between two looks at whether a source is there again
LOOK_EVERY = 1.0
# seconds between two tries of an inverse that something stands in the way of
BLOCKED_EVERY = 10.0


@dataclass(slots=True)
class Patience:
    """For how many seconds something is still waited for: a target that is away, or what is in the way."""

    left: float = DAY


@dataclass(frozen=True, slots=True)
class End:
    """How a record ends whose steps could not all be taken back."""

    state: State
    reason: str
    details: Mapping[str, str] = field(default_factory=dict)


class Inverses:
    """Takes back the steps of records. Never held, and goes on without a journal.

    reach: returns the action of a record once its source is there. Raises Stop.
    """

    def __init__(
        self,
        book: Book,
        reach: Callable[[Record], Awaitable[Action]],
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        self._book = book
        self._reach = reach
        self._sleep = sleep

    async def take(self, record_id: str, last: int) -> End | None:
        """Take the inverse of the steps from `last` down to the first; returns how it ends where that fails."""
        for step in range(last, -1, -1):
            if (end := await self._take(record_id, step)) is not None:
                return end
        return None

    async def _take(self, record_id: str, step: int) -> End | None:
        tries, patience = 0, Patience()
        while True:
            record = self._book.records[record_id]
            try:
                action = await self._reach(record)
            except Stop as stop:
                return End(State.INCONCLUSIVE, stop.reason)
            if record.undoing != step:
                record = await self._book.note(record_id, undoing=step)
            try:
                undone = await self._send(action, record, step)
            except Blocked as err:
                if patience.left <= 0:
                    return End(State.INCONCLUSIVE, err.refusal.key, err.refusal.placeholders)
                await self._wait(record, err, patience)
                continue
            except Refused as err:
                return End(State.FAILED, err.refusal.key, err.refusal.placeholders)
            except NotDone as err:
                return End(State.FAILED, "undo_failed", {"error": str(err)})
            except Exception as err:  # noqa: BLE001 - it may have been sent, and is not sent blindly again
                _LOGGER.info("The answer to an inverse of %s was lost: %r", record.action, err)
                tries += 1
                if not isinstance(action, RepeatsUndo) or tries >= UNDO_TRIES:
                    return End(State.INCONCLUSIVE, "undo_lost")
                await self._sleep(LOOK_EVERY * tries)
                continue
            await self._book.note(record_id, undone=(*record.undone, undone), blocked=None)
            return None

    @staticmethod
    async def _send(action: Action, record: Record, step: int) -> Receipt:
        known = next((each for each in record.receipts if each.step == step), None)
        async with asyncio.timeout(record.plan.deadline):
            undone = await action.undo(record.plan, step, known or Receipt(step, {"lost": True}))
        return undone or Receipt(step, {"none": True})

    async def _wait(self, record: Record, err: Blocked, patience: Patience) -> None:
        """Wait until it may be out of the way; what is in the way is written down, and so told, once."""
        if record.blocked != err.refusal:
            await self._book.note(record.id, blocked=err.refusal)
        patience.left -= BLOCKED_EVERY
        await self._sleep(BLOCKED_EVERY)
