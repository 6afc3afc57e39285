"""What may be done to a NAS: what an order is made of, and the one way of doing it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import json
from typing import Any, override

from ...guardian.contract import (
    Action,
    ForAWhile,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Risk,
    Step,
    Verdict,
)
from ..errors import CannotConnect, ClientError
from .methods import Operation, method_of, supports
from .model import TrueNas
from .sending import NO_CHANGE, UNKNOWN, UNWATCHED, Nas, job_failed, job_state, refused, send

LOOK_EVERY = 1.0
# a job may report its end before the listing shows it
LOOKS_AFTER_JOB = 5
# a server that is only restarting is back sooner
SILENCE = 60.0

# what is noted of a target, as JSON can hold it
type Facts = Mapping[str, Any]


def _nobody(nas: str, data: TrueNas, target: Any, host: str) -> frozenset[str]:
    return frozenset()


def _named(found: Any, target: str) -> Mapping[str, str]:
    """Return what a refusal is about, in the name that people know."""
    names = (getattr(found, key, None) for key in ("title", "name", "device"))
    return {"target": str(next(filter(None, names), target))}


def _by_look(before: Facts, now: Facts, result: Facts) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverse:
    """What takes an order back. It is sent only while the target still shows the end that the order brought about.

    operation: the write, given what was noted before; ours: whether what is seen now is our doing (`result` is
    the receipt's); marks: whether the receipt must hold what was seen right after the write, under "left"; undone:
    whether what is seen now is the end of the inverse, else that the order's own end is seen no more.
    """

    operation: Callable[[Any, Facts], Operation]
    ours: Callable[[Facts, Facts, Facts], bool] = _by_look
    marks: bool = False
    undone: Callable[[Facts, Facts], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One write and how to tell that it worked.

    feed: the listing that shows the target, or a choice by the target's identity; find: the target in a snapshot;
    operation: the write, or a choice by the target; arguments: what the write is given; allowed: a refusal's key, or
    None; note: what is noted of the target; state: which of those notes the plan is bound to; done: whether what is
    noted now (None where the target is gone) is the wanted end, given what was noted before; lease: that it is so
    for a while only; touches: what loses service meanwhile; looks: how often to look, a second apart, once the job
    has ended.
    """

    key: str
    feed: str | Callable[[str], str]
    find: Callable[[TrueNas, str], Any]
    operation: Operation | Callable[[Any], Operation]
    arguments: Callable[[Any, Mapping[str, Any]], list[Any]]
    allowed: Callable[[Any, Mapping[str, Any]], str | None] = lambda target, params: None
    note: Callable[[Any], Facts]
    state: tuple[str, ...]
    done: Callable[[Facts, Facts | None, Mapping[str, Any]], bool]
    facts: Callable[[Any], Mapping[str, Any]] = lambda target: {}
    touches: Callable[[str, TrueNas, Any, str], frozenset[str]] = _nobody
    inverse: Inverse | None = None
    lease: Callable[[Any, Mapping[str, Any]], ForAWhile | None] = lambda target, params: None
    risk: Risk = Risk.LOW
    takes_away: bool = False
    deadline: float = 60.0
    looks: int = LOOKS_AFTER_JOB

    def fingerprint(self, target: Any) -> str:
        """Return what a plan is bound to."""
        noted = self.note(target)
        return json.dumps({key: noted[key] for key in self.state}, sort_keys=True)


class OrderAction(Action):
    """An order as the guardian runs it."""

    def __init__(self, order: Order, nas: Nas) -> None:
        self.key = order.key
        self.risk = order.risk
        self._order = order
        self._nas = nas

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        order, client = self._order, self._nas.client
        data, found = await self._find(target)
        if key := order.allowed(found, params):
            raise Refused(Refusal(key, _named(found, target)))
        method = method_of(self._operation(found), client.release)
        before = dict(order.note(found))
        return Plan(
            action=self.key,
            target=target,
            fingerprint=order.fingerprint(found),
            steps=(Step(order=method.name, params=dict(params), lease=order.lease(found, params)),),
            risk=order.risk,
            touches=order.touches(self._nas.id, data, found, client.url.host or ""),
            takes_away=order.takes_away,
            deadline=order.deadline,
            right=method.role,
            source=self._nas.id,
            params=dict(params),
            before=before,
            inverse=order.inverse is not None
            and not order.done(before, before, params)
            and supports(order.inverse.operation(found, before), client.release),
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            _, found = await self._find(plan.target)
        except Refused as err:
            return err.refusal
        if key := self._order.allowed(found, plan.params):
            return Refusal(key, _named(found, plan.target))
        if self._order.fingerprint(found) != plan.fingerprint:
            return Refusal("target_changed", _named(found, plan.target))
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        order = self._order
        _, found = await self._find(plan.target)
        if order.fingerprint(found) != plan.fingerprint:
            raise Refused(Refusal("target_changed", _named(found, plan.target)))
        method = method_of(self._operation(found), self._nas.client.release)
        receipt = await send(self._nas, method, order.arguments(found, plan.params), step)
        if order.inverse and order.inverse.marks:
            return await self._marked(plan, receipt)
        return receipt

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        order, params = self._order, plan.params
        receipt = receipts[-1] if receipts else None
        number, result = (receipt.job, receipt.result or {}) if receipt else (None, {})
        if said_no := refused(receipt):
            return said_no
        # what looked done before (a restart) is judged by the job, or by the answer where there is none
        by_look = not order.done(plan.before, plan.before, params)
        job_ended = receipt is not None and number is None and not result.get("lost")
        if not by_look and not job_ended and number is None:
            return UNKNOWN
        looks_left = order.looks
        while True:
            try:
                now = await self._look(plan.target)
                if (by_look or job_ended) and order.done(plan.before, self._noted(now), params):
                    return Verdict(Outcome.SUCCEEDED, order.facts(now) if now is not None else {})
                if not job_ended and number is not None:
                    state = await job_state(self._nas, number)
                    if failed := job_failed(state):
                        return failed
                    if state is not None and state.state == "SUCCESS":
                        job_ended = True
                        continue
            except ClientError:
                if self._nas.client.ended:
                    return UNWATCHED
                # the server is away: only the deadline decides, and then nothing is claimed
                await asyncio.sleep(LOOK_EVERY)
                continue
            if job_ended:
                looks_left -= 1
                if looks_left < 0:
                    return NO_CHANGE
            await asyncio.sleep(LOOK_EVERY)

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt | None) -> Receipt | None:
        inverse, order = self._order.inverse, self._order
        result = (receipt.result if receipt else None) or {}
        if inverse is None or not plan.inverse or result.get("refused"):
            return None
        found = await self._look(plan.target)
        now = self._noted(found)
        if now is None or not order.done(plan.before, now, plan.params):
            return None
        if not inverse.ours(plan.before, now, result):
            return None
        method = method_of(inverse.operation(found, plan.before), self._nas.client.release)
        return await send(self._nas, method, order.arguments(found, plan.params), step)

    async def undone(self, plan: Plan) -> Verdict:
        """Judge the inverse by looking; only the caller's deadline ends the looking where it is not seen."""
        order, inverse = self._order, self._order.inverse
        while True:
            try:
                found = await self._look(plan.target)
                now = self._noted(found)
                back = not order.done(plan.before, now, plan.params)
                if inverse and inverse.undone and now is not None:
                    back = inverse.undone(plan.before, now)
                if back:
                    return Verdict(Outcome.SUCCEEDED, order.facts(found) if found is not None else {})
            except ClientError:
                if self._nas.client.ended:
                    return UNWATCHED
            await asyncio.sleep(LOOK_EVERY)

    async def _marked(self, plan: Plan, receipt: Receipt) -> Receipt:
        """Add what is seen right after the write: without it the inverse is not sent, and nothing else is lost."""
        try:
            async with asyncio.timeout(LOOK_EVERY):
                now = self._noted(await self._look(plan.target))
        except ClientError, TimeoutError:
            return receipt
        if not self._order.done(plan.before, now, plan.params):
            return receipt
        return Receipt(receipt.step, {**receipt.result, "left": now}, receipt.job)

    def _noted(self, found: Any) -> Facts | None:
        return None if found is None else self._order.note(found)

    async def _look(self, target: str) -> Any:
        return self._order.find(await self._read(target), target)

    async def _read(self, target: str) -> TrueNas:
        feed = self._order.feed
        return await self._nas.async_look(feed if isinstance(feed, str) else feed(target))

    async def _find(self, target: str) -> tuple[TrueNas, Any]:
        data = await self._read(target)
        if (found := self._order.find(data, target)) is None:
            raise Refused(Refusal("no_such_target", {"target": target}))
        return data, found

    def _operation(self, target: Any) -> Operation:
        operation = self._order.operation
        return operation if isinstance(operation, Operation) else operation(target)


class ShutdownAction(OrderAction):
    """Shutdown: done once nothing has answered for a while."""

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        if said_no := refused(receipts[-1] if receipts else None):
            return said_no
        number = receipts[-1].job if receipts else None
        silent = 0.0
        while silent < SILENCE:
            try:
                await self._look(plan.target)
                silent = 0.0
                if number is not None and (failed := job_failed(await job_state(self._nas, number))):
                    return failed
            except CannotConnect:
                if self._nas.client.ended:
                    return UNWATCHED
                silent += LOOK_EVERY
            except ClientError:
                silent = 0.0
            await asyncio.sleep(LOOK_EVERY)
        return Verdict(Outcome.SUCCEEDED, {"seen": "the server no longer answers"})
