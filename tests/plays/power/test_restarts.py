"""Killed in every state, with and without its machine: nothing is done twice, and nothing stays stopped."""

from dataclasses import replace

import pytest

from custom_components.home_server_monitor.plays.power_plan.commands import Message, Shed, ShutDownNas
from custom_components.home_server_monitor.plays.power_plan.inputs import Link
from custom_components.home_server_monitor.plays.power_plan.machine import step
from custom_components.home_server_monitor.plays.power_plan.memory import State, unpack

from .scene import DECIDE, PREPARE, Scene

GOOD = {"charge": 90.0, "runtime": 900.0}
RUNNING = {"sonarr", "qbittorrent", "immich", "database"}


@pytest.mark.parametrize("reboot", [False, True])
def test_killed_at_any_moment_of_an_outage(reboot: bool) -> None:
    for seconds in range(1, 130, 9):
        scene = Scene().mains().go(seconds, "OB", **GOOD).crash(25, reboot=reboot)
        scene.go(160, "OB", **GOOD)
        assert scene.state is State.LOAD_SHED, seconds
        assert scene.house.running() == set(), seconds
        assert scene.sheds == ["settle", "downloads", "workloads", "snapshot"], seconds
        scene.crash(25, reboot=reboot).mains(90, charge=80.0)
        assert scene.house.running() == RUNNING, seconds
        assert scene.state is State.ONLINE, seconds


@pytest.mark.parametrize("reboot", [False, True])
def test_killed_at_any_moment_of_the_end(reboot: bool) -> None:
    """Also after the NAS was asked: it is not asked again, and all comes back."""
    for seconds in range(1, 60, 4):
        scene = Scene().mains().go(seconds, "OB", charge=10.0, runtime=100.0).crash(5, reboot=reboot)
        scene.go(100, "OB", charge=10.0, runtime=90.0)
        assert scene.asked == 1, seconds
        scene.nas_goes().go(30).crash(5, reboot=reboot)
        scene.nas_comes().mains(60, charge=60.0).crash(5, reboot=reboot)
        scene.mains(90, charge=60.0)
        assert scene.house.running() == RUNNING, seconds
        assert scene.state is State.ONLINE, seconds
        assert scene.asked == 1, seconds


def test_killed_between_the_memory_and_the_order() -> None:
    """What was written down but perhaps not sent: a stage is ordered again under its number, the NAS is not asked."""
    scene = Scene().mains()
    scene.go(25, "OB", charge=10.0, runtime=100.0)
    asked = next(at for at, command in scene.given if isinstance(command, ShutDownNas))
    again = Scene().mains()
    carried = again.carry_out
    again.carry_out = lambda command: None if isinstance(command, ShutDownNas) else carried(command)  # type: ignore[method-assign]
    again.go(asked - 1020, "OB", charge=10.0, runtime=100.0)
    assert again.memory.outage is not None
    assert again.memory.outage.asked
    again.crash(5).go(300, "OB", charge=8.0, runtime=50.0)
    assert not again.asked
    again.go(700, "OB", charge=8.0, runtime=50.0)
    assert Message.NAS_STILL_ON in again.told()


def test_a_stage_goes_on_under_its_number() -> None:
    scene = Scene().mains().go(72, "OB", **GOOD)
    number = scene.of(Shed)[-1].order
    scene.crash(5).go(3, "OB", **GOOD)
    assert scene.of(Shed)[-1].order == number
    assert len(scene.of(Shed)) == 4


def test_an_outage_that_ended_unseen() -> None:
    for reboot in (False, True):
        scene = Scene(PREPARE).mains().go(120, "OB", **GOOD).crash(7200, reboot=reboot).mains(90)
        assert scene.house.running() == RUNNING
        assert scene.state is State.ONLINE


