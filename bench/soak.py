"""Random faults, one after the other, on one Home Assistant: each must be shown, healed, and leave nothing behind."""

import argparse
import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
import contextlib
from dataclasses import dataclass, field, fields, replace
import gc
import logging
from pathlib import Path
import random
import sys
import tempfile
import time
from typing import Any
from unittest.mock import patch

import aiohttp
from aiohttp import ThreadedResolver
from homeassistant import loader
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from bench.case import entry_of
from bench.meters import memory
from bench.remote import Board, simulator
from custom_components.home_server_monitor import coordinator as shared
from custom_components.home_server_monitor.const import CONF_KIND, DOMAIN, HOME
from custom_components.home_server_monitor.sources import feeds
from custom_components.home_server_monitor.sources.truenas import (
    client as truenas,
    coordinator as nas,
    logins,
    numbers,
    session,
)
from custom_components.home_server_monitor.sources.truenas.methods import Method, Operation, method_of
from custom_components.home_server_monitor.sources.truenas.opening import Timing
from custom_components.home_server_monitor.sources.truenas.releases import Release

# the design's times, 20 times as fast: a cycle of 15 s, retries of 4 to 18 s, healed within 30 s
PACE = 20.0
HEALED = 30.0 / PACE + 1.0
# runs between two looks at the memory: what is warmed up once levels off, a leak goes on
STRETCH = 50

type Fault = Callable[[Board], Awaitable[None]]


def _one(method: str, fault: str, **more: Any) -> Fault:
    return lambda board: board.post("/on_call", method=method, fault=fault, **more)


def _all(fault: str) -> Fault:
    return lambda board: board.post("/on_call", fault=fault)


def _down(board: Board) -> Awaitable[None]:
    return board.post("/cable", plugged=False)


def _reboot(board: Board) -> Awaitable[None]:
    return board.post("/scenario/reboot", downtime=0)


def _junk(board: Board) -> Awaitable[None]:
    return board.post("/frame", text='{"jsonrpc": "2.0", "id": "hsm-1", "result": null}', times=20)


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
    "null app.query": _one("app.query", "replace", value=[None]),
    "wrong ids": _one("*", "wrong_id"),
    "reset": _one("service.query", "reset_mid_frame"),
    "dropped": _one("alert.list", "drop"),
    "huge": _one("alert.list", "huge", size=6_000_000),
}


@dataclass(slots=True)
class Tally:
    """What happened, by fault."""

    healed: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: Counter[str] = field(default_factory=Counter)
    sizes: list[tuple[int, float]] = field(default_factory=list)

    def measure(self, run: int) -> None:
        """Note how many MiB this process has after so many runs."""
        gc.collect()
        self.sizes.append((run, memory()))


def _faster_method(operation: Operation, release: Release) -> Method:
    """Return the method with its own deadline as short as all others."""
    method = method_of(operation, release)
    return replace(method, deadline=method.deadline / PACE if method.deadline else None)


def hurried() -> list[Any]:
    """Return the patches that make every time of the integration `PACE` times as short.

    All of them: one that is left out outlasts the rest. A slow call with its deadline of 30 s held up a poll for
    11 s, which are 220 s here.
    """
    timing = Timing()
    fast = replace(timing, **{each.name: getattr(timing, each.name) / PACE for each in fields(timing)})
    modules = {
        shared: ("TICK", "CYCLE", "FIRST_RETRY", "LAST_RETRY", "PUSH_DELAY"),
        feeds: ("FIRST_RETRY", "LAST_RETRY", "EARLY"),
        logins: ("LAST_BLIND_WAIT",),
        nas: ("CYCLE",),
        session: ("READING", "READING_AGAIN", "SIGN_OF_LIFE", "SHORT_SESSION"),
        numbers: ("SHOW_DELAY",),
    }
    return [
        *(
            patch.object(module, name, getattr(module, name) / PACE)
            for module, names in modules.items()
            for name in names
        ),
        patch.object(shared.ServiceCoordinator, "tick", shared.TICK / PACE),
        patch.object(logins, "WAITS", tuple(wait / PACE for wait in logins.WAITS)),
        patch.object(truenas, "Timing", lambda: fast),
        patch.object(truenas, "method_of", _faster_method),
    ]


