"""The plan through outages as they happen: what it stops when, what it leaves alone, and how all of it comes back."""

from dataclasses import replace

import pytest

from custom_components.home_server_monitor.plays.power_plan.commands import (
    Ended,
    Login,
    Logout,
    Message,
    ShutDownNas,
    WakeNas,
)
from custom_components.home_server_monitor.plays.power_plan.fitting import timer_too_short
from custom_components.home_server_monitor.plays.power_plan.inputs import Inputs, Nas
from custom_components.home_server_monitor.plays.power_plan.memory import Memory, State
from custom_components.home_server_monitor.plays.power_plan.plan import Kind, Stage, read, written

from .scene import DECIDE, NAS, NEEDS, OBSERVE, PREPARE, Scene, power

GOOD = {"charge": 90.0, "runtime": 900.0}
RUNNING = {"sonarr", "qbittorrent", "immich", "database"}


def test_a_short_outage_is_counted_and_nothing_else() -> None:
    scene = Scene().mains().go(25, "OB DISCHRG", **GOOD).mains()
    assert scene.idle
    assert [(each.seconds, each.shed) for each in scene.of(Ended)] == [(25.0, False)]
    # logged in for as long as it lasted, and not on mains
    assert len(scene.of(Login)) == len(scene.of(Logout)) == 1
    assert not scene.logged_in


def test_power_comes_back_and_all_is_undone_in_reverse() -> None:
    scene = Scene().mains().go(120, "OB DISCHRG", **GOOD)
    assert scene.state is State.LOAD_SHED
    assert scene.sheds == ["settle", "downloads", "workloads", "snapshot"]
    assert scene.house.running() == set()
    assert scene.told() == [Message.COUNTDOWN, Message.SHEDDING, Message.SHED]
    # what holds the NAS is let go once nothing is left to stop
    assert not scene.logged_in
    scene.mains(60, charge=80.0)
    assert scene.restores == ["workloads", "downloads"]
    assert scene.house.running() == RUNNING
    assert scene.state is State.ONLINE
    assert scene.told()[3:] == [Message.POWER_BACK, Message.RESTORED]
    assert not scene.asked


def test_it_does_not_come_back_and_the_nas_is_asked_once() -> None:
    scene = Scene().mains()
    scene.go(900, "OB DISCHRG", charge=lambda s: 90 - s / 15, runtime=lambda s: 900 - s)
    assert scene.asked == 1
    asked = scene.at(ShutDownNas)[0] - 1020
    # 60 s that the NAS takes, half as much again, and 30 s, where the last 10 % of the charge may not be there
    assert 740 <= asked <= 745
    assert scene.state is State.COMMITTED
    scene.nas_goes().go(30)
    assert scene.state is State.DONE
    # the NAS starts when power comes back; what was stopped waits for the battery, and comes back then
    scene.mains(60, charge=5.0)
    scene.nas_comes().mains(120, charge=10.0)
    assert scene.house.running() == {"sonarr", "qbittorrent"}
    assert Message.WAITING_FOR_CHARGE in scene.told()
    scene.mains(60, charge=51.0)
    assert scene.house.running() == RUNNING
    assert scene.state is State.ONLINE
    assert scene.asked == 1
    assert [each.committed for each in scene.of(Ended)] == [True]


def test_a_nas_that_stays_off_is_woken() -> None:
    scene = Scene().mains().go(900, "OB", charge=50.0, runtime=lambda s: 400 - s).nas_goes().go(5)
    scene.mains(400, charge=80.0)
    assert len(scene.of(WakeNas)) == 2
    scene.nas_comes().mains(60, charge=80.0)
    assert scene.house.running() == RUNNING
    assert len(scene.of(WakeNas)) == 2


def test_cancelled_stays_cancelled_until_the_battery_is_low() -> None:
    scene = Scene(PREPARE).mains().go(40, "OB", **GOOD)
    assert scene.state is State.COUNTDOWN
    scene.step(cancel=True)
    scene.go(600, "OB", **GOOD)
    assert scene.state is State.ON_BATTERY
    assert scene.sheds == []
    assert not scene.logged_in
    scene.go(3, "OB", charge=19.0, runtime=900.0)
    assert scene.state is State.LOAD_SHED
    assert scene.sheds[0] == "downloads", "a battery that is low waits for no update"


def test_cancelled_while_stopping_brings_back_what_was_stopped() -> None:
    scene = Scene().mains().go(75, "OB", **GOOD)
    assert scene.house.running() < RUNNING
    scene.step(cancel=True)
    scene.go(60, "OB", **GOOD)
    assert scene.house.running() == RUNNING
    assert scene.state is State.ON_BATTERY
    scene.go(60, "OB", **GOOD)
    assert scene.sheds == ["settle", "downloads", "workloads"]


