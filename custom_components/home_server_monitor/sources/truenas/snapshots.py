"""Snapshots: listing them for a response, and creating, deleting, holding and releasing them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, override

from ...guardian.contract import Action, Outcome, Plan, Receipt, Refusal, Refused, Resume, Risk, Step, Verdict
from ..errors import BadResponse, ClientError
from .actions import LOOK_EVERY, Nas, send
from .methods import Operation, method_of
from .parse import at, integer, text, when
from .storage import snapshot

MAX_LISTED = 1000


async def find(nas: Nas, field: str, value: str, limit: int = 2) -> list[dict[str, Any]]:
    """Return snapshots by `id` or `dataset`: id, instant of creation, bytes, whether it is held."""
    raw = await nas.client.ask(Operation.FIND_SNAPSHOTS, field, value, min(limit, MAX_LISTED))
    if not isinstance(raw, list):
        raise BadResponse("Expected a list of snapshots")
    found = []
    for row in raw:
        if isinstance(row, dict) and (key := text(row.get("id"), 500)):
            created = snapshot(row)[1] or when(at(row, "properties", "creation"))
            found.append(
                {
                    "snapshot": key,
                    "created": created.isoformat() if created else None,
                    "used": integer(at(row, "properties", "used")),
                    "held": bool(at(row, "holds")),
                }
            )
    return found


class _SnapshotAction(Action):
    """What the four have in common: the target is a snapshot's full name, `dataset@name`."""

    resume = Resume.VERIFY
    operation: Operation
    risk = Risk.LOW

    def __init__(self, nas: Nas) -> None:
        self._nas = nas

    def arguments(self, plan: Plan) -> list[Any]:
        """Return what the write is given."""
        return [plan.target]

    def refusal(self, seen: Mapping[str, Any] | None) -> str | None:
        """Return why not, given the snapshot as it is."""
        return "no_such_target" if seen is None else None

    def done(self, seen: Mapping[str, Any] | None) -> bool:
        """Return whether the wanted end is seen."""
        raise NotImplementedError

    async def _seen(self, target: str) -> Mapping[str, Any] | None:
        return next(iter(await find(self._nas, "id", target)), None)

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        seen = await self._seen(target)
        if key := self.refusal(seen):
            raise Refused(Refusal(key, {"target": target}))
        method = method_of(self.operation, self._nas.client.release)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=repr(seen and (seen["created"], seen["held"])),
            steps=(Step(order=method.name, params=dict(params)),),
            risk=self.risk,
            right=method.role,
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        seen = await self._seen(plan.target)
        if key := self.refusal(seen):
            return Refusal(key, {"target": plan.target})
        if repr(seen and (seen["created"], seen["held"])) != plan.fingerprint:
            return Refusal("target_changed", {"target": plan.target})
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        method = method_of(self.operation, self._nas.client.release)
        return await send(self._nas, method, self.arguments(plan), None, step)

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        while True:
            try:
                seen = await self._seen(plan.target)
            except ClientError:
                if self._nas.client.ended:
                    return Verdict(Outcome.INCONCLUSIVE, {"reason": "it is no longer watched"})
                await asyncio.sleep(LOOK_EVERY)
                continue
            facts = dict(seen) if seen else {"snapshot": plan.target}
            if self.done(seen):
                return Verdict(Outcome.SUCCEEDED, facts)
            if not receipts[-1].result.lost:
                return Verdict(Outcome.FAILED, {"reason": "the server shows no change"})
            await asyncio.sleep(LOOK_EVERY)

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        return None


class CreateSnapshot(_SnapshotAction):
    """Take a snapshot."""

    key = "create_snapshot"
    operation = Operation.CREATE_SNAPSHOT

    @override
    def arguments(self, plan: Plan) -> list[Any]:
        dataset, _, name = plan.target.partition("@")
        return [dataset, name, bool(plan.steps[0].params.get("recursive", False))]

    @override
    def refusal(self, seen: Mapping[str, Any] | None) -> str | None:
        return None if seen is None else "snapshot_exists"

    @override
    def done(self, seen: Mapping[str, Any] | None) -> bool:
        return seen is not None


class DeleteSnapshot(_SnapshotAction):
    """Delete a snapshot for good."""

    key = "delete_snapshot"
    operation = Operation.DELETE_SNAPSHOT
    risk = Risk.HIGH

    @override
    def refusal(self, seen: Mapping[str, Any] | None) -> str | None:
        if seen is not None and seen["held"]:
            return "snapshot_held"
        return super().refusal(seen)

    @override
    def done(self, seen: Mapping[str, Any] | None) -> bool:
        return seen is None


class HoldSnapshot(_SnapshotAction):
    """Keep a snapshot from being deleted."""

    key = "hold_snapshot"
    operation = Operation.HOLD_SNAPSHOT

    @override
    def done(self, seen: Mapping[str, Any] | None) -> bool:
        return seen is not None and seen["held"]


class ReleaseSnapshot(_SnapshotAction):
    """Let a held snapshot be deleted again."""

    key = "release_snapshot"
    operation = Operation.RELEASE_SNAPSHOT
    risk = Risk.MEDIUM

    @override
    def done(self, seen: Mapping[str, Any] | None) -> bool:
        return seen is not None and not seen["held"]


SNAPSHOT_ACTIONS: tuple[Callable[[Nas], Action], ...] = (
    CreateSnapshot,
    DeleteSnapshot,
    HoldSnapshot,
    ReleaseSnapshot,
)
