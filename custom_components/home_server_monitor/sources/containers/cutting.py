"""Takes a container off its networks for a while: the one way to stop its traffic that needs nothing inside of it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
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
    Resume,
    Risk,
    Step,
    Verdict,
)
from ..errors import CallFailed
from .client import EngineClient
from .lending import NOT_FOUND, OFF_NETWORK, ends_of, lasting
from .model import State
from .raw import Json, name_of, table, text
from .redirect import spared
from .yard import Yard

LOOK_EVERY = 0.5
MINUTES = 60.0


class DisconnectContainer(Action):
    """One step for each network, each of them lent: it is put back as it was, with its addresses and aliases.

    Params: minutes. Published ports, and who lives in its network, are without it meanwhile.
    """

    key = "disconnect_container"
    resume = Resume.VERIFY
    risk = Risk.MEDIUM

    def __init__(self, client: EngineClient, yard: Yard, is_podman: Callable[[], bool]) -> None:
        self._client = client
        self._yard = yard
        self._is_podman = is_podman

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        inspect = await self._yard.workshop.look(target)
        if inspect is None or name_of(inspect) != target:
            raise Refused(Refusal("no_such_target", {"target": target}))
        if refusal := spared(inspect, podman=self._is_podman(), takes_away=True):
            raise Refused(refusal)
        state = text(table(inspect.get("State")).get("Status"))
        if state != State.RUNNING:
            raise Refused(Refusal("container_state", {"target": target, "state": state or "?"}))
        ends = ends_of(inspect, self._client)
        if not ends:
            raise Refused(Refusal("network_not_its_own", {"target": target}))
        container_id = text(inspect.get("Id"))
        lasts = lasting(params, MINUTES)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=_fingerprint(inspect, self._client),
            steps=tuple(
                Step(
                    order=self.key,
                    params={"network": name},
                    lease=ForAWhile(
                        setting=OFF_NETWORK, target=f"{container_id} {name}", value=False, lasts=lasts
                    ),
                )
                for name in ends
            ),
            risk=self.risk,
            touches=self._yard.touched(target),
            takes_away=True,
            source=self._yard.id,
            params=dict(params),
            before={"id": container_id, "ends": ends},
            inverse=True,
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        inspect = await self._yard.workshop.look(plan.target)
        if inspect is None:
            return Refusal("no_such_target", {"target": plan.target})
        if _fingerprint(inspect, self._client) != plan.fingerprint:
            return Refusal("target_changed", {"target": plan.target})
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        await self._client.disconnect(plan.steps[step].params["network"], plan.before["id"])
        return Receipt(step, {})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        while True:
            inspect = await self._now(plan)
            if inspect is None:
                return Verdict(Outcome.FAILED, {"reason": "container_gone"})
            if not ends_of(inspect, self._client).keys() & plan.before["ends"].keys():
                await self._yard.relist()
                return Verdict(Outcome.SUCCEEDED, {"networks": ", ".join(plan.before["ends"])})
            await asyncio.sleep(LOOK_EVERY)

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        name = plan.steps[step].params["network"]
        inspect = await self._now(plan)
        if inspect is None or name in ends_of(inspect, self._client):
            return None
        await self._client.connect(name, plan.before["id"], plan.before["ends"][name])
        return Receipt(step, {})

    async def undone(self, plan: Plan) -> Verdict:
        """Judge the inverse by looking."""
        while True:
            inspect = await self._now(plan)
            if inspect is None:
                return Verdict(Outcome.FAILED, {"reason": "container_gone"})
            if plan.before["ends"].keys() <= ends_of(inspect, self._client).keys():
                await self._yard.relist()
                return Verdict(Outcome.SUCCEEDED, {})
            await asyncio.sleep(LOOK_EVERY)

    async def _now(self, plan: Plan) -> Json | None:
        try:
            return await self._client.inspect(plan.before["id"])
        except CallFailed as err:
            if err.code == NOT_FOUND:
                return None
            raise


def _fingerprint(inspect: Json, client: EngineClient) -> str:
    started = text(table(inspect.get("State")).get("StartedAt"))
    return json.dumps([text(inspect.get("Id")), started, sorted(ends_of(inspect, client))])
