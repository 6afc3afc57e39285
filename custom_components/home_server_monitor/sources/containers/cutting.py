"""Takes a container off its networks for a while: the one way to stop its traffic that needs nothing inside of it."""

import asyncio
from collections.abc import Mapping, Sequence
import json
from typing import Any, override

from ...guardian.contract import (
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
from .lending import OFF_NETWORK, ends_of, lasting
from .model import State
from .raw import Json, table, text

MINUTES = 60.0


class DisconnectContainer(ByIdAction):
    """One step for each network, each of them lent: it is put back as it was, with its addresses and aliases.

    Params: minutes. Published ports, and who lives in its network, are without it meanwhile.
    """

    key = "disconnect_container"
    risk = Risk.MEDIUM

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        inspect = await self.named(target)
        self.must_not_spare(inspect, takes_away=True)
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
        try:
            inspect = await self.named(plan.target)
        except Refused as err:
            return err.refusal
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
            inspect = await self.now(plan)
            if inspect is None:
                return Verdict(Outcome.FAILED, {"reason": "container_gone"})
            if not ends_of(inspect, self._client).keys() & plan.before["ends"].keys():
                await self._yard.relist()
                return Verdict(Outcome.SUCCEEDED, {"networks": ", ".join(plan.before["ends"])})
            await asyncio.sleep(LOOK_EVERY)

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        name = plan.steps[step].params["network"]
        inspect = await self.now(plan)
        if inspect is None or name in ends_of(inspect, self._client):
            return None
        await self._client.connect(name, plan.before["id"], plan.before["ends"][name])
        return Receipt(step, {})

    async def undone(self, plan: Plan) -> Verdict:
        """Judge the inverse by looking."""
        while True:
            inspect = await self.now(plan)
            if inspect is None:
                return Verdict(Outcome.FAILED, {"reason": "container_gone"})
            if plan.before["ends"].keys() <= ends_of(inspect, self._client).keys():
                await self._yard.relist()
                return Verdict(Outcome.SUCCEEDED, {})
            await asyncio.sleep(LOOK_EVERY)


def _fingerprint(inspect: Json, client: EngineClient) -> str:
    started = text(table(inspect.get("State")).get("StartedAt"))
    return json.dumps([text(inspect.get("Id")), started, sorted(ends_of(inspect, client))])
