"""What happens between two instants of a run: refusals, lost answers, sources that go, wholes that end before a part."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, override

import pytest

from custom_components.home_server_monitor.guardian.changes import OURS_WITHIN, ChangeLog
from custom_components.home_server_monitor.guardian.contract import (
    Actor,
    Change,
    NotDone,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Resume,
    Risk,
    Verdict,
)
from custom_components.home_server_monitor.guardian.journal import JournalFailed
from custom_components.home_server_monitor.guardian.policy import Settings
from custom_components.home_server_monitor.guardian.remediation import DAY, HOUR, Record, State, pack

from .fake import ADMIN, START, FakeAction, FakeSource, Guardian, StepwiseAction, World
from .test_lending import Lender
from .test_outage import guardian as with_plan, shed
from .test_people import _approved_for_later
from .test_recovery import killed_while_running


class Told(StepwiseAction):
    """Three steps that can be taken back; what a server answers to a step, or to its inverse, is given."""

    def __init__(self, world: World, **more: Any) -> None:
        super().__init__(world, steps=3, inverse=True, **more)
        self.answers: dict[int, dict[str, Any]] = {}
        self.inverses: dict[int, dict[str, Any]] = {}
        self.refuses_at: int | None = None

    @override
    async def ready(self, plan: Plan, step: int) -> Refusal | None:
        if step == self.refuses_at:
            raise Refused(Refusal("in_use", {"target": "tank"}))
        return await super().ready(plan, step)

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        if (answer := self.answers.get(step)) is not None:
            return Receipt(step, answer)
        return await super().run(plan, step)

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        done = await super().undo(plan, step, receipt)
        return Receipt(step, self.inverses[step]) if step in self.inverses else done


async def started(folder: Path, action: FakeAction, **more: Any) -> Guardian:
    return await Guardian(folder, FakeSource(action), **more).start()


async def test_a_step_that_the_server_refuses_is_the_last_one(tmp_path: Path) -> None:
    world = World()
    action = Told(world)
    it = await started(tmp_path, action)
    action.answers = {1: {"refused": True}}
    ended = await it.done()
    # what was done before it is taken back
    assert (ended.state, ended.reason) == (State.ROLLED_BACK, "server_refused")
    assert (world.writes, world.undone) == (["tank:0"], ["tank:0"])
    action.answers = {0: {"refused": True}}
    ended = await it.done("data")
    assert (ended.state, ended.reason, world.writes) == (State.FAILED, "server_refused", ["tank:0"])
    # one whose source says so at the look before the step
    action.answers, action.refuses_at = {}, 2
    ended = await it.done("media")
    assert (ended.state, ended.reason, ended.details) == (State.ROLLED_BACK, "in_use", {"target": "tank"})
    assert world.undone == ["tank:0", "media:1", "media:0"]


@pytest.mark.parametrize(
    ("inverse", "state"), [({"refused": True}, State.FAILED), ({"lost": True}, State.INCONCLUSIVE)]
)
async def test_what_was_perhaps_not_taken_back_is_not_called_so(
    tmp_path: Path, inverse: dict[str, Any], state: State
) -> None:
    world = World()
    action = Told(world)
    it = await started(tmp_path, action)
    action.answers, action.inverses = {1: {"refused": True}}, {0: inverse}
    ended = await it.done()
    assert (ended.state, ended.reason, world.writes) == (state, "undo_failed", ["tank:0"])


class Leaving(FakeAction):
    """One whose source goes away, or does not offer it any more, while it is looked at."""

    def __init__(self, world: World, outcome: Outcome, *, judged: bool) -> None:
        super().__init__(world, inverse=True, resume=Resume.UNDO)
        self.outcome, self.judged = outcome, judged
        self.source: FakeSource | None = None

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        assert self.source is not None
        self.source.there = self.judged
        self.source._actions = {}
        return Verdict(self.outcome)


@pytest.mark.parametrize(
    ("outcome", "judged", "end"),
    [
        # an update of the source took the action away: nothing can take it back
        (Outcome.FAILED, True, (State.FAILED, "no_such_action")),
        (Outcome.FAILED, False, (State.FAILED, "target_away")),
        (Outcome.INCONCLUSIVE, True, (State.INCONCLUSIVE, "no_such_action")),
        (Outcome.INCONCLUSIVE, False, (State.INCONCLUSIVE, "target_away")),
    ],
)
async def test_a_source_that_goes_while_it_is_looked_at(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    outcome: Outcome,
    judged: bool,
    end: tuple[State, str],
) -> None:
    # a day passes in few looks
    monkeypatch.setattr("custom_components.home_server_monitor.guardian.running.LOOK_EVERY", DAY / 3)
    world = World()
    action = Leaving(world, outcome, judged=judged)
    it = await started(tmp_path, action)
    action.source = it.source
    ended = await it.done()
    said = ended.reason or str(ended.verdict and ended.verdict.facts.get("reason"))
    assert ((ended.state, said), world.writes, world.undone) == (end, ["tank:0"], [])


async def test_what_cannot_be_read_once_its_source_is_back_is_not_begun(tmp_path: Path) -> None:
    world = World()
    action = FakeAction(world)
    it = await started(tmp_path, action)
    record, source = await it.propose(), it.source
    assert source is not None

    def away(line: Any, written: bool) -> None:
        if line["v"].get("state") == "running" and written and line["v"]["step"] == 0:
            source.there = False
            it.journal.on_append = None

    async def fails(plan: Plan) -> None:
        raise NotDone("it does not answer")

    it.journal.on_append = away
    await it.desk.approve(record.id, ADMIN)
    action.check = fails  # type: ignore[method-assign]
    source.there = True
    ended = await it.desk.wait(record.id)
    assert (ended.state, ended.reason, ended.details) == (
        State.FAILED,
        "not_done",
        {"error": "it does not answer"},
    )
    assert world.writes == []


async def test_a_source_that_goes_while_the_lease_is_written_lends_nothing(tmp_path: Path) -> None:
    world = World()
    it = await Guardian(tmp_path, Lender(world)).start()
    record, source = await it.propose(), it.source
    assert source is not None

    def away(line: Any, written: bool) -> None:
        if line["k"] == "lease" and written:
            source.there = False

    it.journal.on_append = away
    await it.desk.approve(record.id, ADMIN)
    ended = await it.desk.wait(record.id)
    it.journal.on_append = None
    assert (ended.state, ended.reason) == (State.CANCELLED, "source_away")
    assert (world.writes, world.values) == ([], {})
    source.there = True
    it.now += 2 * HOUR
    await it.desk.tick()
    assert (it.desk.leases.changes, world.undone) == ({}, [])


async def test_an_action_that_an_update_took_away_meanwhile_is_told(tmp_path: Path) -> None:
    """A run, and an inverse, that a restart cut off, and whose source does not offer it any more."""
    world = World()
    await killed_while_running(tmp_path / "run", world)
    again = await Guardian(tmp_path / "run", FakeSource()).start()
    (record,) = again.desk.records.values()
    ended = await again.desk.wait(record.id)
    assert (ended.state, ended.reason, world.writes) == (State.INCONCLUSIVE, "no_such_action", ["tank:0"])

    it = await started(tmp_path / "undo", Told(world, resume=Resume.UNDO))
    cut = replace(
        ended, id="cut", state=State.RUNNING, step=1, undoing=1, reason=None, history=ended.history[:3]
    )
    await it.journal.append("remediation", "cut", pack(cut))
    await it.end()
    last = await Guardian(tmp_path / "undo", FakeSource()).start()
    ended = await last.desk.wait("cut")
    assert (ended.state, ended.reason) == (State.INCONCLUSIVE, "no_such_action")


async def test_what_waited_too_long_while_nothing_ran_is_over(tmp_path: Path) -> None:
    world = World()
    it, waiting = await _approved_for_later(tmp_path, world)
    # the word of a chat, which is no user, is not asked about
    chat = await it.propose("other")
    await it.desk.approve(chat.id, ADMIN, waits="window")
    book = it.desk.book
    book.records[chat.id] = replace(book.records[chat.id], actor=Actor(kind="telegram", id="1:2"))

    async def nobody(user_id: str) -> Actor | None:
        return None

    it.policy.settings = replace(it.policy.settings, telegram=frozenset({"1:2"}))
    await it.desk.look_at_people(nobody)
    assert (book.records[waiting].state, book.records[chat.id].state) == (State.CANCELLED, State.APPROVED)
    # one of which nobody knows who approved it is never begun
    book.records[chat.id] = replace(book.records[chat.id], actor=None)
    it.now += 3 * HOUR
    await it.desk.tick()
    assert (book.records[chat.id].state, world.writes) == (State.APPROVED, [])
    late = await Guardian(tmp_path, it.source, now=START + 9 * DAY).start()
    assert late.desk.records[chat.id].state is State.EXPIRED
    assert world.writes == []


class Parted:
    """A plan that runs until it is let go on, and begins parts meanwhile."""

    def __init__(self, it: Guardian) -> None:
        self.it = it
        action = it.others[0].actions["shed"]
        assert isinstance(action, FakeAction)
        self.action = action
        self.gate = action.gate = asyncio.Event()
        self.task = asyncio.create_task(shed(it))

    async def running(self) -> Record:
        for _ in range(500):
            await asyncio.sleep(0)
        (found,) = (each for each in self.it.desk.records.values() if each.state is State.RUNNING)
        return found

    async def refused(self, whole: Record, target: str = "plex") -> str:
        with pytest.raises(Refused) as error:
            await self.it.desk.parts.begin(whole.id, "stop", target, {}, source="nas")
        return error.value.refusal.key

    async def over(self) -> None:
        self.gate.set()
        await self.task


async def test_a_part_begins_only_as_the_whole_was_approved(tmp_path: Path) -> None:
    world = World()
    it = await with_plan(tmp_path, world, risk=Risk.LOW)
    plan = Parted(it)
    whole = await plan.running()
    stop = it.source.actions["stop"]  # type: ignore[union-attr]
    assert isinstance(stop, FakeAction)
    stop.more = {"risk": Risk.MEDIUM}
    assert await plan.refused(whole) == "asks_first"
    stop.more = {}
    (standing,) = it.desk.helm.standings
    await it.desk.helm.revoke(standing, ADMIN)
    assert await plan.refused(whole) == "standing_over"
    await it.desk.hold(True, ADMIN)
    assert await plan.refused(whole) == "hold_is_on"
    await it.desk.hold(False, ADMIN)
    it.desk.helm.closed = lambda: True
    assert await plan.refused(whole) == "no_guardian"
    assert world.writes == []
    await plan.over()


async def test_a_part_that_cannot_be_written_down_keeps_nobody_away(tmp_path: Path) -> None:
    world = World()
    it = await with_plan(tmp_path, world, answered_within=0.01)
    big = FakeAction(world, "big", deadline=60.0)
    big.gate = asyncio.Event()
    assert it.source is not None
    it.source._actions["big"] = big
    record = await it.propose(action="big")
    await it.desk.approve(record.id, ADMIN)

    def full(line: Any, written: bool) -> None:
        if line["v"].get("state") == "approved":
            raise OSError(28, "No space left on device")

    it.journal.on_append = full
    with pytest.raises(JournalFailed):
        await it.desk.parts.begin(record.id, "stop", "plex", {})
    it.journal.on_append = None
    (part,) = it.desk.parts.of(record.id)
    assert (part.state, world.writes) == (State.SUPERSEDED, [])
    # nothing is in the way of the same, later
    again = await it.desk.parts.begin(record.id, "stop", "plex", {})
    assert (await it.desk.wait(again.id)).state is State.SUCCEEDED
    # what a person was offered is not taken for a part
    offered = await it.propose("web", "stop")
    with pytest.raises(Refused) as error:
        await it.desk.parts.begin(record.id, "stop", "web", {})
    assert error.value.refusal.key == "busy"
    assert it.desk.records[offered.id].state is State.PROPOSED
    big.gate.set()
    await it.desk.wait(record.id)


class SlowPlan(FakeAction):
    """One that takes its time to be read."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "stop")
        self.read, self.asked = asyncio.Event(), asyncio.Event()

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        self.asked.set()
        await self.read.wait()
        return await super().plan(target, params)