async def _round(board: Board, source: Any, name: str, dice: random.Random) -> float | None:
    """Inject one fault for a moment, end it, and return the seconds until all is fresh again, or None."""
    await FAULTS[name](board)
    source.feeds.reset()
    source.async_hurry()
    await asyncio.sleep(dice.uniform(0.1, 2.0))
    await board.post("/on_call")
    await board.post("/cable", plugged=True)
    started = time.monotonic()
    while time.monotonic() - started < HEALED * 4:
        await asyncio.sleep(0.02)
        if source.last_update_success and not source.feeds.stale_keys - source.feeds.unsupported:
            return time.monotonic() - started
    return None


@contextlib.asynccontextmanager
async def _watched(told: dict[str, str], folder: str) -> AsyncIterator[Any]:
    """Let a Home Assistant in this process watch the simulator; yields the source."""
    async with async_test_home_assistant(config_dir=folder) as hass:
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS, None)
        server = MockConfigEntry(domain=DOMAIN, title="Home", unique_id=HOME, data={CONF_KIND: "server"})
        server.add_to_hass(hass)
        entry = entry_of(told)
        entry.add_to_hass(hass)
        try:
            assert await hass.config_entries.async_setup(entry.entry_id)
            yield entry.runtime_data
            await hass.config_entries.async_unload(entry.entry_id)
        finally:
            await hass.async_stop(force=True)


async def soak(runs: int, seed: int) -> int:
    """Run that many random faults; returns how many did not heal, plus one for each thing left behind."""
    dice = random.Random(seed)
    tally = Tally()
    resolver = patch(
        "homeassistant.helpers.aiohttp_client._async_make_resolver", lambda hass: ThreadedResolver()
    )
    with contextlib.ExitStack() as stack:
        for each in (*hurried(), resolver):
            stack.enter_context(each)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        async with (
            simulator("--profile", "idle-noise", "--unauthenticated-limit", str(10**6)) as told,
            aiohttp.ClientSession() as http,
            _watched(told, folder) as source,
        ):
            board = Board(http, told)
            tasks = len(asyncio.all_tasks())
            tally.measure(0)
            for run in range(1, runs + 1):
                name = dice.choice(list(FAULTS))
                took = await _round(board, source, name, dice)
                if took is None:
                    tally.failed[name] += 1
                else:
                    tally.healed[name].append(took)
                if run % STRETCH == 0 or run == runs:
                    tally.measure(run)
            await asyncio.sleep(1.0)
            left = _report(tally, len(asyncio.all_tasks()) - tasks, await board.state())
    return tally.failed.total() + left


def _report(tally: Tally, tasks: int, state: dict[str, Any]) -> int:
    """Print the table and return the number of things that are left behind."""
    print(f"{'fault':<20} {'times':>6} {'healed in s: median':>20} {'worst':>7} {'not healed':>11}")
    for name in FAULTS:
        times = sorted(tally.healed[name])
        middle, worst = (times[len(times) // 2], times[-1]) if times else (0.0, 0.0)
        print(
            f"{name:<20} {len(times) + tally.failed[name]:>6} {middle:>20.2f} {worst:>7.2f} {tally.failed[name]:>11}"
        )
    print(f"(time runs {PACE:g} times as fast; budget {30 / PACE:.1f} s)")
    first = tally.sizes[0][1]
    grown = ", ".join(f"{size - first:+.1f} after {run}" for run, size in tally.sizes[1:])
    print(f"memory of this process, without the simulator: {first:.0f} MiB; {grown}")
    print(f"tasks {tasks:+d}, sockets {state['sessions']}, logins {state['logins']}")
    return int(state["sessions"] > 1) + int(tasks > 3)


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
