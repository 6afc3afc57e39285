"""What is learned: how long stopping takes, whether the battery covers it, how it wears, how often mains fails."""

from dataclasses import replace
import random
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor.plays.power_plan.battery import (
    Discharge,
    Draining,
    Figure,
    figures,
    health,
    lasts,
)
from custom_components.home_server_monitor.plays.power_plan.inputs import NAS_NEEDS, STAGE_NEEDS, Power
from custom_components.home_server_monitor.plays.power_plan.keeping import Keeping
from custom_components.home_server_monitor.plays.power_plan.learning import (
    Took,
    cover,
    learned,
    low_too_late,
    needed,
    slowest,
    upper,
)

from .scene import DECIDE


def test_how_long_a_stage_takes() -> None:
    assert upper([]) is None
    assert upper([Took(40)]) == 50
    assert upper([Took(40), Took(10)]) == 50
    # what was cut off would have taken longer
    assert upper([Took(120, whole=False)]) == 225
    usual = [Took(20 + index % 5) for index in range(11)]
    assert upper(usual) == pytest.approx(24, abs=1)
    # one that hung does not count for all, several do
    assert upper([*usual, Took(300)]) == pytest.approx(24, abs=1)
    assert upper([*usual[:9], *[Took(300)] * 3]) == 300
    # what was long ago is forgotten
    assert upper([*[Took(300)] * 20, *usual, Took(20)]) == pytest.approx(24, abs=1)


def test_whether_the_runtime_covers_the_shutdown() -> None:
    needs = learned({"downloads": [Took(4)], "workloads": [Took(40)]}, [Took(96)])
    assert needs.of("workloads") == 50
    assert needs.of("snapshot") == STAGE_NEEDS
    assert learned({}).nas == NAS_NEEDS
    # settling is left out when it matters; a stage takes no longer than its limit
    assert needed(DECIDE, needs) == 5 + 50 + 20 + 120
    assert cover(DECIDE, needs, 300).enough is True
    assert cover(DECIDE, needs, 290).enough is False
    assert cover(DECIDE, needs, None).enough is None
    # what the battery was seen to last counts more than what it says
    assert cover(DECIDE, replace(needs, lasts=200), 3000).enough is False


def test_a_discharge_says_how_long_the_whole_battery_lasts() -> None:
    some = Discharge(day=0, load=20, seconds=300, begun=95, ended=70)
    assert some.whole == pytest.approx(1200)
    assert replace(some, ended=90).whole is None
    assert replace(some, seconds=20).whole is None
    # its gauge said 70 % when it broke down
    assert replace(some, low=True).whole == pytest.approx(300 / 0.95)
    assert [figure.day for figure in figures([replace(some, day=3), some, replace(some, load=0)])] == [0, 3]


def _worn(loss_a_year: float, days: int = 700, seed: int = 1) -> list[Figure]:
    dice = random.Random(seed)
    found = []
    for day in range(0, days, 45):
        load = dice.uniform(15, 30)
        new = 1500 * (20 / load) ** 1.2
        found.append(Figure(day, load, new * (1 - loss_a_year * day / 365) * dice.uniform(0.93, 1.07)))
    return found


def test_a_battery_that_wears_and_one_that_does_not() -> None:
    for seed in range(5):
        _wears(seed)


def _wears(seed: int) -> None:
    worn = health(_worn(0.25, seed=seed), 20)
    assert worn is not None
    assert worn.worn
    assert worn.share == pytest.approx(0.56, abs=0.12)
    assert worn.lost_a_year == pytest.approx(0.25, abs=0.08)
    good = health(_worn(0.0, seed=seed), 20)
    assert good is not None
    assert not good.worn
    assert good.share == pytest.approx(1, abs=0.1)
    soon = health(_worn(0.2, days=300, seed=seed), 20)
    assert soon is not None
    assert not soon.worn
    assert soon.days_left is not None
    assert 50 < soon.days_left < 900


