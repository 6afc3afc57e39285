"""All updates that are safe as one action: in order, one at a time, and taken up after Home Assistant was killed."""

import asyncio
from collections.abc import AsyncIterator, Mapping
import contextlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Outcome, Refused, Resume, Risk
from custom_components.home_server_monitor.guardian.house import House
from custom_components.home_server_monitor.guardian.remediation import Record, State
from custom_components.home_server_monitor.plays.update_all import MOST, UpdateAll
from tests.guardian.fake import ADMIN, OTHER, FakeAction, FakeSource, Guardian, Killed, World


class Offering:
    """What is offered: three containers, and one that is left out."""

    def __init__(self) -> None:
        self.safe = tuple(
            SimpleNamespace(name=name, image="i", digest=f"d-{name}", before="1", after="2")
            for name in ("a", "b", "c")
        )
        self.due = self.safe[:1]
        self.left = (SimpleNamespace(name="db", reason="database", details={}),)
        self.gone: dict[str, str] = {}
        self.asked: list[str] = []
        self.again = False
        self.failed: Mapping[str, str] | None = None

    async def look(self) -> Offering:
        return self

    def touched(self, name: str) -> frozenset[str]:
        return frozenset({f"member:nas:{name}"})

    async def why_not(self, name: str, image: str, digest: str, *, ask: bool = False) -> Any:
        self.asked += [name] if ask else []
        reason = self.gone.get(name)
        return SimpleNamespace(name=name, reason=reason, details={"after": "3"}) if reason else None

    def ended(self, failed: Mapping[str, str], *, again: bool = False) -> None:
        self.failed, self.again = dict(failed), again


class Engine:
    """The source that is updated."""

    id, server = "nas", "home"

    def __init__(self) -> None:
        self.offering = Offering()
        self.written = SimpleNamespace(automatic=True, pack=lambda: {"default": "automatic"})

    async def async_look(self) -> None:
        return None


