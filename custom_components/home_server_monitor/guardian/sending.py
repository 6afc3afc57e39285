"""Sending one step, once, and what is known of it afterwards."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import logging

from .contract import SYSTEM, Action, NotDone, Plan, Receipt, Refusal, Refused, Stepwise
from .journal import JournalFailed
from .lease import OF_RECORD
from .leases import Leases
from .remediation import OUTAGE, Record
from .stopping import Stop, Unknown

_LOGGER = logging.getLogger(__name__)


def flag(receipt: Receipt, name: str) -> bool:
    """Return whether a receipt says so."""
    return isinstance(receipt.result, Mapping) and receipt.result.get(name) is True


class Sender:
    """Sends the steps of records.

    now: the action of a record, as its source is now, None while that is away; reach: the same, waited for;
    spare: why a plan touches what is protected.
    """

    def __init__(
        self,
        leases: Leases,
        now: Callable[[Record], Action | None],
        reach: Callable[[Record], Awaitable[Action]],
        spare: Callable[[str, Plan], Refusal | None],
    ) -> None:
        # what a step raised, for those who stand there and wait; not kept over a restart
        self.errors: dict[str, Exception] = {}
        self._leases = leases
        self._now = now
        self._reach = reach
        self._spare = spare

    async def send(self, action: Action, record: Record, step: int) -> Receipt:
        """Send a step and return what was answered, which may be that the answer was lost. Raises Stop."""
        try:
            if record.plan.steps[step].lease is not None:
                return await self._lend(record, step)
            async with asyncio.timeout(record.plan.deadline):
                return await action.run(record.plan, step)
        except JournalFailed as err:
            raise Stop("journal_failed") from err
        except Refused as err:
            self.errors[record.id] = err
            raise Stop(err.refusal.key, err.refusal.placeholders, wanted=True) from err
        except NotDone as err:
            self.errors[record.id] = err
            raise Stop("not_done", {"error": str(err)}) from err
        except Exception as err:  # noqa: BLE001 - it may have been sent: only looking can tell
            _LOGGER.info("The answer to %s of %s was lost: %r", record.action, record.source, err)
            self.errors[record.id] = err
            return Receipt(step, {"lost": True, "error": f"{type(err).__name__}: {err}"[:500]})

    async def _lend(self, record: Record, step: int) -> Receipt:
        """Send a step that changes something for a while, its lease written down before. Raises JournalFailed."""
        lease = record.plan.steps[step].lease
        assert lease is not None

        async def make() -> Receipt:
            # its source may have been loaded anew while the lease was written down
            if (action := self._now(record)) is None:
                raise Refused(Refusal("source_away", {"target": record.name}))
            async with asyncio.timeout(record.plan.deadline):
                return await action.run(record.plan, step)

        actor = record.actor or SYSTEM
        made = await self._leases.take(
            record.source,
            lease,
            make,
            owner=f"{OF_RECORD}{record.id}",
            by=actor.name or actor.id,
            name=record.name,
            must=record.rule != OUTAGE,
        )
        # it is so already, by another lease
        return made or Receipt(step, {"nothing": True})

    async def check_again(self, record: Record) -> None:
        """Wait for a source that went away before the first order, and read the target once more. Raises Stop."""
        action = await self._reach(record)
        try:
            async with asyncio.timeout(record.plan.deadline):
                refusal = await action.check(record.plan)
        except Exception as err:
            _LOGGER.info("Whether %s of %s may begin is not known: %r", record.action, record.source, err)
            raise Stop("not_done", {"error": str(err)}) from err
        # it may have been protected meanwhile
        if refusal := self._spare(record.source, record.plan) or refusal:
            raise Stop(refusal.key, refusal.placeholders, wanted=True)

    async def ready(self, record: Record, step: int) -> None:
        """Look whether a later step may be sent. Raises Stop, Unknown."""
        action = await self._reach(record)
        if not isinstance(action, Stepwise):
            if any(flag(each, "lost") for each in record.receipts) or len(record.receipts) < step:
                raise Unknown
            return
        try:
            async with asyncio.timeout(record.plan.deadline):
                refusal = await action.ready(record.plan, step)
        except Refused as err:
            refusal = err.refusal
        except Exception as err:
            _LOGGER.info("Whether %s of %s may go on is not known: %r", record.action, record.source, err)
            raise Stop("not_ready", {"error": str(err)}) from err
        if refusal is not None:
            raise Stop(refusal.key, refusal.placeholders)
