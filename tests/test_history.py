"""History: one small file for each object, and the forecast that comes of it."""

import asyncio
import os
from pathlib import Path
import time
from typing import Any

from homeassistant.core import HomeAssistant
from hypothesis import given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.history import KEEP_DAYS, DailyHistory, remove_unseen
from custom_components.home_server_monitor.packed import Column, days_of, days_text

from .seen import Seen
from .warp import Warp

pytestmark = pytest.mark.usefixtures("warp")
MINUTE = 60


async def test_history_round_trip(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    history = DailyHistory(hass, "pool", "guid/../1", ("used", "total"))
    await history.async_load()
    assert history.series("used") == []
    assert history.record(1, {"used": 10, "total": 100})
    assert not history.record(1, {"used": 11, "total": 100})
    assert history.record(2, {"used": None})
    assert history.record(3, {"used": 30})
    await asyncio.sleep(3700)
    (name,) = [key for key in hass_storage if key.startswith(f"{DOMAIN}/pool/")]
    assert "guid" not in name
    assert hass_storage[name]["version"] == 2
    again = DailyHistory(hass, "pool", "guid/../1", ("used", "total", "new"))
    await again.async_load()
    assert again.series("used") == [(1, 10), (3, 30)]
    assert again.series("total") == [(1, 100)]
    assert again.series("new") == []
    other = DailyHistory(hass, "pool", "another", ("used",))
    await other.async_load()
    assert other.series("used") == []


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"identity": "other", "days": [1], "values": {"used": [1]}},
        {"identity": "x", "days": None},
        {"identity": "x", "days": ["a"]},
        {"identity": "x", "days": [1], "values": None},
        {"identity": "x", "days": [1], "values": {"used": ["many"]}},
    ],
)
async def test_a_damaged_history_is_no_history(
    hass: HomeAssistant, hass_storage: dict[str, Any], data: Any
) -> None:
    history = DailyHistory(hass, "pool", "x", ("used",))
    hass_storage[history._store.key] = {"version": 1, "data": data}
    await history.async_load()
    assert history.series("used") == []
    assert history.record(20_000, {"used": 5})
    assert history.series("used") == [(20_000, 5)]
    await asyncio.sleep(3700)


async def test_what_is_sound_of_a_damaged_history_is_kept(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    history = DailyHistory(hass, "pool", "x", ("used",))
    data = {
        "identity": "x",
        "days": [1, 3, 2, True, 4],
        "values": {"used": [10, 30, 20, 0, float("inf"), 50]},
    }
    hass_storage[history._store.key] = {"version": 1, "data": data}
    await history.async_load()
    assert history.series("used") == [(1, 10), (3, 30)]
    # and written anew in today's form at once
    kept = hass_storage[history._store.key]
    assert (kept["version"], kept["data"]["identity"]) == (2, "x")
    again = DailyHistory(hass, "pool", "x", ("used",))
    await again.async_load()
    assert again.rows() == history.rows() == [(1, {"used": 10}), (3, {"used": 30}), (4, {"used": None})]


async def test_a_damaged_packed_history_shows_nothing_wrong(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    sound = {"identity": "x", "days": days_text([1, 2]), "values": {"used": Column([10, 20]).text()}}
    damages: tuple[dict[str, Any], ...] = (
        {"days": "not packed"},
        {"days": "iAAAA"},
        {"days": days_text([3, 2])},
        {"values": {"used": Column([1]).text()}},
        {"values": {"used": days_text([1, 2])}},
        {"values": ["used"]},
        {"identity": "y"},
    )
    for damage in damages:
        history = DailyHistory(hass, "pool", "x", ("used",))
        hass_storage[history._store.key] = {"version": 2, "data": sound | damage}
        await history.async_load()
        assert history.series("used") == [], damage
        assert history.record(5, {"used": 50})
        assert history.series("used") == [(5, 50)]
    await asyncio.sleep(3700)


@pytest.mark.parametrize("stored", [{"version": 99, "data": {}}, {"version": 1, "data": None}])
async def test_a_history_of_another_version_is_started_anew(
    hass: HomeAssistant, hass_storage: dict[str, Any], stored: Any
) -> None:
    history = DailyHistory(hass, "pool", "x", ("used",))
    hass_storage[history._store.key] = stored
    await history.async_load()
    assert history.series("used") == []


async def test_a_clock_that_was_wrong_costs_no_day(hass: HomeAssistant) -> None:
    history = DailyHistory(hass, "pool", "x", ("used",))
    assert history.record(20_000, {"used": 1})
    assert history.record(20_365, {"used": 2})
    assert history.record(20_001, {"used": 3})
    assert not history.record(20_000, {"used": 4})
    assert history.series("used") == [(20_000, 1), (20_001, 3), (20_365, 2)]
    await asyncio.sleep(3700)


async def test_a_history_does_not_grow_for_ever(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    history = DailyHistory(hass, "pool", "x", ("used",))
    for day in range(KEEP_DAYS + 10):
        history.record(day, {"used": day})
    assert len(history.series("used")) == KEEP_DAYS
    assert history.series("used")[0] == (10, 10)
    await asyncio.sleep(3700)


async def test_a_forecast_after_seven_days(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen, warp: Warp
) -> None:
    guid = sim.world.pool("media").guid
    for day in range(8):
        assert (seen.state(f"pool_{guid}_days_to_90") == "unknown") is (day < 6), day
        sim.world.root(sim.world.pool("media")).own += 10 << 30
        # a whole day together with the minutes below: late in the evening they would make two of one
        warp.offset += 86400 - 7 * MINUTE
        await asyncio.sleep(7 * MINUTE)
    assert float(seen.state(f"pool_{guid}_days_to_90") or "nan") > 1


def test_what_was_not_seen_for_400_days_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "pool").mkdir()
    for name, days in (("old", 401), ("new", 399)):
        (tmp_path / "pool" / name).write_text("{}")
        os.utime(tmp_path / "pool" / name, (0, time.time() - days * 86400))
    assert remove_unseen(tmp_path, time.time()) == 1
    assert [file.name for file in tmp_path.glob("*/*")] == ["new"]


NUMBERS = st.one_of(
    st.none(), st.integers(-10, 70_000), st.floats(allow_nan=False, allow_infinity=False), st.just(1e13 + 1)
)


@given(st.lists(NUMBERS, max_size=30), st.data())
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_a_packed_column_is_as_good_as_a_list(values: list[float | None], data: st.DataObject) -> None:
    plain, packed = list(values), Column(values)
    for _ in range(data.draw(st.integers(0, 8))):
        place, value = data.draw(st.integers(0, len(plain))), data.draw(NUMBERS)
        match data.draw(st.sampled_from(["insert", "put", "drop"])):
            case "insert":
                plain.insert(place, value)
                packed.insert(place, value)
            case "put" if place < len(plain):
                plain[place] = value
                packed.put(place, value)
            case "drop" if plain:
                del plain[0]
                packed.drop_first()
    assert [*packed] == plain == [packed[place] for place in range(len(plain))]
    assert [*Column.of(packed.text(), len(plain))] == plain == [*packed.copy()]


def test_packed_days() -> None:
    for days in ([], [0], [-5, 3, 20_000], [*range(20_000, 20_400)]):
        assert list(days_of(days_text(days)) or ()) == days
    # 400 days of hours and of a counter that moves now and then, in a file that was 80 KiB
    counts = Column([day // 40 for day in range(400)]).text() or ""
    hours = Column([30_000 + 24 * day for day in range(400)]).text() or ""
    assert len(days_text(range(20_000, 20_400)) + counts + hours) < 1500
    assert Column([None] * 400).text() is None
