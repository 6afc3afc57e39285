"""What cannot be taken back yet, or not any more: it waits, told once, or is judged as it stands."""

import asyncio
from pathlib import Path

import pytest

from custom_components.home_server_monitor.guardian.contract import (
    Blocked,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Resume,
)
from custom_components.home_server_monitor.guardian.remediation import DAY, Record, State

from .fake import ADMIN, FakeSource, Guardian, Killed, LookingAction, World

PORT = Refusal("port_taken", {"target": "tank", "port": "80", "other": ""})


class Held(LookingAction):
    """One whose inverse something stands in the way of, for so many tries."""

    def __init__(self, world: World, tries: int) -> None:
        super().__init__(world, steps=2, resume=Resume.UNDO, inverse=True)
        self.tries = tries

    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        if step == 1 and self.tries > 0:
            self.tries -= 1
            raise Blocked(PORT)
        return await super().undo(plan, step, receipt)


def _told(guardian: Guardian) -> list[Refusal | None]:
    """Return what was said to be in the way, each time that this changed."""
    said = [each.blocked for each in guardian.told]
    return [each for before, each in zip([None, *said], said, strict=False) if each != before]


async def test_it_waits_until_nothing_is_in_the_way(tmp_path: Path) -> None:
    """That is written down once, however often it is tried."""
    world = World(outcome=Outcome.FAILED)
    it = await Guardian(tmp_path, FakeSource(Held(world, tries=50))).start()
    ended = await it.done()
    assert (ended.state, ended.blocked) == (State.ROLLED_BACK, None)
    assert world.undone == ["tank:1", "tank:0"]
    assert _told(it) == [PORT, None]
    assert len(it.told) < 15
    await it.end()


async def test_after_a_day_it_says_what_is_in_the_way(tmp_path: Path) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    world = World(outcome=Outcome.FAILED)
    it = await Guardian(tmp_path, FakeSource(Held(world, tries=10**9)), sleep=sleep).start()
    ended = await it.done()
    assert (ended.state, ended.reason, dict(ended.details)) == (
        State.INCONCLUSIVE,
        "port_taken",
        dict(PORT.placeholders),
    )
    assert sum(slept) == pytest.approx(DAY)
    await it.end()


async def test_a_restart_goes_on_waiting_and_says_nothing_again(tmp_path: Path) -> None:
    world = World(outcome=Outcome.FAILED)
    held = Held(world, tries=10**9)

    async def sleep(seconds: float) -> None:
        if held.tries < 10**9 - 5:
            held.dead = True
            raise Killed
        await asyncio.sleep(0)

    it = await Guardian(tmp_path, FakeSource(held), sleep=sleep).start()
    record = await it.propose()
    await it.desk.approve(record.id, ADMIN)
    while not held.dead:
        await it.journal.exists()
    await it.desk._floor.close()
    again = Guardian(tmp_path, FakeSource(Held(world, tries=5)))
    await again.start()
    assert again.desk.records[record.id].blocked == PORT
    ended = await again.desk.wait(record.id)
    assert (ended.state, ended.blocked) == (State.ROLLED_BACK, None)
    # the first that is said is that nothing is in the way any more
    assert [each for each in again.told if each.blocked] == []
    await again.end()


class Final(LookingAction):
    """Three steps, the last two of which cannot be taken back."""

    def __init__(self, world: World) -> None:
        super().__init__(world, steps=3, resume=Resume.UNDO, inverse=True, takes_away=True, final=1)


async def _stopped_after(tmp_path: Path, write: str) -> tuple[World, Record]:
    world = World()
    it = await Guardian(tmp_path, FakeSource(Final(world))).start()

    def hold() -> None:
        if world.writes[-1] == write:
            it.desk.helm.hold = True

    world.at_write = hold
    ended = await it.done()
    await it.end()
    return world, ended


async def test_what_is_stopped_after_its_last_way_back_is_judged_as_it_stands(tmp_path: Path) -> None:
    """Before it, it is taken back."""
    world, ended = await _stopped_after(tmp_path / "before", "tank:0")
    assert (ended.state, ended.reason, world.undone) == (State.ROLLED_BACK, "hold_is_on", ["tank:0"])
    world, ended = await _stopped_after(tmp_path / "after", "tank:1")
    # the third step is missing, which the look at the end sees
    assert (ended.state, world.inverses, world.writes) == (State.FAILED, [], ["tank:0", "tank:1"])


async def test_what_fails_at_its_end_is_not_taken_back_any_more(tmp_path: Path) -> None:
    world = World(outcome=Outcome.FAILED)
    it = await Guardian(tmp_path, FakeSource(Final(world))).start()
    ended = await it.done()
    assert (ended.state, world.inverses) == (State.FAILED, [])
    await it.end()


@pytest.mark.parametrize(
    ("write", "state", "writes"),
    [("tank:0", State.ROLLED_BACK, 1), ("tank:1", State.SUCCEEDED, 3), ("tank:2", State.SUCCEEDED, 3)],
)
async def test_killed_after_the_last_way_back_it_is_finished(
    tmp_path: Path, write: str, state: State, writes: int
) -> None:
    world = World()
    action = Final(world)

    def kill() -> None:
        if world.writes[-1] == write:
            action.dead = True
            raise Killed

    world.at_write = kill
    it = await Guardian(tmp_path, FakeSource(action)).start()
    record = await it.propose()
    await it.desk.approve(record.id, ADMIN)
    while not action.dead:
        await it.journal.exists()
    await it.desk._floor.close()
    world.at_write = lambda: None
    again = await Guardian(tmp_path, FakeSource(Final(world))).start()
    ended = await again.desk.wait(record.id)
    assert (ended.state, len(world.writes)) == (state, writes)
    await again.end()
