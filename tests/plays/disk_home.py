"""A home whose NAS has disks that Scrutiny reads, with an engine on it, in a time that flies."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.plays.disk_risk import play
from custom_components.home_server_monitor.prediction import forest
from custom_components.home_server_monitor.sources.containers import updates
from custom_components.home_server_monitor.sources.containers.closely import Closely
import simulator
from simulator.harbour import Containers
from tests.conftest import LAST_PING, nas_entry
from tests.sources.containers.conftest import engine_entry
from tests.test_guardian_edge import Household

from .small_model import write
from .test_disk_risk import scrutiny_entry

# one disk of the mirror, by its serial; and what people know it by
MIRROR, LABEL = "WD-WCC7K4AA17XT", "WD40EFRX 17XT"
# Scrutiny is asked every five minutes
NEXT_LOOK = 330.0


class DiskHome(Household):
    """Its disk `sdc` scratched its platters yesterday; as long as it was read once since, nothing is said of it."""

    engine: MockConfigEntry

    def quiet(self, *phones: str, minutes: int, **options: Any) -> None:
        """Let the quiet hours have begun, and end in so many minutes."""
        now = dt_util.as_local(dt_util.utcnow())
        times = {"quiet_from": now - timedelta(hours=1), "quiet_to": now + timedelta(minutes=minutes)}
        shown = {key: at.strftime("%H:%M:00") for key, at in times.items()}
        self.tell(*phones, quiet_hours=True, **shown, **options)

    async def read_again(self) -> None:
        """Let Scrutiny read all disks a second time, and wait until that is known and judged."""
        self.sim.scrutiny.read_last(0.0)
        await self.settle(NEXT_LOOK)

    def rules(self) -> set[str]:
        """Return what is wrong."""
        return {each.finding.rule for each in self.guardian.open_findings()}


@asynccontextmanager
async def disk_home(
    hass: HomeAssistant,
    server: MockConfigEntry,
    warp: Any,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    containers: bool = False,
    **options: Any,
) -> AsyncGenerator[DiskHome]:
    """Set it all up, past its first look. options: of the engine."""
    place = "custom_components.home_server_monitor.sources.containers"
    monkeypatch.setattr(f"{place}.cycle.time", warp)
    monkeypatch.setattr(Closely.__init__, "__defaults__", (warp.monotonic,))
    monkeypatch.setattr(updates, "is_loopback", lambda host: False)
    model = write(folder / "small.json.gz")
    monkeypatch.setattr(play, "load", lambda: forest.load(model))
    yard = Containers(pace=0.005, apps=True, count=12) if containers else None
    async with simulator.run("25.10", profile="frozen", scrutiny=True, containers=yard) as sim:
        await sim.scenario("disk_ageing", kind="overnight", read_days_ago=1.0)
        nas = nas_entry(sim)
        entries = [nas, scrutiny_entry(sim)]
        if containers:
            entries.append(engine_entry(sim.harbour.docker_url))
        for entry in entries:
            entry.add_to_hass(hass)
        hass.config_entries.async_update_entry(entries[-1], options=options)
        assert await hass.config_entries.async_setup(nas.entry_id)
        await hass.async_block_till_done(wait_background_tasks=False)
        assert {each.state for each in entries} == {ConfigEntryState.LOADED}
        found = DiskHome(hass, nas, sim, server)
        found.engine = entries[-1]
        found.tell()
        await found.settle(120)
        yield found
        for entry in entries:
            await hass.config_entries.async_unload(entry.entry_id)
        await asyncio.sleep(LAST_PING)
