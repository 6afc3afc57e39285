"""A source in memory whose actions count every write, and a guardian on a folder that can be killed and started again."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, override

from custom_components.home_server_monitor.guardian.contract import (
    Action,
    Actor,
    Finding,
    Missing,
    Node,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Resume,
    Risk,
    Source,
    Step,
    Verdict,
)
from custom_components.home_server_monitor.guardian.desk import Desk
from custom_components.home_server_monitor.guardian.journal import Journal
from custom_components.home_server_monitor.guardian.own_path import OwnPath
from custom_components.home_server_monitor.guardian.policy import Policy
from custom_components.home_server_monitor.guardian.remediation import Record

ADMIN = Actor(kind="user", id="admin", name="Ada", admin=True, via="phone")
OTHER = Actor(kind="user", id="other", name="Bo", admin=True, via="phone")
GUEST = Actor(kind="user", id="guest", name="Cy", via="phone")
REPAIRS = Actor(kind="user", id="admin", name="Ada", admin=True, via="repairs")
START = 1_800_000_000.0


class Killed(BaseException):
    """The process ends here."""


@dataclass
class World:
    """The server: what was written to it, and how it behaves. It outlives every guardian."""

    writes: list[str] = field(default_factory=list)
    orders: list[tuple[str, str, int]] = field(default_factory=list)
    taken_back: list[tuple[str, str, int]] = field(default_factory=list)
    inverses: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    values: dict[str, int] = field(default_factory=dict)
    done: set[tuple[str, int]] = field(default_factory=set)
    reads: int = 0
    # what a step raises, before or after it took effect
    before: BaseException | None = None
    after: BaseException | None = None
    outcome: Outcome | None = None
    refuse: str | None = None
    at_write: Callable[[], None] = lambda: None


class FakeAction(Action):
    """`steps` writes, whose plan is bound to the target's value."""

    def __init__(self, world: World, key: str = "mend", **more: Any) -> None:
        self.key = key
        self.world = world
        self.resume: Resume = more.pop("resume", Resume.VERIFY)
        self.steps: int = more.pop("steps", 1)
        self.more = more
        self.dead = False
        self.gate: asyncio.Event | None = None
        self.verify_gate: asyncio.Event | None = None

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        self.world.reads += 1
        if self.world.refuse:
            raise Refused(Refusal(self.world.refuse))
        return Plan(
            action=self.key,
            target=target,
            fingerprint=str(self.world.values.get(target, 0)),
            steps=tuple(Step(order=f"step{i}", params=dict(params)) for i in range(self.steps)),
            before={"value": self.world.values.get(target, 0)},
            **({"risk": Risk.LOW, "deadline": 5.0} | self.more),
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        self.world.reads += 1
        await asyncio.sleep(0)
        if str(self.world.values.get(plan.target, 0)) != plan.fingerprint:
            return Refusal("target_changed", {"target": plan.target})
        return Refusal(self.world.refuse) if self.world.refuse else None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        world = self.world
        assert not self.dead, "a dead process writes"
        if self.gate is not None:
            await self.gate.wait()
        if world.before is not None:
            raise world.before
        world.orders.append((plan.action, plan.target, step))
        world.writes.append(f"{plan.target}:{step}")
        world.done.add((plan.target, step))
        world.at_write()
        await asyncio.sleep(0)
        if world.after is not None:
            raise world.after
        return Receipt(step, {"answer": True})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        self.world.reads += 1
        if self.verify_gate is not None:
            await self.verify_gate.wait()
        await asyncio.sleep(0)
        if self.world.outcome is not None:
            return Verdict(self.world.outcome, {"reason": "so it is"})
        done = all((plan.target, step) in self.world.done for step in range(len(plan.steps)))
        return Verdict(Outcome.SUCCEEDED if done else Outcome.FAILED)

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        assert not self.dead, "a dead process writes"
        self.world.taken_back.append((plan.action, plan.target, step))
        self.world.inverses.append(f"{plan.target}:{step}")
        if (plan.target, step) not in self.world.done:
            return None
        self.world.undone.append(f"{plan.target}:{step}")
        self.world.done.discard((plan.target, step))
        self.world.at_write()
        await asyncio.sleep(0)
        return Receipt(step, {"answer": True})


class StepwiseAction(FakeAction):
    """One that can look in the middle."""

    async def ready(self, plan: Plan, step: int) -> Refusal | None:
        self.world.reads += 1
        done = all((plan.target, before) in self.world.done for before in range(step))
        return None if done and (plan.target, step) not in self.world.done else Refusal("target_changed")


class LookingAction(StepwiseAction):
    """One whose inverse looks first, so that it may be begun again."""

    repeats_undo = True


class FakeSource(Source):
    """A server that is there unless `judged` is taken away."""

    kind = "fake"
    name = "Fake"

    def __init__(self, *actions: Action, id: str = "nas") -> None:
        self.id = id
        self.there = True
        self._actions = {action.key: action for action in actions}

    @property
    @override
    def server(self) -> str:
        return "home"

    @property
    @override
    def judged(self) -> bool:
        return self.there

    @property
    @override
    def checked(self) -> float | None:
        return None

    @property
    @override
    def missing(self) -> Sequence[Missing]:
        return ()

    @property
    @override
    def findings(self) -> Sequence[Finding]:
        return ()

    @property
    @override
    def nodes(self) -> Sequence[Node]:
        return ()

    @property
    @override
    def actions(self) -> Mapping[str, Action]:
        return dict(self._actions)


async def inline(work: Callable[[], Any]) -> Any:
    """Run what would go to the executor at once."""
    await asyncio.sleep(0)
    return work()


async def nap(seconds: float) -> None:
    """Let no time pass."""
    await asyncio.sleep(0)


class Guardian:
    """One process: a journal and a desk on a folder."""

    running: ClassVar[list[Guardian]] = []

    def __init__(self, folder: Path, source: FakeSource | None, **more: Any) -> None:
        self.now: float = more.pop("now", START)
        self.source = source
        self.others: tuple[FakeSource, ...] = more.pop("others", ())
        self.told: list[Record] = []
        self.own_path = OwnPath()
        self.journal = Journal(folder, more.pop("run", inline), "0123abcd", clock=lambda: self.now)
        self.policy = more.pop("policy", Policy())
        self.desk = Desk(
            self.journal,
            lambda wanted: next(
                (each for each in (self.source, *self.others) if each and each.id == wanted), None
            ),
            self.policy,
            lambda: self.own_path,
            lambda: self.now,
            more.pop("sleep", nap),
            **more,
        )
        self.desk.on_change(self.told.append)
        self.running.append(self)

    async def start(self, *, expected: bool = False) -> Guardian:
        """Replay and take up."""
        await self.desk.recover(await self.journal.open(), expected=expected)
        return self

    async def end(self) -> None:
        """Stop as Home Assistant does."""
        await self.desk.stop()
        await self.journal.close()

    async def propose(self, target: str = "tank", action: str = "mend", **more: Any) -> Record:
        """Propose something."""
        return await self.desk.propose(
            more.pop("source", "nas"), action, target, more.pop("params", {}), **({"actor": ADMIN} | more)
        )

    async def done(self, target: str = "tank", action: str = "mend", **more: Any) -> Record:
        """Propose, approve and wait for the end."""
        record = await self.propose(target, action, **more)
        await self.desk.approve(record.id, ADMIN)
        return await self.desk.wait(record.id)
