"""All updates that are safe, as one action: the same gated updates, one after the other, told as one outcome."""

from collections.abc import Mapping, Sequence
import json
import secrets
from typing import Any, Protocol, override

from ..guardian.contract import (
    Action,
    NotDone,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Risk,
    Step,
    Verdict,
)
from ..guardian.desk import Desk
from ..guardian.house import House
from ..guardian.remediation import Record, State
from .standing import Written
from .update_policy import UPDATE_ALL

ONE = "update_container"
# updates in one go; what is more is for the next time
MOST = 50
# seconds that one update and its gate may take; each is waited for on its own
DEADLINE = 3 * 3600.0
# refusals after which no further one is begun either
_STOPS = frozenset(
    {
        "already_decided",
        "hold_is_on",
        "no_guardian",
        "no_journal",
        "not_an_approver",
        "not_in_window",
        "standing_over",
        "stopping",
        "watch_only",
    }
)


class Candidate(Protocol):
    """A container with a newer image: image, the id of what it runs; digest of the newest; before, after: in words."""

    name: str
    image: str
    digest: str
    before: str
    after: str


class Left(Protocol):
    """A container that is left out, and why."""

    name: str
    reason: str
    details: Mapping[str, str]


class Offer(Protocol):
    """What could be updated now: once a person says so, or by itself."""

    left: tuple[Left, ...]
    due: tuple[Candidate, ...]

    @property
    def safe(self) -> tuple[Candidate, ...]:
        """Return all that may be updated once a person says so."""
        ...


class Offering(Protocol):
    """What an engine's source offers of newer images."""

    async def look(self) -> Offer:
        """Look at what is newer, and return what is offered."""
        ...

    def touched(self, name: str) -> frozenset[str]:
        """Return the node ids of all that stands still while a container is updated."""
        ...

    async def why_not(self, name: str, image: str, digest: str, *, ask: bool = False) -> Left | None:
        """Return why an update that was offered is not to be made any more, None where it is.

        image: what it runs; digest: what was shown as the newest; ask: whether its registry is asked again.
        """
        ...

    def ended(self, failed: Mapping[str, str], *, again: bool = False) -> None:
        """Take note that what was offered was done; failed: the digest that did not work, by container.

        again: whether some of it is another offer by now, which is to be made at once.
        """
        ...


class Engine(Protocol):
    """The engine whose containers are updated."""

    id: str
    offering: Offering

    @property
    def server(self) -> str:
        """Return the unique id of the server's entry that it hangs on."""
        ...

    @property
    def written(self) -> Written:
        """Return what the options say about updates."""
        ...

    async def async_look(self) -> object:
        """List now. Raises ClientError."""
        ...