def test_power_comes_back_while_what_was_cancelled_comes_back() -> None:
    scene = Scene().mains().go(75, "OB", **GOOD)
    scene.step(cancel=True)
    assert scene.state is State.RECOVERY
    scene.mains(60, charge=90.0)
    assert scene.house.running() == RUNNING
    assert scene.told()[-3:] == [Message.CANCELLED, Message.POWER_BACK, Message.RESTORED]


def test_too_late_to_cancel() -> None:
    scene = Scene().mains().go(10, "OB", charge=15.0, runtime=60.0)
    scene.step(cancel=True)
    assert Message.TOO_LATE_TO_CANCEL in scene.told()
    assert scene.go(60).asked == 1


def test_forced_shutdown_that_rises_acts_also_beside_mains() -> None:
    scene = Scene(PREPARE).mains().go(8, "FSD OL CHRG", charge=50.0, runtime=500.0)
    assert scene.state is State.COMMITTED
    assert scene.logged_in, "the owner of the UPS waits for those that are logged in"
    scene.go(20)
    assert scene.sheds == ["downloads", "workloads", "snapshot"]
    assert not scene.logged_in
    scene.nas_goes().silent(30).nas_comes().mains(60, charge=80.0)
    assert scene.house.running() == RUNNING


def test_forced_shutdown_from_the_first_reading_on_is_a_quirk() -> None:
    scene = Scene().go(120, "ALARM OL FSD", charge=100.0, runtime=1000.0)
    assert scene.memory.fsd_quirk
    assert scene.go(20, "ALARM OB FSD", charge=100.0, runtime=1000.0).idle
    # but the plan goes on as with any other
    assert scene.go(60).state is State.LOAD_SHED


@pytest.mark.parametrize("own", [True, False])
def test_one_only_shuts_the_nas_down(own: bool) -> None:
    scene = Scene(nas=replace(NAS, own_monitor=own)).mains().go(40, "OB LB FSD", charge=5.0, runtime=30.0)
    assert scene.asked == (0 if own else 1)


def test_forced_shutdown_that_never_ends_is_not_waited_for_for_ever() -> None:
    scene = Scene(PREPARE).mains().go(30, "OL FSD", **GOOD)
    assert scene.house.running() == set()
    scene.go(920, "OL FSD", **GOOD)
    assert scene.house.running() == RUNNING
    assert scene.go(60).state is State.ONLINE
    assert Message.NAS_STILL_ON in scene.told()


def test_observing_says_what_it_would_do() -> None:
    scene = Scene(OBSERVE).mains().go(900, "OB", charge=60.0, runtime=lambda s: 900 - s).mains(60)
    assert not scene.of(Login)
    assert scene.sheds == []
    assert scene.told(would=True) == [Message.COUNTDOWN, Message.SHEDDING, Message.ASKED]
    assert Message.RESTORED not in scene.told()
    assert scene.state is State.ONLINE


def test_a_plan_that_is_not_approved_only_observes() -> None:
    scene = Scene(approved=False).mains().go(900, "OB", charge=60.0, runtime=lambda s: 900 - s)
    assert scene.sheds == []
    assert not scene.asked


def test_stop_all_actions() -> None:
    scene = Scene(held=True).mains().go(900, "OB", charge=60.0, runtime=lambda s: 900 - s)
    assert scene.told() == [Message.HELD]
    assert scene.sheds == []
    scene.held = False
    assert scene.go(40, "OB", charge=5.0, runtime=10.0).asked == 1


def test_stop_all_actions_while_stopping_holds_the_nas_up_and_recovery_is_never_held() -> None:
    scene = Scene().mains().go(75, "OB", **GOOD)
    stopped = scene.sheds
    scene.held = True
    scene.go(600, "OB", charge=5.0, runtime=10.0)
    assert scene.sheds == stopped
    assert Message.HELD in scene.told()
    assert not scene.asked
    assert not scene.logged_in
    assert scene.mains(60, charge=80.0).house.running() == RUNNING


def test_without_the_right_it_says_so() -> None:
    scene = Scene(nas=replace(NAS, may_ask=False)).mains().go(120, "OB", charge=10.0, runtime=60.0)
    assert not scene.asked
    assert Message.NOT_ASKED in scene.told()
    assert scene.house.running() == set()


def test_a_stage_that_hangs_holds_nobody_up() -> None:
    scene = Scene(PREPARE)
    scene.house.broken = {"downloads"}
    scene.mains().go(70, "OB", **GOOD)
    assert scene.logged_in
    scene.go(125, "OB", **GOOD)
    assert scene.sheds == ["settle", "downloads", "workloads", "snapshot"]
    assert Message.STALLED in scene.told()
    assert not scene.logged_in


