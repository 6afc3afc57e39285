"""What is approved but waits: for the end of what it would interrupt, or for the maintenance hours."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import override

import pytest

from custom_components.home_server_monitor.guardian.capabilities import InUse, Use
from custom_components.home_server_monitor.guardian.contract import Node, Plan, Refused, Risk, Step
from custom_components.home_server_monitor.guardian.policy import Mode, Policy, Settings, Window
from custom_components.home_server_monitor.guardian.remediation import DAY, HOUR, MINUTE, Record, State
from custom_components.home_server_monitor.guardian.topology import Topology
from custom_components.home_server_monitor.guardian.uses import Uses, interrupted

from .fake import ADMIN, REPAIRS, START, FakeAction, FakeSource, Guardian, World

EVERY_DAY = frozenset(range(7))
# two hours, three hours after START in UTC
_MINUTE = int(START % DAY // MINUTE)
LATER = Window(EVERY_DAY, (_MINUTE + 180) % 1440, (_MINUTE + 300) % 1440)


class Stream:
    """Something that is in use or not; what was seen last may be old."""

    def __init__(self, *, now: bool = True, seen: bool = True) -> None:
        self.now, self.seen = now, seen
        self.asked = 0
        self.fails: Exception | None = None

    def in_use(self, record: Record) -> bool:
        return self.seen

    async def look(self, record: Record) -> bool:
        self.asked += 1
        if self.fails:
            raise self.fails
        return self.now


@pytest.fixture
def world() -> World:
    return World()


async def guardian(
    folder: Path, world: World, stream: Stream, settings: Settings | None = None, **more: object
) -> Guardian:
    source = FakeSource(FakeAction(world, **more))
    policy = Policy(settings or Settings())
    it = Guardian(folder, source, policy=policy, in_use=stream.in_use, look_in_use=stream.look)
    return await it.start()


async def test_it_is_asked_once_more_right_before_it_begins(tmp_path: Path, world: World) -> None:
    stream = Stream()
    it = await guardian(tmp_path, world, stream)
    record = await it.propose()
    waiting = await it.desk.approve(record.id, ADMIN, waits="in_use")
    assert (waiting.state, waiting.waits) == (State.APPROVED, "in_use")
    await it.desk.tick()
    # nobody is asked while it is seen to be in use
    assert stream.asked == 0
    stream.seen = False
    await it.desk.tick()
    stream.fails = TimeoutError()
    await it.desk.tick()
    assert (stream.asked, world.writes) == (2, [])
    stream.fails, stream.now = None, False
    await it.desk.tick()
    ended = await it.desk.wait(record.id)
    assert (ended.state, ended.waits, world.writes) == (State.SUCCEEDED, "in_use", ["tank:0"])


async def test_what_changed_meanwhile_is_not_done(tmp_path: Path, world: World) -> None:
    stream = Stream()
    it = await guardian(tmp_path, world, stream)
    record = await it.propose()
    await it.desk.approve(record.id, ADMIN, waits="in_use")
    world.values["tank"] = 1
    stream.seen = stream.now = False
    await it.desk.tick()
    assert it.desk.records[record.id].state is State.SUPERSEDED
    assert world.writes == []


async def test_it_is_given_up_after_a_day(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world, Stream())
    record = await it.propose()
    await it.desk.approve(record.id, ADMIN, waits="in_use")
    it.now += DAY
    await it.desk.tick()
    ended = it.desk.records[record.id]
    assert (ended.state, ended.approved_at) == (State.EXPIRED, START)
    assert ended in it.told
    assert ended in it.desk.untold


async def test_what_is_of_high_risk_waits_as_well(tmp_path: Path, world: World) -> None:
    stream = Stream()
    it = await guardian(tmp_path, world, stream, risk=Risk.HIGH)
    record = await it.propose(name="My NAS")
    for actor, typed in ((ADMIN, "My NAS"), (REPAIRS, None), (REPAIRS, "other")):
        with pytest.raises(Refused):
            await it.desk.approve(record.id, actor, typed=typed, waits="in_use")
    await it.desk.approve(record.id, REPAIRS, typed="My NAS", waits="in_use")
    # the offer itself would have expired after half an hour
    it.now += 2 * HOUR
    stream.seen = stream.now = False
    await it.desk.tick()
    assert (await it.desk.wait(record.id)).state is State.SUCCEEDED


async def test_who_approved_may_approve_no_more(tmp_path: Path, world: World) -> None:
    stream = Stream()
    it = await guardian(tmp_path, world, stream)
    record = await it.propose()
    await it.desk.approve(record.id, ADMIN, waits="in_use")
    it.policy.settings = Settings(approvers=frozenset({"somebody"}))
    stream.seen = stream.now = False
    await it.desk.tick()
    assert it.desk.records[record.id].state is State.APPROVED
    assert world.writes == []


@pytest.mark.parametrize("how", ["hold", "watch", "away"])
async def test_what_keeps_all_from_beginning_keeps_this(tmp_path: Path, world: World, how: str) -> None:
    it = await guardian(tmp_path, world, Stream(now=False, seen=False))
    record = await it.propose()
    await it.desk.approve(record.id, ADMIN, waits="in_use")
    source = it.source
    match how:
        case "hold":
            await it.desk.hold(True, ADMIN)
        case "watch":
            await it.desk.set_mode(Mode.WATCH, ADMIN)
        case "away":
            it.source = None
    await it.desk.tick()
    assert (it.desk.records[record.id].state, world.writes) == (State.APPROVED, [])
    it.source = source
    await it.desk.hold(False, ADMIN)
    await it.desk.set_mode(Mode.ASK, ADMIN)
    await it.desk.tick()
    assert (await it.desk.wait(record.id)).state is State.SUCCEEDED


@pytest.mark.parametrize("seen", [True, False])
async def test_automatic_ones_wait_by_themselves(tmp_path: Path, world: World, seen: bool) -> None:
    stream = Stream(seen=seen)
    it = await guardian(tmp_path, world, stream, Settings(automatic=frozenset({"rule"})))
    await it.desk.set_mode(Mode.ACT, ADMIN)
    it.now += 8 * DAY
    record = await it.propose(rule="rule")
    waiting = await it.desk.run_automatically(record.id)
    assert (waiting.state, waiting.waits, world.writes) == (State.APPROVED, "in_use", [])
    stream.seen = stream.now = False
    await it.desk.tick()
    assert (await it.desk.wait(record.id)).state is State.SUCCEEDED


async def test_a_person_need_not_wait(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world, Stream())
    assert (await it.done()).state is State.SUCCEEDED


async def test_it_begins_with_the_maintenance_hours(tmp_path: Path, world: World) -> None:
    it = await guardian(tmp_path, world, Stream(), Settings(windows=(LATER,)))
    record = await it.propose()
    await it.desk.approve(record.id, ADMIN, waits="window")
    it.now += 2 * HOUR
    await it.desk.tick()
    assert it.desk.records[record.id].state is State.APPROVED
    it.now += HOUR
    await it.desk.tick()
    # the person chose the hour, whatever goes on then
    assert (await it.desk.wait(record.id)).state is State.SUCCEEDED


async def test_without_maintenance_hours_nothing_waits_for_them(tmp_path: Path, world: World) -> None:
    nobody = Window(frozenset(), 0, 60)
    it = await guardian(tmp_path, world, Stream(), Settings(windows=(nobody,)))
    record = await it.propose()
    with pytest.raises(Refused) as refused:
        await it.desk.approve(record.id, ADMIN, waits="window")
    assert refused.value.refusal.key == "no_window"
    assert it.desk.records[record.id].state is State.PROPOSED


def test_the_next_window() -> None:
    assert Policy(Settings()).next_window(START) is None
    assert Policy(Settings(windows=(LATER,))).next_window(START) == START - START % MINUTE + 180 * MINUTE
    # a window that is open is the next one
    at = START + 4 * HOUR
    assert Policy(Settings(windows=(LATER,))).next_window(at) == at
    day = Policy().local(START)[0]
    weekly = Window(frozenset({(day - 1) % 7}), LATER.start, LATER.end)
    found = Policy(Settings(windows=(weekly,))).next_window(START)
    assert found == START - START % MINUTE + 180 * MINUTE + 6 * DAY


def test_the_next_window_over_a_clock_change() -> None:
    """Where the clock is put forward by an hour at midnight, two o'clock is an hour sooner."""
    midnight = START - START % DAY + DAY

    def local(now: float) -> tuple[int, int]:
        shown = now + (HOUR if now >= midnight else 0.0)
        return int(shown // DAY + 3) % 7, int(shown % DAY // MINUTE)

    policy = Policy(Settings(windows=(Window(EVERY_DAY, 120, 180),)), local)
    assert policy.next_window(midnight - HOUR) == midnight + HOUR


# What would be interrupted

NODES = (
    Node(id="host:nas", kind="host"),
    Node(id="pool:tank", kind="pool", runs_on="host:nas"),
    Node(id="task:nas:1", kind="task", runs_on="host:nas"),
    Node(id="app:nas:plex", kind="app", runs_on="host:nas", aliases=frozenset({"container:1"})),
    Node(id="service:plex", kind="service", aliases=frozenset({"container:1"})),
    Node(id="host:pi", kind="host"),
)
STREAM, RUN = Use("stream", "Ann"), Use("replication", "offsite")
PLAN = Plan(action="x", target="", fingerprint="", steps=(Step(order="x"),), risk=Risk.HIGH)


class Busy(InUse):
    """Says what goes on on one node."""

    server = "home"

    def __init__(self, node: str, *uses: Use) -> None:
        self.node, self.uses = node, uses
        self.there = True
        self.asked = 0

    @property
    @override
    def judged(self) -> bool:
        return self.there

    @override
    def in_use(self, nodes: Collection[str]) -> Sequence[Use]:
        return self.uses if self.node in nodes else ()

    @override
    async def look_in_use(self, nodes: Collection[str]) -> Sequence[Use]:
        self.asked += 1
        return self.in_use(nodes)


def test_what_loses_service() -> None:
    topology = Topology(NODES)
    all_of_it = {"host:nas", "pool:tank", "task:nas:1", "app:nas:plex", "service:plex"}
    assert interrupted(topology, replace(PLAN, touches=frozenset({"host:nas"}))) == all_of_it
    # under whatever name a system knows it
    assert "service:plex" in interrupted(topology, replace(PLAN, touches=frozenset({"app:nas:plex"})))
    assert interrupted(topology, PLAN) == frozenset()


async def test_all_systems_are_asked() -> None:
    nas, plex, silent = Busy("task:nas:1", RUN), Busy("service:plex", STREAM), Busy("service:plex", STREAM)
    silent.there = False
    sources = (nas, plex, silent, FakeSource())
    uses = Uses(lambda: sources, lambda: Topology(NODES))  # type: ignore[arg-type, return-value]
    reboot = replace(PLAN, touches=frozenset({"host:nas"}))
    assert uses.seen(reboot) == [RUN, STREAM]
    assert await uses.look(reboot) == [RUN, STREAM]
    assert (nas.asked, plex.asked, silent.asked) == (1, 1, 0)
    # what interrupts nothing asks nobody
    assert (uses.seen(PLAN), await uses.look(PLAN), nas.asked) == ([], [], 1)
    # a system that fell silent keeps its last word
    plex.uses = ()
    assert STREAM in await uses.look(reboot)
