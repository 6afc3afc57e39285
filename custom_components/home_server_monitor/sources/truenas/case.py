"""What every rule gets to see."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ...guardian.contract import Finding
from .disk import Disk
from .memory import Memory
from .model import TrueNas
from .nodes import disk_node
from .storage import Vdev


@dataclass(frozen=True, slots=True)
class Case:
    """One snapshot under judgement; `make` makes a finding of its source; `instance` names this Home Assistant."""

    source: str
    data: TrueNas
    memory: Memory
    now: datetime
    make: Callable[..., Finding]
    instance: str = ""

    def disk_of(self, leaf: Vdev) -> Disk | None:
        """Return the disk behind a device of a pool."""
        if leaf.disk is None:
            return None
        return next((disk for disk in self.data.disks.values() if disk.device == leaf.disk), None)

    def name_of(self, leaf: Vdev) -> str:
        """Return a device of a pool by the name of its disk, also of one that is gone; else as the server calls it."""
        if (disk := self.disk_of(leaf)) is not None:
            return disk.title
        known = self.memory.disks.get(self.memory.identity_of(leaf) or "")
        return known or leaf.disk or leaf.missing or leaf.guid

    def node_of(self, leaf: Vdev) -> str:
        """Return the node of the disk behind a device of a pool, also of one that is gone; else one of its own."""
        if (disk := self.disk_of(leaf)) is not None:
            return disk_node(disk.identity)
        identity = self.memory.identity_of(leaf)
        return disk_node(identity) if identity else f"device:{leaf.guid}"

    def where(self, identity: str) -> str:
        """Return what finds a disk in its machine: its size, its pool, its group there, and its slot where that is known."""
        disk = self.data.disks.get(identity)
        pools = [*self.data.pools.values(), *([self.data.boot_pool] if self.data.boot_pool else [])]
        groups = (
            f"pool {pool.name}" + (f", {vdev.kind}" if vdev.children else ", alone")
            for pool in pools
            for vdev in pool.vdevs
            if any(self.node_of(leaf) == disk_node(identity) for leaf in vdev.leaves())
        )
        found = next(groups, "no pool that is known")
        size = f"{size_words(disk.size)} in " if disk and disk.size else ""
        return size + found + (f", {disk.slot}" if disk and disk.slot else "")


def size_words(size: int) -> str:
    """Return a size as it is printed on the drive."""
    return f"{size / 1e12:.3g} TB" if size >= 1e12 else f"{size / 1e9:.0f} GB"


type Rule = Callable[[Case], Iterator[Finding]]