def test_a_long_stage_without_progress_lets_the_nas_go() -> None:
    scene = Scene(PREPARE)
    scene.house.broken = {"workloads"}
    scene.mains().go(72, "OB", **GOOD)
    assert scene.sheds[-1] == "workloads"
    assert scene.logged_in
    assert not scene.go(31, "OB", **GOOD).logged_in
    assert scene.state is State.LOAD_SHED


def test_the_nas_waits_for_stages_no_longer_than_the_battery_lasts() -> None:
    scene = Scene()
    scene.house.broken = {"workloads"}
    scene.mains().go(300, "OB", charge=40.0, runtime=lambda s: 200 - s)
    assert scene.asked == 1
    asked_with = 200 - (scene.at(ShutDownNas)[0] - 1020)
    assert asked_with >= 60


def test_what_could_not_be_started_is_tried_again_and_told() -> None:
    scene = Scene().mains().go(120, "OB", **GOOD)
    scene.house.on = False
    scene.mains(300)
    assert Message.NOT_RESTORED in scene.told()
    scene.house.on = True
    scene.mains(600)
    assert scene.house.running() == RUNNING
    assert scene.state is State.ONLINE


def test_an_outage_during_recovery_stops_it_and_nothing_is_lost() -> None:
    scene = Scene().mains().go(120, "OB", **GOOD).mains(18, charge=80.0)
    assert scene.state is State.RECOVERY
    scene.go(20, "OB", **GOOD)
    assert scene.house.running() < RUNNING
    scene.mains(60, charge=80.0)
    assert scene.house.running() == RUNNING


def test_mains_that_comes_and_goes_keeps_the_load_off_until_it_is_quiet() -> None:
    scene = Scene().mains()
    for _ in range(3):
        scene.go(70, "OB", **GOOD).mains(20, charge=80.0)
    assert scene.house.running() < RUNNING
    scene.mains(800, charge=80.0)
    assert scene.house.running() < RUNNING
    assert scene.mains(120, charge=80.0).house.running() == RUNNING


def test_a_nas_with_a_timer_of_its_own_shortens_the_hold_off() -> None:
    nas = replace(NAS, timer=30.0, host_sync=15.0)
    scene = Scene(PREPARE, nas=nas).mains().go(14, "OB", **GOOD)
    assert scene.state is State.LOAD_SHED
    inputs = Inputs(now=0, boot="", run="", power=power("OL"), nas=nas, needs=NEEDS)
    assert timer_too_short(PREPARE, inputs) == 30 + 30 - (45 - 5 - 27)
    assert timer_too_short(PREPARE, replace(inputs, nas=replace(nas, timer=180.0))) is None
    assert timer_too_short(PREPARE, replace(inputs, nas=NAS)) is None


def test_other_hosts_go_before_the_nas_where_the_plan_says_so() -> None:
    plan = replace(DECIDE, stages=(*DECIDE.shedding, Stage.of(Kind.HOSTS), Stage.of(Kind.NAS)))
    scene = Scene(plan).mains().go(120, "OB", charge=20.0, runtime=400.0)
    assert scene.sheds == ["downloads", "workloads", "snapshot", "hosts"]
    assert scene.asked == 1
    scene.nas_goes().go(10).nas_comes().mains(60)
    assert "hosts" not in scene.restores


def test_a_nas_that_does_not_go_is_told_and_everything_comes_back() -> None:
    scene = Scene().mains().go(60, "OB", charge=10.0, runtime=100.0).mains(1000)
    assert scene.asked == 1
    assert Message.NAS_STILL_ON in scene.told()
    assert scene.house.running() == RUNNING


def test_without_a_nas_there_is_nothing_to_commit_to() -> None:
    plan = replace(DECIDE, stages=DECIDE.shedding)
    scene = Scene(plan, nas=Nas()).mains().go(300, "OB", charge=10.0, runtime=30.0)
    assert scene.state is State.LOAD_SHED
    assert scene.mains(60).house.running() == RUNNING


def test_the_plan_is_what_was_written() -> None:
    plan = replace(DECIDE, never_stopped=("pihole",))
    assert read(written(plan)) == plan
    twice = written(replace(plan, stages=(plan.stages[0], plan.stages[0])))
    with pytest.raises(ValueError, match="same key"):
        read(twice)


def test_the_first_memory_knows_nothing() -> None:
    assert Memory().state is State.ONLINE
    assert Scene().go(60, "OB", charge=100.0, runtime=1000.0).state is State.COUNTDOWN
