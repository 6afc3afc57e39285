"""What may be done to a stack that Portainer made: start it, take it down, deploy it again."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
import hashlib
import json
from typing import Any, override

from ...guardian.contract import (
    Action,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Risk,
    Step,
    Verdict,
)
from ..errors import CallFailed
from .model import Container, Containers, Stack, State
from .nodes import stack_node, touched
from .portainer import DEPLOYING, PortainerClient
from .redirect import leads_to_the_engine
from .watching import Watching

LOOK_EVERY = 1.0
# what was begun must still be as it was after this many seconds
STEADY = 5.0
# for looking, when Portainer has answered
AFTERWARDS = 180.0

type Send = Callable[[PortainerClient, int, int], Awaitable[None]]
type Seen = Mapping[str, Container]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One write: from which status it may be sent, how, and whether all runs (or nothing is left) at its end."""

    key: str
    allowed: str
    send: Send
    risk: Risk
    runs: bool
    takes_away: bool = True


ORDERS: tuple[Order, ...] = (
    Order(
        key="start_stack",
        allowed="inactive",
        send=lambda client, number, environment: client.start(number, environment),
        risk=Risk.MEDIUM,
        runs=True,
        takes_away=False,
    ),
    # it is `compose down`: containers and networks are removed, and volumes without a name are left to nobody
    Order(
        key="stop_stack",
        allowed="active",
        send=lambda client, number, environment: client.stop(number, environment),
        risk=Risk.HIGH,
        runs=False,
    ),
    # nothing takes it back
    Order(
        key="redeploy_stack",
        allowed="active",
        send=lambda client, number, environment: client.redeploy(number, environment, pull=True),
        risk=Risk.HIGH,
        runs=True,
    ),
)


