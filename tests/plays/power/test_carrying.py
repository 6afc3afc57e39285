"""A stage is carried out and brought back: in order, within its limit, each thing on its own, nothing of others touched."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, override

import pytest

from custom_components.home_server_monitor.guardian.capabilities_load import Workload
from custom_components.home_server_monitor.guardian.contract import (
    Action,
    ForAWhile,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Resume,
    Risk,
    Step,
    Verdict,
)
from custom_components.home_server_monitor.guardian.house import House
from custom_components.home_server_monitor.guardian.policy import Standing
from custom_components.home_server_monitor.guardian.remediation import OUTAGE, State
from custom_components.home_server_monitor.guardian.topology import Topology
from custom_components.home_server_monitor.plays.power_plan.asking import Asking, PowerOff
from custom_components.home_server_monitor.plays.power_plan.carrying import OUT_OF_TIME, ShedLoad, carry
from custom_components.home_server_monitor.plays.power_plan.inputs import Doing
from custom_components.home_server_monitor.plays.power_plan.items import Load, load_of
from custom_components.home_server_monitor.plays.power_plan.orders import Orders, Took
from custom_components.home_server_monitor.plays.power_plan.plan import Kind, Mode, PowerPlan, Stage, written
from custom_components.home_server_monitor.plays.power_plan.restoring import Restoring
from custom_components.home_server_monitor.plays.power_plan.stopped import Ledger
from custom_components.home_server_monitor.sources.errors import CannotConnect
from tests.guardian.fake import ADMIN, START, FakeAction, FakeSource, Guardian, World, nap

WORKLOADS, NAS = Stage.of(Kind.WORKLOADS, limit=5.0), Stage.of(Kind.NAS)
# what each needs, databases with a star
HOUSE: Mapping[str, tuple[str, ...]] = {"web": ("db*",), "client": ("vpn",), "vpn": (), "db*": ()}


class Stops(Action):
    """Stops one thing for a while."""

    key, resume, risk = "stop_container", Resume.VERIFY, Risk.MEDIUM

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        if target in self.engine.refuses:
            raise Refused(Refusal("own_path", {"target": target}))
        if target in self.engine.silent:
            raise CannotConnect("no answer")
        lease = ForAWhile(setting="stopped", target=target, value=True, lasts=params["minutes"] * 60)
        step = Step(order=self.key, lease=lease)
        return Plan(
            action=self.key, target=target, fingerprint="", steps=(step,), risk=self.risk, takes_away=True
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        self.engine.calls.append(f"-{plan.target}")
        if plan.target in self.engine.slow:
            await self.engine.gate.wait()
        self.engine.running.discard(plan.target)
        return Receipt(step, {})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        return Verdict(Outcome.FAILED if plan.target in self.engine.running else Outcome.SUCCEEDED)

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        return None


class Stopped:
    """Whether one stands still."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def read(self, target: str) -> bool:
        """Ask."""
        return target not in self.engine.running

    def shown(self, target: str) -> bool:
        """As it was seen last."""
        return target not in self.engine.running

    def same(self, left: Any, seen: Any) -> bool:
        """Compare."""
        return left is seen

    def strictest(self, values: Sequence[Any]) -> bool:
        """Stopped, where anybody wants that."""
        return any(values)

    async def set_leased(self, target: str, value: Any) -> None:
        """Start it."""
        assert value is False
        self.engine.calls.append(f"+{target}")
        self.engine.running.add(target)


class Engine(FakeSource):
    """An engine, as far as a plan is about it."""

    def __init__(self) -> None:
        super().__init__(Stops(self), id="e")
        self.running = set(HOUSE)
        self.calls: list[str] = []
        self.refuses: set[str] = set()
        self.silent: set[str] = set()
        self.slow: set[str] = set()
        self.unwell: set[str] = set()
        self.gate = asyncio.Event()
        self.settings = {"stopped": Stopped(self)}

    def workloads(self) -> Sequence[Workload]:
        """What runs."""
        return [
            Workload(
                action="stop_container", target=name, name=name, node=f"member:e:{name}",
                nodes=frozenset({f"member:e:{name}"}), needs=frozenset(needs), last=name.endswith("*"), seconds=1.0,
            )
            for name, needs in HOUSE.items()
            if name in self.running
        ]  # fmt: skip

    async def look_well(self, targets: Collection[str]) -> Mapping[str, bool]:
        """Whether they do."""
        return {each: each in self.running and each not in self.unwell for each in targets}


