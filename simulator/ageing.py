"""How disks age: what a disk's counters were, and will be, by the day. The same seed, disk and day always say the same."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import exp
from typing import TYPE_CHECKING, Final

from .noise import jitter
from .storage import Disk

if TYPE_CHECKING:
    from .world import World

DAY = 86400.0
# what ageing changes of a disk
_CHANGED: Final = (
    "reallocated",
    "pending",
    "uncorrectable",
    "crc_errors",
    "wear_percent",
    "hours",
    "present",
)
# on which day, counted from the one on which it was asked for, a slow death begins, and a sudden one comes
SLOWLY, SUDDENLY = -21, 2


@dataclass(frozen=True, slots=True)
class Chance:
    """What differs from disk to disk and from day to day, from 0 to 1."""

    seed: int
    serial: str

    def __call__(self, what: str, day: int) -> float:
        """Return the chance of this day."""
        return (1 + jitter(self.seed, f"{what} {self.serial}", day)) / 2


# days from the one on which it was asked for (negative: before), the disk of that day → the disk as it is then
type Way = Callable[[int, Disk, Chance], Disk]


def healthy(day: int, disk: Disk, chance: Chance) -> Disk:
    """Only the hours grow."""
    return replace(disk, hours=max(disk.hours + 24 * day, 0))


def slow_death(day: int, disk: Disk, chance: Chance) -> Disk:
    """More bad sectors each day since three weeks: pending first, then replaced, or lost; some days it seems to mend."""
    pending = replaced = lost = 0
    for at in range(SLOWLY, day + 1):
        pending += 8 * round((0.5 + chance("bad", at)) * exp(min((at - SLOWLY) * 0.13, 4.5)))
        mended = 8 * int(pending / 8 * (0.3 + 0.5 * chance("mended", at)))
        pending -= mended
        replaced += mended
        if at - SLOWLY >= 9:
            lost += round(pending / 24)
    return replace(
        healthy(day, disk, chance),
        reallocated=disk.reallocated + min(replaced, 40_000),
        pending=min(pending, 8000),
        uncorrectable=min(lost, 8000),
    )


def overnight(day: int, disk: Disk, chance: Chance) -> Disk:
    """Nothing until the day before; then a head scratches, and hundreds of sectors go each day."""
    days = day + 2
    if days <= 0:
        return healthy(day, disk, chance)
    scratches = [1 + chance("scratch", at) for at in range(days)]
    return replace(
        healthy(day, disk, chance),
        reallocated=disk.reallocated + sum(8 * round(30 * each) for each in scratches),
        pending=sum(8 * round(12 * each) for each in scratches),
        uncorrectable=sum(round(40 * each) for each in scratches),
    )


def sudden_death(day: int, disk: Disk, chance: Chance) -> Disk:
    """Nothing to be seen, and two days later it is gone: no counter moves before."""
    return replace(healthy(day, disk, chance), present=day < SUDDENLY)


def old_and_stable(day: int, disk: Disk, chance: Chance) -> Disk:
    """A few sectors were replaced years ago, and none since; a cable was loose once."""
    return replace(healthy(day, disk, chance), reallocated=16, crc_errors=4)


def cable(day: int, disk: Disk, chance: Chance) -> Disk:
    """Errors between disk and host since ten days; the disk itself is well."""
    errors = sum(round(10 + 60 * chance("cable", at)) for at in range(-10, day + 1))
    return replace(healthy(day, disk, chance), crc_errors=errors)


def counter_reset(day: int, disk: Disk, chance: Chance) -> Disk:
    """Forty sectors, until another disk came behind the same serial twelve days ago."""
    if day < -12:
        return replace(healthy(day, disk, chance), reallocated=40)
    return replace(disk, hours=24 * (day + 12), reallocated=0)


def wearing(day: int, disk: Disk, chance: Chance) -> Disk:
    """A solid-state drive that uses one percent of its life in twenty days."""
    return replace(healthy(day, disk, chance), wear_percent=min(max(0, 87 + day // 20), 255))


WAYS: Final[dict[str, Way]] = {
    "healthy": healthy,
    "slow_death": slow_death,
    "overnight": overnight,
    "sudden_death": sudden_death,
    "old_and_stable": old_and_stable,
    "cable": cable,
    "counter_reset": counter_reset,
    "wearing": wearing,
}


@dataclass(slots=True)
class Aged:
    """A disk that ages. since: when that was asked for; then: how it was; day: up to which the world shows it."""

    disk: Disk
    way: Way
    chance: Chance
    since: float
    then: Disk
    day: int = 0

    def day_of(self, at: float) -> int:
        """How many days after it was asked for an instant is."""
        return round((at - self.since) / DAY)

    def on(self, at: float) -> Disk:
        """The disk as it is at an instant, in the past or in the future."""
        return self.way(self.day_of(at), self.then, self.chance)


def begin(world: World, disk: Disk, way: str) -> None:
    """Let a disk have aged in a way, and go on so. KeyError for one that there is not."""
    then = replace(disk)
    aged = Aged(disk, WAYS[way], Chance(world.seed, disk.serial), world.clock.now(), then)
    world.aged[disk.serial] = aged
    _show(world, disk, aged.on(aged.since))


def end(world: World, disk: Disk) -> None:
    """Let a disk be as it was before, and stay so."""
    aged = world.aged.pop(disk.serial, None)
    if aged is not None:
        _show(world, disk, aged.then)


def grow(world: World) -> None:
    """Bring every disk that ages up to the present day."""
    now = world.clock.now()
    for aged in world.aged.values():
        if (day := aged.day_of(now)) != aged.day:
            aged.day = day
            _show(world, aged.disk, aged.on(now))


def _show(world: World, disk: Disk, grown: Disk) -> None:
    was = disk.present
    for name in _CHANGED:
        setattr(disk, name, getattr(grown, name))
    if was == disk.present:
        return
    leaf, pool = world.leaf_of(disk), world.pool_of(disk)
    if leaf is not None and pool is not None:
        leaf.state = "ONLINE" if disk.present else "REMOVED"
        if disk.present:
            world.clear_alerts("VolumeStatus")
        else:
            words = "One or more devices could not be opened."
            text = f"Pool {pool.name} state is {pool.status}: {words}"
            args = {"volume": pool.name, "state": pool.status, "status": words}
            world.raise_alert("VolumeStatus", "CRITICAL", text, args)
    world.changed("disk", "added" if disk.present else "removed", disk.identifier)
