"""What runs the machine: it loses no word of a person, counts no reading twice, and leaves nobody waiting."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Node
from custom_components.home_server_monitor.guardian.topology import Topology
from custom_components.home_server_monitor.plays.power_plan import drill
from custom_components.home_server_monitor.plays.power_plan.commands import Message, Tell
from custom_components.home_server_monitor.plays.power_plan.driver import Driver
from custom_components.home_server_monitor.plays.power_plan.inputs import Needs
from custom_components.home_server_monitor.plays.power_plan.memory import Memory, Outage, State
from custom_components.home_server_monitor.plays.power_plan.plan import Kind, Mode, PowerPlan, Stage
from custom_components.home_server_monitor.plays.power_plan.play import PowerPlay
from custom_components.home_server_monitor.plays.power_plan.restoring import Report, Restoring
from custom_components.home_server_monitor.plays.power_plan.telling import Telling
from custom_components.home_server_monitor.sources.errors import CannotConnect
from custom_components.home_server_monitor.sources.ups.model import Contact, Unit
from custom_components.home_server_monitor.sources.ups.reading import read
from tests.guardian.fake import nap

from .scene import PREPARE, Scene
from .test_carrying import HOUSE, WORKLOADS, Play, carry
from .test_last_order import Machine


class Ups:
    """A UPS, as far as a plan needs it."""

    id, unit_node, may_hold, looks = "u", "ups:u", True, 0

    def __init__(self) -> None:
        self.held = False
        self.asking = asyncio.Event()
        self.answers = asyncio.Event()
        self.answers.set()
        self.says("OL", 100)

    def says(self, status: str, charge: float, runtime: float = 900) -> None:
        """Have it say something, once."""
        dump = {"ups.status": status, "battery.charge": f"{charge}", "battery.runtime": f"{runtime}"}
        self.looks += 1
        self.power_unit = Unit("u", Contact.LIVE, read(dump))

    async def hold_primary(self) -> None:
        """Log in."""
        self.held = True

    async def holds_primary(self) -> bool:
        """Ask."""
        self.asking.set()
        await self.answers.wait()
        return self.held

    async def release_primary(self) -> None:
        """Log out."""
        self.held = False


class House(Play):
    """A house with a plan and a machine at work."""

    needs = Needs(nas=60.0)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.known = frozenset[str]()
        self.plan = PowerPlan(mode=Mode.PREPARE, stages=(Stage.of(Kind.WORKLOADS),))
        self.ups: Any = Ups()
        self.told: list[Message] = []
        self.now = 1000.0
        self.driver = Driver(
            self,
            lambda work: asyncio.get_running_loop().create_task(work),
            lambda: self.now,
            "boot",
        )

    def say(self, command: Tell) -> None:
        """Tell people."""
        self.told.append(command.message)

    def services(self) -> list[Any]:
        """Nobody watches it besides."""
        return []

    def in_words(self) -> dict[str, str]:
        """Nobody reads it."""
        return {}

    def ended(self, command: Any) -> None:
        """Nothing is learned."""

    def drains(self, power: Any, *, low: bool) -> None:
        """Nothing is learned."""

    def took(self, took: Any) -> None:
        """Nothing is learned."""

    async def wake(self) -> None:
        """Nobody sleeps."""

    async def ticks(self, count: int, status: str = "", charge: float = 90.0) -> None:
        """Let seconds pass; with a status there is a reading in each."""
        for _ in range(count):
            self.now += 1.0
            if status:
                self.ups.says(status, charge)
            await self.driver.tick()
            await asyncio.sleep(0)

    @property
    def state(self) -> State:
        """Where the plan stands."""
        return self.driver.memory.state


@pytest.fixture
async def house(tmp_path: Path) -> House:
    """A house on mains."""
    found = House(tmp_path)
    await found.approved()
    await found.ticks(10, "OL", 100.0)
    assert found.driver.approved
    return found


async def test_a_tap_while_the_server_of_the_ups_is_slow_is_not_lost(house: House) -> None:
    await house.ticks(40, "OB")
    assert house.state is State.COUNTDOWN
    house.ups.answers.clear()
    house.ups.asking.clear()
    house.now += 1.0
    ticking = asyncio.create_task(house.driver.tick())
    await house.ups.asking.wait()
    house.driver.cancelled = True
    house.ups.answers.set()
    await ticking
    await house.ticks(60, "OB")
    assert Message.CANCELLED in house.told
    assert house.state is State.ON_BATTERY
    assert house.engine.running == set(HOUSE)


async def test_a_nas_that_is_silent_when_mains_fails_is_missing_and_still_ours(house: House) -> None:
    first, second = Machine("a"), Machine("b")
    for each in (first, second):
        house.house.attach(each)
    house.unit_node, house.known = "ups:u", frozenset({"a", "b"})
    fed = [Node(id=f"host:{each}", kind="host", runs_on="ups:u") for each in ("a", "b")]
    house.topology = Topology([Node(id="ups:u", kind="ups"), *fed])
    await house.ticks(6, "OL", 100.0)
    second.there = False
    await house.ticks(6, "OL", 100.0)
    await house.ticks(3, "OB")

    def seen() -> tuple[Any, ...]:
        assert house.driver.inputs is not None
        nas = house.driver.inputs.nas
        return nas.reachable, nas.answering, nas.missing

    assert seen() == (True, ("a",), ("b",))
    first.there = False
    await house.ticks(2, "OB")
    assert seen() == (False, (), ("a", "b"))
    second.there = True
    await house.ticks(2, "OB")
    assert seen() == (True, ("b",), ("a",))
    # one that is set up here no more is nobody's to ask
    first.there, house.known = False, frozenset({"b"})
    await house.ticks(40, "OL", 100.0)
    assert seen() == (True, ("b",), ())


async def test_a_reading_that_is_looked_at_twice_is_no_second_one(house: House) -> None:
    """One slip of a device, and then a server that takes its time."""
    house.ups.says("OB", 90, 1)
    await house.ticks(8)
    assert house.state is State.ON_BATTERY
    await house.ticks(5, "OB")
    assert (house.state, house.told) == (State.ON_BATTERY, [])
    # but what is not renewed at all is not of now
    await house.ticks(20)
    inputs = house.driver.inputs
    assert inputs is not None
    assert not inputs.new


async def test_nobody_waits_for_who_does_nothing(house: House) -> None:
    """A login that came about when mains was back already, and one of a UPS that the plan is not about any more."""
    await house.ticks(3, "OB")
    assert house.ups.held
    await house.ticks(30, "OL", 100.0)
    assert not house.ups.held
    assert house.driver.memory.outage is None
    house.ups.held = True
    await house.ticks(12, "OL", 100.0)
    assert not house.ups.held
    await house.ticks(3, "OB")
    before, house.ups = house.ups, Ups()
    assert before.held
    await house.ticks(12, "OL", 100.0)
    assert not before.held
    await house.ticks(3, "OB")
    assert house.ups.held
    await house.driver.holding.leave()
    assert not house.ups.held


async def test_load_is_stopped_also_where_nobody_waits_for_us(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account that may not log in is not tried, and a server that refuses it holds nothing up."""
    house.ups.may_hold = False
    await house.ticks(3, "OB")
    assert not house.driver.holding.holds
    house.ups.may_hold = True
    tries = []

    async def refuses() -> None:
        tries.append(house.now)
        raise CannotConnect("refused")

    monkeypatch.setattr(house.ups, "hold_primary", refuses)
    await house.ticks(90, "OB")
    assert len(tries) > 1
    assert not house.ups.held
    assert house.state is State.LOAD_SHED
    assert await asyncio.wait_for(house.driver.orders.wait("workloads"), 30)
    assert house.engine.running == set()


