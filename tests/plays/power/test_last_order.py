"""The order to shut down: sent once, on battery only, and told apart from one that was certainly never sent."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Node, Refusal, Refused, Risk
from custom_components.home_server_monitor.guardian.remediation import Record, State as Done
from custom_components.home_server_monitor.guardian.topology import Topology
from custom_components.home_server_monitor.plays.power_plan import asking
from custom_components.home_server_monitor.plays.power_plan.commands import Message, ShutDownNas
from custom_components.home_server_monitor.plays.power_plan.memory import State
from custom_components.home_server_monitor.plays.power_plan.plan import Kind, Stage
from custom_components.home_server_monitor.sources.errors import CannotConnect, NotSent
from tests.guardian.fake import ADMIN, FakeAction, FakeSource, World

from .scene import DECIDE, NAS as ONE, Scene
from .test_carrying import Play, orders_of

NAS = Stage.of(Kind.NAS)
EMPTY = {"charge": 12.0, "runtime": 90.0}


class Machine(FakeSource):
    """A NAS that can be switched off."""

    may_power_off, power_off_right, names = True, "FULL_ADMIN", frozenset[str]()

    def __init__(self, id: str = "n") -> None:
        self.world = World()
        self.action = FakeAction(self.world, "shutdown", risk=Risk.HIGH)
        super().__init__(self.action, id=id)

    def snapshot_targets(self) -> Sequence[str]:
        """Nothing."""
        return ()


@pytest.fixture
async def play(tmp_path: Path) -> Play:
    """A plan that is approved, and the NAS that it is about."""
    found = Play(tmp_path)
    nas = Machine()
    found.guardian.others = (*found.guardian.others, nas)
    found.house.attach(nas)
    return await found.approved()


def nas_of(play: Play) -> Machine:
    """Return the NAS."""
    (found,) = (each for each in play.guardian.others if isinstance(each, Machine))
    return found


async def asked(play: Play) -> tuple[bool, list[Any], int]:
    """Ask; returns whether it may have been sent, what was told, and how many orders arrived."""
    told: list[Any] = []
    orders, before = orders_of(play, told), len(nas_of(play).world.orders)
    orders.ask(NAS, -1, ["n"])
    await orders.wait("nas")
    return not orders.progress()["nas"].unsent, told, len(nas_of(play).world.orders) - before


async def test_only_what_was_certainly_not_sent_may_be_sent_again(play: Play) -> None:
    nas, desk = nas_of(play), play.desk
    # it did not answer: nothing left
    nas.world.before = NotSent("no connection")
    assert await asked(play) == (False, [], 0)
    nas.world.before = Refused(Refusal("busy"))
    assert await asked(play) == (False, [], 0)
    nas.world.before = None
    nas.there = False
    assert await asked(play) == (False, [], 0)
    nas.there = True
    await desk.hold(True, ADMIN)
    assert await asked(play) == (False, [], 0)
    await desk.hold(False, ADMIN)
    # the plan does not want it any more, or what Home Assistant stands on would go
    play.going = False
    assert await asked(play) == (False, [], 0)
    play.going = True
    nas.world.refuse = "own_path"
    assert await asked(play) == (False, [], 0)
    nas.world.refuse = None
    # the answer was lost, and it goes on: nobody knows, so it is told
    nas.world.after = CannotConnect("lost")
    nas.world.done.clear()
    found = await asked(play)
    assert (found[0], found[2]) == (True, 1)
    nas.world.after = None
    assert await asked(play) == (True, [], 1)


async def test_nothing_is_switched_off_once_mains_is_back(play: Play) -> None:
    """Whatever the order had to wait for in between."""
    nas, desk = nas_of(play), play.desk
    desk.helm.fed = True
    assert await asked(play) == (False, [], 0)
    desk.helm.fed = False

    def goes_away(record: Record) -> None:
        if record.action == "shutdown" and record.state is Done.APPROVED:
            nas.there = False

    desk.on_change(goes_away)
    assert await asked(play) == (False, [], 0)
    nas.there = True
    for _ in range(100):
        await desk.leases.tick()
    assert nas.world.orders == []
    assert {each.state for each in desk.records.values() if each.action == "shutdown"} == {Done.CANCELLED}


async def test_of_two_each_is_asked_once_and_the_second_while_the_first_goes(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "LOOK_EVERY", 0.02)
    first, second, told = nas_of(play), Machine("m"), list[Any]()
    play.guardian.others = (*play.guardian.others, second)
    play.house.attach(second)
    play.unit_node = "ups:u"
    fed = [Node(id=f"host:{each}", kind="host", runs_on="ups:u") for each in ("n", "m")]
    play.topology = Topology([Node(id="ups:u", kind="ups"), *fed])
    orders = orders_of(play, told)

    async def until(reached: Callable[[], Any]) -> None:
        for _ in range(6000):
            if reached():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("never")

    # the first is on its way down for long, the other is silent, and then says no
    first.action.verify_gate = asyncio.Event()
    second.there = False
    orders.ask(NAS, -1, ["n"])
    await until(lambda: first.world.orders)
    second.there = True
    second.world.before = Refused(Refusal("busy"))
    orders.ask(NAS, -1, ["m"])
    await until(lambda: orders.progress()["nas"].unsent)
    assert orders.progress()["nas"].unsent == {"m"}
    assert orders.busy
    second.world.before = None
    orders.ask(NAS, -1, ["m"])
    assert not orders.progress()["nas"].unsent
    await until(lambda: second.world.orders)
    first.action.verify_gate.set()
    assert await orders.wait("nas"), "what was tried again counts as it ended last"
    assert (len(first.world.orders), len(second.world.orders), told) == (1, 1, [])
    # another one is asked after all of it was over, and only that one; and one that is not there is not
    second.world.done.clear()
    orders.ask(NAS, -1, ["m"])
    assert await orders.wait("nas")
    assert (len(first.world.orders), len(second.world.orders)) == (1, 2)
    second.there = False
    orders.ask(NAS, -1, ["m"])
    assert not await orders.wait("nas")
    assert orders.progress()["nas"].unsent == {"m"}
    assert (len(first.world.orders), len(second.world.orders), told) == (1, 2, [])


def asks(scene: Scene) -> list[tuple[str, ...]]:
    """Return whom the machine had asked."""
    return [each.machines for each in scene.of(ShutDownNas)]


def test_of_two_the_one_that_is_silent_is_told_at_once_and_asked_once_it_answers() -> None:
    two = replace(ONE, answering=("a",), missing=("b",))
    scene = Scene(DECIDE, nas=two).mains().go(40, "OB", **EMPTY)
    assert asks(scene) == [("a",)]
    assert Message.PARTLY_ASKED in scene.told()
    assert Message.ASKED not in scene.told()
    # the first is off, and mains still out: the other answers, also to another process
    scene.nas = replace(two, reachable=False, answering=(), missing=("a", "b"))
    scene.go(20, "OB", **EMPTY)
    assert scene.state is State.DONE
    scene.crash(5)
    scene.nas = replace(two, answering=("b",), missing=("a",))
    scene.refuses = {"b"}
    scene.go(40, "OB", **EMPTY)
    assert asks(scene) == [("a",), ("b",), ("b",), ("b",)], "what surely was not sent, each 15 s"
    scene.refuses = set()
    scene.go(20, "OB", **EMPTY)
    # the first comes up again on battery, which is its owner's wish
    scene.nas = replace(two, answering=("a", "b"), missing=())
    scene.go(100, "OB", **EMPTY)
    assert asks(scene) == [("a",), ("b",), ("b",), ("b",), ("b",)]
    assert scene.told().count(Message.PARTLY_ASKED) == 2
    assert Message.NOT_ASKED not in scene.told()


def test_of_two_the_one_that_answers_once_mains_is_back_is_left_alone() -> None:
    two = replace(ONE, answering=("a",), missing=("b",))
    scene = Scene(DECIDE, nas=two).mains().go(40, "OB", **EMPTY)
    scene.nas = replace(two, answering=("a", "b"), missing=())
    scene.mains(60, charge=15.0)
    assert asks(scene) == [("a",)]
    # and both of them at once where both answer
    both = Scene(DECIDE, nas=scene.nas).mains().go(40, "OB", **EMPTY)
    assert asks(both) == [("a", "b")]
    assert Message.PARTLY_ASKED not in both.told()


def test_a_nas_that_could_not_be_asked_is_asked_again_while_the_battery_lasts() -> None:
    scene = Scene(DECIDE).mains()
    scene.deaf = True
    scene.go(60, "OB", **EMPTY)
    times = scene.at(ShutDownNas)
    assert len(times) == 4
    assert min(after - before for before, after in pairwise(times)) >= 15
    assert scene.told().count(Message.NOT_ASKED) == scene.told().count(Message.ASKED) == 1
    assert scene.memory.outage is not None
    scene.deaf = False
    scene.go(20, "OB", **EMPTY)
    assert scene.asked == 5
    scene.go(200, "OB", **EMPTY)
    assert scene.asked == 5
    # it is told in time that it goes on
    assert Message.NAS_STILL_ON not in scene.told()
    scene.go(150, "OB", **EMPTY)
    assert Message.NAS_STILL_ON in scene.told()
    assert scene.state is State.COMMITTED


def test_a_nas_that_could_not_be_asked_is_left_alone_once_mains_is_back() -> None:
    scene = Scene(DECIDE).mains()
    scene.deaf = True
    scene.go(60, "OB", **EMPTY)
    before = scene.asked
    scene.mains(120, charge=60.0)
    assert scene.asked == before
    assert scene.state is State.ONLINE
    assert scene.restores


def test_a_nas_that_was_only_silent_is_asked_once_it_answers() -> None:
    scene = Scene(DECIDE).mains()
    scene.deaf = True
    scene.go(30, "OB", **EMPTY)
    scene.nas_goes().go(100, "OB", **EMPTY)
    assert scene.state is State.DONE
    assert Message.NAS_OFF not in scene.told(), "silent is not off"
    scene.deaf = False
    scene.nas_comes().go(60, "OB", **EMPTY)
    assert scene.state is State.COMMITTED
    before = scene.asked
    scene.nas_goes().go(100, "OB", **EMPTY).nas_comes().go(100, "OB", **EMPTY)
    assert scene.asked == before, "what was asked and comes up again on battery was not silent"
