"""A disk is replaced by a person at the server, one step at a time."""

from typing import Any, override

from simulator.build import WD_4TB
from simulator.motion import start_scan
from simulator.noise import digest
from simulator.storage import Disk, Health, Pool, Scan, Vdev
from simulator.world import World

from .base import Scenario

NEW = "WD-WX22DC059K1D"


class DiskReplacement(Scenario):
    """Each press is one step, as far as the world is by then: offline, out, the new one in, replace ordered.

    The resilver runs by the world's clock. Off puts the old disk back, as if nothing had been.
    """

    name = "disk_replacement"
    about = "A disk is replaced, a step at each press: offline, out, a new one in, Replace"
    goes_on = True
    old: Disk
    leaf: Vdev
    target: Pool
    before: tuple[Scan | None, Health]

    def __init__(self, sim: Any) -> None:
        super().__init__(sim)
        self.heirs: list[Disk] = []

    @override
    async def on(self, disk: str = "WD-WCC7K4AA17XT", steps: int = 1, new: str = NEW, **params: Any) -> None:
        old = self.disk(disk)
        if not hasattr(self, "old"):
            leaf, pool = self.world.leaf_of(old), self.world.pool_of(old)
            if leaf is None or pool is None:
                raise KeyError(f"{disk} is in no pool")
            self.old, self.leaf, self.target = old, leaf, pool
            self.before = pool.scan, leaf.state
        for _ in range(steps):
            self._step(old, new, **params)

    @override
    async def off(self) -> None:
        for holder in self._holders(self.target):
            for place, child in enumerate(holder):
                ours = any(leaf is self.leaf or leaf.disk in self.heirs for leaf in child.leaves())
                if ours and child.kind in ("REPLACING", "DISK"):
                    holder[place] = self.leaf
        self.target.scan, self.leaf.state = self.before
        self.old.present = True
        for heir in self.heirs:
            self.world.disks.remove(heir)
            self.world.changed("disk", "removed", heir.identifier)
        self.world.clear_alerts("VolumeStatus")
        self.world.changed("disk", "added", self.old.identifier)
        self.world.changed("pool", "changed", self.target.number)

    @staticmethod
    def _holders(pool: Pool) -> list[list[Vdev]]:
        return [pool.data, *(vdev.children for vdev in pool.data)]

    def _step(self, old: Disk, new: str, size: int = WD_4TB, in_place: bool = False) -> None:
        world, leaf, pool = self.world, self.world.leaf_of(old), self.world.pool_of(old)
        heir = next((disk for disk in world.disks if disk.serial == new), None)
        if leaf is None or pool is None:
            # it has been replaced in its place, and is taken out now
            if old.present:
                old.present = False
                world.changed("disk", "removed", old.identifier)
        elif heir is not None and world.leaf_of(heir) is None:
            self._replace(pool, leaf, heir)
        elif heir is not None:
            return
        elif in_place:
            self._insert(old, new, f"{old.name}x", size)
        elif leaf.state == "ONLINE":
            leaf.state = "OFFLINE"
            self._tell(pool, "One or more devices has been taken offline by the administrator.")
        elif old.present:
            old.present = False
            world.changed("disk", "removed", old.identifier)
            world.changed("pool", "changed", pool.number)
        else:
            self._insert(old, new, old.name, size)

    def _tell(self, pool: Pool, words: str) -> None:
        self.world.raise_alert(
            "VolumeStatus",
            "CRITICAL",
            f"Pool {pool.name} state is {pool.status}: {words}",
            {"volume": pool.name, "state": pool.status, "status": words},
        )
        self.world.changed("pool", "changed", pool.number)

    def _insert(self, old: Disk, serial: str, name: str, size: int) -> None:
        world = self.world
        disk = _new(world, old, serial, name, size)
        world.disks.append(disk)
        self.heirs.append(disk)
        world.changed("disk", "added", disk.identifier)

    def _replace(self, pool: Pool, old: Vdev, heir: Disk) -> None:
        world = self.world
        member = Vdev("DISK", world.guid("leaf", heir.serial), disk=heir)
        group = Vdev("REPLACING", world.guid("replacing", heir.serial), [old, member])
        for holder in self._holders(pool):
            for place, child in enumerate(holder):
                if child is old:
                    holder[place] = group
        start_scan(world, pool, "RESILVER")
        world.changed("pool", "changed", pool.number)


def _new(world: World, old: Disk, serial: str, name: str, size: int) -> Disk:
    return Disk(
        serial=serial,
        model="WDC_WD40EFZX-68AWUN0",
        name=name,
        size=size,
        kind="HDD",
        bus="SATA",
        rotation=5400,
        lunid="50014ee2" + digest(world.seed, serial)[:8],
        temperature=old.temperature - 3.0,
        hours=2,
    )


REPLACED: tuple[type[Scenario], ...] = (DiskReplacement,)
