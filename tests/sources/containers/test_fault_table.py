"""The fault table of containers: what is hurt, how much of it a person sees, and when it is back.

`HSM_FAULT_TABLE=1` writes the rows; `HSM_FAULT_PEER=1` puts core's own `portainer` through the same faults, which is
measured and judged by nobody: `python -m bench.faults` does both and prints the table.
"""

import asyncio
from collections.abc import AsyncIterator
import fcntl
import json
import os
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.sources.containers.closely import Closely
import simulator
from simulator.harbour import Containers
from tests.warp import Warp

from .conftest import engine_entry
from .fault_cases import FAULTS, ONE, Watched, suffer

TABLE = Path(__file__).parents[3] / ".bench" / "container_faults.json"
COUNT = 10
SCORE = "sensor.media_permission_score"


@pytest.fixture
async def ground(
    hass: HomeAssistant, hass_storage: dict[str, Any], warp: Warp, socket_enabled: None, monkeypatch: Any
) -> AsyncIterator[Any]:
    """A Portainer with an engine and nothing else, in a time that flies."""
    place = "custom_components.home_server_monitor.sources.containers"
    monkeypatch.setattr(f"{place}.cycle.time", warp)
    monkeypatch.setattr(Closely.__init__, "__defaults__", (warp.monotonic,))
    containers = Containers(count=COUNT, alone=True, latency=0.001)
    async with simulator.run(tls=False, profile="frozen", containers=containers) as house:
        assert ONE in house.harbour.engine.names
        yield house
        house.harbour.portainer.faults.clear()
        house.harbour.wire("portainer").set_black_hole(False)


async def _set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED, entry.reason
    await hass.async_block_till_done()


def _write(name: str, who: str, row: dict[str, Any]) -> None:
    if "HSM_FAULT_TABLE" not in os.environ:
        return
    TABLE.parent.mkdir(exist_ok=True)
    with TABLE.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        rows = json.loads(file.read() or "{}")
        rows.setdefault(name, {})[who] = row
        file.truncate(0)
        file.write(json.dumps(rows, indent=1, sort_keys=True))


@pytest.mark.parametrize("name", FAULTS)
async def test_what_is_seen_of_a_fault(
    hass: HomeAssistant, warp: Warp, server_entry: MockConfigEntry, ground: Any, name: str
) -> None:
    """Where one container is hurt no other loses anything; where all is, it is shown and heals by itself."""
    fault = FAULTS[name]
    harbour = ground.harbour
    entry = engine_entry(harbour.portainer_url, api_key=harbour.portainer.key, environment=2)
    await _set_up(hass, entry)
    await entry.runtime_data.first_look
    names = {*harbour.engine.names}
    # a rate needs two samples
    await asyncio.sleep(120)
    watched = Watched(hass, warp, entry, names)
    assert len({each for each in watched.container_of.values() if each}) == COUNT
    try:
        row = await suffer(watched, ground, fault)
        _write(name, "ours", row)
        hurt = {watched.container_of[each] for each in watched.lost}
        match fault.dark:
            case "nothing":
                assert not watched.lost
            case "one":
                assert hurt <= {ONE, ""}, watched.lost
                # of a container that cannot be read there is no score, and so none of all of them
                assert {each for each in watched.lost if not watched.container_of[each]} <= {SCORE}
            case "all":
                assert row["containers"] == COUNT
                assert row["shown_s"] <= fault.shows
        assert row["healed_s"] is not None
        assert row["healed_s"] <= fault.heals, row
    finally:
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()


# not even skipped where it is not asked for
if "HSM_FAULT_PEER" in os.environ:

    @pytest.mark.parametrize("name", FAULTS)
    async def test_what_is_seen_of_it_in_core(
        hass: HomeAssistant, warp: Warp, ground: Any, name: str
    ) -> None:
        """The same faults, with core's own `portainer`; only that it can be measured at all is asserted."""
        harbour = ground.harbour
        data = {"url": harbour.portainer_url, "api_token": harbour.portainer.key, "verify_ssl": False}
        entry = MockConfigEntry(
            domain="portainer", title="engine", unique_id="engine-1", version=5, data=data
        )
        await _set_up(hass, entry)
        await warp.until(lambda: entry.runtime_data.watcher.last_check is not None, 600)
        watched = Watched(hass, warp, entry, {*harbour.engine.names})
        assert len({each for each in watched.container_of.values() if each}) == COUNT
        row = await suffer(watched, ground, FAULTS[name])
        _write(name, "core", row)
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()
