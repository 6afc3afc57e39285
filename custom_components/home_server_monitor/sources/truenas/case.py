"""What every rule gets to see."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ...guardian.contract import Finding
from .memory import Memory
from .model import TrueNas
from .nodes import disk_node
from .storage import Disk, Vdev


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


type Rule = Callable[[Case], Iterator[Finding]]
