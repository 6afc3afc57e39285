"""Disks in trouble."""

from typing import Any, override

from simulator.alerts import Level
from simulator.storage import Disk, Pool, Vdev

from .base import Scenario

DAY = 86400.0


def _degraded_text(pool: Pool, words: str) -> str:
    return f"Pool {pool.name} state is {pool.status}: {words}"


class _OnLeaf(Scenario):
    """A scenario about the leaf of one disk."""

    leaf: Vdev
    target: Pool
    before: tuple[str, int, int, int]

    def take(self, name: str) -> Disk:
        """Find leaf and pool, and remember how the leaf was."""
        disk = self.disk(name)
        leaf, pool = self.world.leaf_of(disk), self.world.pool_of(disk)
        if leaf is None or pool is None:
            raise KeyError(f"{name} is in no pool")
        self.leaf, self.target = leaf, pool
        self.before = (leaf.state, leaf.read_errors, leaf.write_errors, leaf.checksum_errors)
        return disk

    def tell(self, words: str) -> None:
        """Raise the pool's alert."""
        level: Level = "CRITICAL" if self.target.status != "ONLINE" else "WARNING"
        self.world.raise_alert(
            "VolumeStatus",
            level,
            _degraded_text(self.target, words),
            {"volume": self.target.name, "state": self.target.status, "status": words},
        )

    @override
    async def off(self) -> None:
        state, reads, writes, sums = self.before
        self.leaf.state = state  # type: ignore[assignment]
        self.leaf.read_errors, self.leaf.write_errors, self.leaf.checksum_errors = reads, writes, sums
        self.world.clear_alerts("VolumeStatus")


class DiskFailing(_OnLeaf):
    """Errors on a leaf, and SMART gets worse."""

    name = "disk_failing"
    about = "A disk of the mirror reports bad sectors and read errors"
    smart: tuple[int, int, int]
    failing: Disk

    @override
    async def on(self, disk: str = "sdb", read_errors: int = 14, pending: int = 24, **_: Any) -> None:
        self.failing = self.take(disk)
        one = self.failing
        self.smart = (one.reallocated, one.pending, one.uncorrectable)
        self.leaf.read_errors += read_errors
        self.leaf.checksum_errors += 3
        one.reallocated += 16
        one.pending += pending
        one.uncorrectable += pending // 3
        self.tell("One or more devices has experienced an unrecoverable error.")
        self.world.raise_alert(
            "SMART" if self.sim.truenas.release <= 2504 else "SMARTUncorrectedErrors",
            "CRITICAL",
            f"Device: /dev/{one.name} [SAT], {one.pending} Currently unreadable (pending) sectors.",
            {"device": one.name, "serial": one.serial},
        )

    @override
    async def off(self) -> None:
        await super().off()
        one = self.failing
        one.reallocated, one.pending, one.uncorrectable = self.smart
        self.world.clear_alerts("SMART")
        self.world.clear_alerts("SMARTUncorrectedErrors")


class PoolDegraded(_OnLeaf):
    """A mirror member is FAULTED."""

    name = "pool_degraded"
    about = "A member of the mirror is FAULTED; the pool is DEGRADED"

    @override
    async def on(self, disk: str = "sdc", state: str = "FAULTED", **_: Any) -> None:
        self.take(disk)
        self.leaf.state = "FAULTED" if state == "FAULTED" else "UNAVAIL"
        self.leaf.read_errors += 4
        self.leaf.write_errors += 211
        self.tell("One or more devices are faulted in response to persistent errors.")


class ChecksumErrors(_OnLeaf):
    """Checksum errors on a leaf that stays online."""

    name = "checksum_errors"
    about = "A disk delivers data whose checksums are wrong"

    @override
    async def on(self, disk: str = "sdb", count: int = 37, **_: Any) -> None:
        self.take(disk)
        self.leaf.checksum_errors += count
        self.tell("One or more devices has experienced an unrecoverable error.")


class DiskMissing(_OnLeaf):
    """A disk is unplugged; off plugs it in again."""

    name = "disk_missing"
    about = "A disk is unplugged"
    gone: Disk

    @override
    async def on(self, disk: str = "sdc", **_: Any) -> None:
        self.gone = self.take(disk)
        self.gone.present = False
        self.leaf.state = "REMOVED"
        self.tell("One or more devices could not be opened.")
        self.world.changed("disk", "removed", self.gone.identifier)

    @override
    async def off(self) -> None:
        self.gone.present = True
        await super().off()
        self.world.changed("disk", "added", self.gone.identifier)


class DiskRenamed(Scenario):
    """The kernel hands out sdX names in another order; serials stay."""

    name = "disk_renamed"
    about = "After a boot the disks have each other's sdX names"
    before: dict[str, str]

    @override
    async def on(self, **_: Any) -> None:
        disks = [disk for disk in self.world.present_disks() if disk.bus == "SATA"]
        self.before = {disk.serial: disk.name for disk in disks}
        names = [disk.name for disk in disks]
        for disk, name in zip(disks, [*names[1:], names[0]], strict=True):
            disk.name = name
            self.world.changed("disk", "changed", disk.identifier)

    @override
    async def off(self) -> None:
        for disk in self.world.disks:
            if disk.serial in self.before:
                disk.name = self.before[disk.serial]
                self.world.changed("disk", "changed", disk.identifier)


class HotDisk(Scenario):
    """A disk gets too warm."""

    name = "hot_disk"
    about = "A disk is too hot"
    hot: Disk

    @override
    async def on(self, disk: str = "sdd", by: float = 24.0, **_: Any) -> None:
        self.hot = self.disk(disk)
        self.hot.heat += by
        self.sim.truenas.temperature_cache.pop(self.hot.serial, None)

    @override
    async def off(self) -> None:
        self.hot.heat = 0.0
        self.sim.truenas.temperature_cache.pop(self.hot.serial, None)


class DiskAsleep(Scenario):
    """A disk spins down; reading SMART without care would wake it."""

    name = "disk_asleep"
    about = "The media disk sleeps"
    sleeper: Disk

    @override
    async def on(self, disk: str = "sdd", **_: Any) -> None:
        self.sleeper = self.disk(disk)
        self.sleeper.asleep = True
        self.sim.truenas.temperature_cache.pop(self.sleeper.serial, None)

    @override
    async def off(self) -> None:
        self.sleeper.asleep = False


DISKS: tuple[type[Scenario], ...] = (
    DiskFailing,
    PoolDegraded,
    DiskMissing,
    ChecksumErrors,
    DiskRenamed,
    HotDisk,
    DiskAsleep,
)
