"""Updates of a container on real engines, each hurt at a random moment; prints how they ended, and what did not hold."""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
import contextlib
from dataclasses import dataclass, field, replace
import logging
from pathlib import Path
import random
import secrets
import shutil
import statistics
import sys
import tempfile
import threading
import time
import traceback
from unittest.mock import patch

from custom_components.home_server_monitor.sources.containers import gating
from tests.engine import Dockerd, Engine, NoEngine, Registry
from tests.engine.processes import free_port
from tests.engine.sharing import install, may_start
from tests.sources.containers.injuries import Injury, Kind, injuries
from tests.sources.containers.operation import operate
from tests.sources.containers.patient import Told

# engines at work; that of every second one goes on with its containers while it is away itself
LANES = 4
DISK = 192


@dataclass(slots=True)
class Tally:
    """What was seen so far."""

    ends: defaultdict[str, list[tuple[Injury, Told]]] = field(default_factory=lambda: defaultdict(list))
    broken: list[tuple[Injury, str]] = field(default_factory=list)
    verbose: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def table(self) -> Iterator[str]:
        """Yield the lines of the table."""
        yield f"{'injury':<28}{'runs':>5}{'hurt':>5}{'old':>5}{'new':>5}{'down s':>8}{'worst':>7}  ended as"
        everything = [one for found in self.ends.values() for one in found]
        for kind, found in [*sorted(self.ends.items()), ("all", everything)]:
            serves = Counter(told.serves for _, told in found)
            states = Counter(told.record.state.value for _, told in found)
            down = [told.down for _, told in found if told.down]
            yield (
                f"{kind:<28}{len(found):>5}{sum(told.hurt for _, told in found):>5}{serves['old']:>5}{serves['new']:>5}"
                f"{statistics.median(down) if down else 0:>8.1f}{max(down, default=0):>7.1f}  "
                + ", ".join(f"{state} {count}" for state, count in sorted(states.items()))
            )
        policies = Counter(injury.policy for injury, _ in everything)
        yield "restart policies: " + ", ".join(f"{name} {count}" for name, count in sorted(policies.items()))


def run_lane(lane: int, work: Iterator[Injury], tally: Tally, registry: Registry) -> None:
    """Go through injuries on an engine of one's own until there are no more."""
    folder = Path(tempfile.mkdtemp(prefix="hsm-lane-"))
    options = {"live-restore": lane % 2 == 1, "max-download-attempts": 1}
    own = Dockerd(folder / "e", free_port(), size=DISK, options=options)
    try:
        own.start()
        engine = Engine(f"unix://{own.socket}", None, own.api, registry.host)
        while True:
            with tally.lock:
                if (injury := next(work, None)) is None:
                    return
            _one(engine, folder / secrets.token_hex(4), injury, own, tally)
    finally:
        own.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _one(engine: Engine, folder: Path, injury: Injury, own: Dockerd, tally: Tally) -> None:
    def note(told: Told) -> None:
        with tally.lock:
            tally.ends["back: " * injury.back + injury.kind].append((injury, told))

    began = time.monotonic()
    one = replace(engine, prefix=f"hsmsoak-{secrets.token_hex(4)}-")
    try:
        operate(one, folder, injury, own, note)
    except Exception as err:  # noqa: BLE001 - each one that does not hold is counted and shown
        with tally.lock:
            tally.broken.append((injury, str(err)))
        where = traceback.extract_tb(err.__traceback__)[-1]
        print(
            f"DID NOT HOLD (live-restore {own.options['live-restore']}): {injury}: "
            f"{type(err).__name__} in {where.name}: {str(err)[:400]}",
            flush=True,
        )
        with contextlib.suppress(NoEngine):
            if own.pid is None:
                own.start()
    if tally.verbose:
        print(f"{time.monotonic() - began:5.1f} s {injury}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Run the soak; exit 1 where one update did not hold, 0 with a loud line where no engine can be had."""
    parser = argparse.ArgumentParser(prog="script/soak --updates", description=__doc__)
    parser.add_argument("--updates", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--verbose", action="store_true", help="tell each one, and how long it took")
    parser.add_argument("--kind", type=Kind, choices=[*Kind], help="nothing but this")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    print(f"seed {options.seed}, {options.updates} updates", flush=True)
    tally, started = Tally(verbose=options.verbose), time.monotonic()
    kinds = (options.kind,) if options.kind else tuple(Kind)
    work = injuries(random.Random(options.seed), options.updates, kinds)
    registry = Registry(Path(tempfile.mkdtemp(prefix="hsm-registry-")), free_port())
    try:
        may_start()
        install()
        registry.start()
        with (
            patch.object(gating, "LOOK_EVERY", 0.2),
            patch.object(gating, "STEADY_AGAIN", 1.0),
            ThreadPoolExecutor(LANES) as pool,
        ):
            lanes = [pool.submit(run_lane, lane, work, tally, registry) for lane in range(LANES)]
            for each in lanes:
                each.result()
    except NoEngine as err:
        print(f"NO REAL ENGINE: {err}")
        return 0
    finally:
        registry.stop()
    print("\n".join(tally.table()))
    print(
        f"{options.updates} updates, {len(tally.broken)} did not hold; {(time.monotonic() - started) / 60:.0f} min"
    )
    return int(bool(tally.broken))


if __name__ == "__main__":
    sys.exit(main())