class UpdateAll(Action):
    """Runs the updates that are safe, those first that others need; it stops at the first that does not go through.

    Each is a record of its own, which is recovered on its own; this one only begins them and says how they went.
    With the parameter `policy` it is what is automatic under exactly that policy, without it all that is safe.
    """

    key = UPDATE_ALL
    risk = Risk.MEDIUM
    # approved in advance only with the policy that the options say, never in general
    stands_by_policy = True

    def __init__(self, house: House, engine: Engine) -> None:
        self._house = house
        self._engine = engine

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        engine = self._engine
        chosen, left = await self._chosen(params)
        if not chosen:
            raise Refused(Refusal("nothing_safe", {"count": str(len(left))}))
        leave = [[each.name, each.reason, dict(each.details)] for each in left]
        leave += [[each.name, "next_time", {}] for each in chosen[MOST:]]
        chosen = chosen[:MOST]
        touches = frozenset[str]().union(*(engine.offering.touched(each.name) for each in chosen))
        steps = [
            Step(order=ONE, params={"container": each.name, "before": each.before, "after": each.after})
            for each in chosen
        ]
        return Plan(
            action=self.key,
            target=target,
            fingerprint=_fingerprint(chosen),
            steps=tuple(steps),
            risk=self.risk,
            touches=touches,
            takes_away=True,
            deadline=DEADLINE,
            source=engine.id,
            params=dict(params),
            before={
                "batch": secrets.token_hex(8),
                "take": [{"name": each.name, "image": each.image, "digest": each.digest} for each in chosen],
                "leave": leave,
            },
        )

    async def _chosen(self, params: Mapping[str, Any]) -> tuple[Sequence[Candidate], Sequence[Left]]:
        """Return what is updated, and what is left out. Raises Refused and ClientError."""
        policy = params.get("policy")
        if policy is not None and policy != self._engine.written.pack():
            raise Refused(Refusal("policy_changed"))
        offer = await self._engine.offering.look()
        return (offer.safe if policy is None else offer.due), offer.left

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        """Say no where nothing of it is as it was; single ones that have changed are left out as they come."""
        await self._engine.async_look()
        policy = plan.params.get("policy")
        if policy is not None and policy != self._engine.written.pack():
            return Refusal("policy_changed")
        for each in plan.before["take"]:
            if await self._why_not(each) is None:
                return None
        return Refusal("target_changed", {"target": plan.target})

    async def _why_not(self, wanted: Mapping[str, str], *, ask: bool = False) -> Left | None:
        """Return why a container is not updated to what was shown, None where it is. Raises ClientError."""
        return await self._engine.offering.why_not(wanted["name"], wanted["image"], wanted["digest"], ask=ask)

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        """Begin one update, unless one before it did not go through; it is waited for before the next one."""
        desk, whole = self._whole(plan)
        if any(each.state is not State.SUCCEEDED for each in desk.parts.of(whole.id)):
            return Receipt(step, {"not_begun": True})
        wanted = plan.before["take"][step]
        # minutes may have passed since it was shown, in which a person skipped it or something newer came
        if (left := await self._why_not(wanted, ask=True)) is not None:
            return Receipt(step, {"left": left.reason, "details": dict(left.details)})
        try:
            part = await desk.parts.begin(whole.id, ONE, wanted["name"], {"digest": wanted["digest"]})
        except Refused as err:
            if err.refusal.key in _STOPS:
                raise
            return Receipt(step, {"left": err.refusal.key})
        return Receipt(step, {"part": part.id})

    def _whole(self, plan: Plan) -> tuple[Desk, Record]:
        """Return the desk and the record of a plan that runs. Raises NotDone."""
        kept = self._house.desks.get(self._engine.server)
        for record in kept[0].records.values() if kept else ():
            if record.plan.before.get("batch") == plan.before["batch"] and kept:
                return kept[0], record
        raise NotDone("Its record is gone")

    async def ready(self, plan: Plan, step: int) -> Refusal | None:
        """Wait for the update before, so that there is never more than one under way."""
        await self._ended(plan)
        return None

    async def _ended(self, plan: Plan) -> list[Record]:
        desk, whole = self._whole(plan)
        return [await desk.wait(each.id) for each in desk.parts.of(whole.id)]

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Judge by how each of them ended, which its own gate and its own way back saw to."""
        parts = await self._ended(plan)
        digests = {each["name"]: each["digest"] for each in plan.before["take"]}
        bad = [each for each in parts if each.state is not State.SUCCEEDED]
        # what was cancelled says nothing about the image
        failed = {each.target: digests[each.target] for each in bad if each.sent}
        answered = {receipt.step: receipt.result for receipt in receipts}
        left = [each["left"] for each in answered.values() if isinstance(each, Mapping) and "left" in each]
        self._engine.offering.ended(failed, again="newer_since" in left)
        if bad:
            known = bad[0].state is not State.INCONCLUSIVE
            return Verdict(Outcome.FAILED if known else Outcome.INCONCLUSIVE, {"reason": "update_stopped"})
        if len(parts) + len(left) < len(plan.steps):
            return Verdict(Outcome.FAILED, {"reason": "interrupted"})
        if not parts:
            return Verdict(Outcome.FAILED, {"reason": "target_changed"})
        return Verdict(Outcome.SUCCEEDED, {"updated": [each.target for each in parts]})


def _fingerprint(chosen: Sequence[Candidate]) -> str:
    return json.dumps([[each.name, each.image, each.digest] for each in chosen])
