"""Rolling back an update while the old container is kept, and letting go of the old one."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
import json
import time
from typing import Any, override

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
from .gate import REASONS, Judgement, Result, Terms, judge
from .gating import LOOK_EVERY, STEADY_AGAIN
from .leftovers import kept_of
from .look import Look, look
from .member import DATABASE_STOP_WITHIN, NO_POLICY, STOP_WITHIN
from .model import HealthStatus
from .raw import Json, items, name_of, table, text
from .swapping import Order, Pair, Swapping, steps_of
from .yard import Yard

DEADLINE = 600.0
# folders that a plan names
SHOWN = 8


class RollBackAction(Action):
    """Puts the kept container of an update back in place of the one that runs, with all that was updated with it.

    What the newer version changed in its data stays changed.
    """

    key = "roll_back_container"
    resume = Resume.UNDO
    risk = Risk.MEDIUM
    repeats_undo = True

    def __init__(
        self,
        yard: Yard,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._yard = yard
        self._clock = clock
        self._sleep = sleep

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        pairs = await self._pairs(target)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=_fingerprint(pairs),
            steps=tuple(steps_of(pairs)),
            risk=self.risk,
            touches=self._yard.touched(target),
            takes_away=True,
            deadline=DEADLINE,
            source=self._yard.id,
            params=dict(params),
            before={
                "pairs": [each.pack() for each in pairs],
                "shown": {"data": await self._data(target)},
            },
            inverse=True,
        )

    async def _pairs(self, target: str) -> list[Pair]:
        """Return what is swapped, the wanted one first. Raises Refused and ClientError."""
        yard, names = self._yard, set((await self._yard.workshop.names()).values())
        if target not in names or (kept := kept_of(target, names, yard.instance)) is None:
            raise Refused(Refusal("nothing_kept", {"target": target}))
        stamp = kept.rpartition("-")[2]
        wanted = [target, *(each.name for each in yard.dependants(target))]
        pairs: list[Pair] = []
        for name in wanted:
            parked = f"{name}-hsm-{yard.instance}-old-{stamp}"
            new, old = await yard.workshop.look(name), await yard.workshop.look(parked)
            if new is None or old is None:
                raise Refused(Refusal("nothing_kept", {"target": name}))
            if own := await self._spared(new):
                raise Refused(own)
            within = DATABASE_STOP_WITHIN if yard.is_database(new) else STOP_WITHIN
            pairs.append(Pair.of(new, old, within))
        return pairs

    async def _data(self, target: str) -> str:
        """Return in which folders of the container the newer version's data stays as it is."""
        new = await self._yard.workshop.look(target) or {}
        mounts = [table(each) for each in items(new.get("Mounts"))]
        written = sorted(text(each.get("Destination")) for each in mounts if each.get("RW") is True)
        return ", ".join([each for each in written if each][:SHOWN]) or "none that is kept outside of it"

    async def _spared(self, inspect: Json) -> Refusal | None:
        refusal = await self._yard.refusal(inspect)
        return refusal if refusal and refusal.key in ("own_path", "another_works_here") else None

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            pairs = await self._pairs(plan.target)
        except Refused as err:
            return err.refusal
        same = _fingerprint(pairs) == plan.fingerprint
        return None if same else Refusal("target_changed", {"target": plan.target})

    def _swapping(self, plan: Plan) -> tuple[Swapping, list[Pair]]:
        pairs = [Pair(**each) for each in plan.before["pairs"]]
        return Swapping(self._yard.workshop, pairs), pairs

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        swapping, _ = self._swapping(plan)
        await swapping.send(plan.steps[step])
        return Receipt(step, {})

    async def ready(self, plan: Plan, step: int) -> Refusal | None:
        """Look whether both are as the steps before left them; nothing is removed before the old ones are well."""
        _, pairs = self._swapping(plan)
        one: Step = plan.steps[step]
        pair = pairs[one.params["pair"]]
        new, old = await self._yard.workshop.look(pair.new), await self._yard.workshop.look(pair.old)
        if new is None or old is None:
            return Refusal("container_gone", {"target": pair.name})
        before = plan.steps[step - 1]
        if refusal := await self._policy_missed(before, pairs[before.params["pair"]]):
            return refusal
        running = table(new.get("State")).get("Running") is True
        if one.order in (Order.PARK, Order.TAKE, Order.START, Order.REMOVE) and running:
            return Refusal("new_container_up", {"target": pair.name})
        if one.order in (Order.TAKE, Order.START) and name_of(new) != pair.failed:
            return Refusal("target_changed", {"target": pair.name})
        if one.order == Order.REMOVE and before.order != Order.REMOVE:
            for each in pairs:
                judgement = await self._is_well(each)
                if judgement.result is not Result.HEALTHY:
                    return Refusal(REASONS[judgement.reason], {"target": each.name})
        return None

    async def _policy_missed(self, before: Step, pair: Pair) -> Refusal | None:
        """Look whether a restart policy was changed: else both would run after a restart of the engine, or none."""
        if before.order not in (Order.NO_RESTART, Order.POLICY):
            return None
        changed, wanted = (
            (pair.new, NO_POLICY) if before.order == Order.NO_RESTART else (pair.old, pair.policy)
        )
        host = table((await self._yard.workshop.look(changed) or {}).get("HostConfig"))
        found = text(table(host.get("RestartPolicy")).get("Name")) or "no"
        return None if found == wanted["Name"] else Refusal("policy_kept", {"target": pair.name})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        _, pairs = self._swapping(plan)
        for pair in pairs:
            judgement = await self._is_well(pair)
            if judgement.result is not Result.HEALTHY:
                return Verdict(Outcome.FAILED, {"reason": REASONS[judgement.reason], "container": pair.name})
        await self._yard.went_back([each.name for each in pairs], pairs[0].parked.rpartition("-")[2])
        await self._yard.relist()
        # one that the engine failed to remove stands still, and nothing starts it
        left = [pair.failed for pair in pairs if await self._yard.workshop.look(pair.new) is not None]
        return Verdict(Outcome.SUCCEEDED, {"back": plan.target} | ({"left": ", ".join(left)} if left else {}))

    async def _is_well(self, pair: Pair) -> Judgement:
        looks: list[Look] = []
        while True:
            found = await self._yard.workshop.look(pair.old)
            if found is None or name_of(found) != pair.name:
                return Judgement(Result.FAILED, "gone")
            if not pair.ran:
                return Judgement(Result.HEALTHY, "not_running_before")
            # it was well once; that it runs is enough, for its data may be newer than it knows
            looks.append(replace(look(found, self._clock()), check=HealthStatus.NONE))
            judgement = judge(looks, Terms(stable=STEADY_AGAIN, policy=text(pair.policy.get("Name"))))
            if judgement.result is not Result.PENDING:
                return judgement
            await self._sleep(LOOK_EVERY)

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        swapping, _ = self._swapping(plan)
        await swapping.take_back(plan.steps[step])
        return None

    async def undone(self, plan: Plan) -> Verdict:
        """Judge whether the newer ones are what runs under their names."""
        _, pairs = self._swapping(plan)
        for pair in pairs:
            found = await self._yard.workshop.look(pair.new)
            if found is None or name_of(found) != pair.name:
                return Verdict(Outcome.FAILED, {"reason": REASONS["gone"]})
        await self._yard.relist()
        return Verdict(Outcome.SUCCEEDED)


