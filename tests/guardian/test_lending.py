"""A desk whose action changes something for a while: approved once, returned by itself, whatever happens between."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, override

import pytest

from custom_components.home_server_monitor.guardian.capabilities import Setting
from custom_components.home_server_monitor.guardian.contract import (
    Action,
    ForAWhile,
    NotDone,
    Outcome,
    Plan,
    Receipt,
    Refused,
    Verdict,
)
from custom_components.home_server_monitor.guardian.journal import JournalFailed
from custom_components.home_server_monitor.guardian.packing import pack_plan, unpack_plan
from custom_components.home_server_monitor.guardian.remediation import HOUR, Record, State

from .fake import ADMIN, START, FakeAction, FakeSource, Guardian, Killed, World


class Pause(FakeAction):
    """Pauses what is in `world.values`, for an hour."""

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        plan = await super().plan(target, params)
        lease = ForAWhile(setting="paused", target=target, value=1, lasts=params.get("hours", 1) * HOUR)
        return replace(plan, fingerprint="", steps=(replace(plan.steps[0], lease=lease),))

    @override
    async def check(self, plan: Plan) -> None:
        await asyncio.sleep(0)

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        if self.world.before is None:
            self.world.values[plan.target] = 1
        return await super().run(plan, step)

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        paused = self.world.values.get(plan.target) == 1
        return Verdict(Outcome.SUCCEEDED if paused else Outcome.FAILED)


class Paused(Setting):
    """Whether something is paused."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dead = False
        self.asked = asyncio.Event()

    @override
    async def read(self, target: str) -> int:
        self.asked.set()
        await asyncio.sleep(0)
        return self.world.values.get(target, 0)

    @override
    def shown(self, target: str) -> int:
        return self.world.values.get(target, 0)

    @override
    def same(self, left: Any, seen: Any) -> bool:
        return bool(left == seen)

    @override
    def strictest(self, values: Sequence[int]) -> int:
        return max(values)

    @override
    async def set_leased(self, target: str, value: int) -> None:
        assert not self.dead, "a dead process writes"
        self.world.values[target] = value
        self.world.undone.append(target)


class Lender(FakeSource):
    """A server on which something can be paused."""

    def __init__(self, world: World, *actions: Action) -> None:
        super().__init__(*(actions or (Pause(world),)))
        self.settings = {"paused": Paused(world)}


@pytest.fixture
def world() -> World:
    return World()


async def guardian(folder: Path, world: World, now: float = START, **more: Any) -> Guardian:
    return await Guardian(folder, Lender(world), now=now, **more).start()


async def later(it: Guardian, seconds: float) -> None:
    """Let the guardian's timer fire after so many seconds."""
    it.now += seconds
    await it.desk.tick()


def test_a_plan_keeps_its_lease_in_the_journal() -> None:
    world = World()
    plan = asyncio.run(Pause(world).plan("tank", {}))
    assert unpack_plan(pack_plan(plan)) == plan