async def test_practice_that_an_outage_cuts_short_starts_again_on_mains_only(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drill, "LOOK_EVERY", 0.01)
    later = Stage.of(Kind.WORKLOADS, "later")
    house.plan = PowerPlan(mode=Mode.PREPARE, stages=(Stage.of(Kind.WORKLOADS), later))
    await house.approved()
    house.engine.slow = {"web"}
    practice: Any = drill.Drill(house)  # type: ignore[arg-type]
    running = asyncio.create_task(practice._really(house.driver))
    for _ in range(6000):
        if "-web" in house.engine.calls:
            break
        await asyncio.sleep(0.01)
    assert practice.runs
    await house.ticks(2, "OB")
    house.engine.gate.set()
    assert await house.driver.orders.wait("workloads")
    for _ in range(20):
        await asyncio.sleep(0.01)
    assert house.driver.outage
    assert not practice.runs
    assert not [each for each in house.engine.calls if each.startswith("+")]
    await house.ticks(3, "OL", 100.0)
    report = await asyncio.wait_for(running, 30)
    assert report["interrupted"]
    assert sorted(report["back"]) == sorted(report["ended"]) == sorted(HOUSE)
    assert house.engine.running == set(HOUSE)


async def test_the_switch_in_the_middle_leaves_no_order_behind(house: House) -> None:
    """What could not begin is nothing that somebody may approve later, and holds nothing up."""
    await house.desk.hold(True, house.guardian.desk.helm.standings.popitem()[1].by)
    house.guardian.desk.helm.standings.clear()
    await house.approved()
    house.driver.orders.shed(house.plan.stages[0], 1)
    assert not await house.driver.orders.wait("workloads")
    assert all(record.over for record in house.desk.records.values())
    house.desk.helm.hold = False
    house.driver.orders.shed(house.plan.stages[0], 2)
    assert await asyncio.wait_for(house.driver.orders.wait("workloads"), 30)
    assert house.engine.running == set()


