"""Disks that are gone: let go once all that had them have answered for a day without them, and never before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor import async_remove_config_entry_device
from custom_components.home_server_monitor.const import DOMAIN, HOME
from custom_components.home_server_monitor.plays.disk_risk import leaving
from custom_components.home_server_monitor.plays.disk_risk.removal import devices_of
from custom_components.home_server_monitor.sources.smart.model import Drive, left

from .test_disk_risk import MIRROR, Home, _set_up, explain, home

__all__ = ["_set_up"]

HOUR = 3600.0


async def passed(house: Home, hours: float) -> None:
    """Let so many hours have gone by since the last look."""
    for entry in house.hass.config_entries.async_entries(DOMAIN):
        if entry.data["kind"] == "smart" and entry.state is ConfigEntryState.LOADED:
            entry.runtime_data.feeds.reset()
    house.play._leaving._looked -= hours * HOUR
    house.play._started -= hours * HOUR
    await house.look()


def pull(house: Home, *, back: bool = False) -> None:
    """Take a disk out, and delete it in Scrutiny, too."""
    disk = next(each for each in house.sim.world.disks if each.serial == MIRROR)
    disk.present = back
    house.sim.scrutiny.forget(disk)
    if back:
        house.sim.scrutiny.read_last(0.0)


async def test_what_only_scrutiny_knew_is_let_go_after_a_day(
    hass: HomeAssistant,
    server_entry: MockConfigEntry,
    hass_admin_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leaving, "STEP", 100 * HOUR)
    async with home(hass, server_entry, {"sdc": "slow_death"}, nas=False) as house:
        assert house.state(MIRROR, "failure_tier") in ("high", "critical")
        (scrutiny,) = (each for each in hass.config_entries.async_entries(DOMAIN) if each.title == "Scrutiny")
        days = len(house.play.records[MIRROR]._history.rows())
        pull(house)
        await passed(house, 0)
        await passed(house, 20)
        assert "disk_failing" in house.findings(MIRROR), "for a day it may be a slip"
        # what is off says nothing of what it has
        house.sim.scrutiny.faults.add("drop")
        await passed(house, 90)
        assert "disk_failing" in house.findings(MIRROR)
        house.sim.scrutiny.faults.clear()
        await passed(house, 1)
        assert "disk_failing" in house.findings(MIRROR), "the time of silence does not count"
        finding = house.findings(MIRROR)["disk_failing"]
        assert house.play.why_ended(finding) is None
        await passed(house, 4)
        assert house.findings(MIRROR) == {}
        assert house.play.why_ended(finding) == ("disk_gone", {})
        assert house.state(MIRROR, "failure_tier") == "unavailable"
        with pytest.raises(ServiceValidationError, match="No disk with readings"):
            await explain(hass, hass_admin_user, MIRROR)
        assert len(house.play.records[MIRROR]._history.rows()) == days, "its history is kept"
        ((device, _, _),) = devices_of(hass, MIRROR)
        found = dr.async_get(hass).async_get(device)
        assert found is not None
        assert await async_remove_config_entry_device(hass, scrutiny, found)
        # it was only on the shelf
        pull(house, back=True)
        await passed(house, 1)
        await house.look()
        assert house.state(MIRROR, "failure_tier") not in (None, "unavailable")


async def test_over_a_restart_a_finding_waits_for_who_had_its_disk(
    hass: HomeAssistant, server_entry: MockConfigEntry
) -> None:
    async with home(hass, server_entry, {"sdc": "slow_death"}, nas=False) as house:
        await hass.async_block_till_done()
        register = server_entry.runtime_data.register
        await server_entry.runtime_data.intake.at_once(house.play)
        assert [each.finding.rule for each in register.firing() if each.finding.source == house.play.id] == [
            "disk_failing"
        ]
        (scrutiny,) = (each for each in hass.config_entries.async_entries(DOMAIN) if each.title == "Scrutiny")
        await hass.config_entries.async_unload(scrutiny.entry_id)
        await hass.config_entries.async_reload(server_entry.entry_id)
        await hass.async_block_till_done()
        house.play._started -= 2 * HOUR
        assert house.play.records == {}
        assert [(each.rule, each.holds) for each in house.play.findings] == [("disk_failing", True)]
        # it comes back without the disk
        pull(house)
        assert await hass.config_entries.async_setup(scrutiny.entry_id)
        await house.look()
        assert house.play.findings == []
        # the same for a source that was removed
        (tracked,) = (
            each
            for each in server_entry.runtime_data.register.tracked.values()
            if each.finding.source == house.play.id
        )
        tracked.finding = replace(tracked.finding, evidence={"seen_by": ["removed"]})
        assert house.play.findings == []
        # and for one whose note was damaged
        tracked.finding = replace(tracked.finding, evidence={"seen_by": 5})
        house.play._leaving.look()
        assert house.play.findings == []


class Second:
    """Another source of the same disk; listed: what it says that it has."""

    id, name, server, judged = "second", "Second", HOME, True
    listed: frozenset[str] | None = frozenset({MIRROR})

    def __init__(self, reading: Any) -> None:
        self._reading = reading

    async def read_smart(self, known: Any = ()) -> dict[str, Any]:
        return {MIRROR: self._reading}

    def listed_disks(self) -> frozenset[str] | None:
        return self.listed

    async def smart_history(self, serial: str) -> list[Any]:
        return []


async def test_a_disk_of_two_sources_is_gone_when_both_say_so(
    hass: HomeAssistant, server_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "STEP", 100 * HOUR)
    async with home(hass, server_entry, {"sdc": "slow_death"}, nas=False) as house:
        reading = house.play.records[MIRROR].reading
        assert reading is not None
        assert reading.taken is not None
        second = Second(replace(reading, taken=reading.taken + timedelta(minutes=1)))
        detach = house.play.house.attach(second)  # type: ignore[arg-type]
        await house.look()
        assert house.play.seen_by(MIRROR)[-1] == "second"
        pull(house)
        await passed(house, 0)
        for listed in (frozenset({MIRROR}), None):
            second.listed = listed
            second.judged = listed is not None
            await passed(house, 90)
            assert "disk_failing" in house.findings(MIRROR)
        second.judged, second.listed = True, frozenset()
        await passed(house, 20)
        assert "disk_failing" in house.findings(MIRROR)
        await passed(house, 20)
        assert house.findings(MIRROR) == {}
        # what it goes on giving without listing it brings nothing back
        await passed(house, 1)
        assert house.play.records[MIRROR].reading is None
        detach()


def drive(key: str, days: float, host: str = "nas") -> Drive:
    """A drive that was read so many days ago."""
    read = datetime(2026, 3, 1, tzinfo=UTC) - timedelta(days=days)
    return Drive(key, key, "M", "sda", None, read, None, None, host=host)


@pytest.mark.parametrize(
    ("drives", "gone"),
    [
        ([drive("a", 0), drive("b", 20)], {"b"}),
        ([drive("a", 0), drive("b", 13)], set()),
        # its collector is off
        ([drive("a", 30), drive("b", 40), drive("c", 0, "other")], set()),
        ([drive("a", 20)], set()),
        # a clock that was ahead once
        ([drive("a", -40), drive("b", 0), drive("c", 0)], set()),
        ([replace(drive("a", 0), read=None), drive("b", 20)], set()),
    ],
)
def test_what_a_collector_finds_no_more(drives: list[Any], gone: set[str]) -> None:
    assert left(drives, datetime(2026, 3, 2, tzinfo=UTC)) == gone
