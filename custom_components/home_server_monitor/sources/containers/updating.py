"""The update of a container that can be undone: plan, steps, gate, and the way back to the untouched old container."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
import json
import time
from typing import Any, override

from ...guardian.contract import Outcome, Plan, Receipt, Refusal, Refused, Risk, Step, Verdict
from ..errors import ClientError
from . import gating
from .acting import YardAction
from .gate import REASONS, Judgement, Result
from .gating import Gating
from .member import Member, writable_sources
from .missed import missed
from .raw import Json, name_of, table, text, words
from .reference import digest_of
from .remaking import Order, Remaking, steps_of
from .yard import Yard

# a pull over a slow line; also longer than the longest gate
DEADLINE = 2400.0
SNAPSHOT = "take_snapshot"
# a snapshot whose answer was lost may still be under way, and the NAS may be back in a moment
SNAPSHOT_LOOKS = 10


def _fingerprint(members: Mapping[str, Json]) -> str:
    """Return what a plan is bound to: which containers they are, of which image, started when."""
    found = {
        name: [text(each.get("Id")), text(each.get("Image")), text(table(each.get("State")).get("StartedAt"))]
        for name, each in members.items()
    }
    return json.dumps(found, sort_keys=True)


def members_of(plan: Plan) -> list[Member]:
    """Return the containers that a plan makes anew, the wanted one first."""
    return [Member.unpack(each) for each in plan.before["members"]]


class UpdateAction(YardAction):
    """Makes a container anew on the newest image of its reference, and those that live in its namespaces after it.

    Cut off at any step, it goes back: the old container is untouched until the new one is seen to be well.
    """

    key = "update_container"
    risk = Risk.MEDIUM

    def __init__(self, yard: Yard, *more: Any, **named: Any) -> None:
        super().__init__(yard, *more, **named)
        # by target, the digests of the image that was just seen not to be well, and why
        self._bad: dict[str, tuple[Sequence[str], str]] = {}

    async def _note_bad(self, plan: Plan, remaking: Remaking, member: Member, judgement: Judgement) -> None:
        if judgement.reason in ("gone", "port_taken"):
            # that was not of its image
            return
        try:
            new = await remaking.new(member) or {}
        except ClientError:
            # only for show: the judgement stands without it
            return
        self._bad[plan.target] = (await self._digests(text(new.get("Image"))), REASONS[judgement.reason])

    def _gating(self, members: Sequence[Member]) -> Gating:
        return Gating(self._yard, Remaking(self._yard.workshop, members), self._clock)

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        yard = self._yard
        if yard.is_never(target):
            raise Refused(Refusal("never_updated", {"target": target}))
        inspects = await self._inspect(target)
        stamp = int(time.time())
        members = [
            Member.of(each, yard.instance, stamp, database=yard.is_database(each))
            for each in inspects.values()
        ]
        members = [await self._asked(each) for each in members]
        remaking = Remaking(yard.workshop, members)
        # whatever cannot be made again is refused before anything is touched
        networks = [[*(await remaking.body(each)).connects] for each in members]
        if params.get("snapshot"):
            await self._must_snapshot(target, inspects[target])
        steps = await self._with_snapshots(steps_of(members, networks), inspects[target], stamp)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=_fingerprint(inspects),
            steps=tuple(steps),
            risk=self.risk,
            touches=yard.touched(target),
            takes_away=True,
            deadline=DEADLINE,
            source=yard.id,
            params=dict(params),
            before={"members": [each.pack() for each in members]},
            inverse=True,
        )

    async def _asked(self, member: Member) -> Member:
        """Return a member with whether its application answers: what is silent before its update may be so after it."""
        container = self._yard.member(member.name)
        if container is None or not member.ran:
            return member
        return replace(member, answered=await self._yard.answers(container) is True)

    async def _inspect(self, target: str) -> dict[str, Json]:
        """Return the inspections of all that is made anew, by name. Raises Refused and ClientError."""
        yard = self._yard
        if yard.member(target) is None:
            raise Refused(Refusal("no_such_target", {"target": target}))
        names = [target, *(each.name for each in yard.dependants(target))]
        found: dict[str, Json] = {}
        for name in names:
            if (each := await yard.workshop.look(name)) is None or name_of(each) != name:
                raise Refused(Refusal("no_such_target", {"target": name}))
            if refusal := await yard.refusal(each):
                raise Refused(refusal)
            found[name] = each
        return found

    async def _must_snapshot(self, target: str, inspect: Json) -> None:
        """Refuse where a path that is written to is on no dataset that can be snapshotted first. Raises Refused."""
        for source in writable_sources(inspect):
            if not await self._yard.around.datasets([source]):
                raise Refused(Refusal("no_snapshot_of", {"target": target, "path": source}))

    async def _with_snapshots(self, steps: list[Step], inspect: Json, stamp: int) -> list[Step]:
        """Return the steps with a snapshot of each dataset that it writes to: before it stops, a database's after."""
        yard = self._yard
        found = await yard.around.datasets(writable_sources(inspect))
        name = f"hsm-{yard.instance}-update-{stamp}"
        taken = [
            Step(order=SNAPSHOT, params={"member": 0, "source": source, "dataset": dataset, "name": name})
            for source, dataset in found
        ]
        stops = any(step.order == Order.STOP for step in steps)
        after = Order.STOP if yard.is_database(inspect) and stops else Order.KEEP
        first = (step.order == after and step.params["member"] == 0 for step in steps)
        at = [*first].index(True) + 1
        return [*steps[:at], *taken, *steps[at:]]

    @override
    async def fingerprint(self, target: str) -> str:
        return _fingerprint(await self._inspect(target))

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        one, members = plan.steps[step], members_of(plan)
        if one.order == SNAPSHOT:
            wanted = one.params
            taken = await self._yard.around.snapshot(wanted["source"], wanted["dataset"], wanted["name"])
            return Receipt(step, {"snapshot": taken})
        return Receipt(step, await Remaking(self._yard.workshop, members).send(one))

    async def ready(self, plan: Plan, step: int) -> Refusal | None:
        """Look whether the next step may be sent: what was there is as it was, and what was started is well."""
        members, one, before = members_of(plan), plan.steps[step], plan.steps[step - 1]
        remaking, member = Remaking(self._yard.workshop, members), members[one.params["member"]]
        if refusal := await self._not_done(plan, remaking, before, member):
            return refusal
        if refusal := await self._not_as_left(remaking, one, member):
            return refusal
        if one.order == Order.NO_RESTART or (one.order == Order.PARK and one.params["member"]):
            # the last moment: of the first one before anything stops, of the others before they give up their name
            return await self._right_image(remaking, members[0] if one.order == Order.NO_RESTART else member)
        return None

    async def _not_done(self, plan: Plan, remaking: Remaking, before: Step, member: Member) -> Refusal | None:
        """Look whether the step before did what it is for; member: that the next step is about."""
        members = members_of(plan)
        whose = members[before.params["member"]]
        if before.order == Order.START:
            # the next one lives in the namespaces of the one before: that must be well first
            judgement = await self._gating(members).new_is_well(whose)
            if judgement.result is not Result.HEALTHY:
                await self._note_bad(plan, remaking, members[0], judgement)
                return _no(whose, judgement)
        if before.order == SNAPSHOT and (refusal := await self._snapshot_missing(member, before.params)):
            return refusal
        if refusal := await missed(self._yard.workshop, remaking, whose, before):
            return refusal
        return await self._other_image(plan, member) if before.order == Order.PULL else None

    @staticmethod
    async def _not_as_left(remaking: Remaking, one: Step, member: Member) -> Refusal | None:
        """Look whether the two containers of a member are as the steps before the next one left them."""
        old = await remaking.old(member)
        if old is None:
            return Refusal("container_gone", {"target": member.name})
        if one.order in (Order.START, Order.TAKE, Order.CONNECT) and await remaking.new(member) is None:
            return Refusal("new_container_gone", {"target": member.name})
        running = table(old.get("State")).get("Running") is True
        if one.order in (Order.PARK, Order.TAKE, Order.START) and running:
            return Refusal("old_container_runs", {"target": member.name})
        if one.order == Order.TAKE and name_of(old) != member.parked:
            return Refusal("target_changed", {"target": member.name})
        return None

    async def _snapshot_missing(self, member: Member, wanted: Mapping[str, Any]) -> Refusal | None:
        """Look for a snapshot by its name: its answer may have been lost, and it is never ordered twice."""
        for look in range(SNAPSHOT_LOOKS):
            try:
                if await self._yard.around.has_snapshot(wanted["source"], wanted["dataset"], wanted["name"]):
                    return None
            except ClientError:
                if look == SNAPSHOT_LOOKS - 1:
                    raise
            await self._sleep(gating.LOOK_EVERY)
        return Refusal("snapshot_missing", {"target": member.name, "dataset": wanted["dataset"]})

    async def _other_image(self, plan: Plan, member: Member) -> Refusal | None:
        """Refuse an image that nobody was shown, where one was: what was approved is one digest."""
        wanted = plan.params.get("digest")
        if not wanted:
            return None
        image = await self._yard.workshop.look_at_image(member.reference) or {}
        if wanted in [digest_of(each) for each in words(image.get("RepoDigests"))]:
            return None
        return Refusal("image_moved", {"target": member.name})

    async def _right_image(self, remaking: Remaking, member: Member) -> Refusal | None:
        """Refuse to stop the old one where the new one is not there, or came of another image than is named."""
        new = await remaking.new(member)
        if new is None:
            return Refusal("new_container_gone", {"target": member.name})
        if text(new.get("Image")) != await remaking.wanted_image(member):
            return Refusal("image_moved", {"target": member.name})
        return None

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Judge every new container by looking; the old ones must stand still."""
        members = members_of(plan)
        for member in members:
            judgement = await self._gating(members).new_is_well(member)
            if judgement.result is not Result.HEALTHY:
                facts = {"said": "", **judgement.facts}
                facts |= {"reason": REASONS[judgement.reason], "container": member.name}
                await self._note_bad(plan, Remaking(self._yard.workshop, members), members[0], judgement)
                return Verdict(Outcome.FAILED, facts)
        image, remaking = "", Remaking(self._yard.workshop, members)
        for member in members:
            new = await remaking.new(member) or {}
            image = image or text(new.get("Image"))
            digests = await self._digests(text(new.get("Image")))
            self._yard.updated(member, container=text(new.get("Id")), wanted=plan.target, digests=digests)
        await self._yard.relist()
        return Verdict(Outcome.SUCCEEDED, {"image": image, "kept": members[0].parked})

    async def _digests(self, image: str) -> list[str]:
        """Return the digests under which an image came; none where it cannot be looked at: it is only for show."""
        try:
            return words((await self._yard.workshop.look_at_image(image) or {}).get("RepoDigests"))
        except ClientError:
            return []

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        one = plan.steps[step]
        if one.order == SNAPSHOT:
            # it costs nothing and may be wanted
            return None
        result = receipt.result if isinstance(receipt.result, Mapping) else {}
        members = members_of(plan)
        back = Remaking(self._yard.workshop, members).take_back(one, result)
        taken = await self.starting(members[one.params["member"]].name, back)
        return Receipt(step, taken) if taken else None

    async def undone(self, plan: Plan) -> Verdict:
        """Judge whether the old containers are what runs under their names again, and well."""
        members = members_of(plan)
        for member in members:
            judgement = await self._gating(members).old_is_well(member)
            if judgement.result is not Result.HEALTHY:
                return Verdict(Outcome.FAILED, {**judgement.facts, "reason": REASONS[judgement.reason]})
        bad = self._bad.pop(plan.target, ((), ""))
        await self._yard.went_back(
            [each.name for each in members], members[0].parked.rpartition("-")[2], *bad
        )
        await self._yard.relist()
        return Verdict(Outcome.SUCCEEDED, {"back": plan.target})


def _no(member: Member, judgement: Judgement) -> Refusal:
    said = str(judgement.facts.get("said", ""))
    return Refusal(REASONS[judgement.reason], {"target": member.name, "said": said})
