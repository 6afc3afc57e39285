"""Disks over days: as they age in the simulated home server, and as the readings of each day are judged."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import CONF_KIND, DOMAIN
from custom_components.home_server_monitor.sources.truenas import listings

from .test_disk_risk import MEDIA, MIRROR, NVME, Home, _set_up, explain, home

__all__ = ["_set_up"]

OTHER, BOOT = "WD-WCC7K4AA17XU", "50026B7784D1C20E"
DAY = 86400.0


class Days:
    """Lets days pass for the home server and for Home Assistant alike."""

    def __init__(self, house: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house, self._patch, self._utcnow, self.passed = house, monkeypatch, dt_util.utcnow, 0

    async def until(self, day: int) -> None:
        """Let it be so many days after the beginning, with a reading of that day."""
        house, more = self.house, day - self.passed
        self.passed = day
        now = self._utcnow() + timedelta(days=day)
        self._patch.setattr("homeassistant.util.dt.utcnow", lambda: now)
        self._patch.setattr(listings, "datetime", SimpleNamespace(now=lambda zone: now))
        house.sim.advance(more * DAY)
        for entry in house.hass.config_entries.async_entries(DOMAIN):
            if entry.data[CONF_KIND] == "smart":
                for key in ("drives", "readings"):
                    entry.runtime_data.feeds.hurry(key, 0.0)
            elif entry.data[CONF_KIND] == "truenas":
                await entry.runtime_data.async_look("disks", "pools")
        await house.look()


def nas_rules(hass: HomeAssistant) -> set[str]:
    """Return what the NAS itself is said to have."""
    (nas,) = (e for e in hass.config_entries.async_entries(DOMAIN) if e.data[CONF_KIND] == "truenas")
    return {each.rule for each in nas.runtime_data.findings}


async def test_what_is_claimed_of_disks_day_by_day(
    hass: HomeAssistant,
    server_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    hass_admin_user: MockUser,
) -> None:
    """A sudden death is claimed at no time, old sectors never alarm, a cable is a cable's, wear has its date by a rule."""
    aged = {
        "sda": "wearing",
        "sdb": "old_and_stable",
        "sdc": "cable",
        "sdd": "sudden_death",
        "nvme0n1": "wearing",
    }
    async with home(hass, server_entry, aged) as house:
        days = Days(house, monkeypatch)
        left = int(float(house.state(NVME, "days_to_wear_out") or 0))
        assert house.state(BOOT, "days_to_wear_out") == str(left), "a SATA drive wears as an NVMe does"
        for day in (1, 2, 3, 20, 62):
            await days.until(day)
            dead = day >= 2
            assert house.findings(MEDIA) == {}, (
                "nothing was seen before, so nothing is claimed, nor afterwards"
            )
            assert house.state(MEDIA, "failure_tier") == ("unavailable" if day > 3 else "stable")
            assert ("pool_unavailable" in nas_rules(hass)) is dead, "that it is gone is told as that"
            assert house.findings(OTHER) == {}
            assert house.state(OTHER, "failure_tier") == "watch"
            assert set(house.findings(MIRROR)) == {"disk_cable"}
        answer = await explain(hass, hass_admin_user, MIRROR)
        assert [each["rule"] for each in answer["rules"]] == ["cable"]
        wear = await explain(hass, hass_admin_user, NVME)
        assert wear["judged_by"] == "rules"
        assert "fixed rules" in wear["not_seen"]
        assert "chance_30_days" not in wear
        told = house.findings(NVME)["disk_wearing"]
        assert told.placeholders["used"] == "90"
        by = dt_util.parse_date(told.placeholders["by"])
        assert by is not None
        assert abs((by - dt_util.utcnow().date()).days - (left - 62)) < 30, (
            "the date stands, it does not slide"
        )


async def test_a_reset_breaks_the_trend_and_another_one_begins(
    hass: HomeAssistant,
    server_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    hass_admin_user: MockUser,
) -> None:
    async with home(hass, server_entry, {"sdc": "counter_reset"}) as house:
        answer = await explain(hass, hass_admin_user, MIRROR)
        assert (answer["confidence"], answer["reasons"], answer["tier"]) == ("learning", [], "stable")
        assert answer["days_of_readings"] <= 13
        assert house.findings(MIRROR) == {}
        days = Days(house, monkeypatch)
        # the oldest that Scrutiny keeps of it is a week old
        await days.until(25)
        answer = await explain(hass, hass_admin_user, MIRROR)
        assert (answer["confidence"], answer["reasons"]) == ("full", [])


async def test_an_older_nas_shows_the_same_day_by_day(
    hass: HomeAssistant, server_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What TrueNAS up to 25.04 reads itself: that errors rise is seen on the second day, and told on the third."""
    aged = {"sdc": "overnight", "sdd": "sudden_death"}
    async with home(hass, server_entry, aged, version="25.04", scrutiny=False) as house:
        days = Days(house, monkeypatch)
        record = house.play.records[MIRROR]
        first: Any = record.reading
        assert first.count(197) > 0
        assert house.findings(MIRROR) == {}
        await days.until(1)
        second: Any = record.reading
        assert second.count(5) > first.count(5)
        await days.until(2)
        assert set(house.findings(MIRROR)) == {"disk_failing"}
        assert house.findings(MEDIA) == {}
        assert "pool_unavailable" in nas_rules(hass)
