"""Random faults, one after the other, on one Home Assistant: each must be shown, healed, and leave nothing behind."""

import argparse
import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import gc
import logging
from pathlib import Path
import random
import sys
import time
from typing import Any
from unittest.mock import patch

from aiohttp import ThreadedResolver
from homeassistant import loader
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from bench.case import entry_of
from bench.meters import memory
from custom_components.home_server_monitor import coordinator as shared
from custom_components.home_server_monitor.const import CONF_KIND, DOMAIN, HOME
from custom_components.home_server_monitor.sources import feeds
from custom_components.home_server_monitor.sources.truenas import client as truenas
import simulator

# the design's times, 20 times as fast: a cycle of 15 s, retries of 4 to 18 s, healed within 30 s
PACE = 20.0
HEALED = 30.0 / PACE + 1.0

type Fault = Callable[[Any], Awaitable[None]]


def _one(method: str, kind: str, *args: Any) -> Fault:
    async def inject(sim: Any) -> None:
        getattr(sim.faults, kind)(method, *args)

    return inject


def _all(kind: str) -> Fault:
    async def inject(sim: Any) -> None:
        getattr(sim.faults, kind)()

    return inject


async def _down(sim: Any) -> None:
    await sim.stop_listening()


async def _reboot(sim: Any) -> None:
    await sim.reboot()


async def _junk(sim: Any) -> None:
    for _ in range(20):
        await sim.send_raw('{"jsonrpc": "2.0", "id": "hsm-1", "result": null}')


FAULTS: dict[str, Fault] = {
    "refused": _down,
    "black hole": _all("black_hole"),
    "half-open": _all("half_open"),
    "session lost": _all("not_authenticated"),
    "html": _all("http_html"),
    "reboot": _reboot,
    "unsolicited": _junk,
    "hang pool.query": _one("pool.query", "hang"),
    "hang all": _one("*", "hang"),
    "error disk.query": _one("disk.query", "error"),
    "null app.query": _one("app.query", "replace", [None]),
    "wrong ids": _one("*", "wrong_id"),
    "reset": _one("service.query", "reset_mid_frame"),
    "dropped": _one("alert.list", "drop"),
    "huge": _one("alert.list", "huge", 6_000_000),
}


@dataclass(slots=True)
class Tally:
    """What happened, by fault."""

    healed: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: Counter[str] = field(default_factory=Counter)


def _hurry() -> list[Any]:
    timing = truenas.Timing(connect=8 / PACE, call=10 / PACE, heartbeat=15 / PACE)
    return [
        patch.object(shared, "TICK", shared.TICK / PACE),
        patch.object(shared.ServiceCoordinator, "tick", shared.TICK / PACE),
        patch.object(shared, "FIRST_RETRY", shared.FIRST_RETRY / PACE),
        patch.object(shared, "LAST_RETRY", shared.LAST_RETRY / PACE),
        patch.object(feeds, "FIRST_RETRY", feeds.FIRST_RETRY / PACE),
        patch.object(feeds, "LAST_RETRY", feeds.LAST_RETRY / PACE),
        patch.object(truenas, "Timing", lambda: timing),
        patch("homeassistant.helpers.aiohttp_client._async_make_resolver", lambda hass: ThreadedResolver()),
    ]


async def _round(hass: HomeAssistant, sim: Any, source: Any, name: str, dice: random.Random) -> float | None:
    """Inject one fault for a moment, end it, and return the seconds until all is fresh again, or None."""
    await FAULTS[name](sim)
    source.feeds.reset()
    source.async_hurry()
    await asyncio.sleep(dice.uniform(0.1, 2.0))
    sim.faults.clear()
    await sim.start_listening()
    started = time.monotonic()
    while time.monotonic() - started < HEALED * 4:
        await asyncio.sleep(0.02)
        if source.last_update_success and not source.feeds.stale_keys - source.feeds.unsupported:
            return time.monotonic() - started
    return None


async def soak(runs: int, seed: int) -> int:
    """Run that many random faults; returns how many did not heal, plus one for each thing left behind."""
    dice = random.Random(seed)
    tally = Tally()
    async with (
        simulator.run(profile="idle-noise", unauthenticated_limit=10**6) as sim,
        async_test_home_assistant() as hass,
    ):
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS, None)
        MockConfigEntry(domain=DOMAIN, title="Home", unique_id=HOME, data={CONF_KIND: "server"}).add_to_hass(
            hass
        )
        entry = entry_of({"truenas": sim.url, "api_key": sim.api_key, "fingerprint": str(sim.fingerprint)})
        entry.add_to_hass(hass)
        patches = _hurry()
        for each in patches:
            each.start()
        try:
            assert await hass.config_entries.async_setup(entry.entry_id)
            source: Any = entry.runtime_data
            gc.collect()
            size, tasks = memory(), len(asyncio.all_tasks())
            for _ in range(runs):
                name = dice.choice(list(FAULTS))
                took = await _round(hass, sim, source, name, dice)
                if took is None:
                    tally.failed[name] += 1
                else:
                    tally.healed[name].append(took)
            await asyncio.sleep(1.0)
            gc.collect()
            left = _report(tally, memory() - size, len(asyncio.all_tasks()) - tasks, sim)
            await hass.config_entries.async_unload(entry.entry_id)
        finally:
            for each in patches:
                each.stop()
            await hass.async_stop(force=True)
    return tally.failed.total() + left


def _report(tally: Tally, grown: float, tasks: int, sim: Any) -> int:
    """Print the table and return the number of things that are left behind."""
    print(f"{'fault':<20} {'times':>6} {'healed in s: median':>20} {'worst':>7} {'not healed':>11}")
    for name in FAULTS:
        times = sorted(tally.healed[name])
        middle, worst = (times[len(times) // 2], times[-1]) if times else (0.0, 0.0)
        print(
            f"{name:<20} {len(times) + tally.failed[name]:>6} {middle:>20.2f} {worst:>7.2f} {tally.failed[name]:>11}"
        )
    print(f"(time runs {PACE:g} times as fast; budget {30 / PACE:.1f} s)")
    print(f"memory {grown:+.1f} MiB, tasks {tasks:+d}, sockets {sim.sessions}, logins {sim.logins}")
    return int(sim.sessions > 1) + int(tasks > 3)


def main() -> int:
    """Run the soak; exit 1 where something did not heal or was left behind."""
    parser = argparse.ArgumentParser(prog="script/soak", description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    logging.disable(logging.ERROR)
    print(f"seed {options.seed}, {options.runs} runs, {Path(sys.executable).name}")
    return int(asyncio.run(soak(options.runs, options.seed)) > 0)


if __name__ == "__main__":
    sys.exit(main())
