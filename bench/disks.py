"""Disks that are judged: a NAS and Scrutiny with so many of them, each with 400 days behind it; figures go to standard output.

Run as `python -m bench.ahead bench.disks --disks N`: a day is put forward, everything else is measured in real time.
"""

import argparse
import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
import gc
import json
import logging
from pathlib import Path
import tempfile
import time
from typing import Any
from unittest.mock import patch

import aiohttp
from homeassistant import loader
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from bench.ahead import AHEAD
from bench.case import entry_of
from bench.meters import Heartbeat, memory
from bench.remote import Board, simulator
from bench.rows import Row
from bench.watcher import Resolver
from custom_components.home_server_monitor.const import CONF_FINGERPRINT, CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.edge.house_key import HOUSE
from custom_components.home_server_monitor.history import DailyHistory
from custom_components.home_server_monitor.plays.disk_risk import DiskRisk
from custom_components.home_server_monitor.plays.disk_risk.record import KEEP_DAYS, history_of
from simulator.ageing import WAYS, Chance
from simulator.storage import Disk

# of so many disks one has old bad sectors, and one is dying
OLD, DYING = 16, 64
MODEL = "ST16000NM001G-2KK103"
WITHIN = 300.0
# a day, put forward by so much at a time, before a list of Scrutiny is too old to be shown; and what it takes to learn of its last reading
STEP, DAY, LATER = 600.0, 86400.0, 1800.0


def entries(told: dict[str, str]) -> tuple[MockConfigEntry, MockConfigEntry, MockConfigEntry]:
    """Return the entries of a home, its NAS and its Scrutiny."""
    home = MockConfigEntry(domain=DOMAIN, title="Home", unique_id=HOME, data={CONF_KIND: "server"})
    data = {
        CONF_KIND: "smart",
        CONF_SERVER: HOME,
        "url": told["scrutiny"],
        CONF_FINGERPRINT: told["fingerprint"],
    }
    return home, entry_of(told), MockConfigEntry(domain=DOMAIN, title="Scrutiny", data=data)


def way_of(number: int) -> str:
    """Return how the disk of this number ages."""
    if number % DYING == 1:
        return "slow_death"
    return "old_and_stable" if number % OLD == 0 else "healthy"


def past(serial: str, hours: int, way: str) -> Iterator[dict[str, float | None]]:
    """Yield the row of each day before this one, as readings would have left them."""
    disk = Disk(serial, MODEL, "", 0, "HDD", "SATA", 7200, "", 33.0, hours)
    for day in range(1 - KEEP_DAYS, 0):
        then = WAYS[way](day, disk, Chance(1, serial))
        lost = float(then.uncorrectable)
        yield {
            "a5": float(then.reallocated),
            "a187": lost,
            "a188": 0.0,
            "a197": float(then.pending),
            "a198": lost,
            "a10": 0.0,
            "hours": float(then.hours),
            "cable": float(then.crc_errors),
        }


