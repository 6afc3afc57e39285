"""Where the past of a disk comes from: what sources have kept, and what Home Assistant's own statistics know."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
import logging
from pathlib import Path
from typing import Any

from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.recorder import async_initialize_recorder
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.home_server_monitor.const import CONF_KIND, DOMAIN, HOME
from custom_components.home_server_monitor.guardian.house import House
from custom_components.home_server_monitor.history import DailyHistory
from custom_components.home_server_monitor.plays.disk_risk.listening import Listening
from custom_components.home_server_monitor.plays.disk_risk.play import DiskRisk
from custom_components.home_server_monitor.plays.disk_risk.record import DiskRecord, day_of, history_of
from custom_components.home_server_monitor.plays.disk_risk.seeding import seed
from custom_components.home_server_monitor.prediction.reading import Reading
from custom_components.home_server_monitor.sources.errors import CannotConnect

from .test_disk_parts import reading

SERIAL = "ZL2A1234"
NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


class Source:
    """Has kept what a test gives it."""

    id, name, server, judged = "scrutiny", "Scrutiny", HOME, True

    def __init__(self, past: Sequence[Reading] | None = ()) -> None:
        self._past = past

    async def read_smart(self, known: Any = ()) -> dict[str, Reading]:
        return {}

    def listed_disks(self) -> None:
        return None

    async def smart_history(self, serial: str) -> Sequence[Reading]:
        if self._past is None:
            raise CannotConnect("away")
        return self._past


def record(hass: HomeAssistant) -> DiskRecord:
    return DiskRecord(SERIAL, history_of(partial(DailyHistory, hass), SERIAL))


def rows(of: DiskRecord) -> dict[int, Any]:
    """Return the rows by days before today."""
    return {day_of(NOW) - day: row for day, row in of._history.rows()}


def ago(days: float, **counts: float) -> Reading:
    return reading(NOW - timedelta(days=days), hours=20000 - round(24 * days), **counts)


async def test_what_a_source_kept_is_taken_over_once(hass: HomeAssistant, hass_storage: Any) -> None:
    """Also of the second source of a disk, and where days are missing; nothing older than 400 days."""
    disk = record(hass)
    await seed(hass, HOME, disk, Source([ago(500, a5=1), ago(90, a5=8), ago(3, a5=16)]), first=True)  # type: ignore[arg-type]
    assert {back: row["a5"] for back, row in rows(disk).items()} == {90: 8, 3: 16}
    assert disk.lacks_past(NOW), "it ends three days ago"
    disk.note("nas", "NAS", ago(0, a5=16), NOW + timedelta(minutes=1))
    assert disk.take_day() is not None
    assert not disk.lacks_past(NOW)
    await seed(hass, HOME, disk, Source([ago(40, a5=12)]), first=False)  # type: ignore[arg-type]
    assert 40 not in rows(disk), "what it has is enough: nobody is asked at each start"


async def test_two_sources_of_one_serial_are_one_disk(hass: HomeAssistant, hass_storage: Any) -> None:
    """The fresher reading wins whoever comes later; the older one fills in, and goes with its source."""
    disk, later = record(hass), NOW + timedelta(minutes=1)
    fresh, old = ago(0, a5=16), replace(ago(0.5, a5=8, a199=3), temperature=30)
    for first, second in (("nas", "engine"), ("engine", "nas")):
        said = {"nas": old, "engine": replace(fresh, temperature=None)}
        for source in (first, second):
            disk.note(source, source, said[source], later)
        assert disk.reading is not None
        assert (disk.reading.count(5), disk.reading.count(199), disk.reading.temperature) == (16, 3, 30)
        assert (disk.reading.taken, disk.sources) == (NOW, {"nas", "engine"})
        disk.forget(lambda source: source == "nas")
        assert disk.reading.count(5) == 8
        disk.forget(lambda source: False)
        assert disk.reading is None
    # one day has one row, with the highest of both
    disk.note("nas", "NAS", replace(ago(0.1, a5=24), hours=20000), later)
    disk.note("engine", "Engine", fresh, later)
    assert disk.take_day() is not None
    disk.note("engine", "Engine", replace(ago(0, a5=24), taken=later), later)
    assert disk.take_day() is not None
    assert {back: row["a5"] for back, row in rows(disk).items()} == {0: 24}


async def test_a_clock_that_was_wrong_leaves_no_trace(hass: HomeAssistant, hass_storage: Any) -> None:
    """Neither 1970, nor what was read while the clock here was years ahead, is the newest or a long past."""
    disk = record(hass)
    for wrong in (datetime(1970, 1, 2, tzinfo=UTC), NOW + timedelta(days=3)):
        disk.note("nas", "NAS", replace(ago(0, a5=99), taken=wrong), NOW)
    assert disk.reading is None
    ahead = NOW + timedelta(days=900)
    disk.note("nas", "NAS", replace(ago(0, a5=16), taken=ahead), ahead)
    assert disk.take_day() is not None
    disk.note("nas", "NAS", ago(0, a5=16), NOW + timedelta(minutes=1))
    reading = disk.take_day()
    assert reading is not None
    assert reading.taken == NOW
    assert disk.judged(None, reading).days == 0, "it is judged by its own day"


async def test_what_one_disk_or_source_does_costs_no_other(
    hass: HomeAssistant, hass_storage: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that cannot be judged is not shown; a source that reads another disk meanwhile is heard to the end."""
    listening, source = Listening(hass, HOME), Source()
    said = {"A": ago(0, a5=1), "B": ago(0, a5=2)}
    kept = source.smart_history

    async def read(known: Any = ()) -> dict[str, Reading]:
        return said

    async def history(serial: str) -> Sequence[Reading]:
        said[f"C{serial}"] = ago(0, a5=3)
        return await kept(serial)

    monkeypatch.setattr(source, "read_smart", read)
    monkeypatch.setattr(source, "smart_history", history)
    assert await listening.ask(source)  # type: ignore[arg-type]
    assert set(listening.records) == {"A", "B"}

    def fails(*_: Any) -> None:
        raise OverflowError

    monkeypatch.setattr(listening.records["A"], "judged", fails)
    assert await listening.judge(lambda each: True)
    assert [listening.records[each].found is not None for each in "AB"] == [False, True]
    assert "cannot be judged" in caplog.text
    caplog.clear()