async def test_nothing_is_started_once_mains_fails_again(tmp_path: Path) -> None:
    play = await Play(tmp_path).approved()
    await carry(play, WORKLOADS)
    restoring = Restoring(play, nap)

    def fails() -> None:
        play.fed = len(play.engine.running) < 2

    moved = play.moved
    play.moved = lambda stage, patience: (moved(stage, patience), fails())[0]  # type: ignore[method-assign]
    report = await restoring.restore("workloads")
    assert {"web", "client"}.isdisjoint(play.engine.running)
    assert report.late
    assert not report.whole
    play.fed, play.moved = True, moved  # type: ignore[method-assign]
    whole = Report()
    whole.add(report)
    whole.add(await restoring.restore("workloads"))
    assert play.engine.running == set(HOUSE)
    assert (sorted(whole.back), whole.late) == (sorted(HOUSE), [])


def test_who_cancelled_is_waited_for_once_the_battery_is_low() -> None:
    scene = Scene(PREPARE).mains().go(40, "OB", charge=90.0, runtime=900.0)
    scene.step(cancel=True)
    scene.go(20, "OB", charge=90.0, runtime=900.0)
    assert not scene.logged_in
    scene.go(3, "OB", charge=12.0, runtime=90.0)
    assert scene.state is State.LOAD_SHED
    assert scene.logged_in


def test_countdowns_of_mains_that_comes_and_goes_ring_once() -> None:
    pushes: list[Any] = []
    delivery = SimpleNamespace(follow_up=lambda push, ends: pushes.append(push))
    speaker = SimpleNamespace(spawn=asyncio.run, fire=lambda *said, **more: None, delivery=delivery)
    texts = SimpleNamespace(common=lambda key, *more, **most: key)

    async def at_once(source: object) -> None:
        """It is known."""

    guardian = SimpleNamespace(texts=texts, speaker=speaker, intake=SimpleNamespace(at_once=at_once))
    play: Any = SimpleNamespace(
        id="power", source=None, guardian=guardian, title="UPS", about="ups:u",
        can_cancel=lambda: False, shed_names=list, report=Report, why_not_asked=str, missed=list,
    )  # fmt: skip
    telling = Telling(play)
    for message in (Message.COUNTDOWN, Message.POWER_BACK, Message.COUNTDOWN, Message.SHEDDING):
        telling.tell(Tell(message))
    telling.clear()
    telling.tell(Tell(Message.COUNTDOWN))
    assert [push.quiet for push in pushes] == [False, False, True, False, False]


def test_who_was_not_asked_is_named() -> None:
    def missed(*asked: str) -> list[str]:
        around: Any = PowerPlay.__new__(PowerPlay)
        outage = Outage(number=1, began=0.0, battery_since=0.0, asked=bool(asked), asked_of=asked)
        around.driver = SimpleNamespace(memory=Memory(outage=outage), machines=frozenset({"a", "b"}))
        stands = {"a": SimpleNamespace(name="attic"), "b": SimpleNamespace(name="basement")}
        around.guardian = SimpleNamespace(watch=SimpleNamespace(stands=stands))
        return around.missed()

    assert missed("a") == ["basement"]
    assert missed("a", "b") == []
    # nobody was: that is said in other words
    assert missed() == []


def test_the_plan_moves_to_no_other_ups_by_itself() -> None:
    def about(chosen: str, **states: str) -> tuple[str, bool]:
        stands = {key: SimpleNamespace(kind="ups", state=state) for key, state in states.items()}
        around: Any = PowerPlay.__new__(PowerPlay)
        around.guardian = SimpleNamespace(watch=SimpleNamespace(stands=stands))
        around.entry = SimpleNamespace(options={"power_ups": chosen})
        return around.ups_id, around.ups_unclear

    assert about("", a="ok") == ("a", False)
    assert about("", a="ok", b="ok") == ("", True)
    assert about("a", a="lost", b="ok") == ("a", False)
    # deleted, and somebody must say so; disabled, as somebody wanted
    assert about("a", b="ok") == ("", True)
    assert about("a", a="disabled", b="ok") == ("", False)
    assert about("", a="disabled") == ("", False)
    assert about("") == ("", False)
