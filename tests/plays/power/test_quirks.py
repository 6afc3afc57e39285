"""What devices and drivers really do, each of which shut somebody's house down, or did not: here it does what is right."""

from dataclasses import replace

from custom_components.home_server_monitor.plays.power_plan.commands import Login, Message, ShutDownNas
from custom_components.home_server_monitor.plays.power_plan.inputs import Link, Nas, Power
from custom_components.home_server_monitor.plays.power_plan.memory import State

from .scene import DECIDE, NAS, PREPARE, Scene, power

GOOD = {"charge": 90.0, "runtime": 900.0}
BAD = {"charge": 5.0, "runtime": 10.0}


# beside mains, as in public dumps, and without a word about it
NEVER = (
    "OL", "OL CHRG", "OL DISCHRG", "OL LB", "OL OFF", "OL OB", "OL CAL", "OL DISCHRG CAL", "OL BOOST", "OL HE",
    "ALARM OL RB", "OL BYPASS", "OL OVER", "OL LB OB DISCHRG", "TRIM", "ALARM", "", "WAIT", "WAIT OB LB", "OFF", "CHRG",
    "RB", "GARBAGE",
)  # fmt: skip
ALWAYS = ("OB", "OB DISCHRG", "OB LB", "DISCHRG OB", "OB OVER", "ALARM OB RB", "OB TRIM")


def test_no_status_but_mains_absent_ever_acts() -> None:
    """Also in the middle of an outage, with a battery that is said to be empty."""
    for status in NEVER:
        assert Scene().mains().go(1200, status, every=5.0, **BAD).idle, status
        assert Scene().mains().go(25, "OB DISCHRG", **GOOD).go(120, status, **BAD).idle, status


def test_mains_absent_acts_whatever_stands_beside_it() -> None:
    for status in ALWAYS:
        assert Scene().mains().go(90, status, **GOOD).state is State.LOAD_SHED, status


def test_a_self_test_that_looks_like_off_for_seconds() -> None:
    """NUT #2104: the whole house was shut down every two weeks."""
    scene = Scene()
    for _ in range(3):
        scene.mains(60).go(8, "OFF", **BAD).go(8, "OB OFF", **BAD).go(8, "OB OFF LB", **BAD)
    assert scene.mains(60).idle


def test_a_self_test_is_no_outage() -> None:
    scene = Scene().mains().go(300, "OB DISCHRG CAL", charge=80.0, runtime=30.0)
    assert scene.idle
    assert not scene.of(Login)
    scene = Scene().mains().go(300, "OB DISCHRG", charge=80.0, runtime=30.0, testing=True)
    assert scene.idle


def test_a_quirk_that_reads_as_calibration_and_then_silence() -> None:
    """NUT #2794: with mains present all the time."""
    for link in (Link.STALE, Link.DRIVER_GONE, Link.UNREACHABLE):
        scene = Scene().mains().go(60, "OL DISCHRG CAL", **GOOD).silent(200, link)
        assert scene.idle
    # and where it was on battery for it
    assert Scene().mains().go(60, "OB DISCHRG CAL", **GOOD).silent(900).idle


def test_a_flag_that_stays_at_calibrating_does_not_hide_an_outage() -> None:
    """NUT #2168: the server was never shut down."""
    scene = Scene().mains().go(600, "OL CAL", **GOOD).go(90, "OB CAL", **GOOD)
    assert scene.state is State.LOAD_SHED
    # where it came with the outage: the floor, or a time, where there is no charge
    scene = Scene().mains().go(400, "OB CAL", charge=lambda s: 60 - s / 8, runtime=100.0)
    assert scene.asked == 1
    assert Scene().mains().go(1900, "OB CAL", every=5.0).asked == 1


def test_low_at_once_with_plenty_left() -> None:
    """NUT #3087, #1942: LB the moment mains fails, with a runtime of 1000 to 1600 s."""
    scene = Scene().mains().go(25, "OB LB", charge=100.0, runtime=1600.0).mains()
    assert scene.idle
    scene = Scene().mains()
    scene.go(1600, "OB LB", charge=lambda s: 100 - s / 16, runtime=lambda s: 1600 - s)
    assert scene.asked == 1
    assert scene.at(ShutDownNas)[0] - 1020 > 1200


def test_low_that_rises_counts_against_the_gauges() -> None:
    """A worn battery: its gauge says that there is plenty, its voltage breaks down."""
    scene = Scene().mains().go(100, "OB", charge=80.0, runtime=1200.0)
    assert not scene.asked
    scene.go(20, "OB LB", charge=79.0, runtime=1190.0)
    assert scene.asked == 1


def test_low_without_gauges() -> None:
    assert Scene().mains().go(40, "OB LB").asked == 1
    assert Scene().mains().go(14, "OB LB").idle, "it must last for a while where it comes at once"
    assert Scene().mains().go(60, "OB").go(6, "OB LB").state is State.LOAD_SHED


