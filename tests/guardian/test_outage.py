"""While the power fails nothing else is begun, and the plan for that is held by nothing but the switch."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Actor, ForAWhile, NotDone, Refused, Risk
from custom_components.home_server_monitor.guardian.desk import MEMO
from custom_components.home_server_monitor.guardian.locks import Locks
from custom_components.home_server_monitor.guardian.policy import Mode, Settings, Standing
from custom_components.home_server_monitor.guardian.remediation import OUTAGE, Record, State

from .fake import ADMIN, START, FakeAction, FakeSource, Guardian, StepwiseAction, World

PLAN = {"plan": {"mode": "decide"}}


async def guardian(folder: Path, world: World, *, risk: Risk = Risk.HIGH, **more: Any) -> Guardian:
    """Return one with a plan that is approved in advance, and a server whose things are ended."""
    plan = FakeSource(FakeAction(world, "shed", risk=risk), FakeAction(world, "other"), id="power")
    it = await Guardian(
        folder, FakeSource(FakeAction(world, "stop"), FakeAction(world)), others=(plan,), **more
    ).start()
    standing = Standing(
        id="", action="shed", selector="nas", by=ADMIN, at=START, rule=OUTAGE, source="power", params=PLAN
    )
    await it.desk.helm.grant(standing)
    return it


async def shed(it: Guardian) -> Record:
    """Begin the plan as it begins by itself, and wait for its end."""
    system = Actor(kind="system", id="system")
    record = await it.propose("nas", "shed", source="power", params=PLAN, actor=system, rule=OUTAGE)
    await it.desk.run_automatically(record.id)
    return await it.desk.wait(record.id)


async def test_nothing_else_is_begun(tmp_path: Path) -> None:
    world = World()
    it = await guardian(tmp_path, world)
    waiting = await it.propose()
    it.desk.helm.outage = True
    for rule in ("", "pool_errors"):
        assert it.desk.helm.why_held(rule) == "on_battery"
    with pytest.raises(Refused, match="on_battery"):
        await it.desk.approve(waiting.id, ADMIN)
    with pytest.raises(Refused, match="on_battery"):
        await it.desk.run_automatically(waiting.id)
    assert world.writes == []
    assert (await shed(it)).state is State.SUCCEEDED
    it.desk.helm.outage = False
    await it.desk.approve(waiting.id, ADMIN)
    assert (await it.desk.wait(waiting.id)).state is State.SUCCEEDED


async def test_what_runs_ends_its_step_and_is_taken_back(tmp_path: Path) -> None:
    world = World()
    action = StepwiseAction(world, steps=3, takes_away=True, inverse=True)
    it = await Guardian(tmp_path, FakeSource(action)).start()

    def fails() -> None:
        it.desk.helm.outage = True

    world.at_write = fails
    ended = await it.done()
    assert (ended.state, ended.reason, world.writes, world.undone) == (
        State.ROLLED_BACK, "on_battery", ["tank:0"], ["tank:0"],
    )  # fmt: skip


async def test_it_is_held_by_no_budget_no_trouble_and_no_use(tmp_path: Path) -> None:
    world = World()
    more = {"not_now": lambda record: "storage_in_trouble", "in_use": lambda record: True}
    it = await guardian(tmp_path, world, **more)
    it.desk.policy.settings = Settings(per_hour=1, per_target=1)
    it.desk.helm.outage = True
    for _ in range(4):
        world.done.clear()
        assert (await shed(it)).state is State.SUCCEEDED
    # it opens no breaker either, and others' budgets are not spent by it
    world.before = NotDone("gone")
    for _ in range(3):
        assert (await shed(it)).state is State.FAILED
    assert not it.desk.helm.open_breakers
    assert it.desk.affairs(next(iter(it.desk.records.values()))).acts == []


async def test_the_switch_and_watch_only_stop_it(tmp_path: Path) -> None:
    world = World()
    it = await guardian(tmp_path, world)
    await it.desk.hold(True, ADMIN)
    with pytest.raises(Refused, match="hold_is_on"):
        await shed(it)
    await it.desk.hold(False, ADMIN)
    await it.desk.set_mode(Mode.WATCH, ADMIN)
    with pytest.raises(Refused, match="watch_only"):
        await shed(it)
    await it.desk.set_mode(Mode.ASK, ADMIN)
    (standing,) = it.desk.helm.standings
    await it.desk.helm.revoke(standing, ADMIN)
    with pytest.raises(Refused):
        await shed(it)
    assert world.writes == []


async def test_it_is_exactly_what_was_approved(tmp_path: Path) -> None:
    world = World()
    it = await guardian(tmp_path, world)
    for changed in (
        {"target": "another"},
        {"params": {"plan": {"mode": "decide", "charge": 50}}},
        {"action": "other"},
        {"rule": ""},
    ):
        given: dict[str, Any] = {
            "target": "nas", "action": "shed", "source": "power", "params": PLAN, "rule": OUTAGE, **changed,
        }  # fmt: skip
        record = await it.propose(given.pop("target"), given.pop("action"), **given)
        with pytest.raises(Refused):
            await it.desk.run_automatically(record.id)
    assert world.writes == []


async def test_its_parts_are_those_of_any_source(tmp_path: Path) -> None:
    world = World()
    it = await guardian(tmp_path, world)
    shedding = it.others[0].actions["shed"]
    assert isinstance(shedding, FakeAction)
    shedding.gate = asyncio.Event()
    whole = asyncio.create_task(shed(it))
    for _ in range(500):
        await asyncio.sleep(0)
    (running,) = (each for each in it.desk.records.values() if each.state is State.RUNNING)
    part = await it.desk.parts.begin(running.id, "stop", "plex", {}, "Plex", source="nas")
    ended = await it.desk.wait(part.id)
    assert (ended.source, ended.rule, ended.part_of, ended.state) == (
        "nas",
        OUTAGE,
        running.id,
        State.SUCCEEDED,
    )
    shedding.gate.set()
    await whole


async def test_it_goes_on_without_a_journal(tmp_path: Path) -> None:
    world = World()
    it = await guardian(tmp_path, world)

    def full(line: Any, written: bool) -> None:
        raise OSError("No space left on device")

    it.journal.on_append = full
    assert (await shed(it)).state is State.SUCCEEDED
    assert it.journal.broken
    with pytest.raises(Exception, match="No space"):
        await it.propose()
    assert not await it.desk.keep("power", {"outage": True}, over=False)
    it.journal.on_append = None
    await it.desk.tick()
    kept = {entry.id: entry.value["state"] for entry in await it.journal.read(50, {"remediation"})}
    assert list(kept.values()) == ["succeeded"]


async def test_an_outage_outlives_a_crash(tmp_path: Path) -> None:
    world = World()
    it = await guardian(tmp_path, world)
    assert await it.desk.keep("power_plan", {"outage": True, "memory": 7}, over=False)
    again = await Guardian(tmp_path, FakeSource(FakeAction(world))).start()
    assert again.desk.memos == {"power_plan": {"outage": True, "memory": 7, "over": False}}
    assert again.desk.helm.outage
    assert again.desk.helm.why_held() == "on_battery"
    assert {entry.kind for entry in await again.journal.read(50, {MEMO})} == {MEMO}


async def test_one_value_at_a_time_and_others_beside_it() -> None:
    locks, order = Locks(), []

    async def hold(name: str, mark: str, seconds: float) -> None:
        async with locks.of(name):
            order.append(f"+{mark}")
            await asyncio.sleep(seconds)
            order.append(f"-{mark}")

    await asyncio.gather(hold("a", "1", 0.02), hold("a", "2", 0), hold("b", "3", 0))
    assert order.index("-1") < order.index("+2")
    assert order.index("-3") < order.index("-1")
    assert not locks.busy


class Slow:
    """A value whose change takes as long as a test wants."""

    def __init__(self) -> None:
        self.value = False
        self.gate = asyncio.Event()

    async def read(self, target: str) -> bool:
        """Return it."""
        return self.value

    def shown(self, target: str) -> bool:
        """Return it."""
        return self.value

    def same(self, left: Any, seen: Any) -> bool:
        """Compare."""
        return left is seen

    def strictest(self, values: Any) -> bool:
        """Either way."""
        return any(values)

    async def set_leased(self, target: str, value: Any) -> None:
        """Set it."""
        self.value = value


class Lends(FakeSource):
    """A source with two values."""

    def __init__(self) -> None:
        super().__init__()
        self.settings = {"one": Slow(), "two": Slow()}


async def test_what_takes_long_to_end_keeps_no_other_from_ending(tmp_path: Path) -> None:
    source = Lends()
    it = await Guardian(tmp_path, source).start()

    async def take(name: str) -> None:
        async def make() -> bool:
            await source.settings[name].gate.wait()
            source.settings[name].value = True
            return True

        wish = ForAWhile(setting=name, target="x", value=True, lasts=60.0)
        await it.desk.leases.take("nas", wish, make, owner="test", by="", name=name)

    tasks = [asyncio.create_task(take(name)) for name in source.settings]
    source.settings["two"].gate.set()
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert (tasks[0].done(), tasks[1].done(), it.desk.leases.busy) == (False, True, True)
    source.settings["one"].gate.set()
    await asyncio.gather(*tasks)
    await it.desk.leases.end_of("test")
    await it.desk.leases.tick()
    assert not any(each.value for each in source.settings.values())
    assert not it.desk.leases.changes
