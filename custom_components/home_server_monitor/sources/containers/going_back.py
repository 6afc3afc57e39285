"""Rolling back an update while the old container is kept, and letting go of the old one."""

from collections.abc import Iterator, Mapping, Sequence
import json
from typing import Any, override

from ...guardian.contract import Outcome, Plan, Receipt, Refusal, Refused, Resume, Risk, Step, Verdict
from .acting import YardAction
from .gate import REASONS
from .leftovers import leftover
from .member import NO_POLICY, stop_within
from .raw import Json, items, name_of, table, text
from .swapping import Order, Pair, Swapping, steps_of

DEADLINE = 600.0
# folders that a plan names
SHOWN = 8


class RollBackAction(YardAction):
    """Puts the kept container of an update back in place of the one that runs, with all that was updated with it.

    What the newer version changed in its data stays changed.
    """

    key = "roll_back_container"
    risk = Risk.MEDIUM

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        pairs = await self._pairs(target)
        steps = steps_of(pairs)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=_fingerprint(pairs),
            steps=tuple(steps),
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
            # the old ones serve by then, and what is removed is not made again
            final=[each.order for each in steps].index(Order.REMOVE),
        )

    @override
    async def fingerprint(self, target: str) -> str:
        return _fingerprint(await self._pairs(target))

    async def _pairs(self, target: str) -> list[Pair]:
        """Return what is swapped, the wanted one first. Raises Refused and ClientError."""
        yard, names = self._yard, await self._yard.workshop.names()
        stamp = self.kept(target, names).rpartition("-")[2]
        found = [await self._pair(target, target, stamp, names)]
        if (owner := _home(target, found[0][1], names)) is not None:
            raise Refused(Refusal("goes_back_with", {"target": target, "owner": owner}))
        found += [await self._pair(target, each.name, stamp, names) for each in yard.dependants(target)]
        return [pair for pair, _ in found]

    async def _pair(self, target: str, name: str, stamp: str, names: Mapping[str, str]) -> tuple[Pair, Json]:
        """Return what is swapped of one container, and its kept one. Raises Refused and ClientError."""
        yard, parked = self._yard, f"{name}-hsm-{self._yard.instance}-old-{stamp}"
        new, old = await yard.workshop.look(name), await yard.workshop.look(parked)
        if new is None or old is None:
            key = "nothing_kept" if name == target else "follower_not_kept"
            raise Refused(Refusal(key, {"target": target, "other": name}))
        if self.kept(name, names) != parked:
            raise Refused(Refusal("follower_updated", {"target": target, "other": name}))
        if text(old.get("Id")) != yard.kept_id(parked):
            raise Refused(Refusal("kept_not_noted", {"target": target, "kept": parked}))
        if own := await self._spared(new):
            raise Refused(own)
        within = stop_within(new, database=yard.is_database(new))
        return Pair.of(new, old, within), old

    async def _data(self, target: str) -> str:
        """Return in which folders of the container the newer version's data stays as it is."""
        new = await self._yard.workshop.look(target) or {}
        mounts = [table(each) for each in items(new.get("Mounts"))]
        written = sorted(text(each.get("Destination")) for each in mounts if each.get("RW") is True)
        return ", ".join([each for each in written if each][:SHOWN]) or "none that is kept outside of it"

    async def _spared(self, inspect: Json) -> Refusal | None:
        refusal = await self._yard.refusal(inspect)
        return refusal if refusal and refusal.key in ("own_path", "another_works_here") else None

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
        first = one.order == Order.REMOVE and before.order != Order.REMOVE
        if first and (verdict := await self.not_again(pairs)) is not None:
            return Refusal(verdict.facts["reason"], {"target": verdict.facts["container"]})
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
        if verdict := await self.not_again(pairs):
            return verdict
        await self._yard.went_back([each.name for each in pairs], pairs[0].parked.rpartition("-")[2])
        await self._yard.relist()
        # one that the engine failed to remove stands still, and nothing starts it
        left = [pair.failed for pair in pairs if await self._yard.workshop.look(pair.new) is not None]
        return Verdict(Outcome.SUCCEEDED, {"back": plan.target} | ({"left": ", ".join(left)} if left else {}))

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        swapping, pairs = self._swapping(plan)
        one = plan.steps[step]
        await self.starting(pairs[one.params["pair"]].name, swapping.take_back(one))
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


class LetGoAction(YardAction):
    """Removes the kept container of an update; its volumes are those of the one that runs, and stay."""

    key = "remove_kept_container"
    resume = Resume.VERIFY
    # nothing that runs is taken away, but the way back is
    risk = Risk.MEDIUM

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        kept = await self._kept(target)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=_bound(kept),
            steps=(Step(order="remove_container"),),
            risk=self.risk,
            source=self._yard.id,
            params=dict(params),
            before={"id": text(kept.get("Id")), "kept": name_of(kept)},
        )

    @override
    async def fingerprint(self, target: str) -> str:
        return _bound(await self._kept(target))

    async def _kept(self, target: str) -> Json:
        name = self.kept(target, await self._yard.workshop.names())
        found = await self._yard.workshop.look(name)
        if found is None:
            raise Refused(Refusal("nothing_kept", {"target": target}))
        if table(found.get("State")).get("Running") is True:
            raise Refused(Refusal("container_state", {"target": target, "state": "running"}))
        return found

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        await self._yard.workshop.remove(plan.before["id"])
        return Receipt(step, {})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        gone = await self._yard.workshop.look(plan.before["id"]) is None
        await self._yard.relist()
        return Verdict(Outcome.SUCCEEDED if gone else Outcome.FAILED, {"removed": plan.before["kept"]})


def _fingerprint(pairs: Sequence[Pair]) -> str:
    return json.dumps([[each.name, each.new, each.old] for each in pairs])


def _bound(kept: Json) -> str:
    return json.dumps([name_of(kept), text(kept.get("Id"))])


def _home(target: str, kept: Json, names: Mapping[str, str]) -> str | None:
    """Return the container that this one was made anew with, in whose kept one it lives, or None.

    names: of all containers by id. Alone it could not be started: the one that it lives in stands still, or is gone,
    which raises Refused.
    """
    there = {*names.values()}
    for mode in _modes(kept):
        home = names.get(mode, mode)
        if home not in there:
            raise Refused(Refusal("home_gone", {"target": target}))
        if (owner := leftover(home)) is not None:
            return owner[0]
    return None


def _modes(inspect: Json) -> Iterator[str]:
    host = table(inspect.get("HostConfig"))
    for key in ("NetworkMode", "IpcMode", "PidMode"):
        kind, _, whose = text(host.get(key)).partition(":")
        if kind == "container":
            yield whose