def test_a_single_reading_of_low_is_a_slip() -> None:
    scene = Scene(PREPARE).mains().go(12, "OB", **GOOD).go(1, "OB LB", **BAD).go(10, "OB", **GOOD)
    assert scene.idle
    # the same reading, looked at again because something else happened, is not a second one
    scene = Scene(PREPARE).mains().go(12, "OB", **GOOD)
    scene.step(power("OB LB", **BAD))
    for _ in range(5):
        scene.step(new=False)
    assert scene.idle


def test_low_is_never_reported() -> None:
    """NUT #2619: thresholds of our own."""
    assert Scene().mains().go(500, "OB", charge=lambda s: 90 - s / 5).asked == 1
    assert Scene().mains().go(500, "OB", runtime=lambda s: 500 - s).asked == 1
    # neither charge nor runtime nor LB: time is all there is
    scene = Scene().mains().go(300, "OB")
    assert scene.at(ShutDownNas)[0] - 1020 >= 180
    plan = replace(DECIDE, thresholds=replace(DECIDE.thresholds, seconds=400.0))
    assert Scene(plan).mains().go(390, "OB", **GOOD).asked == 0
    assert Scene(plan).mains().go(480, "OB", **GOOD).asked == 1


def test_a_ups_without_gauges_gets_no_new_battery_by_a_minute_of_mains() -> None:
    scene = Scene().mains().go(150, "OB").mains(60)
    scene.last = power("OL")
    before = scene.now
    scene.go(60, "OB")
    assert scene.asked == 1
    assert scene.at(ShutDownNas)[0] - before < 60


def test_low_always() -> None:
    """NUT #2652: `battery.charge.low` = 100, so LB always."""
    scene = Scene().go(60, "OL LB", charge=100.0, runtime=1000.0)
    scene.go(600, "OB LB", charge=90.0, runtime=900.0)
    assert not scene.asked
    assert scene.go(10, "OB LB", charge=15.0, runtime=900.0).state is State.COMMITTED


def test_after_a_deep_discharge_nothing_starts_before_the_battery_can_carry_it() -> None:
    """NUT #1992: the server boots in ten seconds, the UPS drops again."""
    scene = Scene().mains().go(600, "OB", charge=lambda s: max(3.0, 90 - s / 4)).nas_goes().go(10)
    scene.nas_comes().mains(600, charge=10.0)
    assert scene.restores == []
    # and it drops again: a new outage, and the NAS that came up by itself is asked once more
    scene.go(20, "OB", charge=9.0, runtime=60.0)
    assert scene.asked == 2


def test_a_gauge_that_never_climbs_holds_nothing_back_for_ever() -> None:
    scene = Scene().mains().go(120, "OB", **GOOD).mains(1700, charge=30.0)
    assert scene.restores == []
    assert scene.mains(200, charge=30.0).state is State.ONLINE


def test_hours_without_data_on_mains() -> None:
    """Core #152219, #46481: common with USB."""
    scene = Scene().mains()
    for link in (Link.STALE, Link.DRIVER_GONE, Link.UNREACHABLE):
        scene.silent(3600, link, every=20.0)
    assert scene.idle
    assert scene.go(5, "WAIT").silent(60).idle
    # nor when nothing was ever heard
    assert Scene().silent(600).idle


def test_silence_on_battery_sheds_before_the_nas_goes_by_itself_and_asks_before_it_is_empty() -> None:
    scene = Scene().mains().go(10, "OB", **GOOD).silent(14)
    assert scene.state is State.ON_BATTERY
    assert scene.silent(2).state is State.LOAD_SHED, "upsmon takes it for empty after 15 s"
    assert scene.silent(600, every=5.0).asked == 0, "but there were 900 s left"
    assert scene.silent(200).asked == 1
    assert Message.SILENT in scene.told()
    # without such a monitor there is no hurry
    assert Scene(nas=replace(NAS, own_monitor=False)).mains().go(10, "OB", **GOOD).silent(100).idle


def test_a_reading_that_gets_old_is_not_one_of_now() -> None:
    scene = Scene().mains().go(10, "OB", **GOOD)
    for _ in range(60):
        scene.now += 1
        scene.step(new=False)
    assert scene.state is State.LOAD_SHED


def test_a_slip_is_one_however_often_it_is_looked_at() -> None:
    """A UPS that is read slowly: the machine steps on, and one wrong reading stays the newest for seconds."""
    scene = Scene().mains().go(10, "OB", **GOOD)
    slip = power("OB", charge=3.0, runtime=900.0)
    scene.step(slip)
    for _ in range(5):
        scene.now += 1
        scene.step(slip, new=False)
    assert scene.state is State.ON_BATTERY
    # the second one in a row is believed
    scene.now += 1
    scene.step(slip)
    assert scene.sheds


def test_upsd_starts_again_in_the_middle() -> None:
    scene = (
        Scene().mains().go(20, "OB", **GOOD).silent(3, Link.UNREACHABLE).go(3, "WAIT").go(20, "OB", **GOOD)
    )
    assert scene.state is State.COUNTDOWN


def test_a_switch_without_battery_leaves_us_in_the_dark() -> None:
    """The network dies with mains: nobody hears, and nothing is done on a guess."""
    scene = Scene().mains()
    scene.nas = replace(NAS, reachable=False)
    assert scene.silent(3600, Link.UNREACHABLE, every=20.0).idle