class LetGoAction(Action):
    """Removes the kept container of an update; its volumes are those of the one that runs, and stay."""

    key = "remove_kept_container"
    resume = Resume.VERIFY
    # nothing that runs is taken away, but the way back is
    risk = Risk.MEDIUM

    def __init__(self, yard: Yard) -> None:
        self._yard = yard

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        kept = await self._kept(target)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=json.dumps([name_of(kept), text(kept.get("Id"))]),
            steps=(Step(order="remove_container"),),
            risk=self.risk,
            source=self._yard.id,
            params=dict(params),
            before={"id": text(kept.get("Id")), "kept": name_of(kept)},
        )

    async def _kept(self, target: str) -> Json:
        names = set((await self._yard.workshop.names()).values())
        name = kept_of(target, names, self._yard.instance)
        found = await self._yard.workshop.look(name) if name else None
        if found is None:
            raise Refused(Refusal("nothing_kept", {"target": target}))
        if table(found.get("State")).get("Running") is True:
            raise Refused(Refusal("container_state", {"target": target, "state": "running"}))
        return found

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            kept = await self._kept(plan.target)
        except Refused as err:
            return err.refusal
        same = text(kept.get("Id")) == plan.before["id"]
        return None if same else Refusal("target_changed", {"target": plan.target})

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        await self._yard.workshop.remove(plan.before["id"])
        return Receipt(step, {})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        gone = await self._yard.workshop.look(plan.before["id"]) is None
        await self._yard.relist()
        return Verdict(Outcome.SUCCEEDED if gone else Outcome.FAILED, {"removed": plan.before["kept"]})

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        return None


def _fingerprint(pairs: Sequence[Pair]) -> str:
    return json.dumps([[each.name, each.new, each.old] for each in pairs])
