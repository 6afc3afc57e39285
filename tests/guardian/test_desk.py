"""The desk: what is approved happens once, what is not approved never, and what is in doubt is told."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian import book, running
from custom_components.home_server_monitor.guardian.contract import (
    Actor,
    NotDone,
    Outcome,
    Refused,
    Resume,
    Risk,
)
from custom_components.home_server_monitor.guardian.journal import JournalFailed
from custom_components.home_server_monitor.guardian.own_path import OwnPath
from custom_components.home_server_monitor.guardian.policy import Mode, Policy, Settings
from custom_components.home_server_monitor.guardian.remediation import DAY, HOUR, MINUTE, State

from .fake import ADMIN, GUEST, OTHER, REPAIRS, START, FakeAction, FakeSource, Guardian, StepwiseAction, World


@pytest.fixture
def world() -> World:
    return World()


async def guardian(tmp_path: Path, world: World, *actions: FakeAction, **more: Any) -> Guardian:
    return await Guardian(tmp_path, FakeSource(*(actions or (FakeAction(world),))), **more).start()


def refused(error: pytest.ExceptionInfo[Refused]) -> str:
    return error.value.refusal.key


async def test_a_tap_to_its_end(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose(rule="pool_errors", finding="f1", name="Pool tank")
    assert (record.state, record.expires, record.id) == (State.PROPOSED, START + 4 * HOUR, record.id)
    assert len(record.id) == 26
    assert world.writes == []
    sent = await it.desk.approve(record.id, ADMIN)
    assert world.writes == ["tank:0"]
    assert sent.actor == ADMIN
    ended = await it.desk.wait(record.id)
    assert ended.state is State.SUCCEEDED
    assert [state for state, _, _ in ended.history] == [
        "proposed",
        "approved",
        "running",
        "verifying",
        "succeeded",
    ]
    assert {who for _, _, who in ended.history} == {"admin"}
    assert ended.verdict is not None
    assert [each.state for each in it.told][-1] is State.SUCCEEDED
    assert it.desk.untold == [ended]
    await it.desk.told(ended.id)
    assert it.desk.untold == []


async def test_an_order_waits_for_two_lines_and_one_look(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()
    lines: list[str] = []
    it.journal.on_append = lambda line, written: lines.append(line["v"]["state"]) if written else None
    before = world.reads
    world.at_write = lambda: lines.append(f"write after {world.reads - before} look")
    await it.desk.approve(record.id, ADMIN)
    assert lines[:3] == ["approved", "running", "write after 1 look"]


async def test_an_open_one_is_returned(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    first, second = await asyncio.gather(it.propose(), it.propose())
    assert first == second == await it.propose()
    assert (await it.propose("other")).id != first.id
    assert (await it.propose(params={"a": 1})).id != first.id
    it.now += 5 * HOUR
    fresh = await it.propose()
    assert fresh.id != first.id
    assert it.desk.records[first.id].state is State.EXPIRED


async def test_who_may(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()
    nobody = Actor(kind="system", id="system")
    chat = Actor(kind="telegram", id="1:2", via="telegram")
    for actor in (GUEST, nobody, chat, replace(ADMIN, kind="rule"), replace(ADMIN, kind="standing")):
        with pytest.raises(Refused):
            await it.desk.approve(record.id, actor)
    for actor in (GUEST, nobody, chat):
        with pytest.raises(Refused):
            await it.desk.deny(record.id, actor)
    with pytest.raises(Refused) as error:
        await it.desk.approve("nothing", ADMIN)
    assert refused(error) == "no_such_proposal"
    assert world.writes == []
    denied = await it.desk.deny(record.id, ADMIN)
    assert denied.state is State.DENIED
    with pytest.raises(Refused) as error:
        await it.desk.approve(record.id, ADMIN)
    assert refused(error) == "already_decided"
    assert world.writes == []


async def test_high_risk_is_typed_in_repairs(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world, FakeAction(world, risk=Risk.HIGH))
    record = await it.propose(name="My NAS")
    assert record.expires == START + 30 * MINUTE
    for actor, typed, key in (
        (ADMIN, "My NAS", "high_risk_needs_repairs"),
        (REPAIRS, None, "name_not_typed"),
        (REPAIRS, "my nas", "name_not_typed"),
    ):
        with pytest.raises(Refused) as error:
            await it.desk.approve(record.id, actor, typed=typed)
        assert refused(error) == key
    assert world.writes == []
    await it.desk.approve(record.id, REPAIRS, typed=" My NAS ")
    assert (await it.desk.wait(record.id)).state is State.SUCCEEDED


async def test_too_late(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    first, second = await it.propose(), await it.propose("other")
    it.now += 4 * HOUR
    with pytest.raises(Refused) as error:
        await it.desk.approve(first.id, ADMIN)
    assert refused(error) == "proposal_expired"
    await it.desk.tick()
    assert {each.state for each in it.desk.records.values()} == {State.EXPIRED}
    assert second.id in {each.id for each in it.told if each.state is State.EXPIRED}
    assert world.writes == []


async def test_a_changed_target_is_superseded(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()
    world.values["tank"] = 1
    with pytest.raises(Refused) as error:
        await it.desk.approve(record.id, ADMIN)
    assert refused(error) == "target_changed"
    ended = it.desk.records[record.id]
    assert (ended.state, ended.reason, ended.details) == (
        State.SUPERSEDED,
        "target_changed",
        {"target": "tank"},
    )
    assert world.writes == []
    assert (await it.done()).state is State.SUCCEEDED


async def test_two_phones_at_once(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()
    taps = [it.desk.approve(record.id, each) for each in (ADMIN, OTHER, REPAIRS, ADMIN)]
    results = await asyncio.gather(*taps, return_exceptions=True)
    assert sum(not isinstance(each, Exception) for each in results) == 1
    assert {refused.refusal.key for refused in results if isinstance(refused, Refused)} == {"already_decided"}
    assert (await it.desk.wait(record.id)).state is State.SUCCEEDED
    assert world.writes == ["tank:0"]


async def test_approve_and_deny_at_once(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()
    results = await asyncio.gather(
        it.desk.approve(record.id, ADMIN), it.desk.deny(record.id, OTHER), return_exceptions=True
    )
    ended = await it.desk.wait(record.id)
    assert sum(isinstance(each, Refused) for each in results) == 1
    assert world.writes == ([] if ended.state is State.DENIED else ["tank:0"])


async def test_a_storm_of_taps(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    records = [await it.propose(f"t{i}") for i in range(20)]
    taps = [it.desk.approve(each.id, ADMIN) for each in records for _ in range(50)]
    await asyncio.gather(*taps, return_exceptions=True)
    for each in records:
        await it.desk.wait(each.id)
    results = await asyncio.gather(
        *(it.desk.approve(each.id, ADMIN) for each in records), return_exceptions=True
    )
    assert all(isinstance(each, Refused) for each in results)
    assert sorted(world.writes) == sorted(f"t{i}:0" for i in range(20))


async def test_one_at_a_time(tmp_path: Path, world: World) -> None:
    slow, high = FakeAction(world), FakeAction(world, "reboot", risk=Risk.HIGH)
    other = FakeAction(world, "update", risk=Risk.HIGH)
    it = await guardian(tmp_path, world, slow, high, other)
    slow.verify_gate = high.verify_gate = asyncio.Event()
    first, second = await it.propose(), await it.propose(params={"again": True})
    await it.desk.approve(first.id, ADMIN)
    with pytest.raises(Refused) as error:
        await it.desk.approve(second.id, ADMIN)
    assert refused(error) == "busy"
    third, fourth = await it.propose("host", "reboot"), await it.propose("system", "update")
    await it.desk.approve(third.id, REPAIRS, typed="host")
    with pytest.raises(Refused) as error:
        await it.desk.approve(fourth.id, REPAIRS, typed="system")
    assert refused(error) == "busy"
    slow.verify_gate.set()
    await it.desk.wait(first.id)
    await it.desk.wait(third.id)
    await asyncio.sleep(0)
    await it.desk.approve(second.id, ADMIN)
    await it.desk.wait(second.id)
    assert world.writes == ["tank:0", "host:0", "tank:0"]


async def test_what_home_assistant_stands_on(tmp_path: Path, world: World) -> None:
    action = FakeAction(world, takes_away=True, touches=frozenset({"container:1"}))
    it = await guardian(tmp_path, world, action)
    record = await it.propose()
    it.own_path = OwnPath(frozenset({("container:1", "this is Home Assistant")}))
    for attempt in (it.desk.approve(record.id, ADMIN), it.propose("other")):
        with pytest.raises(Refused) as error:
            await attempt
        assert refused(error) == "own_path"
    assert world.writes == []


async def test_a_source_that_is_away(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()
    source, it.source = it.source, None
    with pytest.raises(Refused) as error:
        await it.propose("other")
    assert refused(error) == "source_away"
    waiting = await it.desk.approve(record.id, ADMIN)
    assert (waiting.state, waiting.waits) == (State.APPROVED, "source")
    await it.desk.tick()
    it.source = source
    assert source is not None
    source.there = False
    await it.desk.tick()
    assert world.writes == []
    source.there = True
    await it.desk.tick()
    assert (await it.desk.wait(record.id)).state is State.SUCCEEDED
    assert world.writes == ["tank:0"]


async def test_what_waits_for_its_source_is_looked_at_again(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    changed, cancelled, late = [await it.propose(target) for target in ("a", "b", "c")]
    source, it.source = it.source, None
    for each in (changed, cancelled, late):
        await it.desk.approve(each.id, ADMIN)
    await it.desk.deny(cancelled.id, OTHER)
    world.values["a"] = 1
    # also a new process waits for it
    again = await Guardian(tmp_path, None).start()
    again.source = source
    again.desk.helm.hold = True
    await again.desk.tick()
    again.desk.helm.hold = False
    source.there = False  # type: ignore[union-attr]
    again.now += 4 * HOUR
    await again.desk.tick()
    states = {each.target: each.state for each in again.desk.records.values()}
    assert states == {"a": State.EXPIRED, "b": State.CANCELLED, "c": State.EXPIRED}
    assert world.writes == []


async def test_a_changed_target_whose_source_is_back(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()
    source, it.source = it.source, None
    await it.desk.approve(record.id, ADMIN)
    world.values["tank"] = 1
    it.source = source
    await it.desk.tick()
    assert it.desk.records[record.id].state is State.SUPERSEDED
    assert world.writes == []


async def test_nothing_automatic_waits_for_a_source(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world, policy=Policy(Settings(automatic=frozenset({"rule"}))))
    await it.desk.set_mode(Mode.ACT, ADMIN)
    it.now += 8 * DAY
    record = await it.propose(rule="rule")
    it.source = None
    with pytest.raises(Refused) as error:
        await it.desk.run_automatically(record.id)
    assert refused(error) == "source_away"
    assert it.desk.records[record.id].state is State.PROPOSED


@pytest.mark.parametrize("changed", [False, True])
async def test_a_reload_right_before_the_first_order_kills_nothing(
    tmp_path: Path, world: World, changed: bool
) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()
    source = it.source

    def away(line: Any, written: bool) -> None:
        if line["v"].get("state") == "running" and written and line["v"]["step"] == 0:
            it.source = None
            it.journal.on_append = None

    it.journal.on_append = away
    running = await it.desk.approve(record.id, ADMIN)
    # nobody is kept waiting for it
    assert (running.state, world.writes) == (State.RUNNING, [])
    world.values["tank"] = int(changed)
    it.source = source
    ended = await it.desk.wait(record.id)
    assert ended.state is (State.CANCELLED if changed else State.SUCCEEDED)
    assert world.writes == ([] if changed else ["tank:0"])


async def test_what_is_protected_before_its_server_is_back_is_left_alone(
    tmp_path: Path, world: World
) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()
    source = it.source

    def away(line: Any, written: bool) -> None:
        if line["v"].get("state") == "running" and written and line["v"]["step"] == 0:
            it.source = None
            it.journal.on_append = None

    it.journal.on_append = away
    await it.desk.approve(record.id, ADMIN)
    it.policy.settings = Settings(protected=frozenset({"pool:tank"}))
    it.source = source
    ended = await it.desk.wait(record.id)
    assert (ended.state, ended.reason, world.writes) == (State.CANCELLED, "protected", [])


async def test_a_slow_first_order_holds_up_nobody(tmp_path: Path, world: World) -> None:
    slow, quick = FakeAction(world, key="pull", deadline=60.0), FakeAction(world)
    slow.gate = asyncio.Event()
    it = await guardian(tmp_path, world, slow, quick, answered_within=0.5)
    pull = await it.propose(action="pull")
    later = await it.propose("other", action="pull")
    other = await it.propose("third")
    await it.desk.approve(later.id, ADMIN, waits="in_use")
    async with asyncio.timeout(30):
        assert (await it.desk.approve(pull.id, ADMIN)).state is State.RUNNING
        # neither does what begins by itself after waiting
        await it.desk.tick()
        assert it.desk.records[later.id].state is State.RUNNING
        await it.desk.approve(other.id, ADMIN)
        assert (await it.desk.wait(other.id)).state is State.SUCCEEDED
        slow.gate.set()
        assert (await it.desk.wait(pull.id)).state is State.SUCCEEDED
        assert (await it.desk.wait(later.id)).state is State.SUCCEEDED


async def test_what_is_not_written_yet_is_not_forgotten(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "KEPT", 0)
    it = await guardian(tmp_path, world)
    record = await it.propose()

    async def full(*line: Any) -> int:
        raise JournalFailed("no space")

    with monkeypatch.context() as broken:
        broken.setattr(it.journal, "append", full)
        it.now += 5 * HOUR
        await it.desk.tick()
        it.now += 2 * DAY
        await it.desk.tick()
    await it.desk.tick()
    # it is on the disk now, so it may be forgotten
    assert (it.desk.records, it.desk.book.unsaved) == ({}, False)
    (line,) = await it.journal.read(1)
    assert (line.id, line.value["state"]) == (record.id, "expired")


async def test_errors_are_kept_for_who_waits_and_no_longer(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    world.before = NotDone("refused by the server")
    ended = await it.done()
    it.now += 60
    await it.desk.tick()
    assert it.desk.runner.errors[ended.id] is world.before
    it.now += 600
    await it.desk.tick()
    assert it.desk.runner.errors == {}


async def test_how_it_ends(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    world.before = NotDone("refused by the server")
    ended = await it.done()
    assert (ended.state, ended.reason) == (State.FAILED, "not_done")
    assert it.desk.runner.errors[ended.id] is world.before
    world.before, world.after = None, ConnectionError("lost")
    assert (await it.done()).state is State.SUCCEEDED
    world.done.clear()
    world.before, world.after = ConnectionError("lost"), None
    assert (await it.done()).state is State.FAILED
    world.before, world.outcome = None, Outcome.INCONCLUSIVE
    assert (await it.done()).state is State.INCONCLUSIVE
    assert world.writes == ["tank:0", "tank:0"]


async def test_the_source_goes_and_comes_back(tmp_path: Path, world: World) -> None:
    action = FakeAction(world)
    it = await guardian(tmp_path, world, action)
    action.verify_gate = asyncio.Event()
    record = await it.propose()
    await it.desk.approve(record.id, ADMIN)
    again = FakeAction(world)
    it.source = None
    world.outcome = Outcome.INCONCLUSIVE
    action.verify_gate.set()
    for _ in range(50):
        await asyncio.sleep(0)
    assert it.desk.records[record.id].state is State.VERIFYING
    world.outcome, it.source = None, FakeSource(again)
    assert (await it.desk.wait(record.id)).state is State.SUCCEEDED
    assert world.writes == ["tank:0"]


async def test_a_target_that_never_comes_back(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "LOOK_EVERY", 60.0)
    it = await guardian(tmp_path, world)
    record = await it.propose()
    world.at_write = lambda: setattr(it, "source", None)
    await it.desk.approve(record.id, ADMIN)
    ended = await it.desk.wait(record.id)
    assert (ended.state, ended.verdict and ended.verdict.facts) == (
        State.INCONCLUSIVE,
        {"reason": "target_away"},
    )


async def test_hold(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()
    await it.desk.hold(True, GUEST)
    with pytest.raises(Refused) as error:
        await it.desk.approve(record.id, ADMIN)
    assert refused(error) == "hold_is_on"
    with pytest.raises(Refused):
        await it.desk.hold(False, GUEST)
    await it.desk.hold(False, ADMIN)
    assert (await it.done()).state is State.SUCCEEDED


async def test_hold_between_approval_and_order(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()

    def stop(line: Any, written: bool) -> None:
        if written and line["v"].get("state") == "running":
            it.desk.helm.hold = True

    it.journal.on_append = stop
    await it.desk.approve(record.id, ADMIN)
    ended = await it.desk.wait(record.id)
    assert (ended.state, ended.reason) == (State.CANCELLED, "hold_is_on")
    assert world.writes == []


@pytest.mark.parametrize(
    ("takes_away", "inverse", "state", "undone"),
    [
        (False, False, State.CANCELLED, []),
        (True, True, State.ROLLED_BACK, ["tank:0"]),
        (True, False, State.FAILED, []),
    ],
)
async def test_hold_in_the_middle(
    tmp_path: Path, world: World, takes_away: bool, inverse: bool, state: State, undone: list[str]
) -> None:
    it = await guardian(tmp_path, world, FakeAction(world, steps=3, takes_away=takes_away, inverse=inverse))
    world.at_write = lambda: setattr(it.desk.helm, "hold", True)
    ended = await it.done()
    assert (ended.state, ended.reason) == (state, "hold_is_on")
    assert (world.writes, world.undone) == (["tank:0"], undone)


async def test_mode(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    await it.desk.set_mode(Mode.WATCH, GUEST)
    record = await it.propose()
    with pytest.raises(Refused) as error:
        await it.desk.approve(record.id, ADMIN)
    assert refused(error) == "watch_only"
    with pytest.raises(Refused):
        await it.desk.set_mode(Mode.ASK, GUEST)
    await it.desk.set_mode(Mode.ASK, ADMIN)
    assert (await it.done()).state is State.SUCCEEDED
    again = await Guardian(tmp_path, None).start()
    assert again.desk.helm.mode is Mode.ASK


async def test_steps_and_undo(tmp_path: Path, world: World) -> None:
    action = StepwiseAction(world, steps=3, inverse=True, resume=Resume.UNDO)
    it = await guardian(tmp_path, world, action)
    assert (await it.done()).state is State.SUCCEEDED
    assert world.writes == ["tank:0", "tank:1", "tank:2"]
    world.outcome = Outcome.FAILED
    ended = await it.done("other")
    assert ended.state is State.ROLLED_BACK
    assert world.undone == ["other:2", "other:1", "other:0"]


async def test_a_lost_answer_in_the_middle(tmp_path: Path, world: World) -> None:
    blind, seeing = FakeAction(world, steps=2), StepwiseAction(world, "look", steps=2)
    it = await guardian(tmp_path, world, blind, seeing)
    world.after = ConnectionError("lost")
    assert (await it.done("a", "mend")).state is State.FAILED
    assert (await it.done("b", "look")).state is State.SUCCEEDED
    assert world.writes == ["a:0", "b:0", "b:1"]


async def test_dry_run(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()
    shown = await it.desk.simulate(record.id, ADMIN)
    assert shown.simulated
    assert shown.history[-1][0] == "simulated"
    assert it.desk.records[record.id] == record
    assert world.writes == []
    world.values["tank"] = 1
    with pytest.raises(Refused):
        await it.desk.simulate(record.id, ADMIN)


async def test_no_journal_no_order(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()

    def full(line: Any, written: bool) -> None:
        raise OSError(28, "No space left on device")

    it.journal.on_append = full
    with pytest.raises(JournalFailed):
        await it.desk.approve(record.id, ADMIN)
    with pytest.raises(JournalFailed):
        await it.propose("other")
    assert it.journal.broken
    assert it.desk.records[record.id].state is State.PROPOSED

    def full_later(line: Any, written: bool) -> None:
        if line["v"].get("state") == "running":
            full(line, written)

    it.journal.on_append = full_later
    await it.desk.approve(record.id, ADMIN)
    ended = await it.desk.wait(record.id)
    assert (ended.state, ended.reason) == (State.FAILED, "journal_failed")
    assert world.writes == []
    unready = Guardian(tmp_path, it.source)
    with pytest.raises(Refused) as error:
        await unready.propose()
    assert refused(error) == "no_journal"


async def test_a_disk_that_fills_up_after_the_order(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    full = False

    def fill(line: Any, written: bool) -> None:
        if full:
            raise OSError(28, "No space left on device")

    def order() -> None:
        nonlocal full
        full = True

    world.at_write, it.journal.on_append = order, fill
    ended = await it.done()
    assert ended.state is State.SUCCEEDED
    assert it.desk.book.unsaved
    full = False
    await it.desk.tick()
    assert not it.desk.book.unsaved
    again = await Guardian(tmp_path, it.source).start()
    assert again.desk.records[ended.id] == ended


async def test_the_one_who_taps_goes_away(tmp_path: Path, world: World) -> None:
    action = FakeAction(world)
    it = await guardian(tmp_path, world, action)
    action.gate = asyncio.Event()
    record = await it.propose()
    tap = asyncio.create_task(it.desk.approve(record.id, ADMIN))
    for _ in range(30):
        await asyncio.sleep(0)
    tap.cancel()
    await asyncio.sleep(0)
    action.gate.set()
    assert (await it.desk.wait(record.id)).state is State.SUCCEEDED
    assert world.writes == ["tank:0"]


async def test_home_assistant_stops(tmp_path: Path, world: World) -> None:
    action = FakeAction(world)
    it = await guardian(tmp_path, world, action)
    action.verify_gate = asyncio.Event()
    record = await it.propose()
    await it.desk.approve(record.id, ADMIN)
    await it.desk.stop()
    with pytest.raises(Refused) as error:
        await it.propose("other")
    assert refused(error) == "stopping"
    action.verify_gate.set()
    again = await Guardian(tmp_path, it.source).start()
    assert (await again.desk.wait(record.id)).state is State.SUCCEEDED
    assert world.writes == ["tank:0"]


async def test_it_waits_for_the_end_of_a_use(tmp_path: Path, world: World) -> None:
    used = True
    it = await guardian(tmp_path, world, in_use=lambda record: used)
    record = await it.propose()
    assert (await it.desk.approve(record.id, ADMIN, waits="in_use")).state is State.APPROVED
    await it.desk.tick()
    assert world.writes == []
    again = await Guardian(tmp_path, it.source, in_use=lambda record: used).start()
    used = False
    await again.desk.tick()
    assert (await again.desk.wait(record.id)).state is State.SUCCEEDED
    assert world.writes == ["tank:0"]


async def test_what_waits_may_be_denied_superseded_or_expire(tmp_path: Path, world: World) -> None:
    used = True
    it = await guardian(tmp_path, world, in_use=lambda record: used)
    denied, changed, late = [await it.propose(target) for target in ("a", "b", "c")]
    for each in (denied, changed, late):
        await it.desk.approve(each.id, ADMIN, waits="in_use")
    await it.desk.deny(denied.id, OTHER)
    used = False
    world.values["b"] = 1
    it.source, source = None, it.source
    await it.desk.tick()
    it.source = source
    it.desk.helm.hold = True
    await it.desk.tick()
    it.now += DAY
    it.desk.helm.hold = False
    used = True
    await it.desk.tick()
    states = {each.target: each.state for each in it.desk.records.values()}
    assert states == {"a": State.CANCELLED, "b": State.EXPIRED, "c": State.EXPIRED}
    assert world.writes == []


async def test_a_clock_that_jumps(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)
    record = await it.propose()
    it.now += 3 * HOUR
    await it.desk.clock_jumped(3 * HOUR)
    assert it.desk.records[record.id].state is State.EXPIRED
    await it.done()
    acts = it.desk.affairs(record).acts
    it.now += 20 * DAY
    await it.desk.clock_jumped(20 * DAY)
    assert [act.at - 20 * DAY for act in it.desk.affairs(record).acts] == [act.at for act in acts]


async def test_a_listener_that_fails_stops_nothing(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world)

    def fail(record: Any) -> None:
        raise RuntimeError("no")

    it.desk.on_change(fail)
    assert (await it.done()).state is State.SUCCEEDED
