"""Forecast, schedules, memory and rows of jobs."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.sources.errors import BadResponse
from custom_components.home_server_monitor.sources.truenas.forecast import MIN_DAYS, forecast
from custom_components.home_server_monitor.sources.truenas.jobs import job
from custom_components.home_server_monitor.sources.truenas.memory import Memory
from custom_components.home_server_monitor.sources.truenas.schedules import next_run
from custom_components.home_server_monitor.sources.truenas.work import Schedule

from .hostile import JSON, fixed

NOON = datetime(2026, 10, 4, 12, tzinfo=UTC)


# Forecast


def _days(count: int, start: float, slope: float) -> list[tuple[int, float]]:
    return [(day, start + slope * day) for day in range(count)]


def test_unknown_until_seven_days_are_seen() -> None:
    assert forecast(_days(MIN_DAYS - 1, 100, 10), 1000) is None
    assert forecast([(1, 1.0)] * 7, 1000) is None
    assert forecast([], 1000) is None
    assert forecast(_days(30, 100, 10), 0) is None


def test_steady_growth() -> None:
    found = forecast(_days(10, 100, 10), 1000)
    assert found
    assert found.days_to == {80: 61.0, 90: 71.0, 100: 81.0}
    assert found.interval == (71.0, 71.0)


def test_one_big_copy_moves_it_little() -> None:
    rows = [(day, 100 + 10 * day + (300 if day >= 26 else 0)) for day in range(30)]
    found = forecast(rows, 2000)
    assert found
    assert found.days_to[90] == pytest.approx((1800 - rows[-1][1]) / 10, rel=0.35)
    assert found.interval[0] is not None
    assert found.interval[0] < found.days_to[90] <= (found.interval[1] or 9e9)  # type: ignore[operator]


@pytest.mark.parametrize(("slope", "days"), [(0, None), (-5, None), (0.0001, None)])
def test_no_growth_is_never(slope: float, days: float | None) -> None:
    found = forecast(_days(30, 100, slope), 1000)
    assert found
    assert found.days_to == dict.fromkeys((80, 90, 100), days)
    assert found.interval[1] is None


def test_a_mark_that_is_passed() -> None:
    found = forecast(_days(10, 860, 1), 1000)
    assert found
    assert found.days_to[80] == 0
    assert found.days_to[90] == 31.0


@fixed
@given(
    st.lists(st.floats(min_value=0, max_value=1e15), min_size=7, max_size=80),
    st.floats(min_value=-1, max_value=1e15),
)
def test_the_interval_holds_the_forecast(used: list[float], total: float) -> None:
    found = forecast(list(enumerate(used)), total)
    if found is None:
        return
    early, late = found.interval
    days = found.days_to[90]
    assert (
        (9e9 if early is None else early)
        <= (9e9 if days is None else days)
        <= (9e9 if late is None else late)
    )
    marks = [9e9 if value is None else value for value in found.days_to.values()]
    assert marks == sorted(marks)


# Schedules


@pytest.mark.parametrize(
    ("schedule", "zone", "found"),
    [
        (Schedule("0", "*", "*", "*", "*"), "UTC", "2026-10-04T13:00"),
        (Schedule("15", "2", "*", "*", "*"), "Europe/Berlin", "2026-10-05T00:15"),
        (Schedule("30", "3", "*", "*", "7"), "UTC", "2026-10-11T03:30"),
        (Schedule("0", "0", "1", "*", "*"), "America/New_York", "2026-11-01T04:00"),
        (Schedule("0", "0", "*", "jan", "mon"), "UTC", "2027-01-04T00:00"),
    ],
)
def test_next_run_in_the_time_zone_of_the_nas(schedule: Schedule, zone: str, found: str) -> None:
    assert next_run(schedule, ZoneInfo(zone), NOON) == datetime.fromisoformat(found).replace(tzinfo=UTC)


@pytest.mark.parametrize("minute", ["x", "99", "", "0; rm", "*/0", "\u200b"])
def test_a_schedule_that_is_none(minute: str) -> None:
    assert next_run(Schedule(minute, "*", "*", "*", "*"), UTC, NOON) is None


def test_a_day_that_never_comes() -> None:
    assert next_run(Schedule("0", "0", "31", "2", "*"), UTC, NOON) is None


@fixed
@given(*[st.text(max_size=6)] * 5)
def test_any_schedule(minute: str, hour: str, dom: str, month: str, dow: str) -> None:
    found = next_run(Schedule(minute, hour, dom, month, dow), UTC, NOON)
    assert found is None or found > NOON


# Memory


def test_the_newest_success_is_kept_when_the_nas_forgets() -> None:
    changes: list[int] = []
    memory = Memory(lambda: changes.append(1))
    assert memory.newest(memory.successes, "task", None) is None
    assert memory.newest(memory.successes, "task", NOON) == NOON
    assert memory.newest(memory.successes, "task", NOON - timedelta(days=1)) == NOON
    assert memory.newest(memory.successes, "task", None) == NOON
    assert len(changes) == 1
    again = Memory()
    again.load(memory.save())
    assert again.newest(again.successes, "task", None) == NOON


def test_disks_are_remembered_until_they_are_forgotten() -> None:
    changes: list[int] = []
    memory = Memory(lambda: changes.append(1))
    memory.meet({"S1": "WD 4TB S1"})
    memory.meet({"S1": "WD 4TB S1"})
    memory.meet({})
    assert memory.disks == {"S1": "WD 4TB S1"}
    memory.forget_disk("S1")
    memory.forget_disk("S1")
    assert memory.disks == {}
    assert len(changes) == 2


@fixed
@given(st.one_of(JSON, st.dictionaries(st.sampled_from(["scrubs", "successes", "disks", "errors"]), JSON)))
def test_a_damaged_memory_is_left_out(saved: Any) -> None:
    memory = Memory()
    memory.load(saved)
    for part in (memory.scrubs, memory.successes):
        for key in list(part):
            found = memory.newest(part, key, NOON)
            assert found is not None
            assert found >= NOON
    again = Memory()
    again.load(memory.save())
    assert again.save() == memory.save()


# Jobs


@fixed
@given(JSON)
def test_any_row_of_a_job(raw: Any) -> None:
    try:
        assert isinstance(job(raw).id, int)
    except BadResponse:
        return