def test_a_new_battery_begins_anew() -> None:
    before = _worn(0.25)
    after = [Figure(720 + day, 20, 1500 * (1 - day / 7300)) for day in range(0, 200, 40)]
    found = health([*before, *after], 20)
    assert found is not None
    assert found.share > 0.9
    # one good figure is not a new battery
    odd = health([*before, Figure(720, 20, 1500)], 20)
    assert odd is not None
    assert odd.share < 0.8


def test_too_little_to_compare() -> None:
    assert health([], 20) is None
    assert health([Figure(0, 20, 1000), Figure(30, 20, 500)], 20) is None
    assert health([Figure(0, 20, 1000), Figure(100, 90, 100)], 20) is None, "another load is another thing"
    assert health([Figure(0, 20, 1000), Figure(100, 20, 1000)], 0) is None


def test_how_long_it_is_known_to_last() -> None:
    deep = Discharge(day=100, load=20, seconds=600, begun=100, ended=40)
    assert lasts([deep], 20, 120) == pytest.approx(1000)
    assert lasts([deep, replace(deep, day=110, seconds=300, ended=80, low=True)], 20, 120) == pytest.approx(
        300
    )
    assert lasts([deep], 30, 120) == pytest.approx(1000 / 1.5**1.2)
    assert lasts([deep], 20, 600) is None, "long ago"
    assert lasts([deep], 90, 120) is None
    assert lasts([replace(deep, ended=80)], 20, 120) is None


def test_following_an_outage() -> None:
    draining = Draining()
    for second in range(0, 301, 5):
        draining.take(1000 + second, 90 - second / 10, 20 if second else None, low=False)
    assert draining.end(7) == Discharge(day=7, load=20, seconds=300, begun=90, ended=60)
    draining.take(1400, 5, 20, low=True)
    found = draining.end(7)
    assert found is not None
    assert found.low
    nothing = Draining()
    assert nothing.end(7) is None
    nothing.take(1, None, 20, low=False)
    assert nothing.end(7) is None


def test_a_stage_that_takes_longer_than_it_may() -> None:
    limit = next(each.limit for each in DECIDE.stages if each.key == "workloads")
    assert slowest(DECIDE, learned({})) is None
    assert slowest(DECIDE, learned({"workloads": [Took(limit / 2)], "settle": [Took(900)]})) is None
    # what was cut off at its limit would have taken longer
    found = slowest(DECIDE, learned({"workloads": [Took(limit, whole=False)], "downloads": [Took(20)]}))
    assert found is not None
    assert (found.stage, found.limit) == ("workloads", limit)
    assert found.needed > limit


def test_low_battery_that_comes_too_late() -> None:
    """The UPS says so at 10 % or at 60 s, whichever is first; the NAS needs 80 s, and ten to see it."""
    late = low_too_late(80.0, full=600.0, percent=10.0, runtime=45.0)
    assert late is not None
    assert (late.left, late.needed, late.measured) == (60, 90, True)
    assert low_too_late(80.0, full=1000.0, percent=10.0, runtime=45.0) is None
    assert low_too_late(80.0, full=None, percent=10.0, runtime=300.0) is None
    # nobody can say when it comes
    assert low_too_late(80.0, full=None, percent=10.0, runtime=None) is None
    assert low_too_late(80.0, full=600.0, percent=None, runtime=None) is None
    unmeasured = low_too_late(None, full=None, percent=None, runtime=120.0)
    assert unmeasured is not None
    assert not unmeasured.measured


async def test_what_was_seen_of_a_battery_counts_while_nothing_is_heard(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """Silence says no load, and is when it matters how long the battery lasts."""
    keeping, now = Keeping(hass, "home"), 1_700_000_000.0
    for second in range(0, 601, 10):
        keeping.drains(second, Power(charge=100 - second / 10, load=30.0), low=False)
    keeping.ended(now - 86_400)
    assert keeping.needs(None, now).lasts is None, "nothing was heard of it yet"
    assert keeping.needs(30.0, now).lasts == pytest.approx(1000)
    assert keeping.needs(None, now).lasts == pytest.approx(1000)
