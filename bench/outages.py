"""Random outages under the plan and under what people have without one: how often the NAS is off in time, or for nothing."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from functools import partial
import os
import random
import sys
import time

from .power_lives import POLICIES, RESERVE, SHED_LOAD, Lived, live
from .power_world import is_possible, outage, would_be_empty, would_be_low


@dataclass(slots=True)
class Tally:
    """What became of the outages under one policy.

    possible: that would have drained the battery, and left the NAS the time that it takes; in_time: of those the NAS
    was off before; unknowable: of those it was not, and nobody could know: the gauge of a worn battery promised far more
    than there was, the UPS says neither charge nor runtime, or it was silent from before mains failed; shut_down: outages in which it was told; beside_mains, plenty, blind: of those, without
    need (see `Lived`), told apart where nobody could know; left_stopped, twice: what must never be.
    """

    outages: int = 0
    possible: int = 0
    in_time: int = 0
    unknowable: int = 0
    shut_down: int = 0
    beside_mains: int = 0
    plenty: int = 0
    blind: int = 0
    left_stopped: int = 0
    twice: int = 0

    def count(self, seed: int, lived: Lived) -> None:
        """Count an outage."""
        case, drained = outage(seed), would_be_empty(seed)
        self.outages += 1
        if drained and is_possible(case):
            self.possible += 1
            self.in_time += lived.in_time
            self.unknowable += not lived.in_time and case.unknowable
        self.shut_down += lived.ordered is not None
        needless = lived.plenty and not drained and not would_be_low(seed, RESERVE, SHED_LOAD)
        self.blind += (needless or lived.beside_mains) and lived.blind
        self.beside_mains += lived.beside_mains and not lived.blind
        self.plenty += needless and not lived.beside_mains and not lived.blind
        self.left_stopped += lived.left_stopped
        self.twice += lived.twice

    def add(self, other: Tally) -> None:
        """Add another one."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def missed(self) -> int:
        """Return the outages in which the NAS could have been off in time, and somebody could have known."""
        return self.possible - self.in_time - self.unknowable


def some(seeds: Sequence[int], policy: str, poll: float = 1.0) -> Tally:
    """Return what becomes of these outages under a policy."""
    tally = Tally()
    for seed in seeds:
        tally.count(seed, live(seed, policy, poll))
    return tally


def table(tallies: Iterable[tuple[str, Tally]]) -> Iterator[str]:
    """Yield the lines of the table."""
    head = (
        "possible",
        "in time",
        "missed",
        "unknowable",
        "NAS off",
        "beside mains",
        "plenty left",
        "not known",
    )
    yield f"{'policy':<22}" + "".join(f"{name:>14}" for name in head)
    for policy, each in tallies:
        row = (
            each.possible, each.in_time, each.missed, each.unknowable, each.shut_down, each.beside_mains, each.plenty,
            each.blind,
        )  # fmt: skip
        yield f"{policy:<22}" + "".join(f"{number:>14}" for number in row)


def run(outages: int, seed: int, jobs: int, poll: float) -> dict[str, Tally]:
    """Live through so many outages under each policy."""
    seeds = [seed * 1_000_003 + index for index in range(outages)]
    parts = [seeds[begin : begin + 50] for begin in range(0, outages, 50)]
    tallies = {policy: Tally() for policy in POLICIES}
    with ProcessPoolExecutor(jobs) as pool:
        for policy, tally in tallies.items():
            for part in pool.map(partial(some, policy=policy, poll=poll), parts):
                tally.add(part)
    return tallies


def main() -> int:
    """Run it; exit 1 where the plan missed one, acted without need though it could know, or left something stopped."""
    parser = argparse.ArgumentParser(prog="script/soak", description=__doc__)
    parser.add_argument("--outages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--poll", type=float, default=1.0, help="seconds between two looks on battery")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    started = time.monotonic()
    tallies = run(options.outages, options.seed, options.jobs, options.poll)
    print(f"seed {options.seed}, {options.outages} outages, {time.monotonic() - started:.0f} s")
    print("\n".join(table(tallies.items())))
    plans = [tallies[policy] for policy in POLICIES[:2]]
    wrong = sum(each.left_stopped + each.twice for each in plans)
    print(f"something left stopped, or the NAS asked twice in an outage: {wrong}")
    first = plans[0]
    return int(wrong + first.missed + first.beside_mains + first.plenty > 0)


if __name__ == "__main__":
    sys.exit(main())
