"""The run of an approved record: each step written down before it is sent, none sent twice, the end looked at."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
import contextlib
import logging
from typing import Any

from .book import Book
from .contract import (
    SYSTEM,
    Action,
    JudgesUndo,
    Outcome,
    Plan,
    Refusal,
    Resume,
    Risk,
    Source,
    Verdict,
)
from .helm import Helm
from .inverses import LOOK_EVERY, Inverses, Patience
from .journal import JournalFailed
from .lease import OF_RECORD
from .leases import Leases
from .remediation import OUTAGE, Record, State
from .sending import Sender, flag
from .stopping import Stop, Unknown

_LOGGER = logging.getLogger(__name__)

# seconds after its end for which the error of a record is kept for who waits for it
ERRORS_KEPT = 600.0
_END = {
    Outcome.SUCCEEDED: State.SUCCEEDED,
    Outcome.FAILED: State.FAILED,
    Outcome.INCONCLUSIVE: State.INCONCLUSIVE,
}
# ends that count as failures of a rule
BAD = {State.FAILED, State.INCONCLUSIVE, State.ROLLED_BACK}
# ends after which what was lent lasts until its own end
KEEPS_LEASES = {State.SUCCEEDED, State.INCONCLUSIVE}


class Runner:
    """Runs records. sources: resolved anew at each step, so that a reload of an entry kills none.

    spare: why a plan of a source is refused whoever approved it, because it reaches what is protected.
    """

    def __init__(
        self,
        book: Book,
        helm: Helm,
        leases: Leases,
        sources: Callable[[str], Source | None],
        sleep: Callable[[float], Awaitable[object]],
        spare: Callable[[str, Plan], Refusal | None],
    ) -> None:
        self.sending: set[str] = set()
        self._sender = Sender(leases, self._now, self.reach, spare)
        self.errors = self._sender.errors
        self._book = book
        self._inverses = Inverses(book, self.reach, sleep)
        self._helm = helm
        self._leases = leases
        self._sources = sources
        self._sleep = sleep
        self._spare = spare

    async def forward(self, record_id: str, start: int, sent: asyncio.Event | None = None) -> None:
        """Send the steps from `start` on, then verify. `sent` is set once the first one is answered or not sent."""
        steps = range(start, len(self._book.records[record_id].plan.steps))
        for step in steps:
            try:
                await self._step(record_id, step, sent)
            except Stop as stop:
                return await self._stop(record_id, step, stop)
            except Unknown:
                break
            finally:
                if sent is not None:
                    sent.set()
        return await self.verify(record_id)

    async def _step(self, record_id: str, step: int, sent: asyncio.Event | None) -> None:
        """Send one step, once. Raises Stop, Unknown."""
        away = False
        while True:
            if step > 0:
                await self._sender.ready(self._book.records[record_id], step)
            elif away:
                await self._sender.check_again(self._book.records[record_id])
            self._may_go_on(record_id)
            record = await self._begin(record_id, step)
            self._may_go_on(record_id)
            # from here to the write nothing is waited for
            if (action := self._now(record)) is not None:
                break
            # it went away, or is being loaded anew, and nothing was sent: nobody stands there until it is back
            if record.rule == OUTAGE:
                # mains may be back by then
                raise Stop("source_away", {"target": record.name}, wanted=True)
            away = True
            if sent is not None:
                sent.set()
        with self._sending(record_id):
            receipt = await self._sender.send(action, record, step)
            # a stop waits for this as well
            await self._book.note(record_id, receipts=(*record.receipts, receipt))
        if flag(receipt, "refused") and step < len(record.plan.steps) - 1:
            raise Stop("server_refused")

    async def _begin(self, record_id: str, step: int) -> Record:
        """Write down that a step is sent. Raises Stop where that cannot be written."""
        record = self._book.records[record_id]
        try:
            if record.state is State.APPROVED:
                return await self._book.move(
                    record_id, State.APPROVED, State.RUNNING, record.actor or SYSTEM, step=step
                )
            if record.step < step:
                return await self._book.note(record_id, must=True, step=step)
        except JournalFailed as err:
            raise Stop("journal_failed") from err
        return record

    def forget(self, now: float) -> None:
        """Drop what the steps of records raised that ended a while ago: who stood there has been answered."""
        for record_id in tuple(self.errors):
            record = self._book.records.get(record_id)
            if record is None or (record.over and now - record.changed > ERRORS_KEPT):
                del self.errors[record_id]

    def _may_go_on(self, record_id: str) -> None:
        record = self._book.records[record_id]
        if why := self._helm.why_held(record.rule):
            raise Stop(why, wanted=True)
        if self._helm.fed and record.rule == OUTAGE and record.risk is Risk.HIGH:
            raise Stop("mains_is_back", wanted=True)

    async def _stop(self, record_id: str, step: int, stop: Stop) -> None:
        """End before a step: with nothing done, or by taking back what was done."""
        record = self._book.records[record_id]
        if record.plan.inverse and not record.plan.can_undo(step - 1):
            # there is no way back any more: it is as it is, which a look tells
            return await self.verify(record_id)
        changes: dict[str, Any] = {"reason": stop.reason, "details": dict(stop.details)}
        if step == 0 or (stop.wanted and not record.plan.takes_away):
            return await self._end(record_id, State.CANCELLED if stop.wanted else State.FAILED, **changes)
        await self._book.note(record_id, **changes)
        if record.plan.inverse:
            return await self.undo(record_id, step - 1)
        return await self._end(record_id, State.FAILED)

    async def undo(self, record_id: str, last: int) -> None:
        """Take the inverse of the steps from `last` down to the first, and look whether it is as it was."""
        if (end := await self._inverses.take(record_id, last)) is not None:
            return await self._end(record_id, end.state, reason=end.reason, details=dict(end.details))
        return await self._judge_undo(record_id)

    async def _judge_undo(self, record_id: str) -> None:
        record = self._book.records[record_id]
        if any(flag(each, "refused") for each in record.undone):
            return await self._end(record_id, State.FAILED, reason="undo_failed")
        outcome = Outcome.SUCCEEDED
        if any(flag(each, "lost") for each in record.undone):
            outcome = Outcome.INCONCLUSIVE
        verdict = await self._look(record, undo=True)
        if verdict is not None:
            outcome = verdict.outcome
        if outcome is Outcome.SUCCEEDED:
            return await self._end(record_id, State.ROLLED_BACK)
        return await self._end(record_id, _END[outcome], reason="undo_failed")

    async def verify(self, record_id: str) -> None:
        """Look at the system and say how it ended, or take it back; a target that is away is waited for."""
        record = self._book.records[record_id]
        if record.state is State.RUNNING:
            record = await self._book.move(
                record_id, State.RUNNING, State.VERIFYING, record.actor or SYSTEM, must=False
            )
        verdict = await self._look(record) or Verdict(Outcome.INCONCLUSIVE, {"reason": "not judged"})
        if verdict.outcome is Outcome.FAILED and record.plan.can_undo(record.step):
            await self._book.note(record_id, verdict=verdict)
            try:
                action = await self.reach(record)
            except Stop as stop:
                return await self._end(record_id, State.FAILED, reason=stop.reason)
            if action.resume is Resume.UNDO:
                return await self.undo(record_id, record.step)
        return await self._end(record_id, _END[verdict.outcome], verdict=verdict)

    async def _look(self, record: Record, *, undo: bool = False) -> Verdict | None:
        """Judge, waiting for a target that is away; None where the action cannot judge that."""
        patience = Patience()
        while True:
            try:
                action = await self.reach(record, patience)
            except Stop as stop:
                return Verdict(Outcome.INCONCLUSIVE, {"reason": stop.reason})
            if undo and not isinstance(action, JudgesUndo):
                return None
            source = self._sources(record.source)
            verdict = await self._judge(action, record, undo=undo)
            same = source is self._sources(record.source) and self._now(record) is not None
            if verdict.outcome is not Outcome.INCONCLUSIVE or same:
                return verdict
            # it went away, or its entry was loaded anew, while it was looked at
            await self._wait(patience)

    async def _judge(self, action: Action, record: Record, *, undo: bool) -> Verdict:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(record.plan.deadline):
                while self._now(record) is not None:
                    try:
                        if undo and isinstance(action, JudgesUndo):
                            return await action.undone(record.plan)
                        return await action.verify(record.plan, record.receipts)
                    except Exception as err:  # noqa: BLE001 - whatever it is, the order was sent and is looked at again
                        _LOGGER.info("Looking at %s of %s failed: %r", record.action, record.source, err)
                    await self._sleep(LOOK_EVERY)
        return Verdict(Outcome.INCONCLUSIVE, {"reason": "no result in time"})

    def _now(self, record: Record) -> Action | None:
        """Return the action where its source is there and shows what is now."""
        source = self._sources(record.source)
        return source.actions.get(record.action) if source is not None and source.judged else None

    async def reach(self, record: Record, patience: Patience | None = None) -> Action:
        """Return the action, waiting for its source. Raises Stop after a day, or where it is not offered any more."""
        patience = patience or Patience()
        while (action := self._now(record)) is None:
            source = self._sources(record.source)
            if source is not None and source.judged:
                raise Stop("no_such_action")
            if patience.left <= 0:
                raise Stop("target_away")
            await self._wait(patience)
        return action

    async def _wait(self, patience: Patience) -> None:
        patience.left -= LOOK_EVERY
        await self._sleep(LOOK_EVERY)

    async def _end(self, record_id: str, state: State, **changes: object) -> None:
        record = self._book.records[record_id]
        if record.step >= 0 and state is not State.CANCELLED:
            await self._helm.count(record.rule, failed=state in BAD)
        if state not in KEEPS_LEASES:
            await self._leases.end_of(f"{OF_RECORD}{record_id}")
        changes["blocked"] = None
        await self._book.move(record_id, record.state, state, record.actor or SYSTEM, must=False, **changes)

    async def give_up(self, record_id: str, reason: str) -> None:
        """End a record of which nothing more can be said."""
        record = self._book.records[record_id]
        if not record.over:
            state = State.CANCELLED if record.state is State.APPROVED else State.INCONCLUSIVE
            await self._end(record_id, state, reason=reason)

    @contextlib.contextmanager
    def _sending(self, record_id: str) -> Iterator[None]:
        self.sending.add(record_id)
        try:
            yield
        finally:
            self.sending.discard(record_id)
