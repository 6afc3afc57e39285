"""Pruning: deleting old snapshots of our own, by a plan that lists every one of them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
import hashlib
import json
from typing import Any, override

from ...guardian.contract import Action, Outcome, Plan, Receipt, Refusal, Refused, Risk, Step, Verdict
from ..errors import ClientError
from .actions import LOOK_EVERY
from .methods import Operation, method_of
from .sending import UNWATCHED, Nas, send
from .snapshots import MAX_SEEN, find, not_ours, own_prefix

# what one approval may delete
MAX_DELETED = 50
PATIENCE = 10.0
PER_STEP = 30.0
AHEAD = timedelta(minutes=10)


class PruneSnapshots(Action):
    """Delete our own snapshots of one dataset but for the newest `keep`; others' and held ones are never touched.

    params: keep, a number from 1. Each step deletes one snapshot, oldest first. Nothing brings one back.
    """

    key = "prune_snapshots"
    risk = Risk.HIGH

    def __init__(self, nas: Nas) -> None:
        self._nas = nas

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        doomed = await self._doomed(target, params)
        if isinstance(doomed, Refusal):
            raise Refused(doomed)
        method = method_of(Operation.DELETE_SNAPSHOT, self._nas.client.release)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=_fingerprint(doomed),
            steps=tuple(Step(order=method.name, params={"snapshot": name}) for name in doomed),
            risk=self.risk,
            deadline=PER_STEP * (len(doomed) + 1),
            right=method.role,
            source=self._nas.id,
            params=dict(params),
            before={"created": list(doomed.values())},
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        doomed = await self._doomed(plan.target, plan.params)
        if isinstance(doomed, Refusal):
            return doomed
        if _fingerprint(doomed) != plan.fingerprint:
            return Refusal("target_changed", {"target": plan.target})
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        name = plan.steps[step].params["snapshot"]
        seen = next(iter(await find(self._nas, "id", name)), None)
        if seen is None or seen["held"] or seen["created"] != plan.before["created"][step]:
            raise Refused(Refusal("target_changed", {"target": name}))
        method = method_of(Operation.DELETE_SNAPSHOT, self._nas.client.release)
        return await send(self._nas, method, [name], step)

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        answered = len(receipts) == len(plan.steps) and not any(
            (receipt.result or {}).get("lost") for receipt in receipts
        )
        waited = 0.0
        while True:
            try:
                there = {row["snapshot"] for row in await find(self._nas, "dataset", plan.target, MAX_SEEN)}
            except ClientError:
                if self._nas.client.ended:
                    return UNWATCHED
                await asyncio.sleep(LOOK_EVERY)
                continue
            names = [step.params["snapshot"] for step in plan.steps]
            left = [name for name in names if name in there]
            facts = {"dataset": plan.target, "deleted": len(names) - len(left), "left": left}
            if not left:
                return Verdict(Outcome.SUCCEEDED, facts)
            # an order on the way when Home Assistant restarted may still arrive
            if answered or waited >= PATIENCE:
                reason = f"{len(left)} of {len(names)} are still there"
                return Verdict(Outcome.FAILED, {**facts, "reason": reason})
            waited += LOOK_EVERY
            await asyncio.sleep(LOOK_EVERY)

    async def _doomed(self, dataset: str, params: Mapping[str, Any]) -> dict[str, str] | Refusal:
        """Return what is to be deleted with its instant of creation, oldest first, or why nothing may be."""
        keep = params.get("keep")
        if not isinstance(keep, int) or isinstance(keep, bool) or keep < 1:
            return Refusal("keep_too_few", {"target": dataset})
        listed = await find(self._nas, "dataset", dataset, MAX_SEEN)
        if refusal := not_ours(self._nas, dataset, [row["snapshot"] for row in listed]):
            return refusal
        # a listing that is cut would hide the newest
        if len(listed) >= MAX_SEEN:
            return Refusal("too_many_snapshots", {"target": dataset})
        start = f"{dataset}@{own_prefix(self._nas)}"
        own = sorted(
            (datetime.fromisoformat(row["created"]), row["snapshot"], row["held"])
            for row in listed
            if row["created"] and row["snapshot"].startswith(start)
        )
        # a clock that was ahead once makes the order of all of them doubtful
        if own and own[-1][0] > datetime.now(UTC) + AHEAD:
            return Refusal("snapshot_from_the_future", {"target": own[-1][1]})
        doomed = {name: created.isoformat() for created, name, held in own[:-keep] if not held}
        if not doomed:
            return Refusal("nothing_to_prune", {"target": dataset})
        return dict(list(doomed.items())[:MAX_DELETED])


def _fingerprint(doomed: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(doomed, sort_keys=True).encode()).hexdigest()