async def test_it_ends_by_itself(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.done()
    assert record.state is State.SUCCEEDED
    (change,) = it.desk.leases.changes.values()
    (lease,) = change.leases
    assert (lease.by, lease.ends, lease.owner) == ("Ada", START + HOUR, f"record:{record.id}")
    await later(it, HOUR - 1)
    assert world.values == {"tank": 1}
    await later(it, 1)
    assert (world.values, world.undone, world.writes) == ({"tank": 0}, ["tank"], ["tank:0"])


async def test_hold_keeps_no_return(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    await it.done()
    await it.desk.hold(True, ADMIN)
    await later(it, HOUR)
    assert world.values == {"tank": 0}
    with pytest.raises(Refused):
        await it.done(params={"hours": 2})


async def test_two_pauses_end_with_the_later_one(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    await it.done()
    second = await it.done(params={"hours": 3})
    assert (second.state, second.receipts[0].result) == (State.SUCCEEDED, {"nothing": True})
    await later(it, HOUR)
    assert world.values == {"tank": 1}
    await later(it, 2 * HOUR)
    assert (world.values, world.writes) == ({"tank": 0}, ["tank:0"])


async def test_what_somebody_else_paused_is_not_ours(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()
    world.values["tank"] = 1
    with pytest.raises(Refused) as refused:
        await it.desk.approve(record.id, ADMIN)
    assert refused.value.refusal.key == "so_already"
    with pytest.raises(Refused):
        await it.propose(params={"hours": 2})
    assert (world.writes, it.desk.leases.changes) == ([], {})


async def test_its_source_is_away_when_it_ends(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    source = it.source
    await it.done()
    it.source = None
    await later(it, HOUR)
    await later(it, HOUR)
    assert world.values == {"tank": 1}
    it.source = source
    await later(it, 15)
    assert world.values == {"tank": 0}


async def test_a_source_that_is_there_but_says_nothing_of_now(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    await it.done()
    assert it.source is not None
    it.source.there = False
    await later(it, HOUR)
    assert world.values == {"tank": 1}
    it.source.there = True
    await later(it, 15)
    assert world.values == {"tank": 0}


async def test_an_order_that_failed_leaves_no_lease(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    world.before = NotDone("turned away")
    assert (await it.done()).state is State.FAILED
    assert not it.desk.leases.changes
    world.before = ConnectionError("never left")
    assert (await it.done(params={"hours": 2})).state is State.FAILED
    await later(it, 15)
    assert (world.writes, world.undone, it.desk.leases.changes) == ([], [], {})


async def test_a_full_disk_begins_nothing_and_ends_what_was_begun(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    await it.done()
    record = await it.propose("other")
    full = True

    def append(line: Any, written: bool) -> None:
        if full:
            raise OSError(28, "full")

    it.journal.on_append = append
    with pytest.raises(JournalFailed):
        await it.desk.approve(record.id, ADMIN)
    await later(it, HOUR)
    assert (world.values, it.journal.broken) == ({"tank": 0}, True)
    full = False
    await later(it, 15)
    again = await guardian(tmp_path, world, it.now)
    assert not again.desk.leases.changes


async def test_the_disk_is_full_just_for_the_lease(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()

    def append(line: Any, written: bool) -> None:
        if line["k"] == "lease":
            raise OSError(28, "full")

    it.journal.on_append = append
    await it.desk.approve(record.id, ADMIN)
    ended = await it.desk.wait(record.id)
    assert (ended.state, ended.reason, world.writes) == (State.FAILED, "journal_failed", [])


async def _lives_and_dies(folder: Path, world: World, dies_at: int) -> bool:
    """Pause, and die at an instant: before or after a line is written, or around the write. Returns whether."""
    instants = 0
    action, setting = Pause(world), Paused(world)
    source = Lender(world, action)
    source.settings = {"paused": setting}
    it = Guardian(folder, source)

    def instant() -> None:
        nonlocal instants
        if instants >= dies_at:
            action.dead = setting.dead = True
        instants += 1
        if action.dead:
            raise Killed

    it.journal.on_append = lambda line, written: instant()
    world.at_write = instant
    record: Record | None = None
    try:
        await it.start()
        record = await it.propose()
        await it.desk.approve(record.id, ADMIN)
        for _ in range(100):
            if action.dead or it.desk.records[record.id].over:
                break
            await it.journal.exists()
    except Killed:
        pass
    action.dead = setting.dead = True
    world.at_write = lambda: None
    return instants > dies_at


async def test_killed_at_every_instant(tmp_path: Path) -> None:
    """Once it is paused it goes on again, never later than its end, and nothing is paused twice."""
    dies_at, paused = 0, 0
    while True:
        world, folder = World(), tmp_path / str(dies_at)
        if not await _lives_and_dies(folder, world, dies_at):
            break
        paused += bool(world.values.get("tank"))
        again = await guardian(folder, world, START + 60)
        for record in tuple(again.desk.records.values()):
            if record.state is not State.PROPOSED:
                async with asyncio.timeout(5):
                    await again.desk.wait(record.id)
        await later(again, 15)
        await later(again, HOUR)
        assert world.values.get("tank", 0) == 0, dies_at
        assert len(world.writes) <= 1
        assert not again.desk.leases.changes
        dies_at += 1
    assert dies_at > 10
    assert paused > 3


async def test_it_lasts_over_a_restart(tmp_path: Path, world: World) -> None:
    first = await guardian(tmp_path, world)
    await first.done()
    await first.end()
    again = await guardian(tmp_path, world, START + 60)
    await later(again, 15)
    assert world.values == {"tank": 1}
    await again.end()
    third = await guardian(tmp_path, world, START + 2 * HOUR)
    await later(third, 0)
    assert world.values == {"tank": 0}


async def test_stopping_waits_for_a_return_that_is_under_way(tmp_path: Path, world: World) -> None:
    source = Lender(world)
    it = await Guardian(tmp_path, source).start()
    await it.done()
    it.now += HOUR
    source.settings["paused"].asked.clear()
    returning = asyncio.ensure_future(it.desk.tick())
    await source.settings["paused"].asked.wait()
    await it.desk.stop()
    assert world.values == {"tank": 0}
    await returning
    await later(it, 15)