class Play(FakeSource):
    """A plan without the machine that orders its stages."""

    def __init__(self, folder: Path) -> None:
        self.house, self.engine = House(), Engine()
        self.house.attach(self.engine)
        self.topology, self.unit_node, self.elsewhere = Topology(), "", frozenset[str]()
        self.plan = PowerPlan(mode=Mode.DECIDE, stages=(WORKLOADS, NAS))
        self.ledger = Ledger()
        self.asking = Asking()
        self.going = self.fed = True
        self.saves = self.moves = 0
        super().__init__(ShedLoad(self), PowerOff(self), id="power")
        self.guardian = Guardian(folder, self.engine, others=(self,))

    @property
    def desk(self) -> Any:
        """Where its actions are run."""
        return self.guardian.desk

    async def load(self, *stages: Stage) -> dict[str, Load]:
        """What stages are about."""
        return {stage.key: load_of(self, self.plan, stage) for stage in stages}

    def name_of_target(self, target: str) -> str | None:
        """Nobody has a name for it."""
        return None

    def wants(self, stage: str) -> bool:
        """Whether more of it is to be ended."""
        return self.going

    def begun(self, stage: Stage) -> None:
        """Tell nobody."""

    def brings_back(self) -> bool:
        """Whether mains is there."""
        return self.fed

    def moved(self, stage: str, patience: float) -> None:
        """Something went on."""
        self.moves += 1

    async def save(self) -> None:
        """It was written down."""
        self.saves += 1

    async def approved(self) -> Play:
        """Have exactly this plan approved."""
        await self.guardian.start()
        for action, selector in (("shed_load", "*"), ("power_off", "nas")):
            await self.desk.helm.grant(
                Standing(
                    id="", action=action, selector=selector, by=ADMIN, at=START, rule=OUTAGE, source="power",
                    params={"plan": written(self.plan)},
                )
            )  # fmt: skip
        return self


@pytest.fixture
async def play(tmp_path: Path) -> Play:
    """A plan that is approved."""
    return await Play(tmp_path).approved()


async def test_in_order_and_back_in_reverse(play: Play) -> None:
    record = await carry(play, WORKLOADS)
    assert record is not None
    assert (record.state, play.engine.running) == (State.SUCCEEDED, set())
    calls = play.engine.calls
    assert {*calls[:2]} == {"-web", "-client"}
    assert calls[2:] == ["-vpn", "-db*"]
    # what is written down before: all of it, before the first order
    assert [row.item.name for row in play.ledger.of("workloads")] == [*HOUSE]
    assert await carry(play, WORKLOADS) is None, "nothing is left to end"
    play.engine.calls.clear()
    report = await Restoring(play, nap).restore("workloads")
    assert play.engine.calls[:2] == ["+db*", "+vpn"]
    assert {*play.engine.calls[2:]} == {"+web", "+client"}
    assert (sorted(report.back), report.whole, play.ledger.rows) == (sorted(HOUSE), True, {})
    assert not play.desk.leases.changes


async def test_what_others_did_and_what_is_not_well_is_told(play: Play) -> None:
    play.engine.unwell = {"vpn"}
    await carry(play, WORKLOADS)
    # somebody starts one of them, and stops it again by himself: it is his
    play.engine.running.add("web")
    await play.desk.leases.tick()
    report = await Restoring(play, nap).restore("workloads")
    assert "+web" not in play.engine.calls
    assert report.unwell == ["vpn"]
    assert sorted(report.back) == ["client", "db*"]
    assert play.ledger.rows == {}


