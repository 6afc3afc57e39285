"""What may be done to a container besides its update: start, stop, restart, pause, resume."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
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
from .by_id import LOOK_EVERY, ByIdAction
from .client import EngineClient
from .lending import STILL as _STILL, pause_of, stop_of
from .member import stop_within
from .model import State
from .raw import Json, table, text
from .yard import Yard

# what has just been started must still run after this many seconds
STEADY = 3.0

type Send = Callable[[EngineClient, str, int], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One write: from which states it may be sent, how, and which state is its end.

    inverse: the key of the order that takes it back; restarts: whether the end is the same state, begun anew;
    lease: that it is so for a while only, by the container's id.
    """

    key: str
    allowed: frozenset[State]
    wanted: frozenset[State]
    send: Send
    risk: Risk = Risk.LOW
    takes_away: bool = False
    inverse: str = ""
    restarts: bool = False
    lease: Callable[[str, Mapping[str, Any]], ForAWhile | None] = lambda container, params: None


_UP = frozenset({State.RUNNING})
ORDERS: Mapping[str, Order] = {
    order.key: order
    for order in (
        Order(
            key="start_container",
            allowed=_STILL - {State.DEAD},
            wanted=_UP,
            send=lambda client, key, grace: client.start(key),
            inverse="stop_container",
        ),
        Order(
            key="stop_container",
            allowed=frozenset({State.RUNNING, State.RESTARTING, State.PAUSED}),
            wanted=_STILL,
            send=lambda client, key, grace: client.stop(key, grace),
            risk=Risk.MEDIUM,
            takes_away=True,
            inverse="start_container",
            lease=stop_of,
        ),
        Order(
            key="restart_container",
            allowed=frozenset({State.RUNNING, State.RESTARTING, State.EXITED}),
            wanted=_UP,
            send=lambda client, key, grace: client.restart(key, grace),
            risk=Risk.MEDIUM,
            takes_away=True,
            restarts=True,
        ),
        Order(
            key="pause_container",
            allowed=_UP,
            wanted=frozenset({State.PAUSED}),
            send=lambda client, key, grace: client.pause(key),
            risk=Risk.MEDIUM,
            takes_away=True,
            inverse="resume_container",
            lease=pause_of,
        ),
        Order(
            key="resume_container",
            allowed=frozenset({State.PAUSED}),
            wanted=_UP,
            send=lambda client, key, grace: client.unpause(key),
            inverse="pause_container",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is noted of a container: plans are bound to all of it but the restarts."""

    id: str
    state: State | None
    started: str
    grace: int

    @property
    def fingerprint(self) -> str:
        return json.dumps([self.id, self.state, self.started])

    @property
    def noted(self) -> dict[str, Any]:
        return {"id": self.id, "state": self.state, "started": self.started, "grace": self.grace}


def _seen(inspect: Json, *, database: bool) -> _Seen:
    state = table(inspect.get("State"))
    try:
        status = State(text(state.get("Status")).lower())
    except ValueError:
        status = None
    grace = stop_within(inspect, database=database)
    return _Seen(text(inspect.get("Id")), status, text(state.get("StartedAt")), grace)


class ContainerAction(ByIdAction):
    """An order as the guardian runs it."""

    def __init__(self, order: Order, client: EngineClient, yard: Yard, is_podman: Callable[[], bool]) -> None:
        super().__init__(client, yard, is_podman)
        self.key = order.key
        self.risk = order.risk
        self._order = order

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        raw, seen = await self._look(target)
        self.must_not_spare(raw, takes_away=self._order.takes_away)
        if seen.state not in self._order.allowed:
            raise Refused(Refusal("container_state", {"target": target, "state": seen.state or "?"}))
        return Plan(
            action=self.key,
            target=target,
            fingerprint=seen.fingerprint,
            steps=(Step(order=self.key, params=dict(params), lease=self._order.lease(seen.id, params)),),
            risk=self._order.risk,
            touches=self._yard.touched(target),
            takes_away=self._order.takes_away,
            deadline=120.0 + seen.grace,
            source=self._yard.id,
            params=dict(params),
            before=seen.noted,
            inverse=bool(self._order.inverse),
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            _, seen = await self._look(plan.target)
        except Refused as err:
            return err.refusal
        if seen.fingerprint != plan.fingerprint:
            return Refusal("target_changed", {"target": plan.target})
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        # by id: another one that took the name meanwhile is not meant
        await self._order.send(self._client, plan.before["id"], plan.before["grace"])
        return Receipt(step, {})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Look until it is in the wanted state, and stays there for a moment where that is to run."""
        while True:
            seen = await self._now(plan)
            if seen is None:
                return Verdict(Outcome.FAILED, {"reason": "container_gone"})
            if self._is_done(plan, seen):
                if self._order.wanted is not _UP or await self._is_steady(plan, seen):
                    await self._yard.relist()
                    return Verdict(Outcome.SUCCEEDED, {"state": seen.state})
                return Verdict(Outcome.FAILED, {"reason": "container_ended_again"})
            if self._order.wanted is _UP and seen.state in _STILL and receipts:
                return Verdict(Outcome.FAILED, {"reason": "container_ended_again"})
            await asyncio.sleep(LOOK_EVERY)

    def _is_done(self, plan: Plan, seen: _Seen) -> bool:
        anew = not self._order.restarts or seen.started != plan.before["started"]
        return seen.state in self._order.wanted and anew

    async def _is_steady(self, plan: Plan, first: _Seen) -> bool:
        await asyncio.sleep(STEADY)
        seen = await self._now(plan)
        return seen is not None and seen.state is State.RUNNING and seen.started == first.started

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        inverse = ORDERS.get(self._order.inverse)
        seen = await self._now(plan)
        if inverse is None or seen is None or not self._is_done(plan, seen):
            return None
        await inverse.send(self._client, plan.before["id"], plan.before["grace"])
        return Receipt(step, {})

    async def undone(self, plan: Plan) -> Verdict:
        """Judge the inverse by looking."""
        while True:
            seen = await self._now(plan)
            if seen is None:
                return Verdict(Outcome.FAILED, {"reason": "container_gone"})
            if not self._is_done(plan, seen):
                await self._yard.relist()
                return Verdict(Outcome.SUCCEEDED, {"state": seen.state})
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self, target: str) -> tuple[Json, _Seen]:
        """Return what is there under a name now, and what is noted of it. Raises Refused and ClientError."""
        raw = await self.named(target)
        return raw, _seen(raw, database=self._yard.is_database(raw))

    async def _now(self, plan: Plan) -> _Seen | None:
        """Return what is noted of the container that the plan is about, or None where it is gone."""
        raw = await self.now(plan)
        return _seen(raw, database=self._yard.is_database(raw)) if raw is not None else None


def actions_of(client: EngineClient, yard: Yard, is_podman: Callable[[], bool]) -> dict[str, Action]:
    """Return what may be done to the containers of an engine, by key."""
    return {key: ContainerAction(order, client, yard, is_podman) for key, order in ORDERS.items()}