def test_a_process_that_has_heard_nothing_yet_does_nothing() -> None:
    """Its source is not there yet, or the server of the UPS is not: that is no silence of a UPS on battery."""
    for away in (20, 7200):
        for link in (Link.UNREACHABLE, Link.STALE):
            for seconds in (20, 66, 72, 100):
                scene = Scene().mains().go(seconds, "OB", charge=40.0, runtime=300.0).crash(away)
                before = scene.sheds
                scene.silent(900, link, every=5.0)
                assert not scene.asked
                assert scene.sheds == before
    # but it acts once it has heard something
    assert scene.go(120, "OB", charge=15.0, runtime=60.0).asked == 1


def test_a_forced_shutdown_that_is_over_when_we_come_back() -> None:
    scene = Scene(PREPARE).mains().go(3, "OB LB FSD", charge=5.0, runtime=30.0)
    assert scene.state is State.COMMITTED
    before = scene.sheds
    scene.crash(7200).silent(10, Link.UNREACHABLE).mains(90, charge=80.0)
    assert scene.sheds == before
    assert scene.state is State.ONLINE
    assert scene.house.running() == RUNNING


def test_the_hold_off_is_without_a_break_that_nobody_saw() -> None:
    scene = Scene().mains().go(25, "OB", **GOOD).crash(120).go(20, "OB", **GOOD)
    assert scene.state is State.ON_BATTERY
    assert scene.go(15, "OB", **GOOD).state is State.COUNTDOWN
    # a countdown that nobody could cancel begins anew
    assert scene.crash(120).go(5, "OB", **GOOD).state is State.ON_BATTERY
    assert scene.go(90, "OB", **GOOD).state is State.LOAD_SHED


def test_a_clock_that_jumps_back_loses_nothing_and_gains_nothing() -> None:
    scene = Scene().mains().go(25, "OB", **GOOD)
    scene.now -= 900
    scene.go(20, "OB", **GOOD)
    assert scene.state is State.ON_BATTERY
    assert scene.memory.outage is not None
    assert scene.memory.outage.on_battery(scene.now) == pytest.approx(45, abs=2)


def test_a_forced_shutdown_over_a_restart() -> None:
    # it rose while we were away for a moment
    assert Scene(PREPARE).mains().crash(60).go(3, "OL FSD", **GOOD).state is State.COMMITTED
    # it was there when we came back hours later, or after the machine itself had started: nobody saw it rise
    assert Scene(PREPARE).mains().crash(7200).go(3, "OL FSD", **GOOD).idle
    assert Scene(PREPARE).mains().crash(60, reboot=True).go(3, "OL FSD", **GOOD).idle


def test_the_plan_is_changed_in_the_middle() -> None:
    scene = Scene().mains().go(100, "OB", **GOOD)
    held = scene.memory.held
    assert "workloads" in held
    scene.plan = replace(DECIDE, stages=tuple(each for each in DECIDE.stages if each.key != "workloads"))
    scene.go(60, "OB", **GOOD).mains(60, charge=80.0)
    assert scene.house.running() == RUNNING
    assert set(held) <= set(scene.restores)


def test_a_memory_of_another_version() -> None:
    scene = Scene().mains().go(100, "OB", **GOOD)
    assert scene.saved is not None
    newer = {**scene.saved, "something": 1, "outage": {**scene.saved["outage"], "more": [1]}}
    assert unpack(newer) == unpack(scene.saved)
    older = {key: value for key, value in scene.saved.items() if key not in ("drained", "failures", "wakes")}
    assert unpack(older).state is State.LOAD_SHED
    with pytest.raises((KeyError, TypeError, ValueError)):
        unpack({"state": "burning"})


def test_a_step_changes_nothing_but_what_it_returns() -> None:
    scene = Scene().mains().go(100, "OB", **GOOD)
    before = scene.memory
    inputs = []
    scene.watch = lambda memory, given, found: inputs.append((memory, given, found))
    scene.step()
    memory, given, found = inputs[0]
    assert memory is before
    assert step(memory, scene.plan, given) == found
