"""A tier is raised by two readings in a row, and falls slowly."""

import pytest

from custom_components.home_server_monitor.prediction.tiers import FALLS_AFTER, Standing, Tier, tier

LIMITS = {"critical": 0.25, "high": 0.13, "elevated": 0.027}


def after(*readings: Tier, start: Standing | None = None) -> Tier:
    standing = start or Standing()
    for reading in readings:
        standing = standing.step(reading, reading)
    return standing.shown


CASES = [
    (0.3, False, False, Tier.CRITICAL),
    (0.13, False, True, Tier.HIGH),
    (0.05, True, True, Tier.ELEVATED),
    (0.05, False, True, Tier.WATCH),
    (0.001, True, True, Tier.WATCH),
    (0.001, False, False, Tier.STABLE),
]


@pytest.mark.parametrize(("p30", "grew", "errors", "expected"), CASES)
def test_of_one_reading(p30: float, grew: bool, errors: bool, expected: Tier) -> None:
    assert tier(p30, LIMITS, grew, errors) is expected


def test_one_reading_raises_nothing() -> None:
    assert after(Tier.CRITICAL) is Tier.STABLE
    assert after(Tier.CRITICAL, Tier.STABLE, Tier.CRITICAL, Tier.STABLE) is Tier.STABLE


def test_two_raise_to_what_both_say() -> None:
    assert after(Tier.CRITICAL, Tier.CRITICAL) is Tier.CRITICAL
    assert after(Tier.HIGH, Tier.CRITICAL) is Tier.HIGH
    assert after(Tier.HIGH, Tier.CRITICAL, Tier.CRITICAL) is Tier.CRITICAL
    assert after(Tier.WATCH, Tier.HIGH, Tier.HIGH) is Tier.HIGH, (
        "so many readings as if it had been well before"
    )


def test_it_falls_after_a_week_and_not_before() -> None:
    high = Standing(Tier.HIGH)
    assert after(*[Tier.WATCH] * (FALLS_AFTER - 1), start=high) is Tier.HIGH
    assert after(*[Tier.WATCH] * FALLS_AFTER, start=high) is Tier.WATCH
    interrupted = [Tier.WATCH] * (FALLS_AFTER - 1) + [Tier.HIGH] + [Tier.WATCH] * (FALLS_AFTER - 1)
    assert after(*interrupted, start=high) is Tier.HIGH


def test_it_falls_to_the_worst_of_that_week() -> None:
    readings = [Tier.WATCH] * 3 + [Tier.ELEVATED] + [Tier.WATCH] * 3
    assert after(*readings, start=Standing(Tier.CRITICAL)) is Tier.ELEVATED


def test_a_chance_just_below_the_limit_keeps_the_tier() -> None:
    standing = Standing(Tier.HIGH)
    for _ in range(30):
        standing = standing.step(Tier.WATCH, Tier.HIGH)
    assert standing.shown is Tier.HIGH
