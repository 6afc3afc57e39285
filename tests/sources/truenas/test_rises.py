"""When errors are new: for 24 hours after they rose, across midnight, a restart and a clock that was set."""

import asyncio
from datetime import UTC, datetime, timedelta
import itertools
from typing import Any

from homeassistant.core import HomeAssistant
from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.sources.truenas import rises
from custom_components.home_server_monitor.sources.truenas.memory import Memory
from tests.conftest import LAST_PING, nas_entry
from tests.warp import Warp

DAY, HOUR, MINUTE = 86400.0, 3600.0, 60.0
# ten minutes before midnight, UTC
LATE = datetime(2026, 3, 1, 23, 50, tzinfo=UTC).timestamp()


def new(seen: rises.Rises, total: int, now: float) -> bool:
    """Return whether some of these errors count as new."""
    rises.note(seen, total, now)
    least = rises.before(seen, now)
    assert least is not None
    return total > least


def test_they_are_new_for_a_day_whatever_day_it_is() -> None:
    seen: rises.Rises = []
    assert rises.before(seen, LATE) is None
    assert not new(seen, 0, LATE - HOUR)
    assert new(seen, 14, LATE)
    assert new(seen, 14, LATE + 11 * MINUTE)
    assert new(seen, 14, LATE + DAY - 1)
    assert not new(seen, 14, LATE + DAY)


def test_what_is_there_at_the_first_look_is_old() -> None:
    seen: rises.Rises = []
    assert not new(seen, 14, LATE)
    assert new(seen, 15, LATE + MINUTE)
    assert not new(seen, 15, LATE + MINUTE + DAY)


def test_more_of_them_are_new_again() -> None:
    seen: rises.Rises = [(LATE - 9 * DAY, 0)]
    assert new(seen, 14, LATE)
    assert new(seen, 15, LATE + 20 * HOUR)
    assert new(seen, 15, LATE + 30 * HOUR)
    assert not new(seen, 15, LATE + 44 * HOUR)


def test_after_the_counts_were_cleared() -> None:
    seen: rises.Rises = [(LATE - 9 * DAY, 14)]
    assert not new(seen, 0, LATE)
    assert new(seen, 3, LATE + HOUR)
    assert not new(seen, 3, LATE + 26 * HOUR)


def test_what_came_while_nobody_looked_is_new() -> None:
    seen: rises.Rises = [(LATE - 9 * DAY, 0)]
    assert new(seen, 14, LATE)
    # not more exact is what the daily rows say, where nothing else is left
    days = rises.of_days([(int(LATE // DAY) - number, float(9 - number)) for number in (9, 2, 1, 0)])
    assert len(days) == 3
    assert not new(list(days), 9, LATE + DAY)
    assert new(list(days), 12, LATE)


def test_a_clock_that_was_ahead() -> None:
    seen: rises.Rises = [(LATE, 0), (LATE + 300 * DAY, 14)]
    assert new(seen, 15, LATE + HOUR)
    assert not new(seen, 15, LATE + 25 * HOUR + 1)


@given(st.lists(st.tuples(st.floats(1, 2 * DAY), st.integers(0, 5)), max_size=300))
def test_it_is_what_it_says(steps: list[tuple[float, int]]) -> None:
    """Whatever comes: the baseline is the fewest of 24 hours, though little is kept."""
    seen: rises.Rises = []
    all_of_it: list[tuple[float, int]] = []
    now = LATE
    for wait, total in steps:
        now += wait
        rises.note(seen, total, now)
        all_of_it.append((now, total))
        assert len(seen) <= rises.MOST
        assert [at for at, _ in seen] == sorted(at for at, _ in seen)
        exact = rises.before(all_of_it, now)
        assert rises.before(seen, now) == exact


def test_a_thousand_steps_up_in_a_day_stay_new_and_few() -> None:
    seen: rises.Rises = [(LATE - 2 * DAY, 0)]
    for number in range(1, 1441):
        assert new(seen, number, LATE + number * MINUTE)
    assert len(seen) <= rises.MOST
    assert not new(seen, 1440, LATE + 1440 * MINUTE + DAY)


@pytest.mark.parametrize(
    "raw",
    [None, {}, [["a", 1]], [[1.0]], [[float("nan"), 1]], [[1.0, 1.5]], [[True, 1]], [[1.0, True]], [3]],
)
def test_what_is_damaged_is_left_out(raw: Any) -> None:
    assert rises.stored(raw) == []
    memory = Memory()
    memory.load({"errors": {"1": raw}})
    assert memory.errors == {}


def test_it_is_saved() -> None:
    told = itertools.count()
    memory = Memory(lambda: next(told) and None)
    memory.count_errors("1", 0, LATE - DAY, [])
    memory.count_errors("1", 14, LATE, [])
    memory.count_errors("1", 14, LATE + MINUTE, [])
    assert next(told) == 2
    again = Memory()
    again.load({"errors": {"1": [[LATE, 14], [LATE - DAY, 0]]}})
    assert again.errors == memory.errors


async def test_across_midnight_and_a_restart(
    hass: HomeAssistant, hass_storage: dict[str, Any], server_entry: Any, warp: Warp, sim: Any
) -> None:
    def moment() -> datetime:
        return datetime.fromtimestamp(warp.time(), UTC)

    start = moment().replace(hour=23, minute=45, second=0)
    warp.offset += (start - moment()).total_seconds() % DAY
    entry = nas_entry(sim)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await asyncio.sleep(5 * MINUTE)

    def rules() -> set[str]:
        return {each.rule for each in entry.runtime_data.findings if each.rule.startswith("pool_errors")}

    assert rules() == set()
    await sim.scenario("checksum_errors")
    await asyncio.sleep(2 * MINUTE)
    assert moment().hour == 23
    assert rules() == {"pool_errors"}
    await asyncio.sleep(20 * MINUTE)
    assert moment().hour == 0
    assert rules() == {"pool_errors"}
    assert await hass.config_entries.async_reload(entry.entry_id)
    await asyncio.sleep(2 * MINUTE)
    assert rules() == {"pool_errors"}
    warp.offset += DAY
    await asyncio.sleep(3 * MINUTE)
    assert moment() > start + timedelta(days=1)
    assert rules() == {"pool_errors_standing"}
    assert await hass.config_entries.async_unload(entry.entry_id)
    await asyncio.sleep(LAST_PING)


async def test_what_was_remembered_is_lost_but_the_daily_rows_are_there(
    hass: HomeAssistant, hass_storage: dict[str, Any], server_entry: Any, warp: Warp, sim: Any
) -> None:
    entry = nas_entry(sim)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await asyncio.sleep(2 * MINUTE)
    assert await hass.config_entries.async_unload(entry.entry_id)
    for name in [name for name in hass_storage if "/memory/" in name]:
        del hass_storage[name]
    await sim.scenario("checksum_errors")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await asyncio.sleep(MINUTE)
    assert "pool_errors" in {each.rule for each in entry.runtime_data.findings}
    assert await hass.config_entries.async_unload(entry.entry_id)
    await asyncio.sleep(LAST_PING)
