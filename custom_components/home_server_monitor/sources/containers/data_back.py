"""Putting the data of a container back to the snapshot of before its update: of high risk, and apart from all else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
import json
from typing import Any, override

from ...guardian.contract import NotDone, Outcome, Plan, Receipt, Refusal, Refused, Risk, Step, Verdict
from ..errors import ClientError
from . import gating
from .acting import YardAction
from .member import NO_POLICY, Member, writable_sources
from .raw import Json, name_of, table
from .swapping import Order

ROLL_BACK = "put_dataset_back"
DEADLINE = 900.0
# the server counts what a dataset holds a few seconds late
LOOKS = 20
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Back:
    """A dataset that goes back. taken: when the snapshot was taken, in words."""

    source: str
    dataset: str
    taken: str


class RollBackDataAction(YardAction):
    """Stops a container, puts the datasets behind it back to the snapshot of before its update, and starts it again.

    All that was written since is lost, so nothing newer than the snapshot may be there: that would be lost with it.
    """

    key = "roll_back_data"
    risk = Risk.HIGH

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        held, name, datasets, left = await self._read(target)
        shown = {
            "left": ", ".join(f"{dataset} ({other})" for dataset, other in left.items()) or "-",
            "snapshot": name,
            "datasets": ", ".join(each.dataset for each in datasets),
            "since": min(each.taken for each in datasets),
        }
        return Plan(
            action=self.key,
            target=target,
            fingerprint=_fingerprint(held, name, datasets),
            steps=tuple(_steps(held, name, datasets)),
            risk=self.risk,
            touches=self._yard.touched(target),
            takes_away=True,
            deadline=DEADLINE,
            source=self._yard.id,
            params=dict(params),
            before={"held": [each.pack() for each in held], "shown": shown},
            # what it takes back is that the container stands still, never what is in the datasets
            inverse=True,
        )

    async def _read(self, target: str) -> tuple[list[Member], str, list[Back], Mapping[str, str]]:
        """Return what stands still, the snapshot, the datasets, and those that are left, by whom else they serve.

        Raises Refused and ClientError.
        """
        yard = self._yard
        if yard.member(target) is None:
            raise Refused(Refusal("no_such_target", {"target": target}))
        held: list[Member] = []
        wanted: Json = {}
        for name in (target, *(each.name for each in yard.dependants(target))):
            found = await yard.workshop.look(name)
            if found is None or name_of(found) != name:
                raise Refused(Refusal("no_such_target", {"target": name}))
            refusal = await yard.refusal(found)
            if refusal and refusal.key in ("own_path", "another_works_here", "way_to_the_engine"):
                raise Refused(refusal)
            wanted = wanted or found
            held.append(Member.of(found, yard.instance, 0, database=yard.is_database(found)))
        snapshot = yard.snapshot_before(target)
        if snapshot is None:
            raise Refused(Refusal("no_snapshot_of_before", {"target": target}))
        return held, snapshot, *await self._datasets(target, wanted, snapshot)

    async def _datasets(
        self, target: str, inspect: Json, snapshot: str
    ) -> tuple[list[Back], Mapping[str, str]]:
        """Return the datasets that have the snapshot, and those of them that others use too. Raises Refused."""
        around, found, left = self._yard.around, list[Back](), dict[str, str]()
        for source, dataset in await around.datasets(writable_sources(inspect)):
            seen = await around.snapshot_seen(source, dataset, snapshot)
            if seen is None:
                continue
            if other := await self._shared_with(target, source, dataset):
                left[dataset] = other
                continue
            if seen.newer:
                shown = {"names": ", ".join(seen.newer[:SHOWN]), "count": str(len(seen.newer))}
                raise Refused(Refusal("newer_snapshots", {**shown, "target": target, "dataset": dataset}))
            found.append(Back(source, dataset, _words(seen.taken)))
        if not found and left:
            dataset, other = next(iter(left.items()))
            raise Refused(Refusal("data_shared", {"target": target, "dataset": dataset, "other": other}))
        if not found:
            raise Refused(Refusal("no_snapshot_of_before", {"target": target}))
        return found, left

    async def _shared_with(self, target: str, source: str, dataset: str) -> str | None:
        """Return another container that keeps something in a dataset, whether it runs or not."""
        for name, paths in self._yard.writers(target).items():
            if (source, dataset) in await self._yard.around.datasets(paths):
                return name
        return None

    @override
    async def fingerprint(self, target: str) -> str:
        held, name, datasets, _ = await self._read(target)
        return _fingerprint(held, name, datasets)

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        one, engine = plan.steps[step], self._yard.workshop
        if one.order == ROLL_BACK:
            wanted = one.params
            await self._yard.around.roll_back(wanted["source"], wanted["dataset"], wanted["snapshot"])
            return Receipt(step, {})
        member = _held(plan)[one.params["member"]]
        match one.order:
            case Order.NO_RESTART:
                await engine.set_restart_policy(member.old, NO_POLICY)
            case Order.STOP:
                await engine.stop(member.old, member.stop_within)
            case Order.POLICY:
                await engine.set_restart_policy(member.old, member.policy)
            case Order.START:
                await engine.start(member.old)
            case _:
                raise NotDone(f"No such step: {one.order}")
        return Receipt(step, {})

    async def ready(self, plan: Plan, step: int) -> Refusal | None:
        """Look whether all stands still before a dataset goes back, and is back before anything starts on it."""
        one, before = plan.steps[step], plan.steps[step - 1]
        if before.order == ROLL_BACK and not await self._is_back(before.params):
            return Refusal("data_not_back", {"target": plan.target, "dataset": before.params["dataset"]})
        if one.order != ROLL_BACK:
            return None
        for member in _held(plan):
            found = await self._yard.workshop.look(member.old)
            if found is None or name_of(found) != member.name:
                return Refusal("container_gone", {"target": member.name})
            if table(found.get("State")).get("Running") is True:
                return Refusal("still_running", {"target": member.name})
        return None

    async def _is_back(self, wanted: Mapping[str, Any]) -> bool:
        around = self._yard.around
        for turn in range(LOOKS):
            try:
                if await around.is_as_in(wanted["source"], wanted["dataset"], wanted["snapshot"]):
                    return True
            except ClientError:
                if turn == LOOKS - 1:
                    raise
            await self._sleep(gating.LOOK_EVERY)
        return False

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        if verdict := await self.not_again(_held(plan)):
            return verdict
        self._yard.data_back(plan.target)
        await self._yard.relist()
        steps = {number for number, step in enumerate(plan.steps) if step.order == ROLL_BACK}
        answered = {each.step for each in receipts if not (each.result or {}).get("lost")}
        if not steps <= answered:
            # it holds as much as the snapshot: that may have been so before
            return Verdict(Outcome.INCONCLUSIVE, {"reason": "nobody saw whether the order arrived"})
        return Verdict(Outcome.SUCCEEDED, {"back": plan.before["shown"]["datasets"]})

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        """Have what stood still run again; what is in the datasets stays as it is."""
        one, engine = plan.steps[step], self._yard.workshop
        if one.order not in (Order.STOP, Order.NO_RESTART):
            return None
        member = _held(plan)[one.params["member"]]
        found = await engine.look(member.old)
        if found is None:
            raise Refused(Refusal("container_gone", {"target": member.name}))
        if one.order == Order.STOP:
            await self.starting(member.name, engine.start(member.old))
        else:
            await engine.set_restart_policy(member.old, member.policy)
        return None

    async def undone(self, plan: Plan) -> Verdict:
        """Judge whether what stood still runs again."""
        if verdict := await self.not_again(_held(plan)):
            return verdict
        await self._yard.relist()
        return Verdict(Outcome.SUCCEEDED)


def _held(plan: Plan) -> list[Member]:
    return [Member.unpack(each) for each in plan.before["held"]]


def _steps(held: Sequence[Member], snapshot: str, datasets: Sequence[Back]) -> list[Step]:
    """Return the steps: those in the namespaces of the first stop before it and start after it."""
    steps = [
        Step(order=order, params={"member": index})
        for index in reversed(range(len(held)))
        if held[index].ran
        for order in (Order.NO_RESTART, Order.STOP)
    ]
    steps += [
        Step(order=ROLL_BACK, params={"source": each.source, "dataset": each.dataset, "snapshot": snapshot})
        for each in datasets
    ]
    return steps + [
        Step(order=order, params={"member": index})
        for index, member in enumerate(held)
        if member.ran
        for order in (Order.POLICY, Order.START)
    ]


def _words(taken: datetime | None) -> str:
    return f"{taken.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if taken else "an unknown time"


def _fingerprint(held: Sequence[Member], snapshot: str, datasets: Sequence[Back]) -> str:
    whose = [[each.name, each.old, each.ran] for each in held]
    return json.dumps([whose, snapshot, [[each.source, each.dataset, each.taken] for each in datasets]])
