"""A sample of the soak: random outages, in which the NAS is off in time and is never shut down for nothing."""

from bench.outages import Tally, main, some, table
from bench.power_lives import PLANS
from bench.power_world import is_possible, outage, would_be_empty


def test_random_outages() -> None:
    # looked at every three seconds and not every one, so that it takes seconds
    found = some(range(250), PLANS[0], poll=3.0)
    assert found.possible > 40
    # a machine that goes down in the second in which it would have asked, and is up again when it is too late
    assert found.missed <= 1
    assert found.beside_mains == 0
    assert found.plenty == 0
    assert found.left_stopped == 0
    assert found.twice == 0
    # shut down where the battery was low, and not in every outage
    assert found.possible / 2 < found.shut_down < found.outages / 2


def test_outages_that_went_wrong() -> None:
    """Each of them was missed, or met without need, before the plan knew better."""
    indices = (
        758, 3161, 3286, 3752, 4026, 4556, 4649, 4758, 5053, 6115, 6244, 6282, 6567, 7342, 7624, 7627, 8241, 8271, 9356,
    )  # fmt: skip
    found = some([7 * 1_000_003 + index for index in indices], PLANS[0], poll=2.0)
    assert found.possible == len(indices) - 3
    assert found.in_time == found.possible
    assert found.beside_mains + found.plenty == 0


def test_a_policy_that_is_no_plan_acts_for_nothing() -> None:
    """What the table counts can be other than 0."""
    timer, low = some(range(120), "off after 30 s"), some(range(120), "off at low battery")
    assert timer.plenty > 10
    assert low.missed > 0


def test_outages_are_of_all_kinds() -> None:
    cases = [outage(seed) for seed in range(400)]
    drained = [seed for seed in range(400) if would_be_empty(seed)]
    assert 40 < len(drained) < 200
    assert any(not is_possible(cases[seed]) for seed in drained)
    assert any(each.mute for each in cases)
    assert any(each.lies for each in cases)
    assert any(each.silences for each in cases)
    assert any(each.kills for each in cases)
    assert {each.low for each in cases} == {"normal", "at once", "never", "always"}
    assert len("\n".join(table([("plan", Tally())])).splitlines()) == 2
    assert callable(main)
