"""A UPS: how often its server is asked on mains and on battery, and what that costs the loop, in two real minutes."""

import asyncio
import time
from typing import Any

import aiohttp
from homeassistant import loader
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from bench.meters import Heartbeat, memory
from bench.remote import Board, simulator
from bench.rows import Row, print_rows
import custom_components.home_server_monitor  # noqa: F401 - found only when it is loaded already
from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME

CASE = "ups"
MINUTE = 60.0
# the first readings are not steady yet, and a countdown is told
SETTLED = 12.0
GAP = 50.0


def entry_of(told: dict[str, str]) -> MockConfigEntry:
    """Return the config entry that watches the simulated UPS."""
    host, _, port = told["ups"].rpartition(":")
    login = {"username": told["ups_user"], "password": told["ups_password"]}
    data = {CONF_KIND: "ups", CONF_SERVER: HOME, "host": host, "port": int(port), "ups": "ups", **login}
    return MockConfigEntry(domain=DOMAIN, title="ups", unique_id="bench-ups", data=data)


async def measure(hass: HomeAssistant, board: Board, told: dict[str, str]) -> list[Row]:
    """Set up, and watch a steady minute on mains and one on battery."""
    rows: list[Row] = []

    def row(metric: str, value: float, unit: str, budget: float | None = None) -> None:
        rows.append(Row(case=CASE, metric=metric, value=round(value, 3), unit=unit, budget=budget))

    home = MockConfigEntry(domain=DOMAIN, title="Home", unique_id=HOME, data={CONF_KIND: "server"})
    entry = entry_of(told)
    home.add_to_hass(hass)
    entry.add_to_hass(hass)
    before = memory()
    async with Heartbeat() as heart:
        started = time.perf_counter()
        assert await hass.config_entries.async_setup(home.entry_id)
        await hass.async_block_till_done()
        row("set-up", 1000 * (time.perf_counter() - started), "ms")
    row("set-up, longest gap of the loop", 1000 * heart.longest, "ms", GAP)
    source: Any = entry.runtime_data
    # every 5 s, and every second on battery
    await _minute(hass, source, "on mains", 12.0, 0.0, row)
    await board.post("/scenario/power_cut")
    await _minute(hass, source, "on battery", 60.0, 60.0, row)
    row("memory on top", memory() - before, "MiB", 60.0)
    return rows


async def _minute(hass: HomeAssistant, source: Any, when: str, asks: float, writes: float, row: Any) -> None:
    """Let a minute pass once all is steady."""
    written = 0

    def wrote(event: Any) -> None:
        nonlocal written
        written += 1

    await asyncio.sleep(SETTLED)
    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, wrote)
    asked = source.client.calls
    async with Heartbeat() as heart:
        await asyncio.sleep(MINUTE)
    stop()
    assert source.last_update_success
    # one more where the minute begins
    row(f"a minute {when}, requests", source.client.calls - asked, "count", asks + 1)
    row(f"a minute {when}, state writes", written, "count", writes)
    row(f"{when}, longest gap of the loop", 1000 * heart.longest, "ms", GAP)
    row(f"{when}, longest work of the loop", 1000 * heart.longest_cpu, "ms", GAP)


async def run(folder: str) -> list[Row]:
    """Run it with a configuration of its own."""
    async with (
        simulator("--ups", "--profile", "frozen") as told,
        aiohttp.ClientSession() as http,
        async_test_home_assistant(config_dir=folder) as hass,
    ):
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS, None)
        try:
            return await measure(hass, Board(http, told), told)
        finally:
            await hass.async_stop(force=True)


if __name__ == "__main__":
    print_rows(run)
