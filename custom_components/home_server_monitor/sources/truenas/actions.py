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
from ..errors import CannotConnect, ClientError, NotSent
from .client import TrueNasClient
from .jobs import Job, job
from .methods import Method, Operation, method_of
from .model import TrueNas

LOOK_EVERY = 1.0
# a job may report its end before the listing shows it
LOOKS_AFTER_JOB = 5
# a server that is only restarting is back sooner
SILENCE = 60.0


class Nas(Protocol):
    """What an action needs of its NAS."""

    client: TrueNasClient

    async def async_look(self, *feeds: str) -> TrueNas:
        """Read these feeds now and return the snapshot. Raises ClientError."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """What is known of a write: the target before it, the server's answer, and whether that answer was lost."""

    before: Any
    answer: Any = None
    lost: bool = False


def _nobody(data: TrueNas, target: Any, host: str) -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One write and how to tell that it worked.

    feed: the listing that shows the target, or a choice by the target's identity; find: the target in a snapshot;
    operation: the write, or a choice by the target; arguments: what the write is given; allowed: a refusal's key, or
    None; state: what the fingerprint is made of; done: whether the snapshot shows the wanted end, given the target
    before; touches: what loses service meanwhile; looks: how often to look, a second apart, once the job has ended.
    """

    key: str
    feed: str | Callable[[str], str]
    find: Callable[[TrueNas, str], Any]
    operation: Operation | Callable[[Any], Operation]
    arguments: Callable[[Any, Mapping[str, Any]], list[Any]]
    allowed: Callable[[Any, Mapping[str, Any]], str | None] = lambda target, params: None
    state: Callable[[Any], Any] = lambda target: None
    done: Callable[[Any, Any, Mapping[str, Any]], bool]
    facts: Callable[[Any], Mapping[str, Any]] = lambda target: {}
    touches: Callable[[TrueNas, Any, str], frozenset[str]] = _nobody
    risk: Risk = Risk.LOW
    takes_away: bool = False
    deadline: float = 60.0
    looks: int = LOOKS_AFTER_JOB


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
        data, found = await self._find(target)
        if key := order.allowed(found, params):
            raise Refused(Refusal(key, {"target": target}))
        method = method_of(self._operation(found), self._nas.client.release)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=repr(order.state(found)),
            steps=(Step(order=method.name, params=dict(params)),),
            risk=order.risk,
            touches=order.touches(data, found, self._nas.client.url.host or ""),
            takes_away=order.takes_away,
            deadline=order.deadline,
            right=method.role,
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            _, found = await self._find(plan.target)
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
        _, found = await self._find(plan.target)
        if repr(self._order.state(found)) != plan.fingerprint:
            raise Refused(Refusal("target_changed", {"target": plan.target}))
        method = method_of(self._operation(found), self._nas.client.release)
        return await send(self._nas, method, self._order.arguments(found, params), found, step)

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        receipt, params = receipts[-1], plan.steps[-1].params
        sent: Sent = receipt.result
        # what looked done before (a restart) is judged by the job, or by the answer where there is none
        by_look = not self._order.done(sent.before, sent.before, params)
        job_ended = receipt.job is None and not sent.lost and sent.answer is not False
        if receipt.job is None and sent.answer is False:
            return Verdict(Outcome.FAILED, {"reason": "the server refused"})
        looks_left = self._order.looks
        while True:
            try:
                now = await self._look(plan.target)
                if (by_look or job_ended) and self._order.done(sent.before, now, params):
                    return Verdict(Outcome.SUCCEEDED, self._order.facts(now) if now is not None else {})
                if not job_ended and receipt.job is not None:
                    state = await job_state(self._nas, receipt.job)
                    if state is not None and state.state in ("FAILED", "ABORTED"):
                        return Verdict(Outcome.FAILED, {"reason": state.error or state.state.lower()})
                    if state is not None and state.state == "SUCCESS":
                        job_ended = True
                        continue
            except ClientError:
                if self._nas.client.ended:
                    return Verdict(Outcome.INCONCLUSIVE, {"reason": "it is no longer watched"})
                # the server is away: only the deadline decides, and then nothing is claimed
                await asyncio.sleep(LOOK_EVERY)
                continue
            if job_ended:
                looks_left -= 1
                if looks_left < 0:
                    return Verdict(Outcome.FAILED, {"reason": "the server shows no change"})
            await asyncio.sleep(LOOK_EVERY)

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        return None

    async def _look(self, target: str) -> Any:
        feed = self._order.feed
        data = await self._nas.async_look(feed if isinstance(feed, str) else feed(target))
        return self._order.find(data, target)

    async def _find(self, target: str) -> tuple[TrueNas, Any]:
        feed = self._order.feed
        data = await self._nas.async_look(feed if isinstance(feed, str) else feed(target))
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
        silent = 0.0
        while silent < SILENCE:
            try:
                await self._look(plan.target)
                silent = 0.0
                number = receipts[-1].job
                state = await job_state(self._nas, number) if number is not None else None
                if state is not None and state.state in ("FAILED", "ABORTED"):
                    return Verdict(Outcome.FAILED, {"reason": state.error or state.state.lower()})
            except CannotConnect:
                if self._nas.client.ended:
                    return Verdict(Outcome.INCONCLUSIVE, {"reason": "it is no longer watched"})
                silent += LOOK_EVERY
            except ClientError:
                silent = 0.0
            await asyncio.sleep(LOOK_EVERY)
        return Verdict(Outcome.SUCCEEDED, {"seen": "the server no longer answers"})


async def send(nas: Nas, method: Method, arguments: list[Any], before: Any, step: int) -> Receipt:
    """Send one write, once. An answer that is lost is no failure: the receipt says so, and looking will tell."""
    try:
        answer = await nas.client.call(method, *arguments)
    except NotSent:
        raise
    except CannotConnect:
        return Receipt(step, Sent(before, lost=True))
    if not method.job:
        return Receipt(step, Sent(before, answer))
    number = answer if isinstance(answer, int) and not isinstance(answer, bool) else None
    return Receipt(step, Sent(before, answer, lost=number is None), number)


async def job_state(nas: Nas, number: int) -> Job | None:
    """Return how a job stands, or None where the server does not know it. Raises ClientError."""
    raw = await nas.client.ask(Operation.JOBS, number)
    return job(raw[0]) if isinstance(raw, list) and raw else None