async def test_an_entity_that_fails_costs_no_other(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    told = []

    def fails() -> None:
        raise ValueError

    play = DiskRisk(hass, MockConfigEntry(domain=DOMAIN, unique_id=HOME), House(), None)  # type: ignore[arg-type]
    for listener in (fails, lambda: told.append(1)):
        play.listen(listener)
    play.show()
    assert told == [1]
    play.records[SERIAL] = record(hass)
    assert [play.serial(end) for end in ("1234", "   ", "34", SERIAL)] == [SERIAL, None, None, SERIAL]
    assert "failed" in caplog.text
    caplog.clear()


async def test_a_source_that_is_away_costs_nothing(
    hass: HomeAssistant, hass_storage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked for the past of one disk a look, and of the same one again after some hours."""
    disk = record(hass)
    assert not await seed(hass, HOME, disk, Source(None), first=True)  # type: ignore[arg-type]
    assert rows(disk) == {}
    listening, source, asked = Listening(hass, HOME), Source(None), []
    kept, now = source.smart_history, hass.loop.time()

    async def read(known: Any = ()) -> dict[str, Reading]:
        return {each: ago(0) for each in "ABC"}

    async def history(serial: str) -> Sequence[Reading]:
        asked.append(serial)
        return await kept(serial)

    monkeypatch.setattr(source, "read_smart", read)
    monkeypatch.setattr(source, "smart_history", history)
    for hours, wanted in ((0.0, ["A"]), (0.02, ["A"]), (0.1, ["A", "B"]), (7, ["A", "B", "A"])):
        monkeypatch.setattr(hass.loop, "time", lambda at=now + 3600.0 * hours: at)
        await listening.ask(source)  # type: ignore[arg-type]
        assert asked == wanted
    source._past = [ago(90, a5=8)]
    monkeypatch.setattr(hass.loop, "time", lambda: now + 14 * 3600.0)
    await listening.ask(source)  # type: ignore[arg-type]
    assert asked == ["A", "B", "A", "A", "B", "C"]
    monkeypatch.undo()


async def test_a_swap_or_a_reset_in_the_past_breaks_the_trend(hass: HomeAssistant, hass_storage: Any) -> None:
    """Forty sectors that are no more were another disk's, or are forgotten: neither is growth nor healing."""
    disk = record(hass)
    old = [ago(back, a5=40) for back in (200, 100, 40)]
    new = [reading(NOW - timedelta(days=back), hours=24 * (20 - back), a5=0) for back in (14, 7)]
    await seed(hass, HOME, disk, Source([*old, *new]), first=True)  # type: ignore[arg-type]
    disk.note("scrutiny", "Scrutiny", reading(NOW, hours=480, a5=0), NOW + timedelta(minutes=1))
    taken = disk.take_day()
    assert taken is not None
    assert disk.judged(None, taken).days == 14


@pytest.fixture
async def recorder(hass: HomeAssistant, tmp_path: Path) -> AsyncGenerator[None]:
    """Home Assistant's own recorder, with a database of this test."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    async_initialize_recorder(hass)
    config = {"recorder": {"db_url": f"sqlite:///{tmp_path}/home.db", "commit_interval": 0}}
    assert await async_setup_component(hass, "recorder", config)
    await hass.async_block_till_done()
    yield
    await async_wait_recording_done(hass)


async def test_long_term_statistics_are_a_past_as_well(
    hass: HomeAssistant, hass_storage: Any, recorder: None
) -> None:
    """Of our own sensors, and of those of another integration on a device of the same serial."""
    server = MockConfigEntry(domain=DOMAIN, unique_id=HOME, data={CONF_KIND: "server"})
    other = MockConfigEntry(domain="scrutiny")
    for entry in (server, other):
        entry.add_to_hass(hass)
    entities = er.async_get(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("scrutiny", "wwn")}, serial_number=SERIAL
    )
    ours = entities.async_get_or_create(
        "sensor", DOMAIN, f"{HOME}_disk_{SERIAL}_smart_5", config_entry=server
    )
    theirs, packed, noise = (
        entities.async_get_or_create("sensor", "scrutiny", name, config_entry=other, device_id=device.id)
        for name in ("wwn_attribute_197_raw", "wwn_attribute_188_raw", "wwn_temperature_5")
    )
    for entity, level in ((ours, 8.0), (theirs, 2.0), (packed, float(0x1_0001_0005)), (noise, 99.0)):
        points: Any = [
            {"start": NOW - timedelta(days=back), "min": 0.0, "mean": level, "max": level + (back < 30)}
            for back in (60, 10, 0)
        ]
        about: Any = {
            "source": "recorder",
            "statistic_id": entity.entity_id,
            "name": None,
            "has_sum": False,
            "mean_type": StatisticMeanType.ARITHMETIC,
            "unit_class": None,
            "unit_of_measurement": None,
        }
        async_import_statistics(hass, about, points)
    await async_wait_recording_done(hass)
    disk = record(hass)
    await seed(hass, HOME, disk, Source(), first=True)  # type: ignore[arg-type]
    found = rows(disk)
    assert {back: (row["a5"], row["a197"], row["a188"], row["a187"]) for back, row in found.items()} == {
        60: (8.0, 2.0, 5.0, None),
        10: (9.0, 3.0, 6.0, None),
    }, "today is not over"
