"""A restart at every instant of a remediation: never executed twice, never lost, always told."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import (
    Outcome,
    Plan,
    Receipt,
    Refused,
    RepeatsUndo,
    Resume,
    Verdict,
)
from custom_components.home_server_monitor.guardian.journal_files import NAME
from custom_components.home_server_monitor.guardian.policy import Mode, Standing
from custom_components.home_server_monitor.guardian.remediation import DAY, HOUR, State

from .fake import (
    ADMIN,
    GUEST,
    START,
    FakeAction,
    FakeSource,
    Guardian,
    Killed,
    LookingAction,
    StepwiseAction,
    World,
)

type Make = Callable[[World], FakeAction]
KINDS: dict[str, Make] = {
    "verify": FakeAction,
    "blind": lambda world: FakeAction(world, steps=3, resume=Resume.FINISH),
    "finish": lambda world: StepwiseAction(world, steps=3, resume=Resume.FINISH),
    "undo": lambda world: StepwiseAction(world, steps=3, resume=Resume.UNDO, inverse=True),
    "looks": lambda world: LookingAction(world, steps=3, resume=Resume.UNDO, inverse=True),
    "final": lambda world: LookingAction(world, steps=3, resume=Resume.UNDO, inverse=True, final=1),
}


class Life:
    """A guardian that dies at one of its instants: before or after a line is written, or around a write."""

    def __init__(self, folder: Path, world: World, make: Make, dies_at: int) -> None:
        self.world = world
        self.dies_at = dies_at
        self.instants = 0
        self.action = make(world)
        self.guardian = Guardian(folder, FakeSource(self.action))
        self.guardian.journal.on_append = lambda line, written: self.instant()
        world.at_write = self.instant

    def instant(self) -> None:
        if self.instants >= self.dies_at:
            self.action.dead = True
        self.instants += 1
        if self.action.dead:
            raise Killed

    async def live(self) -> None:
        try:
            await self.guardian.start()
            record = await self.guardian.propose()
            await self.guardian.desk.approve(record.id, ADMIN)
            for _ in range(300):
                if self.action.dead or self.guardian.desk.records[record.id].over:
                    break
                await self.guardian.journal.exists()
        except Killed:
            pass


async def lives(tmp_path: Path, make: Make, world: World, dies_at: int) -> bool:
    """Live until the instant, then live on in a new process; returns whether it died."""
    first = Life(tmp_path, world, make, dies_at)
    await first.live()
    first.action.dead = True
    second = Guardian(tmp_path, FakeSource(make(world)))
    world.at_write = lambda: None
    await second.start()
    for record in tuple(second.desk.records.values()):
        if record.state is State.PROPOSED:
            second.now += 5 * HOUR
            await second.desk.tick()
        async with asyncio.timeout(5):
            ended = await second.desk.wait(record.id)
        assert ended in second.told or ended in second.desk.untold
        if ended.state is State.SUCCEEDED:
            assert {step for _, step in world.done} == set(range(len(ended.plan.steps)))
        if ended.state is State.ROLLED_BACK:
            assert not world.done
        if ended.state in (State.EXPIRED, State.CANCELLED):
            assert not world.writes
    assert len(world.writes) == len(set(world.writes)), world.writes
    assert len(world.undone) == len(set(world.undone)), world.undone
    if not isinstance(first.action, RepeatsUndo):
        assert len(world.inverses) == len(set(world.inverses)), world.inverses
    if world.writes:
        assert second.desk.records
    third = await Guardian(tmp_path, FakeSource(make(world)), now=second.now).start()
    assert third.desk.records == second.desk.records
    return first.instants > dies_at


@pytest.mark.parametrize("failing", [False, True], ids=["works", "fails"])
@pytest.mark.parametrize("kind", KINDS)
async def test_death_at_every_instant(tmp_path: Path, kind: str, failing: bool) -> None:
    dies_at, states = 0, set()
    while True:
        world = World(outcome=Outcome.FAILED if failing else None)
        folder = tmp_path / str(dies_at)
        if not await lives(folder, KINDS[kind], world, dies_at):
            break
        states |= {each.state for each in Guardian.running[-1].desk.records.values()}
        dies_at += 1
    assert dies_at > 12
    assert State.CANCELLED in states
    assert (State.SUCCEEDED in states) is not failing
    if kind in ("undo", "looks"):
        assert State.ROLLED_BACK in states
    if kind == "looks":
        # wherever it dies: all of it is done, or all of it is taken back
        assert states <= {State.SUCCEEDED, State.ROLLED_BACK, State.CANCELLED, State.EXPIRED}


async def killed_while_running(tmp_path: Path, world: World, make: Make = KINDS["verify"]) -> None:
    life = Life(tmp_path, world, make, 10**9)

    def die() -> None:
        life.action.dead = True
        raise Killed

    await life.guardian.start()
    world.at_write = die
    record = await life.guardian.propose()
    await life.guardian.desk.approve(record.id, ADMIN)
    world.at_write = lambda: None
    life.guardian.journal.on_append = None


async def test_after_a_day_it_is_told_and_not_taken_up(tmp_path: Path) -> None:
    world = World()
    await killed_while_running(tmp_path, world)
    again = await Guardian(tmp_path, FakeSource(FakeAction(world)), now=START + DAY + 1).start()
    (record,) = again.desk.records.values()
    assert (record.state, record.reason) == (State.INCONCLUSIVE, "too_old")
    assert again.told == [record]


async def test_the_server_is_away_at_the_start(tmp_path: Path) -> None:
    world = World()
    await killed_while_running(tmp_path, world)
    again = await Guardian(tmp_path, None).start()
    (record,) = again.desk.records.values()
    assert not record.over
    again.source = FakeSource(FakeAction(world))
    with pytest.raises(Refused) as error:
        await again.desk.approve((await again.propose(params={"x": 1})).id, ADMIN)
    assert error.value.refusal.key == "busy"
    assert (await again.desk.wait(record.id)).state is State.SUCCEEDED
    assert world.writes == ["tank:0"]


async def test_hold_stops_what_would_be_finished(tmp_path: Path) -> None:
    world = World()
    await killed_while_running(tmp_path, world, KINDS["finish"])
    again = Guardian(tmp_path, FakeSource(KINDS["finish"](world)))
    again.desk.helm.hold = True
    await again.start()
    (record,) = again.desk.records.values()
    ended = await again.desk.wait(record.id)
    assert (ended.state, ended.reason) == (State.CANCELLED, "hold_is_on")
    assert world.writes == ["tank:0"]


async def test_proposals_live_on_and_expire(tmp_path: Path) -> None:
    world = World()
    first = await Guardian(tmp_path, FakeSource(FakeAction(world))).start()
    record = await first.propose()
    again = await Guardian(tmp_path, first.source).start()
    assert again.desk.records[record.id] == record
    await again.desk.approve(record.id, ADMIN)
    await again.desk.wait(record.id)
    later = await again.propose("other")
    late = await Guardian(tmp_path, first.source, now=START + 5 * HOUR).start()
    assert late.desk.records[later.id].state is State.EXPIRED


def damage(folder: Path) -> None:
    """Make one line in the middle unreadable."""
    path = folder / NAME
    lines = path.read_bytes().split(b"\n")
    lines[1] = lines[1][: len(lines[1]) // 2]
    path.write_bytes(b"\n".join(lines))


async def test_a_damaged_journal_is_trusted_with_nothing(tmp_path: Path) -> None:
    world = World()
    first = await Guardian(tmp_path, FakeSource(FakeAction(world)), in_use=lambda record: True).start()
    await first.desk.helm.grant(Standing(id="", action="mend", selector="*", by=ADMIN, at=START))
    open_one, waiting = await first.propose(), await first.propose("other")
    await first.desk.approve(waiting.id, ADMIN, waits="in_use")
    damage(tmp_path)
    again = await Guardian(tmp_path, first.source).start()
    assert again.desk.records[open_one.id].state is State.SUPERSEDED
    assert again.desk.records[waiting.id].state is State.CANCELLED
    assert again.desk.helm.mode is Mode.WATCH
    assert all(each.lapsed for each in again.desk.helm.standings.values())
    await again.end()
    third = await Guardian(tmp_path, first.source).start()
    await third.desk.set_mode(Mode.ASK, ADMIN)
    fourth = await Guardian(tmp_path, first.source).start()
    assert fourth.desk.helm.mode is Mode.ASK
    assert world.writes == []


async def test_a_journal_that_is_gone(tmp_path: Path) -> None:
    world = World()
    fresh = await Guardian(tmp_path / "a", FakeSource(FakeAction(world))).start()
    assert fresh.desk.helm.mode is Mode.ASK
    lost = await Guardian(tmp_path / "b", FakeSource(FakeAction(world))).start(expected=True)
    assert lost.desk.helm.mode is Mode.WATCH
    with pytest.raises(Refused):
        await lost.done()
    again = await Guardian(tmp_path / "b", None).start(expected=True)
    assert again.desk.helm.mode is Mode.WATCH


@pytest.mark.parametrize("left", [b"", b'{"n":1,"at":', bytes(4096)], ids=["empty", "torn", "zeros"])
async def test_a_journal_that_a_crash_emptied(tmp_path: Path, left: bytes) -> None:
    first = await Guardian(tmp_path, None).start()
    await first.desk.hold(True, ADMIN)
    await first.desk.set_mode(Mode.WATCH, ADMIN)
    (tmp_path / NAME).write_bytes(left)
    again = await Guardian(tmp_path, None).start(expected=True)
    assert again.desk.helm.mode is Mode.WATCH


async def test_what_was_set_lives_on(tmp_path: Path) -> None:
    first = await Guardian(tmp_path, None).start()
    await first.desk.hold(True, ADMIN)
    granted = await first.desk.helm.grant(Standing(id="", action="a", selector="b", by=ADMIN, at=START))
    await first.desk.helm.count("rule", failed=True)
    await first.desk.helm.count("rule", failed=True)
    again = await Guardian(tmp_path, None, now=START + 100).start()
    helm = again.desk.helm
    assert (helm.hold, helm.installed, helm.standings) == (True, START, {granted.id: granted})
    assert helm.open_breakers == {"rule"}
    for rule, who in (("other", ADMIN), ("rule", GUEST)):
        with pytest.raises(Refused):
            await helm.reset(rule, who)
    await helm.reset("rule", ADMIN)
    await helm.revoke(granted.id, ADMIN)
    third = await Guardian(tmp_path, None).start()
    assert third.desk.helm.open_breakers == frozenset()
    assert third.desk.helm.standings[granted.id].over


async def test_an_unreadable_record_stops_no_other(tmp_path: Path) -> None:
    world = World()
    first = await Guardian(tmp_path, FakeSource(FakeAction(world))).start()
    record = await first.propose()
    await first.journal.append("remediation", "broken", {"state": "proposed"})
    await first.journal.append("standing", "broken", {"action": "mend"})
    again = await Guardian(tmp_path, first.source).start()
    assert list(again.desk.records) == [record.id]
    assert not again.desk.helm.standings


async def test_tightening_needs_no_journal(tmp_path: Path) -> None:
    it = await Guardian(tmp_path, None).start()
    failing = True

    def full(line: Any, written: bool) -> None:
        if failing:
            raise OSError(28, "full")

    it.journal.on_append = full
    await it.desk.hold(True, replace(ADMIN, admin=False))
    await it.desk.set_mode(Mode.WATCH, replace(ADMIN, admin=False))
    assert it.desk.helm.held
    failing = False
    await it.desk.tick()
    again = await Guardian(tmp_path, None).start()
    assert (again.desk.helm.hold, again.desk.helm.mode) == (True, Mode.WATCH)


class _Deaf(LookingAction):
    """One whose inverse does its work, but whose answers get lost."""

    lost = 3

    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        found = await super().undo(plan, step, receipt)
        if self.lost:
            self.lost -= 1
            raise OSError("cut off")
        return found


@pytest.mark.parametrize(("lost", "state"), [(3, State.ROLLED_BACK), (99, State.INCONCLUSIVE)])
async def test_an_inverse_that_looks_first_is_begun_again(tmp_path: Path, lost: int, state: State) -> None:
    world = World(outcome=Outcome.FAILED)
    action = _Deaf(world, steps=3, resume=Resume.UNDO, inverse=True)
    action.lost = lost
    guardian = await Guardian(tmp_path, FakeSource(action)).start()
    record = await guardian.propose()
    await guardian.desk.approve(record.id, ADMIN)
    ended = await guardian.desk.wait(record.id)
    assert ended.state is state
    assert len(world.undone) == len(set(world.undone))


async def test_what_did_not_work_is_taken_back_although_its_source_just_went_away(tmp_path: Path) -> None:
    """A container is seen to fail, and its engine dies in that moment: it is not left as it is."""
    world = World()

    class Leaving(LookingAction):
        async def verify(self, plan: Plan, receipts: Any) -> Verdict:
            source.there = False
            return Verdict(Outcome.FAILED, {"reason": "so it is"})

    async def later(seconds: float) -> None:
        source.there = True
        await asyncio.sleep(0)

    source = FakeSource(Leaving(world, resume=Resume.UNDO, steps=2, inverse=True))
    it = await Guardian(tmp_path, source, sleep=later).start()
    ended = await it.done()
    assert ended.verdict is not None
    assert ended.verdict.outcome is Outcome.FAILED
    assert (ended.state, world.undone) == (State.ROLLED_BACK, ["tank:1", "tank:0"])
    await it.end()