async def test_a_part_whose_whole_ended_while_it_was_read_is_not_begun(tmp_path: Path) -> None:
    world = World()
    it = await with_plan(tmp_path, world)
    assert it.source is not None
    it.source._actions["stop"] = slow = SlowPlan(world)
    plan = Parted(it)
    whole = await plan.running()
    part = asyncio.create_task(plan.refused(whole))
    await slow.asked.wait()
    await plan.over()
    slow.read.set()
    assert await part == "already_decided"
    assert world.writes == ["nas:0"]


async def test_a_part_in_use_is_left_to_people(tmp_path: Path) -> None:
    world = World()
    used = False

    async def in_use(record: Record) -> bool:
        return used

    it = await with_plan(tmp_path, world, look_in_use=in_use)
    it.policy.settings = Settings(automatic=frozenset({"rule"}))
    plan = Parted(it)
    whole = await plan.running()
    it.desk.book.records[whole.id] = replace(whole, rule="rule")
    used = True
    assert (await plan.refused(whole), world.writes) == ("in_use", [])
    await plan.over()


async def test_a_part_that_a_crash_left_unapproved_is_offered_to_nobody(tmp_path: Path) -> None:
    world = World()
    it = await with_plan(tmp_path, world)
    record = await it.propose()
    part = replace(record, id="part", part_of="whole", target="other")
    await it.journal.append("remediation", part.id, pack(part))
    await it.end()
    again = await Guardian(tmp_path, it.source, others=it.others).start()
    assert again.desk.records[record.id].state is State.PROPOSED
    assert (again.desk.records["part"].state, again.desk.records["part"].reason) == (
        State.SUPERSEDED,
        "interrupted",
    )


def test_what_we_did_is_known_for_a_while() -> None:
    log = ChangeLog()
    change = Change(object="app:plex", key="restarted", placeholders={"name": "Plex"})
    log.acted("app:plex", START)
    (ours,) = log.note("nas", [change], START + OURS_WITHIN)
    log.acted("app:web", START + OURS_WITHIN + 1)
    assert "app:plex" not in log._acts
    (theirs,) = log.note("nas", [change], START + OURS_WITHIN + 1)
    assert (ours.ours, theirs.ours) == (True, False)
    assert list(log.since(START + OURS_WITHIN + 1)) == [theirs]
    damaged = [*log.dump(), ["soon", "nas", "app:plex", "restarted", {}, True], None, ["x"]]
    for rows, kept in ((damaged, [theirs, ours]), ({"no": "list"}, [])):
        other = ChangeLog()
        other.load(rows)
        assert list(other.since(0.0)) == kept