class StackAction(Action):
    """An order as the guardian runs it. Portainer's answer is no evidence: what the engine lists is."""

    def __init__(self, order: Order, source: Watching) -> None:
        self.key = order.key
        self.risk = order.risk
        self._order = order
        self._source = source
        # plans whose order Portainer answered with a failure: nothing goes on after that
        self._failed: set[str] = set()

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        data, stack = await self._look(target)
        members = {name: data.containers[name] for name in stack.containers}
        self._refuse(stack, members)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=await self._fingerprint(stack, members),
            steps=(Step(order=self.key, params={"changes": _changes(self._order, data, members)}),),
            risk=self._risk(members),
            touches=self._touches(data, stack),
            takes_away=self._order.takes_away,
            deadline=DEPLOYING + AFTERWARDS,
            source=self._source.id,
            params=dict(params),
            before={
                "stack": stack.id,
                "members": {name: each.id for name, each in members.items()},
                "ran": sorted(name for name, each in members.items() if each.running),
            },
        )

    def _refuse(self, stack: Stack, members: Seen) -> None:
        if stack.kind != "compose":
            raise Refused(Refusal("stack_not_compose", {"target": stack.name}))
        if stack.status != self._order.allowed:
            raise Refused(Refusal("stack_state", {"target": stack.name, "state": stack.status}))
        for name, each in members.items():
            if self._order.takes_away and leads_to_the_engine(each.image):
                raise Refused(Refusal("stack_holds_way", {"target": stack.name, "container": name}))

    def _risk(self, members: Seen) -> Risk:
        """What a stack keeps in volumes without a name, or what is not known of it, makes taking it down costly."""
        if self.key != "stop_stack":
            return self.risk
        costly = any(
            not each.inspected or any(mount.anonymous for mount in each.mounts) for each in members.values()
        )
        return Risk.HIGH if costly else Risk.MEDIUM

    def _touches(self, data: Containers, stack: Stack) -> frozenset[str]:
        source = self._source
        found = {stack_node(source.id, stack.name)}
        for name in stack.containers:
            found |= touched(source.id, data, name, source.machine)
        return frozenset(found)

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            data, stack = await self._look(plan.target)
            members = {name: data.containers[name] for name in stack.containers}
            self._refuse(stack, members)
        except Refused as err:
            return err.refusal
        if await self._fingerprint(stack, members) != plan.fingerprint:
            return Refusal("target_changed", {"target": plan.target})
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        portainer, environment = self._way()
        try:
            await self._order.send(portainer, plan.before["stack"], environment)
        except CallFailed:
            self._failed.add(plan.fingerprint)
            raise
        return Receipt(step, {})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Look until all of it runs, or nothing of it is left, and stays so for a moment."""
        settled: dict[str, str] | None = None
        while True:
            data, stack = await self._look(plan.target)
            members = {name: data.containers[name] for name in stack.containers}
            now = {name: each.id for name, each in members.items()}
            if not self._is_done(plan, stack, members, bool(receipts)):
                settled = None
                if plan.fingerprint in self._failed:
                    self._failed.discard(plan.fingerprint)
                    return Verdict(Outcome.FAILED, {"reason": "stack_failed"})
                await asyncio.sleep(LOOK_EVERY)
            elif settled == now:
                renewed = sorted(name for name in now if plan.before["members"].get(name) != now[name])
                return Verdict(Outcome.SUCCEEDED, {"renewed": renewed, "state": stack.status})
            else:
                settled = now
                await asyncio.sleep(STEADY)

    def _is_done(self, plan: Plan, stack: Stack, members: Seen, answered: bool) -> bool:
        if not self._order.runs:
            return not members and stack.status == "inactive"
        up = [name for name, each in members.items() if each.running]
        if stack.status != "active" or not up or not set(plan.before["ran"]) <= set(up):
            return False
        if any(not each.running and not _has_done_its_work(each) for each in members.values()):
            return False
        # with no answer, only what was made anew since tells that it was done
        before = plan.before["members"]
        return answered or any(before.get(name) != each.id for name, each in members.items())

    async def _fingerprint(self, stack: Stack, members: Seen) -> str:
        """Return what a plan is bound to: the containers, and a digest of what the stack is made of."""
        portainer, _ = self._way()
        found = await portainer.definition(stack.id)
        made_of = [found.file, found.row.get("Env"), found.row.get("GitConfig")]
        digest = hashlib.sha256(json.dumps(made_of, sort_keys=True, default=str).encode()).hexdigest()
        return json.dumps(
            [stack.id, stack.status, digest[:16], sorted((name, each.id) for name, each in members.items())]
        )

    async def _look(self, target: str) -> tuple[Containers, Stack]:
        """Return what is there now. Raises Refused and ClientError."""
        data = await self._source.async_look("stacks", "containers")
        if (stack := data.stacks.get(target)) is None:
            raise Refused(Refusal("no_such_target", {"target": target}))
        return data, stack

    def _way(self) -> tuple[PortainerClient, int]:
        access = self._source.access
        if access.portainer is None or access.environment is None:
            raise Refused(Refusal("no_such_action"))
        return access.portainer, access.environment


def _has_done_its_work(container: Container) -> bool:
    """Whether it is one that does something once, such as preparing a database, and did."""
    return container.state is State.EXITED and container.exit_code in (0, None)


def _changes(order: Order, data: Containers, members: Seen) -> str:
    """Return every container that changes, with its image, in words for the plan."""
    said = []
    for name, each in members.items():
        update = data.updates.get(each.image)
        newer = order.key == "redeploy_stack" and update is not None and update.available
        nameless = sum(mount.anonymous for mount in each.mounts) if order.key == "stop_stack" else 0
        more = ", newer image" if newer else f", {nameless} volumes without a name" if nameless else ""
        said.append(f"{name} ({each.image}{more})")
    return "; ".join(said)


def stack_actions(source: Watching) -> dict[str, Action]:
    """Return what may be done to the stacks of an engine, by key; nothing where no Portainer leads to it."""
    if source.access.portainer is None:
        return {}
    return {order.key: StackAction(order, source) for order in ORDERS}
