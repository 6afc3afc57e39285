"""Which containers are looked at when, and that it stays inside the budget."""

import pytest

from custom_components.home_server_monitor.sources.containers.schedule import (
    FIXED,
    SAMPLE_LAST,
    SWEEP,
    Schedule,
    allowed_per_minute,
    sample_every,
)

TICK = 30.0


def _ids(count: int) -> dict[str, bool]:
    return {f"c{number}": True for number in range(count)}


@pytest.mark.parametrize("count", [1, 10, 20, 50, 100, 1000])
def test_an_hour_stays_inside_the_budget_and_samples_everything(count: int) -> None:
    """Every running container has a sample at least every 5 minutes, and a listing each tick is paid for."""
    schedule, containers = Schedule(TICK), _ids(count)
    last = dict.fromkeys(containers, 0.0)
    for tick in range(120):
        now = 1000.0 + tick * TICK
        choice = schedule.choose(now, containers, spent=1)
        asked = 1 + len(choice.sample) + len(choice.inspect)
        assert asked <= allowed_per_minute(count) * TICK / 60
        for each in choice.sample:
            # a tick of tolerance, and the round has to come by
            assert not last[each] or now - last[each] <= SAMPLE_LAST + 2 * TICK
            last[each] = now
    assert all(last.values())


@pytest.mark.parametrize("count", [1, 20, 100, 1000])
@pytest.mark.parametrize("gap", [10, 29.9])
def test_containers_that_flap_without_end_stay_inside_the_budget(count: int, gap: float) -> None:
    """News makes ticks come early: no minute of them costs more, but for its listings."""
    schedule, containers = Schedule(TICK), _ids(count)
    schedule.everything(0.0, containers)
    asked: list[tuple[float, int]] = []
    sampled: set[str] = set()
    for tick in range(int(900 / gap)):
        now = 1000.0 + tick * gap
        for each in containers:
            schedule.note(each)
        choice = schedule.choose(now, containers, spent=1)
        sampled |= {*choice.sample}
        asked.append((now, 1 + len(choice.sample) + len(choice.inspect)))
    for start, _ in asked:
        minute = sum(cost for at, cost in asked if start <= at < start + 57)
        assert minute <= allowed_per_minute(count) + FIXED
    assert sampled == {*containers}


@pytest.mark.parametrize(("running", "seconds"), [(1, 60), (20, 60), (40, 120), (100, 300), (1000, 300)])
def test_how_often_one_is_sampled(running: int, seconds: float) -> None:
    """A minute up to 20, five minutes from 100 on."""
    assert sample_every(running) == seconds


def test_news_comes_first_and_is_looked_at_once() -> None:
    """What something happened to is inspected in the next tick, four of them at most; the rest follows."""
    schedule, containers = Schedule(TICK), _ids(100)
    schedule.inspected = dict.fromkeys(containers, 1000.0)
    for each in ("c7", "c7", "c3", "c4", "c5", "c6", "gone"):
        schedule.note(each)
    assert schedule.choose(1000.0, containers, spent=1).inspect == ("c7", "c3", "c4", "c5")
    assert schedule.waiting
    assert schedule.choose(1030.0, containers, spent=1).inspect == ("c6",)
    assert schedule.choose(1060.0, containers, spent=1).inspect == ()
    schedule.forget(containers)
    assert not schedule.waiting


def test_the_first_look_is_at_all_and_rates_come_with_the_next_tick() -> None:
    """A rate needs two samples: nobody waits five minutes for the second one, and the budget still holds."""
    schedule, containers = Schedule(TICK), {**_ids(30), "still": False}
    first = schedule.everything(1000.0, containers)
    assert (len(first.sample), len(first.inspect)) == (30, 31)
    second = schedule.choose(1030.0, containers, spent=1)
    assert second.inspect == ()
    assert len(second.sample) == int(allowed_per_minute(31) / 2) - 1


def test_what_does_not_run_is_not_sampled_but_swept() -> None:
    """A stopped container costs one inspection in half an hour."""
    schedule = Schedule(TICK)
    choice = schedule.choose(1000.0, {"a": False}, spent=1)
    assert (choice.sample, choice.inspect) == ((), ("a",))
    assert schedule.choose(1000.0 + SWEEP, {"a": False}, spent=1).inspect == ("a",)
    assert schedule.choose(1030.0 + SWEEP, {"a": False}, spent=1).inspect == ()


def test_what_is_asked_beside_the_ticks_is_within_the_budget() -> None:
    """Commands in a container are requests as well: the close looks of that minute are fewer by them."""
    containers = {str(number): True for number in range(100)}

    def looked(beside: int) -> int:
        schedule = Schedule(30.0)
        schedule.spend(1000.0, beside)
        chosen = [schedule.choose(now, containers, 0) for now in (1001.0, 1030.0)]
        return sum(len(each.sample) + len(each.inspect) for each in chosen)

    assert looked(0) == 24
    assert looked(9) == 15
