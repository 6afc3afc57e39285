"""One case: a Home Assistant in this process watches a simulated NAS in another; figures go to standard output."""

import argparse
import asyncio
from functools import partial
import gc
import statistics
import time
from typing import Any
from unittest.mock import patch

from aiohttp import ThreadedResolver
from homeassistant import loader
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from bench.meters import Heartbeat, memory
from bench.remote import simulator
from bench.rows import Row, print_rows
import custom_components.home_server_monitor  # noqa: F401 - found only when it is loaded already
from custom_components.home_server_monitor.const import CONF_FINGERPRINT, CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.sources.truenas.connection import Connection

CYCLES = 7
STEADY = 60.0


def entry_of(told: dict[str, str]) -> MockConfigEntry:
    """Return the config entry that watches this simulator."""
    data = {
        CONF_KIND: "truenas",
        CONF_SERVER: HOME,
        "url": told["truenas"],
        "api_key": told["api_key"],
        CONF_FINGERPRINT: told["fingerprint"],
    }
    return MockConfigEntry(domain=DOMAIN, title="truenas", unique_id="bench", data=data)


class Traffic:
    """Counts the bytes of all frames that arrive."""

    def __init__(self) -> None:
        self.bytes = 0
        take = Connection._take  # noqa: SLF001 - the one place that every frame passes

        def counted(connection: Connection, text: str) -> None:
            self.bytes += len(text)
            take(connection, text)

        Connection._take = counted  # type: ignore[method-assign, assignment]  # noqa: SLF001


async def measure(
    hass: HomeAssistant, case: str, told: dict[str, str], *, disks: int, steady: bool
) -> list[Row]:
    """Set up, run whole cycles, watch a steady minute, unload."""
    limit = 50.0 if disks <= 64 else 100.0
    rows: list[Row] = []

    def row(metric: str, value: float, unit: str, budget: float | None = None) -> None:
        rows.append(Row(case=case, metric=metric, value=round(value, 3), unit=unit, budget=budget))

    MockConfigEntry(domain=DOMAIN, title="Home", unique_id=HOME, data={CONF_KIND: "server"}).add_to_hass(hass)
    entry = entry_of(told)
    entry.add_to_hass(hass)
    traffic = Traffic()
    gc.collect()
    before = memory()
    async with Heartbeat() as heart:
        started = time.perf_counter()
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        row("set-up", 1000 * (time.perf_counter() - started), "ms")
    row("set-up, longest gap of the loop", 1000 * heart.longest, "ms", limit)
    source: Any = entry.runtime_data
    row("entities with a state", len(hass.states.async_entity_ids()), "count")

    await _whole_cycles(source, traffic, row, limit)
    if steady:
        await _steady(hass, source, traffic, row, limit)
    gc.collect()
    row("memory on top", memory() - before, "MiB", 60.0 if disks <= 64 else None)
    async with Heartbeat() as heart:
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()
    row("unload, longest gap of the loop", 1000 * heart.longest, "ms")
    return rows


async def _whole_cycles(source: Any, traffic: Traffic, row: Any, limit: float) -> None:
    """Ask for everything at once, some times."""
    walls, cpus, calls, sizes = [], [], [], []
    async with Heartbeat() as heart:
        for _ in range(CYCLES):
            source.feeds.reset()
            asked, size, cpu, wall = (
                source.client.calls,
                traffic.bytes,
                time.process_time(),
                time.perf_counter(),
            )
            await source.async_refresh()
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
            calls.append(source.client.calls - asked)
            sizes.append(traffic.bytes - size)
            assert source.last_update_success
    row("everything at once, wall (median)", 1000 * statistics.median(walls), "ms", 15000.0)
    row("everything at once, CPU (median)", 1000 * statistics.median(cpus), "ms")
    row("everything at once, calls", statistics.median(calls), "count")
    row("everything at once, received", statistics.median(sizes) / 1024, "KiB")
    row("everything at once, longest gap", 1000 * heart.longest, "ms", limit)
    row("longest garbage collection", 1000 * heart.longest_gc, "ms")


async def _steady(hass: HomeAssistant, source: Any, traffic: Traffic, row: Any, limit: float) -> None:
    """Watch real time pass: two minutes' figures, per minute."""
    writes = 0

    def wrote(event: Any) -> None:
        nonlocal writes
        writes += 1

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, wrote)
    await asyncio.sleep(12)  # the first pushed numbers are not steady yet
    writes, asked, size, cpu = 0, source.client.calls, traffic.bytes, time.process_time()
    async with Heartbeat() as heart:
        await asyncio.sleep(2 * STEADY)
    stop()
    row("steady minute, state writes", writes / 2, "count", 60.0)
    row("steady minute, calls", (source.client.calls - asked) / 2, "count", 10.0)
    row("steady minute, received", (traffic.bytes - size) / 2048, "KiB")
    row("steady minute, CPU", 500 * (time.process_time() - cpu), "ms")
    row("steady, longest gap of the loop", 1000 * heart.longest, "ms", limit)


async def run(disks: int, latency: int, steady: bool, folder: str) -> list[Row]:
    """Run one case with a configuration of its own: no run finds what an earlier one stored."""
    name = f"{disks} disks, {latency} ms" + (", steady" if steady else "")
    resolver = patch(
        "homeassistant.helpers.aiohttp_client._async_make_resolver", lambda hass: ThreadedResolver()
    )
    arguments = ("--disks", str(disks), "--latency", str(latency), "--profile", "idle-noise")
    async with simulator(*arguments) as told, async_test_home_assistant(config_dir=folder) as hass:
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS, None)
        try:
            with resolver:
                return await measure(hass, name, told, disks=disks, steady=steady)
        finally:
            await hass.async_stop(force=True)


def main() -> None:
    """Run one case and print its rows as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--disks", type=int, required=True)
    parser.add_argument("--latency", type=int, required=True)
    parser.add_argument("--steady", action="store_true")
    options = parser.parse_args()
    print_rows(partial(run, options.disks, options.latency, options.steady))


if __name__ == "__main__":
    main()
