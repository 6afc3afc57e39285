"""Snapshots: listing them for a response, and creating, deleting, holding and releasing them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
import json
from typing import Any, override

from ...guardian.contract import Action, Outcome, Plan, Receipt, Refusal, Refused, Risk, Step, Verdict
from ..errors import BadResponse, ClientError
from ..marks import left_by
from .actions import LOOK_EVERY, Facts
from .methods import Operation, method_of
from .parse import at, integer, text, when
from .sending import NO_CHANGE, UNKNOWN, UNWATCHED, Nas, refused, send
from .storage import snapshot

MAX_LISTED = 1000
# among which another Home Assistant's are looked for; this many rows stay well below what a frame may hold
MAX_SEEN = 3000


def own_prefix(nas: Nas) -> str:
    """Return how the names of the snapshots begin that this Home Assistant takes by itself."""
    return f"hsm-{nas.instance}-"


async def newest(nas: Nas, dataset: str, limit: int) -> list[dict[str, Any]]:
    """Return a dataset's newest snapshots, newest first; exact for a dataset that has at most MAX_LISTED.

    The server lists the oldest first, and its sort key is a number written as text.
    """
    found = await find(nas, "dataset", dataset, MAX_LISTED)
    return sorted(found, key=lambda each: each["created"] or "", reverse=True)[:limit]


async def find(nas: Nas, field: str, value: str, limit: int = 2) -> list[dict[str, Any]]:
    """Return snapshots by `id` or `dataset`: id, instant of creation, bytes, whether it is held."""
    raw = await nas.client.ask(Operation.FIND_SNAPSHOTS, field, value, limit)
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


def fingerprint(seen: Facts | None) -> str:
    """Return what a plan is bound to: which snapshot it is, and whether it is held."""
    return json.dumps(seen and {"created": seen["created"], "held": seen["held"]}, sort_keys=True)


def not_ours(nas: Nas, target: str, names: Iterable[str]) -> Refusal | None:
    """Return why nothing is done if another Home Assistant left one of these snapshots; it becomes a finding, too."""
    for name in names:
        instance = left_by(name.partition("@")[2])
        if instance is not None and instance != nas.instance:
            nas.met(instance)
            return Refusal("foreign_guardian", {"target": target})
    return None


async def not_ours_at(nas: Nas, dataset: str) -> Refusal | None:
    """Return why no snapshot of a dataset is taken, if another Home Assistant left one there. Raises ClientError."""
    listed = await find(nas, "dataset", dataset, MAX_SEEN)
    return not_ours(nas, dataset, [row["snapshot"] for row in listed])


class _SnapshotAction(Action):
    """What the four have in common: the target is a snapshot's full name, `dataset@name`."""

    operation: Operation
    risk = Risk.LOW

    def __init__(self, nas: Nas) -> None:
        self._nas = nas

    def named(self, target: str) -> str:
        """Return the full name of the snapshot that is meant."""
        return target

    def arguments(self, plan: Plan) -> list[Any]:
        """Return what the write is given."""
        return [plan.target]

    def refusal(self, seen: Facts | None) -> str | None:
        """Return why not, given the snapshot as it is."""
        return "no_such_target" if seen is None else None

    def done(self, seen: Facts | None) -> bool:
        """Return whether the wanted end is seen."""
        raise NotImplementedError

    async def others(self, target: str) -> Refusal | None:
        """Return why not, where another Home Assistant left what this is about."""
        return not_ours(self._nas, target, [target])

    async def _seen(self, target: str) -> Facts | None:
        return next(iter(await find(self._nas, "id", target)), None)

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        target = self.named(target)
        seen = await self._seen(target)
        if key := self.refusal(seen):
            raise Refused(Refusal(key, {"target": target}))
        if refusal := await self.others(target):
            raise Refused(refusal)
        method = method_of(self.operation, self._nas.client.release)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=fingerprint(seen),
            steps=(Step(order=method.name, params=dict(params)),),
            risk=self.risk,
            right=method.role,
            source=self._nas.id,
            params=dict(params),
            before={"snapshot": dict(seen) if seen else None},
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        seen = await self._seen(plan.target)
        if key := self.refusal(seen):
            return Refusal(key, {"target": plan.target})
        if fingerprint(seen) != plan.fingerprint:
            return Refusal("target_changed", {"target": plan.target})
        return await self.others(plan.target)

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        method = method_of(self.operation, self._nas.client.release)
        return await send(self._nas, method, self.arguments(plan), step)

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        if said_no := refused(receipts[-1] if receipts else None):
            return said_no
        # whether the order arrived is unknown where its answer is: then only the deadline ends the looking
        answered = bool(receipts) and not (receipts[-1].result or {}).get("lost")
        if not answered and self.done(plan.before["snapshot"]):
            return UNKNOWN
        while True:
            try:
                seen = await self._seen(plan.target)
            except ClientError:
                if self._nas.client.ended:
                    return UNWATCHED
                await asyncio.sleep(LOOK_EVERY)
                continue
            if self.done(seen):
                return Verdict(Outcome.SUCCEEDED, dict(seen) if seen else {"snapshot": plan.target})
            if answered:
                return NO_CHANGE
            await asyncio.sleep(LOOK_EVERY)


class CreateSnapshot(_SnapshotAction):
    """Take a snapshot."""

    key = "create_snapshot"
    operation = Operation.CREATE_SNAPSHOT

    @override
    def named(self, target: str) -> str:
        """A dataset alone gets a snapshot that is told from all others to be ours."""
        if "@" in target:
            return target
        return f"{target}@{own_prefix(self._nas)}{datetime.now(UTC):%Y%m%dT%H%M%SZ}"

    @override
    async def others(self, target: str) -> Refusal | None:
        return await not_ours_at(self._nas, target.partition("@")[0])

    @override
    def arguments(self, plan: Plan) -> list[Any]:
        dataset, _, name = plan.target.partition("@")
        return [dataset, name, bool(plan.params.get("recursive", False))]

    @override
    def refusal(self, seen: Facts | None) -> str | None:
        return None if seen is None else "snapshot_exists"

    @override
    def done(self, seen: Facts | None) -> bool:
        return seen is not None


class DeleteSnapshot(_SnapshotAction):
    """Delete a snapshot for good."""

    key = "delete_snapshot"
    operation = Operation.DELETE_SNAPSHOT
    risk = Risk.HIGH

    @override
    def refusal(self, seen: Facts | None) -> str | None:
        if seen is not None and seen["held"]:
            return "snapshot_held"
        return super().refusal(seen)

    @override
    def done(self, seen: Facts | None) -> bool:
        return seen is None


class HoldSnapshot(_SnapshotAction):
    """Keep a snapshot from being deleted."""

    key = "hold_snapshot"
    operation = Operation.HOLD_SNAPSHOT

    @override
    def done(self, seen: Facts | None) -> bool:
        return seen is not None and seen["held"]


class ReleaseSnapshot(_SnapshotAction):
    """Let a held snapshot be deleted again."""

    key = "release_snapshot"
    operation = Operation.RELEASE_SNAPSHOT
    risk = Risk.MEDIUM

    @override
    def done(self, seen: Facts | None) -> bool:
        return seen is not None and not seen["held"]


SNAPSHOT_ACTIONS: tuple[Callable[[Nas], Action], ...] = (
    CreateSnapshot,
    DeleteSnapshot,
    HoldSnapshot,
    ReleaseSnapshot,
)