def test_the_charge_falls_faster_than_the_runtime_says() -> None:
    scene = Scene().mains().go(220, "OB", charge=lambda s: 100 - s / 3, runtime=1500.0)
    assert scene.asked == 1
    assert scene.at(ShutDownNas)[0] - 1020 < 220


def test_experience_counts_more_than_a_gauge() -> None:
    scene = Scene()
    scene.needs = replace(scene.needs, lasts=300.0)
    scene.mains().go(300, "OB", charge=99.0, runtime=2000.0)
    # 120 s are wanted for the shutdown, and the last tenth of what was seen is not counted on
    assert 145 <= scene.at(ShutDownNas)[0] - 1020 <= 155


def test_what_was_drained_under_the_whole_load_is_not_had_back_by_half_of_it() -> None:
    """Half the load lets a battery last twice as long, but not the part of it that is gone."""
    scene = Scene()
    scene.needs = replace(scene.needs, lasts=600.0)
    scene.mains().go(240, "OB", charge=99.0, runtime=9000.0)
    scene.needs = replace(scene.needs, lasts=1200.0)
    # half of it is left of what is counted on: 600 s, less the 120 s for the shutdown
    scene.go(900, charge=99.0, runtime=9000.0, status="OB")
    assert 470 <= scene.at(ShutDownNas)[0] - 1260 <= 490
    # and the next outage knows what this one took, however much the gauge says
    scene = Scene()
    scene.needs = replace(scene.needs, lasts=600.0)
    scene.mains().go(300, "OB", charge=99.0, runtime=9000.0).mains(60)
    scene.needs = replace(scene.needs, lasts=1200.0)
    began = scene.now
    scene.go(900, "OB", charge=99.0, runtime=9000.0)
    assert 360 <= scene.at(ShutDownNas)[0] - began <= 390


def test_a_runtime_without_a_charge_is_not_counted_on_to_its_end() -> None:
    """A gauge that is off by a tenth of the whole shows 300 s when there is nothing left of 3,000."""
    scene = Scene().mains().go(3000, "OB", runtime=lambda s: 3000 - s * 0.9)
    assert scene.asked == 1
    assert scene.at(ShutDownNas)[0] - 1020 < 2900


def test_a_charge_that_falls_within_seconds() -> None:
    """Whole percents, no runtime, never drained before: that it falls steadily is seen in half a minute."""
    steady = Scene().mains().go(26, "OB", charge=lambda s: round(100 - s * 0.7))
    assert steady.state is State.LOAD_SHED
    assert steady.go(30, "OB", charge=lambda s: round(82 - s * 0.7)).asked == 1
    # one step of a coarse gauge is no fall
    step = Scene().mains().go(30, "OB", charge=lambda s: 100.0 if s < 15 else 90.0)
    assert step.idle
    # nor is what the load takes from the voltage at first
    sag = Scene().mains().go(60, "OB", charge=lambda s: round(85 + 15 * 0.9**s))
    assert not sag.asked


def test_how_fast_it_fell_is_forgotten_where_nobody_knows_for_how_long() -> None:
    """A machine that starts again does not know whether it was away for seconds: what it lost then was not lost at once."""
    scene = Scene().mains().go(40, "OB", charge=lambda s: 100 - s / 20)
    scene.crash(reboot=True).go(12, "OB", charge=lambda s: 70 - s / 20)
    assert scene.state is not State.COMMITTED
    assert not scene.asked


def test_the_rest_of_a_battery_is_not_waited_for() -> None:
    """Not half full, and nobody knows how long that lasts: load stops after seconds, not after a minute."""
    waits = Scene().mains().go(20, "OB", charge=45.0, runtime=900.0)
    assert waits.state is State.COUNTDOWN
    assert Scene().mains().go(20, "OB", charge=45.0).state is State.LOAD_SHED


def test_power_that_comes_back_after_the_announcement_does_not_take_it_back() -> None:
    scene = Scene(PREPARE).mains().go(60, "OB", **GOOD).go(3, "OB LB FSD", **BAD).go(4, "FSD OL CHRG", **BAD)
    assert scene.state is State.COMMITTED
    assert not scene.restores
    scene.nas_goes().silent(20, Link.UNREACHABLE)
    assert scene.state is State.DONE


def test_flickers_are_one_outage_and_the_hold_off_begins_anew_with_each() -> None:
    scene = Scene().mains()
    for _ in range(6):
        scene.go(4, "OB", **GOOD).mains(3, charge=90.0)
    assert scene.memory.number == 1
    assert scene.idle
    # but a battery that is drained by them is low all the same
    assert scene.go(3, "OB", charge=19.0, runtime=400.0).state is State.LOAD_SHED


def test_nothing_is_known_of_the_nas() -> None:
    scene = Scene(nas=Nas()).mains().go(900, "OB", charge=50.0, runtime=lambda s: 900 - s)
    assert Message.NOT_ASKED in scene.told()
    assert scene.house.running() == set()


def test_any_reading_is_read() -> None:
    assert not Power(link=Link.FRESH).says_something
    assert power("OL TEST").calibrating
