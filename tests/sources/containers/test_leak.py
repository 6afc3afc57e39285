"""Memory that keeps growing is told from memory that only moves, and nothing is said too early."""

from collections.abc import Callable
import math
import random

import pytest

from custom_components.home_server_monitor.sources.containers.leak import (
    DAY,
    HOUR,
    LEAST_DAYS,
    LogSample,
    leak,
    log_growth,
)

MIB = 2**20
type Shape = Callable[[float, random.Random], float]


def series(shape: Shape, days: float, seed: int = 0, every: float = 600.0) -> list[tuple[float, int]]:
    """Return what a container of 400 MiB used, in MiB as `shape` says by the day, with noise."""
    dice = random.Random(seed)
    return [
        (at * every, int(max(shape(at * every / DAY, dice), 1.0) * MIB))
        for at in range(int(days * DAY / every))
    ]


def noisy(shape: Callable[[float], float], noise: float = 0.03) -> Shape:
    return lambda day, dice: shape(day) * dice.gauss(1.0, noise)


def breathing(day: float) -> float:
    return 400.0 + 80.0 * math.sin(2 * math.pi * day)


# memory that is no leak
QUIET: dict[str, Shape] = {
    "flat": noisy(lambda day: 400.0),
    "a day's ups and downs": noisy(breathing),
    "busy weekends": noisy(lambda day: breathing(day) * (1.4 if int(day) % 7 >= 5 else 1.0)),
    "a cache that fills": noisy(lambda day: 400.0 + 300.0 * (1 - math.exp(-day / 0.8))),
    "one step": noisy(lambda day: 400.0 if day < 2.5 else 600.0),
    "a collector": noisy(lambda day: 300.0 + 200.0 * (day * 4 % 1.0)),
    "shrinking": noisy(lambda day: 600.0 - 20.0 * day),
    "peaks": lambda day, dice: 400.0 * (3.0 if dice.random() < 0.02 else 1.0),
    "wandering": noisy(lambda day: 400.0 + 30.0 * math.sin(day * 1.7) + 25.0 * math.sin(day * 0.9), 0.05),
}
# so many of each are judged, each day of the second week
RUNS = 25


@pytest.mark.parametrize("name", QUIET)
def test_what_only_moves_is_no_leak(name: str) -> None:
    alarms = [
        (seed, days)
        for seed in range(RUNS)
        for days in range(4, 11)
        if leak(series(QUIET[name], days + 0.2, seed, 1800.0), 0.0)
    ]
    assert not alarms


@pytest.mark.parametrize(("per_day", "share"), [(20.0, 0.7), (30.0, 0.9), (50.0, 1.0), (200.0, 1.0)])
def test_a_leak_is_found(per_day: float, share: float) -> None:
    """On the eighth day, in memory that breathes by a fifth; what is missed is judged again a day later."""
    found = [
        leak(series(noisy(lambda day: breathing(day) + per_day * day), 8.2, seed, 1800.0), 0.0)
        for seed in range(RUNS)
    ]
    rates = [each.per_day / MIB for each in found if each]
    assert len(rates) >= share * RUNS
    assert all(abs(rate - per_day) < 3.0 for rate in rates)


def test_when_it_reaches_its_limit() -> None:
    samples = series(lambda day, dice: 400.0 + 50.0 * day, 6.0)
    found = leak(samples, 0.0, limit=1200 * MIB)
    assert found
    assert found.per_day == pytest.approx(50 * MIB, rel=0.02)
    assert found.days_left == pytest.approx(10.0, abs=0.5)
    assert found.grown > 150 * MIB
    unlimited = leak(samples, 0.0)
    assert unlimited
    assert unlimited.days_left is None
    late = leak(samples, 0.0, limit=500 * MIB)
    assert late
    assert late.days_left == 0.0


def test_too_little_is_known() -> None:
    def steep(day: float, dice: random.Random) -> float:
        return 400.0 + 100.0 * day

    assert leak([], 0.0) is None
    assert leak(series(steep, LEAST_DAYS - 0.3), 0.0) is None
    assert leak(series(steep, LEAST_DAYS), 0.0)
    # three hours are missing in each day: more and it is no day
    holes = [each for each in series(steep, 6.0) if not 0 <= each[0] % DAY < 5 * HOUR]
    assert leak(holes, 0.0)
    holes = [each for each in series(steep, 6.0) if not 0 <= each[0] % DAY < 8 * HOUR]
    assert leak(holes, 0.0) is None


def test_another_life_is_not_counted() -> None:
    samples = series(lambda day, dice: 400.0 + 100.0 * day, 8.0)
    assert leak(samples, 0.0)
    assert leak(samples, 5.0 * DAY) is None


def test_a_little_is_nothing() -> None:
    assert leak(series(lambda day, dice: 2000.0 + 10.0 * day, 6.0), 0.0) is None
    assert leak(series(lambda day, dice: 20.0 + 2.0 * day, 6.0), 0.0) is None


def test_one_an_hour_is_enough() -> None:
    assert leak(series(lambda day, dice: 400.0 + 50.0 * day, 6.0, every=3600.0), 0.0)


def logs(count: int, size: int = 60_000, lines: int = 300, every: float = 3600.0) -> list[LogSample]:
    return [LogSample(at * every, 60.0, size, lines) for at in range(count)]


def test_how_fast_a_log_grows() -> None:
    found = log_growth(logs(12))
    assert found
    # a thousand bytes a second, and what the engine writes around five lines
    assert found.per_day == pytest.approx((1000 + 5 * 70) * DAY)
    assert (found.samples, found.hours) == (12, 11.0)


def test_a_burst_counts() -> None:
    found = log_growth([*logs(11, 0, 0), LogSample(11 * 3600.0, 60.0, 60 * 2**20, 0)])
    assert found
    assert found.per_day == pytest.approx(60 * 2**20 / 12 / 60 * DAY)


@pytest.mark.parametrize("samples", [[], logs(5), logs(20, every=60.0)])
def test_too_little_is_known_of_a_log(samples: list[LogSample]) -> None:
    assert log_growth(samples) is None
