"""One integration watches what the simulator shows, on a clock that can be put forward; figures go to standard output.

Run by `bench.beside` and `bench.media` as `python -m bench.ahead bench.watcher …`, once for ours and once for core's own.
"""

import argparse
import asyncio
from contextlib import nullcontext
from datetime import UTC, datetime
import gc
import json
import logging
import tempfile
import time
from typing import Any
from unittest.mock import patch

import aiohttp
from aiohttp import ThreadedResolver
from homeassistant import loader
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from bench.ahead import AHEAD
from bench.meters import Heartbeat, memory
from bench.remote import Board
from bench.watchers import WATCHERS, Watcher
import custom_components.home_server_monitor  # noqa: F401 - found only when it is loaded already
from custom_components.home_server_monitor.const import CONF_KIND, DOMAIN, HOME

# seconds by which the clock is put forward at a time: to the next timer, not by less and not by more
SOON, STEP = 0.5, 15.0
MINUTES = 5
REAL = 60.0


class Resolver(ThreadedResolver):
    """Resolves in threads, and ends as Home Assistant ends its own."""

    async def real_close(self) -> None:
        """End."""
        await self.close()


class Bench:
    """One run."""

    def __init__(
        self, hass: HomeAssistant, board: Board, watcher: Watcher, options: argparse.Namespace
    ) -> None:
        self.hass, self.board, self.watcher, self.options = hass, board, watcher, options
        self.figures: dict[str, float] = {}
        # that all is answered is known; what comes of the answers takes a moment
        self.silence = 0.03
        # what the meters themselves take, of a second
        self.idle = 0.0
        self.writes = 0
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._wrote)

    def _wrote(self, event: Any) -> None:
        self.writes += 1

    async def minutes(self, minutes: float) -> float:
        """Let this time pass; returns how many seconds it was."""
        began, end = time.monotonic(), time.monotonic() + 60 * minutes
        while (left := end - time.monotonic()) > 0:
            step = min(max(AHEAD.until_due(SOON), SOON), STEP, left)
            await self.board.post("/clock", advance=step)
            await AHEAD.go(step, self.silence)
        return time.monotonic() - began

    async def clear(self) -> None:
        """Count the requests from here on."""
        for face in self.watcher.faces:
            await self.board.post(f"/calls/clear?face={face}")

    async def count(self) -> tuple[int, int]:
        """Return how many requests there were, and the most at once that one server had to answer."""
        found = [await self.board.count(face) for face in self.watcher.faces]
        return sum(each["calls"] for each in found), max(each["most_at_once"] for each in found)

    async def set_up(self, entries: list[MockConfigEntry]) -> None:
        """Set up, and wait until everything was looked at."""
        await self.clear()
        async with Heartbeat() as heart:
            began = time.perf_counter()
            for entry in entries:
                # with the first one of an integration all of its others are set up
                if entry.state is ConfigEntryState.NOT_LOADED:
                    assert await self.hass.config_entries.async_setup(entry.entry_id)
            await self.hass.async_block_till_done()
            self.figures["set-up"] = 1000 * (time.perf_counter() - began)
            assert all(entry.state is ConfigEntryState.LOADED for entry in entries)
            for entry in entries:
                await self.watcher.looked(entry)
            self.figures["all looked at"] = 1000 * (time.perf_counter() - began)
            await AHEAD.quiet(self.silence)
        self.figures["set-up, longest gap of the loop"] = 1000 * heart.longest
        self.figures["set-up, longest work of the loop"] = 1000 * heart.longest_cpu
        calls, at_once = await self.count()
        self.figures["set-up, requests"] = calls
        self.figures["set-up, most requests at once"] = at_once
        self.figures["entities with a state"] = len(self.hass.states.async_entity_ids())

    async def steady(self, entries: list[Any], real: bool) -> None:
        """Watch minutes pass, or one real minute."""
        await self.clear()
        self.writes, cpu, began = 0, time.process_time(), time.perf_counter()
        async with Heartbeat() as heart:
            if real:
                await asyncio.sleep(REAL)
            passed = REAL if real else await self.minutes(MINUTES)
        cpu = time.process_time() - cpu - self.idle * (time.perf_counter() - began)
        (calls, at_once), minutes = await self.count(), passed / 60
        assert all(self.watcher.well(entry.runtime_data) for entry in entries)
        self.figures |= {
            "a minute, requests": calls / minutes,
            "steady, most requests at once": at_once,
            "a minute, CPU": 1000 * cpu / minutes,
            "steady, longest gap of the loop": 1000 * heart.longest,
            "steady, longest work of the loop": 1000 * heart.longest_cpu,
            "longest garbage collection": 1000 * heart.longest_gc,
            "a minute, state writes": self.writes / minutes,
        }

    async def frozen(self) -> None:
        """Watch minutes pass in which nothing moves."""
        await self.board.post("/profile/frozen")
        # a last sample of each, and then the time after which it is written
        await self.minutes(2 * self.watcher.warm)
        self.writes = 0
        passed = await self.minutes(2)
        self.figures["a minute without change, state writes"] = self.writes / (passed / 60)

    async def run(self, told: dict[str, str]) -> dict[str, float]:
        """Measure all of it."""
        home = MockConfigEntry(domain=DOMAIN, title="Home", unique_id=HOME, data={CONF_KIND: "server"})
        entries = self.watcher.entries(told)
        if entries[0].domain == DOMAIN:
            home.add_to_hass(self.hass)
        for entry in entries:
            entry.add_to_hass(self.hass)
        # the one before may have left its traces
        await self.board.post("/reset")
        await self.board.post("/profile/idle-noise")
        await self.calibrate()
        gc.collect()
        before = memory()
        await self.set_up(entries)
        await self.minutes(self.watcher.warm)
        await self.steady(entries, self.options.real)
        gc.collect()
        self.figures["memory on top"] = memory() - before
        if self.options.frozen:
            await self.frozen()
        async with Heartbeat() as heart:
            for entry in entries:
                await self.hass.config_entries.async_unload(entry.entry_id)
            await self.hass.async_block_till_done()
        self.figures["unload, longest gap of the loop"] = 1000 * heart.longest
        return self.figures

    async def calibrate(self) -> None:
        """Learn what the meters take while nothing is watched."""
        cpu, began = time.process_time(), time.perf_counter()
        async with Heartbeat():
            await asyncio.sleep(1.0)
        self.idle = (time.process_time() - cpu) / (time.perf_counter() - began)


async def run(options: argparse.Namespace, told: dict[str, str], folder: str) -> dict[str, float]:
    """Run one watcher with a configuration of its own."""
    AHEAD.listen()
    resolver = patch("homeassistant.helpers.aiohttp_client._async_make_resolver", lambda hass: Resolver())
    now = patch("homeassistant.util.dt.utcnow", lambda: datetime.fromtimestamp(time.time(), UTC))
    watcher = WATCHERS[options.who]
    on: Any = nullcontext()
    if watcher.all_on:
        on = patch("homeassistant.helpers.entity.Entity.entity_registry_enabled_default", True)
    async with aiohttp.ClientSession() as http, async_test_home_assistant(config_dir=folder) as hass:
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS, None)
        try:
            with resolver, now, on:
                return await Bench(hass, Board(http, told), watcher, options).run(told)
        finally:
            await hass.async_stop(force=True)


def main() -> None:
    """Run one watcher and print its figures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("who", choices=tuple(WATCHERS))
    parser.add_argument("told", type=json.loads)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--frozen", action="store_true")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(run(options, options.told, folder))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
