"""How disks age: what a disk's counters were, and will be, by the day."""

from collections.abc import Callable
from dataclasses import replace
from math import exp
from typing import Final

from simulator.storage import Disk

# days from now (negative: before), and the disk as it is today → the disk as it is then
type Ageing = Callable[[int, Disk], Disk]


def healthy(day: int, disk: Disk) -> Disk:
    """Only the hours grow."""
    return replace(disk, hours=max(disk.hours + 24 * day, 0))


def _grown(day: int, start: int, most: int, pace: float) -> int:
    """A number that begins to grow on a day, faster and faster."""
    return 0 if day < start else min(most, round(exp((day - start) * pace)))


def slow_death(day: int, disk: Disk) -> Disk:
    """Bad sectors since three weeks, more each day, then errors that cannot be corrected."""
    return replace(
        healthy(day, disk),
        reallocated=8 * _grown(day, -21, 400, 0.16),
        pending=8 * _grown(day, -14, 40, 0.16),
        uncorrectable=_grown(day, -9, 200, 0.3),
    )


def sudden_death(day: int, disk: Disk) -> Disk:
    """Nothing to be seen, and then it is gone: no counter moves before."""
    return healthy(day, disk)


def old_and_stable(day: int, disk: Disk) -> Disk:
    """A few sectors were replaced years ago, and none since."""
    return replace(healthy(day, disk), reallocated=16)


def cable(day: int, disk: Disk) -> Disk:
    """Errors between disk and host since ten days; the disk itself is well."""
    return replace(healthy(day, disk), crc_errors=max(0, 37 * (day + 10)))


def counter_reset(day: int, disk: Disk) -> Disk:
    """Forty sectors, until another disk came behind the same serial twelve days ago."""
    if day < -12:
        return replace(healthy(day, disk), reallocated=40)
    return replace(disk, hours=24 * (day + 12), reallocated=0)


def wearing(day: int, disk: Disk) -> Disk:
    """A solid-state drive that uses one percent of its life in twenty days."""
    return replace(healthy(day, disk), wear_percent=max(0, 87 + day // 20))


AGEING: Final[dict[str, Ageing]] = {
    "healthy": healthy,
    "slow_death": slow_death,
    "sudden_death": sudden_death,
    "old_and_stable": old_and_stable,
    "cable": cable,
    "counter_reset": counter_reset,
    "wearing": wearing,
}
