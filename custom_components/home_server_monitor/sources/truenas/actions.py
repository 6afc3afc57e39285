"""What may be done to a NAS: one table of actions, one way of doing them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, override

from ...guardian.contract import (
    Action,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Resume,
    Risk,
    Step,
    Verdict,
)
from ..errors import ClientError
from .client import TrueNasClient
from .jobs import job
from .methods import Operation, method_of
from .model import TrueNas

LOOK_EVERY = 1.0
# a job may report its end before the listing shows it
LOOKS_AFTER_JOB = 5


class Nas(Protocol):
    """What an action needs of its NAS."""

    client: TrueNasClient

    async def async_look(self, *feeds: str) -> TrueNas:
        """Read these feeds now and return the snapshot. Raises ClientError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One write and how to tell that it worked.

    feed: the listing that shows the target; find: the target in a snapshot; operation: the write, or a choice by
    the target; arguments: what the write is given; allowed: a refusal's key, or None; state: what the fingerprint
    is made of; done: whether the snapshot shows the wanted end, given the snapshot before.
    """

    key: str
    feed: str
    find: Callable[[TrueNas, str], Any]
    operation: Operation | Callable[[Any], Operation]
    arguments: Callable[[Any, Mapping[str, Any]], list[Any]]
    allowed: Callable[[Any, Mapping[str, Any]], str | None] = lambda target, params: None
    state: Callable[[Any], Any] = lambda target: None
    done: Callable[[Any, Any, Mapping[str, Any]], bool]
    facts: Callable[[Any], Mapping[str, Any]] = lambda target: {}
    touches: Callable[[Any, str], frozenset[str]] = lambda target, host: frozenset()
    risk: Risk = Risk.LOW
    takes_away: bool = False
    deadline: float = 60.0


class OrderAction(Action):
    """An order as the guardian runs it."""

    resume = Resume.VERIFY

    def __init__(self, order: Order, nas: Nas) -> None:
        self.key = order.key
        self._order = order
        self._nas = nas

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        order = self._order
        found = await self._find(target)
        if key := order.allowed(found, params):
            raise Refused(Refusal(key, {"target": target}))
        method = method_of(self._operation(found), self._nas.client.release)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=repr(order.state(found)),
            steps=(Step(order=method.name, params=dict(params)),),
            risk=order.risk,
            touches=order.touches(found, self._nas.client.url.host or ""),
            takes_away=order.takes_away,
            deadline=order.deadline,
            right=method.role,
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            found = await self._find(plan.target)
        except Refused as err:
            return err.refusal
        if key := self._order.allowed(found, plan.steps[0].params):
            return Refusal(key, {"target": plan.target})
        if repr(self._order.state(found)) != plan.fingerprint:
            return Refusal("target_changed", {"target": plan.target})
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        params = plan.steps[step].params
        found = await self._find(plan.target)
        method = method_of(self._operation(found), self._nas.client.release)
        result = await self._nas.client.call(method, *self._order.arguments(found, params))
        return Receipt(step, found, result if method.job and isinstance(result, int) else None)

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        receipt, params = receipts[-1], plan.steps[-1].params
        looks_left: int | None = None if receipt.job is not None else LOOKS_AFTER_JOB
        while True:
            try:
                now = self._order.find(await self._nas.async_look(self._order.feed), plan.target)
                if self._order.done(receipt.result, now, params):
                    return Verdict(Outcome.SUCCEEDED, self._order.facts(now) if now is not None else {})
                if looks_left is None and receipt.job is not None:
                    state = await self._job(receipt.job)
                    if state is not None and state.state in ("FAILED", "ABORTED"):
                        return Verdict(Outcome.FAILED, {"reason": state.error or state.state.lower()})
                    if state is not None and state.state == "SUCCESS":
                        looks_left = LOOKS_AFTER_JOB
            except ClientError:
                # the server is away: only the deadline decides, and then nothing is claimed
                await asyncio.sleep(LOOK_EVERY)
                continue
            if looks_left is not None:
                looks_left -= 1
                if looks_left < 0:
                    return Verdict(Outcome.FAILED, {"reason": "the server shows no change"})
            await asyncio.sleep(LOOK_EVERY)

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        return None

    async def _find(self, target: str) -> Any:
        found = self._order.find(await self._nas.async_look(self._order.feed), target)
        if found is None:
            raise Refused(Refusal("no_such_target", {"target": target}))
        return found

    def _operation(self, target: Any) -> Operation:
        operation = self._order.operation
        return operation if isinstance(operation, Operation) else operation(target)

    async def _job(self, job_id: int) -> Any:
        raw = await self._nas.client.ask(Operation.JOBS, job_id)
        return job(raw[0]) if isinstance(raw, list) and raw else None


class PowerAction(OrderAction):
    """Reboot and shutdown: the order is done once the session has ended and, for a reboot, a new boot is seen."""

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        before = receipts[-1].result
        while True:
            try:
                now = self._order.find(await self._nas.async_look(self._order.feed), plan.target)
                if self.key == "reboot" and self._order.done(before, now, {}):
                    return Verdict(Outcome.SUCCEEDED, self._order.facts(now))
            except ClientError:
                if self.key == "shutdown":
                    return Verdict(Outcome.SUCCEEDED, {"seen": "the server no longer answers"})
            await asyncio.sleep(LOOK_EVERY)
