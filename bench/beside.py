"""One case of containers: ours and core's own `portainer`, one after the other, at the same simulated Portainer."""

import argparse
import asyncio
from dataclasses import asdict
import json
import sys
from typing import Any

from bench.remote import simulator
from bench.rows import Row

PEER = "core portainer"
TIMEOUT = 300.0
# metric → its unit
UNITS = {
    "set-up": "ms",
    "all looked at": "ms",
    "set-up, longest gap of the loop": "ms",
    "set-up, longest work of the loop": "ms",
    "set-up, requests": "count",
    "set-up, most requests at once": "count",
    "entities with a state": "count",
    "a minute, requests": "count",
    "steady, most requests at once": "count",
    "a minute, CPU": "ms",
    "steady, longest gap of the loop": "ms",
    "steady, longest work of the loop": "ms",
    "longest garbage collection": "ms",
    "a minute, state writes": "count",
    "a minute without change, state writes": "count",
    "memory on top": "MiB",
    "unload, longest gap of the loop": "ms",
}


def budgets(containers: int) -> dict[str, float]:
    """Return what the design allows where so many containers are watched."""
    gap = 50.0 if containers <= 100 else 100.0
    found = {
        "set-up, longest gap of the loop": gap,
        "steady, longest gap of the loop": gap,
        "set-up, most requests at once": 8.0,
        "steady, most requests at once": 8.0,
        "a minute, requests": 4 + max(20.0, containers / 5),
        "a minute without change, state writes": 0.0,
    }
    if containers <= 100:
        found |= {"a minute, state writes": 60.0, "memory on top": 60.0}
    return found


async def watched(who: str, told: dict[str, str], *arguments: str) -> dict[str, float]:
    """Let one of the two watch, in a process of its own. Raises RuntimeError with its words where it fails."""
    command = ("-m", "bench.ahead", "bench.watcher", who, json.dumps(told), *arguments)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(TIMEOUT):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    if process.returncode:
        raise RuntimeError(err.decode()[-3000:])
    found: dict[str, float] = json.loads(out.splitlines()[-1])
    return found


async def run(options: argparse.Namespace) -> list[Row]:
    """Run both and return their rows."""
    size = ("--containers", str(options.containers), "--latency", str(options.latency))
    more = [f"--{flag}" for flag in ("real", "frozen") if getattr(options, flag)]
    figures: dict[str, dict[str, float]] = {}
    async with simulator(*size, "--alone", "--http") as told:
        for who in ("ours", "core"):
            figures[who] = await watched(who, told, *more)
    name = f"{options.containers} containers, {options.latency} ms" + (", real" if options.real else "")
    return rows(name, figures["ours"], figures["core"], budgets(options.containers))


def rows(
    case: str,
    ours: dict[str, float],
    core: dict[str, float] | None,
    limits: dict[str, float],
    peer: str = PEER,
) -> list[Row]:
    """Return the figures of both side by side, or ours alone."""
    found = []
    for metric, unit in UNITS.items():
        if metric not in ours:
            continue
        more: dict[str, Any] = {"peer": peer, "peer_value": round(core[metric], 3)} if core else {}
        value = round(ours[metric], 3)
        found.append(Row(case=case, metric=metric, value=value, unit=unit, budget=limits.get(metric), **more))
    return found


def main() -> None:
    """Run one case and print its rows as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--containers", type=int, required=True)
    parser.add_argument("--latency", type=int, required=True)
    parser.add_argument(
        "--real", action="store_true", help="one real minute instead of five that are put forward"
    )
    parser.add_argument("--frozen", action="store_true", help="also minutes in which nothing moves")
    print(json.dumps([asdict(row) for row in asyncio.run(run(parser.parse_args()))]))


if __name__ == "__main__":
    main()
