"""A disk that was moved from one machine to another one: missed where it was, until it is seen alive."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.const import HOME
from custom_components.home_server_monitor.guardian.finding import Tracked
from custom_components.home_server_monitor.guardian.tracked import State
from custom_components.home_server_monitor.plays.disk_risk import play
from custom_components.home_server_monitor.prediction import forest
import simulator
from tests.conftest import nas_entry
from tests.plays.small_model import write
from tests.test_guardian_edge import Household, _ask, home

__all__ = ["home"]

SPARE = "sdd"


@pytest.fixture
async def sim(socket_enabled: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """A simulated TrueNAS that still reads SMART itself."""
    model = write(tmp_path / "small.json.gz")
    monkeypatch.setattr(play, "load", lambda: forest.load(model))
    async with simulator.run("25.04", profile="frozen") as running:
        yield running


def missing(home: Household) -> Tracked | None:
    """Return what is said of the disk that is missed, also when that is over."""
    found = home.guardian.register.tracked.values()
    return next((each for each in found if each.finding.rule == "disk_missing"), None)


async def test_a_disk_that_was_moved_is_missed_until_it_is_seen_elsewhere(
    home: Household, hass: HomeAssistant, hass_admin_user: MockUser
) -> None:
    serial = home.sim.world.disk(SPARE).serial
    async with simulator.run("25.04", profile="frozen", seed=2) as attic:
        for disk in attic.world.disks:
            disk.serial = serial if disk.name == SPARE else f"{disk.serial}B"
        there = attic.world.disk(SPARE)
        there.present = False
        entry = nas_entry(attic)
        entry.add_to_hass(hass)
        hass.config_entries.async_update_entry(entry, title="attic")
        assert await hass.config_entries.async_setup(entry.entry_id)
        await home.settle(120)
        assert missing(home) is None
        await home.sim.scenario("disk_missing", disk=SPARE)
        await home.settle(300)
        tracked = missing(home)
        assert tracked is not None
        assert tracked.state is State.FIRING

        there.present = True
        attic.world.changed("disk", "added", there.identifier)
        await home.until(lambda: tracked.state is State.RESOLVED, 900)
        assert home.guardian.wording.why_over(tracked) == "The disk was moved: it is in attic now."
        lines = [row["text"] for row in (await _ask(home, "list_journal", hass_admin_user.id))["journal"]]
        assert sum("is missed no more: it is in attic now" in line for line in lines) == 1
        # its device at the old machine may be deleted, and it is missed at no other one
        await home.settle(300)
        assert missing(home) is tracked
        assert tracked.state is State.RESOLVED
        assert home.nas.runtime_data.forget(f"{home.nas.unique_id}_disk_{serial}")
        # what both machines say of it is shown where it is
        shown = [
            each
            for each in er.async_entries_for_config_entry(er.async_get(hass), home.server.entry_id)
            if each.unique_id.startswith(f"{HOME}_disk_{serial}_")
        ]
        owners = [dr.async_get(hass).async_get(str(each.device_id)) for each in shown]
        assert len(shown) > 5
        assert {getattr(each, "config_entry_id", None) for each in owners} == {entry.entry_id}
        # and when it is pulled there, it is missed there
        there.present = False
        attic.world.changed("disk", "removed", there.identifier)
        await home.settle(300)
        again: Any = [
            each.finding.source
            for each in home.guardian.open_findings()
            if each.finding.rule == "disk_missing"
        ]
        assert again == [entry.unique_id]
        # it goes back, and nobody misses it
        await home.sim.scenario_off("disk_missing")
        await home.settle(600)
        assert not any(each.finding.rule == "disk_missing" for each in home.guardian.open_findings())
        await hass.config_entries.async_unload(entry.entry_id)
