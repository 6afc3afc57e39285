"""Disks of the simulated home server age by the day, the same for the same seed, on every face that reads SMART."""

from dataclasses import replace
import itertools

import pytest

from simulator import ageing
from simulator.ageing import WAYS, Chance
from simulator.build import build
from simulator.clock import Clock
from simulator.storage import Disk

DAYS = range(-400, 60)


def disk(name: str = "sdd", seed: int = 1) -> Disk:
    """Return a disk of the home as it is built."""
    return next(each for each in build(Clock(moving=False), seed=seed).disks if each.name == name)


def life(way: str, seed: int = 1) -> list[Disk]:
    """Return a disk on each day."""
    one = disk()
    return [WAYS[way](day, one, Chance(seed, one.serial)) for day in DAYS]


@pytest.mark.parametrize("way", WAYS)
def test_a_seed_is_a_life(way: str) -> None:
    assert life(way) == life(way)


def test_seeds_differ() -> None:
    for way in ("slow_death", "overnight", "cable"):
        assert life(way) != life(way, seed=2)


@pytest.mark.parametrize("seed", range(1, 8))
def test_a_slow_death(seed: int) -> None:
    """Nothing until three weeks ago; then sectors are replaced for good, and pending ones go up and down."""
    days = dict(zip(DAYS, life("slow_death", seed), strict=True))
    assert days[-22].reallocated == days[-22].pending == 0
    replaced = [days[day].reallocated for day in DAYS]
    assert replaced == sorted(replaced)
    assert all(each % 8 == 0 for each in replaced), "drives with large sectors count them so"
    pending = [days[day].pending for day in range(-21, 20)]
    assert any(one > other for one, other in itertools.pairwise(pending)), "some days it seems to mend"
    assert days[0].pending >= 16
    assert days[0].reallocated >= 200
    assert days[-13].uncorrectable == 0 < days[0].uncorrectable


def test_the_others() -> None:
    lives = {way: dict(zip(DAYS, life(way), strict=True)) for way in WAYS}
    assert all(
        replace(each, hours=0, present=True) == replace(disk(), hours=0)
        for each in lives["sudden_death"].values()
    )
    assert [lives["sudden_death"][day].present for day in (1, 2)] == [True, False]
    assert {(each.reallocated, each.pending) for each in lives["old_and_stable"].values()} == {(16, 0)}
    assert lives["overnight"][-2].pending == 0 < lives["overnight"][-1].pending
    cable = [each.crc_errors for each in lives["cable"].values()]
    assert cable == sorted(cable)
    assert (cable[0], cable[-1] > 1000) == (0, True)
    assert lives["counter_reset"][-13].hours > lives["counter_reset"][-12].hours == 0
    assert lives["wearing"][0].wear_percent - lives["wearing"][-40].wear_percent == 2


def test_the_world_follows_its_clock_and_comes_back() -> None:
    world = build(Clock(moving=False))
    one = world.disk("sdd")
    assert one is not None
    young = replace(one)
    ageing.begin(world, one, "sudden_death")
    world.clock.advance(86400)
    world.tick()
    assert (one.present, one.hours) == (True, young.hours + 24)
    world.clock.advance(86400)
    world.tick()
    assert not one.present
    assert world.pools[1].status == "FAULTED"
    assert [alert.klass for alert in world.alerts.values()].count("VolumeStatus") == 1
    ageing.end(world, one)
    assert one == young
    assert world.pools[1].status == "ONLINE"
    assert "VolumeStatus" not in [alert.klass for alert in world.alerts.values()]