async def test_what_is_still_being_stopped_is_started_once_that_has_ended(tmp_path: Path) -> None:
    """Mains is back in the middle of a stop: two orders at once would cross."""
    play = Play(tmp_path)
    play.plan = PowerPlan(mode=Mode.DECIDE, stages=(Stage.of(Kind.WORKLOADS, limit=0.05), NAS))
    await play.approved()
    play.engine.slow = {"web", "client"}
    ending = asyncio.create_task(carry(play, play.plan.stages[0]))
    for _ in range(6000):
        if len(play.engine.calls) == 2:
            break
        await asyncio.sleep(0.01)
    returning = asyncio.create_task(Restoring(play, nap).restore("workloads"))
    for _ in range(300):
        await asyncio.sleep(0)
    assert sorted(play.engine.calls) == ["-client", "-web"]
    play.engine.gate.set()
    report = await returning
    await ending
    assert sorted(report.back) == ["client", "web"]
    assert play.engine.running == set(HOUSE)


async def test_what_two_bring_back_at_once_is_started_once(play: Play) -> None:
    await carry(play, WORKLOADS)
    both = await asyncio.gather(*(Restoring(play, nap).restore("workloads") for _ in range(2)))
    starts = [each for each in play.engine.calls if each.startswith("+")]
    assert sorted(starts) == sorted(f"+{each}" for each in HOUSE)
    assert all(not report.theirs and not report.late for report in both)
    assert play.engine.running == set(HOUSE)
    assert not play.ledger.rows