class Bench:
    """One run."""

    def __init__(
        self, hass: HomeAssistant, http: aiohttp.ClientSession, told: dict[str, str], disks: int
    ) -> None:
        self.hass, self.http, self.told, self.disks = hass, http, told, disks
        self.board = Board(http, told)
        self.home, self.nas, self.scrutiny = entries(told)
        self.ages: dict[str, str] = {}
        self.figures: dict[str, float] = {}

    @property
    def play(self) -> DiskRisk:
        """What judges the disks."""
        found = self.hass.data[HOUSE].source(f"disks:{HOME}")
        assert isinstance(found, DiskRisk)
        return found

    async def drives(self) -> list[dict[str, Any]]:
        """Return the drives that Scrutiny knows, those of the model that there are many of."""
        async with self.http.get(f"{self.told['scrutiny']}/api/summary", ssl=False) as reply:
            rows = (await reply.json())["data"]["summary"].values()
        return [row for row in rows if row["device"]["model_name"] == MODEL]

    async def prepare(self) -> None:
        """Let some age, and lay down what would have been noted of all of them."""
        drives = await self.drives()
        self.ages = {
            row["device"]["device_name"]: way
            for number, row in enumerate(drives)
            if (way := way_of(number)) != "healthy"
        }
        await self.board.post("/scenario/disk_ageing", disks=self.ages)
        make, today = partial(DailyHistory, self.hass), int(time.time() // DAY)
        for number, row in enumerate(drives):
            serial = row["device"]["serial_number"]
            history = history_of(make, serial)
            days = past(serial, row["smart"]["power_on_hours"], way_of(number))
            for back, values in zip(range(KEEP_DAYS - 1, 0, -1), days, strict=True):
                history.record(today - back, values)
            await history._store.async_save(history._packed())  # noqa: SLF001 - as it saves itself, but now
        folder = Path(self.hass.config.path(".storage", DOMAIN, "disk"))
        sizes = await self.hass.async_add_executor_job(
            lambda: [file.stat().st_size for file in folder.iterdir()]
        )
        self.figures["400 days of a disk on the disk"] = max(sizes) / 1024

    async def set_up(self) -> None:
        """Set up, and wait until every disk is judged and has its entities."""
        self.home.add_to_hass(self.hass)
        self.nas.add_to_hass(self.hass)
        self.scrutiny.add_to_hass(self.hass)
        async with Heartbeat() as heart:
            began, cpu = time.perf_counter(), time.process_time()
            # with the first one the others are set up, too
            assert await self.hass.config_entries.async_setup(self.nas.entry_id)
            await self.hass.async_block_till_done()
            async with asyncio.timeout(WITHIN):
                while not self.done():  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.02)
            await self.hass.async_block_till_done()
            self.figures["set-up until all are judged"] = 1000 * (time.perf_counter() - began)
            self.figures["set-up, CPU"] = 1000 * (time.process_time() - cpu)
            await AHEAD.quiet(0.3)
        self.figures["set-up, longest gap of the loop"] = 1000 * heart.longest
        self.figures["set-up, longest work of the loop"] = 1000 * heart.longest_cpu
        self.figures["set-up, longest garbage collection"] = 1000 * heart.longest_gc
        self.figures["disks judged"] = len(self.judged())
        self.figures["entities of disks"] = len(self.watched())

    def done(self) -> bool:
        """Return whether Scrutiny was read to its end, and whatever was read is judged and has its entities."""
        source: Any = getattr(self.scrutiny, "runtime_data", None)
        if source is None or source.data is None or source.feeds.fetched("readings") is None:
            return False
        read = {drive.serial for drive in source.data.drives.values() if drive.serial and drive.reading}
        judged = {*self.judged()}
        return len(read) >= self.disks - 1 and read <= judged and self.shown(judged)

    def shown(self, judged: set[str]) -> bool:
        """Return whether each of these disks has its entities, which are added in one look for all."""
        registry = er.async_get(self.hass)
        tiers = (
            registry.async_get_entity_id("sensor", DOMAIN, f"{HOME}_disk_{serial}_failure_tier")
            for serial in judged
        )
        there = all(tier is not None and self.hass.states.get(tier) is not None for tier in tiers)
        return there and not self.play._lock.locked()  # noqa: SLF001 - it looks at something

    def judged(self) -> list[str]:
        """Return the serials of the disks that were judged."""
        return [serial for serial, record in self.play.records.items() if record.found is not None]

    def watched(self) -> set[str]:
        """Return the entities of what was judged that have a state."""
        registry = er.async_get(self.hass)
        return {
            each.entity_id
            for each in er.async_entries_for_config_entry(registry, self.home.entry_id)
            if "_disk_" in each.unique_id and self.hass.states.get(each.entity_id) is not None
        }

    async def day(self) -> None:
        """Let a day pass in which each disk is read once."""
        mine, writes = self.watched(), 0

        def wrote(event: Any) -> None:
            nonlocal writes
            writes += event.data["entity_id"] in mine

        stop = self.hass.bus.async_listen(EVENT_STATE_CHANGED, wrote)
        before = {serial: self.play.records[serial].reading for serial in self.judged()}
        cpu = time.process_time()
        # no gap is measured: whatever is due in ten minutes comes at once here
        end = time.monotonic() + DAY + LATER
        while time.monotonic() < end:
            await self.board.post("/clock", advance=STEP)
            await AHEAD.go(STEP, 0.02)
        stop()
        assert not any(self.play.records[serial].reading is read for serial, read in before.items())
        self.figures["a day in steps of 10 min, CPU of all"] = 1000 * (time.process_time() - cpu)
        self.figures["a day, state writes of what is judged"] = writes

    async def run(self) -> dict[str, float]:
        """Measure all of it."""
        await self.prepare()
        gc.collect()
        before = memory()
        await self.set_up()
        gc.collect()
        self.figures["memory on top, NAS and Scrutiny included"] = memory() - before
        await self.day()
        return self.figures


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


async def run(disks: int, folder: str) -> dict[str, float]:
    """Run one case with a configuration of its own."""
    AHEAD.listen()
    arguments = ("--disks", str(disks), "--scrutiny", "--no-containers", "--profile", "frozen")
    resolver = patch("homeassistant.helpers.aiohttp_client._async_make_resolver", lambda hass: Resolver())
    async with (
        simulator(*arguments) as told,
        aiohttp.ClientSession() as http,
        async_test_home_assistant(config_dir=folder) as hass,
    ):
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS, None)
        try:
            with resolver, patch("homeassistant.util.dt.utcnow", _now):
                return await Bench(hass, http, told, disks).run()
        finally:
            await hass.async_stop(force=True)


def rows(disks: int, figures: dict[str, float]) -> list[Row]:
    """Return the figures with the budgets of the design."""
    gap = 50.0 if disks <= 64 else 100.0
    budgets = {
        "set-up, longest gap of the loop": gap,
        # nothing moved but the hours
        "a day, state writes of what is judged": disks / 4,
    }
    units = {"memory": "MiB", "entities": "count", "disks": "count", "400": "KiB"}
    return [
        Row(
            case=f"{disks} disks judged",
            metric=metric,
            value=round(value, 3),
            unit="count" if "writes" in metric else units.get(metric.split()[0], "ms"),
            budget=budgets.get(metric),
        )
        for metric, value in figures.items()
    ]


def main() -> None:
    """Run one case and print its rows as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--disks", type=int, required=True)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(run(options.disks, folder))
    print(json.dumps([asdict(row) for row in rows(options.disks, figures)]))


if __name__ == "__main__":
    main()