class Work:
    """A guardian with an engine, that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.world, self.engine = folder, World(), Engine()
        self.house = House()
        self.guardian: Guardian = self.process()

    def process(self) -> Guardian:
        """Return another process on the same folder and the same server."""
        self.one = FakeAction(
            self.world, "update_container", risk=Risk.MEDIUM, resume=Resume.UNDO, inverse=True, steps=2
        )
        source = FakeSource(self.one, UpdateAll(self.house, self.engine))
        self.guardian = Guardian(self.folder, source)
        tokens: Any = None
        self.house.desks["home"] = (self.guardian.desk, tokens)
        return self.guardian

    async def all(self, **params: Any) -> Record:
        """Update all that is safe."""
        return await self.guardian.done("", "update_containers", params=params)

    def parts(self, whole: Record) -> list[tuple[str, State]]:
        """Return what was begun, and how it ended."""
        return [(each.target, each.state) for each in self.guardian.desk.parts.of(whole.id)]


@pytest.fixture
async def work(tmp_path: Path) -> AsyncIterator[Work]:
    """A guardian that has taken up its work."""
    found = Work(tmp_path)
    await found.guardian.start()
    yield found
    await found.guardian.end()


async def test_they_are_updated_one_after_the_other(work: Work) -> None:
    """Each is an action of its own, approved by who approved the whole."""
    ended = await work.all()
    assert ended.state is State.SUCCEEDED
    assert work.world.writes == ["a:0", "a:1", "b:0", "b:1", "c:0", "c:1"]
    assert work.parts(ended) == [(name, State.SUCCEEDED) for name in "abc"]
    assert all(each.actor == ADMIN for each in work.guardian.desk.parts.of(ended.id))
    first = work.guardian.desk.parts.of(ended.id)[0]
    assert dict(first.params) == {"digest": "d-a"}
    assert ended.plan.before["leave"] == [["db", "database", {}]]
    assert work.engine.offering.failed == {}
    # the whole counts as one act for the budgets
    assert len(work.guardian.desk.affairs(ended).acts) == 1


async def test_it_stops_at_the_first_that_does_not_go_through(work: Work) -> None:
    """What went through stays, what failed is back, and the rest is not touched."""

    def break_b() -> None:
        work.world.outcome = Outcome.FAILED if work.world.writes[-1] == "b:1" else None

    work.world.at_write = break_b
    ended = await work.all()
    assert ended.state is State.FAILED
    assert work.parts(ended) == [("a", State.SUCCEEDED), ("b", State.ROLLED_BACK)]
    assert not [each for each in work.world.writes if each.startswith("c")]
    assert not [each for each in work.world.undone if each.startswith("a")]
    assert work.engine.offering.failed == {"b": "d-b"}


@pytest.mark.parametrize("reason", ["target_changed", "skipped", "newer_since"])
async def test_what_has_changed_is_left_out_and_the_rest_goes_on(work: Work, reason: str) -> None:
    record = await work.guardian.propose("", "update_containers")
    offering = work.engine.offering
    offering.gone = {"b": reason}
    await work.guardian.desk.approve(record.id, ADMIN)
    ended = await work.guardian.desk.wait(record.id)
    assert ended.state is State.SUCCEEDED
    assert work.parts(ended) == [("a", State.SUCCEEDED), ("c", State.SUCCEEDED)]
    left = [each.result for each in ended.receipts if "left" in each.result]
    assert left == [{"left": reason, "details": {"after": "3"}}]
    # each registry is asked again, right before its container's turn
    assert offering.asked == ["a", "b", "c"]
    # a newer one is another offer, which does not wait for a week
    assert offering.again is (reason == "newer_since")


async def test_where_nothing_is_as_it_was_nothing_is_done(work: Work) -> None:
    record = await work.guardian.propose("", "update_containers")
    work.engine.offering.gone = dict.fromkeys("abc", "target_changed")
    with pytest.raises(Refused) as refused:
        await work.guardian.desk.approve(record.id, ADMIN)
    assert refused.value.refusal.key == "target_changed"
    assert not work.world.writes


async def test_what_is_refused_on_the_way_is_left_out(work: Work) -> None:
    """As a container that another action is at work on: the others are updated all the same."""
    other = FakeAction(work.world, "restart_container", risk=Risk.MEDIUM)
    other.gate = asyncio.Event()
    source: Any = work.guardian.source
    source._actions[other.key] = other
    busy = await work.guardian.propose("b", "restart_container")
    approving = asyncio.create_task(work.guardian.desk.approve(busy.id, OTHER))
    while not work.guardian.desk.runner.sending:
        await work.guardian.journal.exists()
    ended = await work.all()
    other.gate.set()
    await approving
    assert ended.state is State.SUCCEEDED
    assert work.parts(ended) == [("a", State.SUCCEEDED), ("c", State.SUCCEEDED)]
    assert [each.result for each in ended.receipts if "left" in each.result] == [{"left": "busy"}]


@pytest.mark.parametrize("at", ["a:0", "a:1", "b:0", "b:1", "c:1"])
async def test_killed_in_the_middle(work: Work, at: str) -> None:
    """The one under way is taken back by itself, nothing more is begun, and the whole says that it was cut off."""
    old, action = work.guardian, work.one

    def instant(*_: object) -> None:
        if action.dead or work.world.writes[-1:] == [at]:
            action.dead = True
            raise Killed

    work.world.at_write = instant
    record = await old.propose("", "update_containers")
    old.journal.on_append = instant
    with contextlib.suppress(Killed):
        await old.desk.approve(record.id, ADMIN)
    while not action.dead:
        await old.journal.exists()
    await old.desk._floor.close()
    work.world.at_write = lambda: None
    await work.process().start()
    async with asyncio.timeout(10):
        ended = await work.guardian.desk.wait(record.id)
    parts = dict(work.parts(ended))
    assert parts.pop(at[0]) is State.ROLLED_BACK
    assert all(state is State.SUCCEEDED for state in parts.values())
    assert ended.state is State.FAILED
    assert work.world.writes[-1] == at


async def test_by_itself_only_what_is_due_under_the_policy_that_is_written(work: Work) -> None:
    plan = await work.guardian.propose("", "update_containers", params={"policy": {"default": "automatic"}})
    assert [each["name"] for each in plan.plan.before["take"]] == ["a"]
    with pytest.raises(Refused) as refused:
        await work.guardian.propose("", "update_containers", params={"policy": {"default": "ask"}})
    assert refused.value.refusal.key == "policy_changed"
    work.engine.written = SimpleNamespace(automatic=True, pack=lambda: {"default": "ask"})
    with pytest.raises(Refused):
        await work.guardian.desk.approve(plan.id, ADMIN)


async def test_nothing_safe_and_too_much_at_once(work: Work) -> None:
    offering = work.engine.offering
    offering.safe = ()
    with pytest.raises(Refused) as refused:
        await work.guardian.propose("", "update_containers")
    assert refused.value.refusal.key == "nothing_safe"
    offering.safe = tuple(
        SimpleNamespace(name=f"n{number}", image="i", digest="d", before="1", after="2")
        for number in range(MOST + 2)
    )
    record = await work.guardian.propose("", "update_containers")
    assert len(record.plan.steps) == MOST
    assert [each[1] for each in record.plan.before["leave"]] == ["database", "next_time", "next_time"]


async def test_a_part_begins_only_while_its_whole_runs(work: Work) -> None:
    """And costs no more than was approved."""
    record = await work.guardian.propose("", "update_containers")
    with pytest.raises(Refused):
        await work.guardian.desk.parts.begin(record.id, "update_container", "a", {})
    assert not work.world.writes
