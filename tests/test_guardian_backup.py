"""A backup of Home Assistant from some step of a remediation is restored, while the NAS has moved on since."""

from collections.abc import Mapping
import copy
from pathlib import Path
import shutil
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.edge import clock
from custom_components.home_server_monitor.edge.house_key import HOUSE
from custom_components.home_server_monitor.guardian.house import House
from custom_components.home_server_monitor.guardian.journal_files import NAME
from custom_components.home_server_monitor.guardian.remediation import DAY, State

from .test_guardian_edge import Household, home
from .warp import Warp

__all__ = ["home"]

STEPS = ("proposed", "approved", "running", "verifying", "succeeded")


class Backups:
    """Copies of the configuration as it was when each state had just been written down."""

    def __init__(self, home: Household, folder: Path, storage: dict[str, Any], warp: Warp) -> None:
        self.home, self.folder, self.storage, self.warp = home, folder, storage, warp
        self.button = self._state = ""
        self.journals: dict[str, bytes] = {}
        self.stored: dict[str, Any] = {}

    def start(self) -> None:
        """Copy at each line from now on."""
        self.home.guardian.desk.journal.on_append = self._copy

    def _copy(self, line: Mapping[str, Any], written: bool) -> None:
        """Runs in the executor, right after a line is on the disk; with a proposal its buttons are kept, too."""
        if not written:
            return
        if line["k"] == "remediation":
            self._state = line["v"]["state"]
            if self._state in self.journals and self._state != "proposed":
                return
        elif self._state != "proposed":
            return
        self.journals[self._state] = (self.folder / NAME).read_bytes()
        self.stored[self._state] = copy.deepcopy(self.storage)

    async def restore(self, state: str, after: float = 0.0) -> None:
        """Stop Home Assistant, put the configuration of then in the place of today's, and start it."""
        entries, home = self.home.hass.config_entries, self.home
        for entry in (home.nas, home.server):
            assert await entries.async_unload(entry.entry_id)
        home.hass.data[HOUSE] = House("0123abcd")
        # Home Assistant is off for so long
        self.warp.offset += after
        shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)
        (self.folder / NAME).write_bytes(self.journals[state])
        self.storage.clear()
        self.storage.update(self.stored[state])
        home.pushes.clear()
        for entry in (home.server, home.nas):
            assert await entries.async_setup(entry.entry_id)
        await home.settle(60)


@pytest.fixture
async def backups(
    home: Household, hass_admin_user: MockUser, hass_storage: dict[str, Any], tmp_path: Path, warp: Warp
) -> Backups:
    """A scrub that was approved and is done, with a backup of each step of it."""
    home.tell(home.phone("Ann", hass_admin_user))
    found = Backups(home, tmp_path / "journal" / "home", hass_storage, warp)
    await home.guardian.async_save()
    found.start()
    await home.errors()
    await home.guardian.async_save()
    found.button = home.button(home.shown("Ann"), "approve")
    await home.tap(found.button, hass_admin_user.id)
    await home.settle(30)
    assert home.record().state is State.SUCCEEDED
    assert home.scrubs() == 1
    assert set(STEPS) <= set(found.journals)
    return found


def _finish_scrub(home: Household) -> None:
    """Let the scrub on the NAS end."""
    pool = home.sim.world.pool("tank")
    assert pool.scan is not None
    pool.scan.state, pool.scan.end = "FINISHED", home.sim.world.clock.now()
    pool.scan.done = pool.scan.total
    home.sim.world.changed("scan", "changed", "tank")


@pytest.mark.parametrize("later", ["at_once", "scrub_over", "next_week"])
@pytest.mark.parametrize("step", STEPS)
async def test_an_old_backup_of_each_step(
    backups: Backups, hass_admin_user: MockUser, step: str, later: str
) -> None:
    home = backups.home
    (record,) = (each for each in home.guardian.desk.records.values() if each.action == "start_scrub")
    if later != "at_once":
        _finish_scrub(home)
        await home.settle(60)
    await backups.restore(step, 7 * DAY if later == "next_week" else 0.0)
    again = home.guardian.desk.records[record.id]
    assert home.scrubs() == 1
    if step == "proposed":
        # the button of then is back as well: it is for a pool that has been scrubbed since
        await home.tap(backups.button, hass_admin_user.id)
        assert home.guardian.desk.records[record.id].state in (State.SUPERSEDED, State.EXPIRED)
    else:
        await home.guardian.desk.wait(record.id)
        again = home.guardian.desk.records[record.id]
        expected = {"approved": State.CANCELLED, "succeeded": State.SUCCEEDED}.get(step)
        if later == "next_week" and step in ("running", "verifying"):
            expected = State.INCONCLUSIVE
        assert again.state is (expected or State.SUCCEEDED)
    await home.settle(300)
    assert home.scrubs() == 1
    if again.changed > clock.now() - DAY or step in ("approved", "running", "verifying"):
        assert any(str(push["data"]["tag"]).startswith("hsm-") for push in home.pushes), "nobody was told"
