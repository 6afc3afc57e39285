"""Updates of a container on a real engine, each hurt at a random moment; prints how they ended, and what did not hold."""

import argparse
import asyncio
from collections import Counter, defaultdict
import logging
from pathlib import Path
import random
import secrets
import sys
import tempfile
from unittest.mock import patch

from custom_components.home_server_monitor.guardian.remediation import Record
from custom_components.home_server_monitor.sources.containers import gating
from tests.engine import Engine, NoEngine, engine_of_our_own
from tests.sources.containers.injuries import Injury, operate


async def hurt(engine: Engine, runs: int, dice: random.Random) -> int:
    """Go through that many injuries; returns how many did not hold."""
    ends: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        for run in range(runs):
            injury = Injury.random(dice)
            one = Engine(
                engine.url, engine.tcp, engine.api, engine.registry, f"hsmsoak-{secrets.token_hex(4)}-"
            )
            ended: list[Record] = []
            try:
                await operate(one, Path(folder) / str(run), injury, ended.append)
                ends[injury.image, injury.cut].update(each.state for each in ended)
            except Exception as err:  # noqa: BLE001 - each one that does not hold is counted and shown
                broken += 1
                print(f"DID NOT HOLD: {injury}: {type(err).__name__}: {str(err)[:300]}", flush=True)
    print(f"{'newer image':<12} {'hurt by':<14} {'ended as'}")
    for (image, cut), told in sorted(ends.items()):
        print(
            f"{image:<12} {cut:<14} {', '.join(f'{state} {count}' for state, count in sorted(told.items()))}"
        )
    print(f"{runs} updates, {broken} did not hold")
    return broken


def main() -> int:
    """Run the soak; exit 1 where one update did not hold, 0 with a loud line where no engine can be had."""
    parser = argparse.ArgumentParser(prog="script/soak --updates", description=__doc__)
    parser.add_argument("--updates", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    logging.disable(logging.ERROR)
    print(f"seed {options.seed}, {options.updates} updates", flush=True)
    with patch.object(gating, "LOOK_EVERY", 0.2), patch.object(gating, "STEADY_AGAIN", 1.0):
        try:
            with engine_of_our_own() as engine:
                return int(asyncio.run(hurt(engine, options.updates, random.Random(options.seed))) > 0)
        except NoEngine as err:
            print(f"NO REAL ENGINE: {err}")
            return 0


if __name__ == "__main__":
    sys.exit(main())