async def test_what_nobody_can_look_at_is_not_said_to_be_well(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    await carry(play, WORKLOADS)

    async def silent(targets: Collection[str]) -> Mapping[str, bool]:
        raise CannotConnect("no answer")

    monkeypatch.setattr(play.engine, "look_well", silent)
    report = await Restoring(play, nap).restore("workloads")
    assert play.engine.running == set(HOUSE), "it is started all the same"
    assert (sorted(report.unwell), report.back, report.whole) == (sorted(HOUSE), [], True)


async def test_what_cannot_be_brought_back_yet_is_tried_again(play: Play) -> None:
    await carry(play, WORKLOADS)
    play.engine.there = False
    report = await Restoring(play, nap).restore("workloads")
    assert (report.whole, len(report.late), len(play.ledger.rows)) == (False, 4, 4)
    play.engine.there = True
    report = await Restoring(play, nap).restore("workloads")
    assert report.whole
    assert play.engine.running == set(HOUSE)


async def test_one_that_cannot_be_ended_keeps_no_other_running(play: Play) -> None:
    play.engine.refuses, play.engine.silent = {"client"}, {"web"}
    record = await carry(play, WORKLOADS)
    assert record is not None
    assert record.verdict is not None
    assert (record.state, play.engine.running) == (State.FAILED, {"client", "web"})
    assert record.verdict.facts["why"] == {"client": "own_path", "web": "not_reachable"}
    assert (await Restoring(play, nap).restore("workloads")).whole
    assert play.engine.running == set(HOUSE)


async def test_what_has_no_time_left_is_left_running(play: Play) -> None:
    play.plan = PowerPlan(mode=Mode.DECIDE, stages=(Stage.of(Kind.WORKLOADS, limit=0.05), NAS))
    await play.approved()
    play.engine.slow = {"web"}
    ending = asyncio.create_task(carry(play, play.plan.stages[0]))
    await asyncio.sleep(0.2)
    play.engine.gate.set()
    record = await ending
    assert record is not None
    assert record.verdict is not None
    assert record.verdict.facts["why"] == {"vpn": OUT_OF_TIME, "db*": OUT_OF_TIME}
    assert play.engine.running == {"vpn", "db*"}
    report = await Restoring(play, nap).restore("workloads")
    assert sorted(report.back) == ["client", "web"]


async def test_nothing_more_is_begun_once_mains_is_back(play: Play) -> None:
    play.going = False
    record = await carry(play, WORKLOADS)
    assert record is not None
    assert (record.state, play.engine.calls) == (State.FAILED, [])


async def test_a_plan_that_changed_ends_nothing(play: Play) -> None:
    play.plan = PowerPlan(mode=Mode.DECIDE, stages=(WORKLOADS, NAS), recovery_charge=60.0)
    with pytest.raises(Refused):
        await carry(play, WORKLOADS)
    for target, params in (("gone", play.plan), ("workloads", PowerPlan())):
        with pytest.raises(Refused):
            await ShedLoad(play).plan(target, {"plan": written(params)})
    # the right to stop load is none to switch machines off
    with pytest.raises(Refused):
        await ShedLoad(play).plan("nas", {"plan": written(play.plan)})
    assert play.engine.calls == []


async def test_what_a_crash_left_unnoted_is_found_by_its_records(play: Play) -> None:
    await carry(play, WORKLOADS)
    for row in list(play.ledger.rows.values()):
        play.ledger.back(row)
        play.ledger.begin("workloads", row.item)
    assert (await Restoring(play, nap).restore("workloads")).whole
    assert play.engine.running == set(HOUSE)


def orders_of(play: Play, told: list[Any]) -> Orders:
    """Return what carries orders out."""
    return Orders(
        play,
        lambda work: asyncio.get_running_loop().create_task(work),
        told.append,
        lambda: told.append("no"),
        nap,
    )


async def test_orders_say_how_far_they_are(play: Play) -> None:
    told: list[Any] = []
    orders = orders_of(play, told)
    orders.shed(WORKLOADS, 7)
    orders.shed(WORKLOADS, 7)
    assert orders.progress()["workloads"].doing is Doing.RUNNING
    assert orders.busy
    assert await orders.wait("workloads")
    found = orders.progress()["workloads"]
    assert (found.order, found.doing, found.holds) == (7, Doing.DONE, True)
    (took,) = told
    assert isinstance(took, Took)
    assert (took.stage, took.whole) == ("workloads", True)
    assert len(play.engine.calls) == 4, "the same order is carried out once"
    orders.restore("workloads", 8)
    assert await orders.wait("workloads")
    assert not orders.progress()["workloads"].holds
    assert sorted(orders.done.report.back) == sorted(HOUSE)


async def test_an_order_that_cannot_begin_fails_and_says_why(play: Play) -> None:
    told: list[Any] = []
    orders = orders_of(play, told)
    await play.desk.hold(True, ADMIN)
    orders.shed(WORKLOADS, 1)
    assert not await orders.wait("workloads")
    assert orders.why("workloads") == "hold_is_on"
    # of the NAS it is told at once: nobody else would
    stage = Stage.of(Kind.NAS)
    play.house.attach(_Nas())
    orders.ask(stage, -1, ["n"])
    assert not await orders.wait("nas")
    assert orders.progress()["nas"].unsent == {"n"}
    assert orders.why("nothing") == ""


class _Nas(FakeSource):
    """A machine that could be switched off."""

    may_power_off, power_off_right, names = True, "FULL_ADMIN", frozenset[str]()

    def __init__(self) -> None:
        super().__init__(FakeAction(World(), "shutdown"), id="n")

    def snapshot_targets(self) -> Sequence[str]:
        """Nothing."""
        return ()


async def test_what_runs_already_gets_its_time(tmp_path: Path) -> None:
    play = Play(tmp_path)
    world = World()
    action = FakeAction(world, "mend")
    action.gate = asyncio.Event()
    updating = FakeSource(action, id="nas")
    play.guardian.others = (*play.guardian.others, updating)
    await play.approved()
    record = await play.guardian.propose()
    approving = asyncio.create_task(play.desk.approve(record.id, ADMIN))
    for _ in range(300):
        await asyncio.sleep(0)
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            assert action.gate is not None
            action.gate.set()
        for _ in range(50):
            await asyncio.sleep(0)

    orders = Orders(
        play, lambda work: asyncio.get_running_loop().create_task(work), lambda took: None, sleep=sleep
    )
    orders.shed(Stage.of(Kind.SETTLE), 1)
    assert await orders.wait("settle")
    assert 3 <= len(naps) <= 10
    await approving
