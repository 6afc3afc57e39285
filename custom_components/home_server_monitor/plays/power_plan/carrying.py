"""The stages of the plan as actions of the guardian: each thing that is ended is a part, planned and checked as any."""

from abc import abstractmethod
import asyncio
from collections.abc import Mapping, Sequence
import logging
import secrets
from typing import Any, Final, Protocol, override

from ...guardian.contract import (
    SYSTEM,
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
from ...guardian.desk import Desk
from ...guardian.journal import JournalFailed
from ...guardian.remediation import OUTAGE, Record, State
from ...sources.errors import ClientError
from .items import Around, Item, Load, waves
from .plan import Kind, PowerPlan, Stage, written
from .stopped import Ledger
from .told import some

_LOGGER = logging.getLogger(__name__)

SHED, POWER_OFF = "shed_load", "power_off"
# stages whose things come back
COMES_BACK: Final = frozenset({Kind.DOWNLOADS, Kind.JOBS, Kind.WORKLOADS})
# seconds on top of what things are given to end, until it is looked no more how they ended
GRACE: Final = 120.0
# errors after which nothing was begun
NOT_BEGUN: Final = (Refused, ClientError, NotDone, TimeoutError, JournalFailed)
# what is not begun within the limit of its stage
OUT_OF_TIME: Final = "out_of_time"


class Carries(Around, Protocol):
    """The play whose plan it is."""

    ledger: Ledger

    @property
    def desk(self) -> Desk:
        """Return where its actions are run."""
        ...

    @property
    def plan(self) -> PowerPlan:
        """Return what the options say."""
        ...

    async def load(self, *stages: Stage) -> Mapping[str, Load]:
        """Return what stages would be about now."""
        ...

    def name_of_target(self, target: str) -> str | None:
        """Return what people call a stage."""
        ...

    def wants(self, stage: str) -> bool:
        """Return whether a stage is still to be carried out, so that no more of it is begun where it is not."""
        ...

    def begun(self, stage: Stage) -> None:
        """Take note that a stage begins, so that people know."""
        ...

    def brings_back(self) -> bool:
        """Return whether what was stopped may be started now."""
        ...

    def moved(self, stage: str, patience: float) -> None:
        """Take note that something of a stage went on; patience: seconds for which no progress is normal now."""
        ...

    async def save(self) -> None:
        """Write down what was stopped. Never raises."""
        ...


class StageAction(Action):
    """Ends what a stage is about, in its order; what is not begun within its limit is left running."""

    # covered in advance only as exactly the plan that the options say
    stands_by_policy = True

    def __init__(self, play: Carries) -> None:
        self._play = play

    @abstractmethod
    def fits(self, stage: Stage) -> bool:
        """Return whether a stage is of this action."""

    def picked(self, load: Load) -> Sequence[Item]:
        """Return what of the load it is about now."""
        return load.items

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        play = self._play
        stage = play.plan.stage(target)
        if stage is None or not self.fits(stage):
            raise Refused(Refusal("no_such_target", {"target": target}))
        if params.get("plan") != written(play.plan):
            raise Refused(Refusal("policy_changed"))
        load = (await play.load(stage))[stage.key]
        items = self.picked(load)
        longest = max((each.seconds for each in items), default=0.0)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=target,
            steps=(Step(order=self.key, params={"names": [each.name for each in items]}),) if items else (),
            risk=self.risk,
            takes_away=True,
            deadline=stage.limit + longest + GRACE,
            source=play.id,
            params=dict(params),
            before={
                "run": secrets.token_hex(8),
                "limit": stage.limit,
                "items": [each.pack() for each in items],
                "spared": [[each.name, each.reason, each.why] for each in load.spared],
                "shown": {"names": some([each.name for each in items]) or "-"},
            },
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        return None if plan.params.get("plan") == written(self._play.plan) else Refusal("policy_changed")

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        """End all of it, wave by wave; returns once each has ended or its time is over."""
        play, whole = self._play, self._whole(plan)
        items = [Item.unpack(each) for each in plan.before["items"]]
        stage = play.plan.stage(plan.target)
        if stage is not None and stage.kind in COMES_BACK:
            for item in items:
                play.ledger.begin(plan.target, item)
            await play.save()
            play.begun(stage)
        until = asyncio.get_running_loop().time() + plan.before["limit"]
        begun: dict[str, str] = {}
        refused: dict[str, str] = {}
        for wave in waves(items):
            left = until - asyncio.get_running_loop().time()
            if not play.wants(plan.target) or left <= 0:
                refused |= {each.name: OUT_OF_TIME for each in wave}
                continue
            play.moved(plan.target, max(each.seconds for each in wave))
            found = await asyncio.gather(*(self._begin(whole.id, each) for each in wave))
            for item, record in zip(wave, found, strict=True):
                if isinstance(record, Record):
                    begun[item.name] = record.id
                else:
                    refused[item.name] = record
            if stage is not None and stage.kind in COMES_BACK:
                await play.save()
            await self._wait(plan.target, [each.id for each in found if isinstance(each, Record)], until)
        return Receipt(step, {"parts": begun, "refused": refused})

    def _whole(self, plan: Plan) -> Record:
        """Return the record of a plan. Raises NotDone."""
        for record in self._play.desk.records.values():
            if record.plan.before.get("run") == plan.before["run"]:
                return record
        raise NotDone("Its record is gone")

    async def _begin(self, whole: str, item: Item) -> Record | str:
        """Begin to end one thing; returns why not where that is so. One that cannot be ended keeps no other running."""
        play = self._play
        try:
            record = await play.desk.parts.begin(
                whole, item.action, item.target, item.params, item.name,
                source="" if item.source == play.id else item.source,
            )  # fmt: skip
        except Refused as err:
            return err.refusal.key
        except NOT_BEGUN as err:
            _LOGGER.info("%s is not ended: %r", item.name, err)
            return "not_reachable"
        leases = tuple((each.lease.setting, each.lease.target) for each in record.plan.steps if each.lease)
        play.ledger.ordered(item, record.id, leases)
        return record

    async def _wait(self, stage: str, parts: Sequence[str], until: float) -> None:
        """Wait until these have ended, or the time of the stage is over; they go on by themselves."""
        desk, loop = self._play.desk, asyncio.get_running_loop()

        async def ended(part: str) -> None:
            await desk.wait(part)
            self._play.moved(stage, 0.0)

        waiting = {loop.create_task(ended(part)) for part in parts}
        try:
            if waiting:
                await asyncio.wait(waiting, timeout=max(until - loop.time(), 0.0))
        finally:
            for task in waiting:
                task.cancel()

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Judge by how each part ended, which its own action looked at."""
        desk = self._play.desk
        ended = [await desk.wait(each.id) for each in desk.parts.of(self._whole(plan).id)]
        # what was tried again counts as it ended last
        parts = {(each.source, each.action, each.target): each for each in ended}.values()
        done = [each.name for each in parts if each.state is State.SUCCEEDED]
        refused = dict((receipts[-1].result or {}).get("refused", {})) if receipts else {}
        left = [each.name for each in parts if each.state is not State.SUCCEEDED] + sorted(refused)
        facts: dict[str, Any] = {"ended": done, "left": left, "why": refused}
        if not left:
            return Verdict(Outcome.SUCCEEDED, facts)
        sure = receipts and all(each.state is not State.INCONCLUSIVE for each in parts)
        return Verdict(Outcome.FAILED if sure else Outcome.INCONCLUSIVE, {**facts, "reason": "not_all_ended"})

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        # what is lent comes back by its leases
        return None


class ShedLoad(StageAction):
    """Ends for a while what the house can do without."""

    key = SHED
    risk = Risk.MEDIUM

    @override
    def fits(self, stage: Stage) -> bool:
        return stage.kind is not Kind.NAS


def action_of(stage: Stage) -> str:
    """Return the action that carries out a stage."""
    return POWER_OFF if stage.kind is Kind.NAS else SHED


async def carry(play: Carries, stage: Stage) -> Record | None:
    """Carry out a stage under its standing approval, and return how it ended; None where there is nothing to end.

    Raises Refused where it is not approved (any more) or is held, and what sources raise.
    """
    desk = play.desk
    params = {"plan": written(play.plan)}
    action = action_of(stage)
    # one that a restart cut off is judged first: what it ended is not ended again
    for old in tuple(desk.records.values()):
        if (old.source, old.action, old.target) == (play.id, action, stage.key) and not old.over:
            await _over(desk, old.id)
    try:
        record = await desk.propose(
            play.id,
            action,
            stage.key,
            params,
            actor=SYSTEM,
            rule=OUTAGE,
            name=play.name_of_target(stage.key) or stage.key,
        )
    except Refused as err:
        if err.refusal.key == "nothing_to_do":
            return None
        raise
    try:
        record = await desk.run_automatically(record.id)
    except NOT_BEGUN:
        await _over(desk, record.id)
        raise
    return await desk.wait(record.id)


async def _over(desk: Desk, record_id: str) -> None:
    """Wait for the end of a record; one that never began ends now, so that nobody begins it when mains is back."""
    record = desk.records[record_id]
    if record.state is State.PROPOSED:
        await desk.book.expire(record)
    await desk.wait(record_id)
