"""What the server stores data on: disks, vdevs, pools, datasets and snapshots."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

type VdevKind = Literal["DISK", "MIRROR", "RAIDZ2", "REPLACING"]
type Health = Literal["ONLINE", "DEGRADED", "FAULTED", "OFFLINE", "UNAVAIL", "REMOVED"]

PARITY: dict[VdevKind, int] = {"DISK": 0, "MIRROR": 0, "RAIDZ2": 2, "REPLACING": 0}
# each member holds all
COPIES: frozenset[VdevKind] = frozenset({"MIRROR", "REPLACING"})


@dataclass(slots=True)
class SelfTest:
    """One entry of a drive's own log of self-tests."""

    kind: Literal["SHORT", "LONG", "CONVEYANCE", "OFFLINE"]
    at_hours: int
    passed: bool = True
    running_percent: int | None = None


@dataclass(slots=True)
class Disk:
    """One drive. `name` is what the kernel calls it today; the serial is what stays."""

    serial: str
    model: str
    name: str
    size: int
    kind: Literal["HDD", "SSD"]
    bus: Literal["SATA", "NVME"]
    rotation: int | None
    lunid: str
    temperature: float
    hours: int
    standby_minutes: int | None = None
    heat: float = 0.0
    asleep: bool = False
    present: bool = True
    wakeups: int = 0
    reallocated: int = 0
    pending: int = 0
    uncorrectable: int = 0
    crc_errors: int = 0
    wear_percent: int = 0
    read_base: int = 0
    write_base: int = 0
    counters_since: float = 0.0
    tests: list[SelfTest] = field(default_factory=list)

    @property
    def identifier(self) -> str:
        """The key that TrueNAS gives a disk that has a serial and a lun id."""
        return f"{{serial_lunid}}{self.serial}_{self.lunid}"


@dataclass(slots=True)
class Vdev:
    """A node of a pool's tree; a leaf stands on one disk."""

    kind: VdevKind
    guid: int
    children: list[Vdev] = field(default_factory=list)
    disk: Disk | None = None
    state: Health = "ONLINE"
    read_errors: int = 0
    write_errors: int = 0
    checksum_errors: int = 0

    @property
    def status(self) -> Health:
        """A leaf's own state; a group's follows from how many members it lost."""
        if not self.children:
            return self.state
        lost = sum(child.status != "ONLINE" for child in self.children)
        if not lost:
            return "ONLINE"
        spare = len(self.children) - 1 if self.kind in COPIES else PARITY[self.kind]
        return "DEGRADED" if lost <= spare else "UNAVAIL"

    def leaves(self) -> Iterator[Vdev]:
        """Every leaf under this node, or the node itself."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def settle(self) -> Vdev:
        """What is left once nothing is being replaced: the new member alone."""
        self.children = [child.settle() for child in self.children]
        return self.children[-1] if self.kind == "REPLACING" else self

    @property
    def raw_size(self) -> int:
        """Bytes before parity: a mirror counts once, RAIDZ counts its parity too."""
        if not self.children:
            return self.disk.size if self.disk else 0
        sizes = [child.raw_size for child in self.children]
        return min(sizes) if self.kind in COPIES else sum(sizes)

    @property
    def usable_share(self) -> float:
        """The part of the raw size that data can fill."""
        return 1 - PARITY[self.kind] / len(self.children) if self.children else 1.0


@dataclass(slots=True)
class Scan:
    """A scrub or resilver, running or done."""

    function: Literal["SCRUB", "RESILVER"]
    state: Literal["SCANNING", "FINISHED", "CANCELED"]
    start: float
    total: int
    rate: float
    end: float | None = None
    done: int = 0
    errors: int = 0
    paused_at: float | None = None
    resumed_at: float = 0.0

    @property
    def percentage(self) -> float:
        """0 to 100."""
        return 100.0 if self.state == "FINISHED" or not self.total else 100.0 * self.done / self.total


@dataclass(slots=True)
class Pool:
    """A pool; `exported` means that its numbers are gone while its row stays."""

    number: int
    name: str
    guid: int
    data: list[Vdev]
    fragmentation: int
    autotrim: bool = False
    scan: Scan | None = None
    exported: bool = False
    scrub_days: int = 35
    fill: float = 0.0

    @property
    def status(self) -> Health:
        """The worst of its vdevs, as a pool says it."""
        if self.exported:
            return "OFFLINE"
        states = {vdev.status for vdev in self.data}
        if states <= {"ONLINE"}:
            return "ONLINE"
        return "DEGRADED" if states <= {"ONLINE", "DEGRADED"} else "FAULTED"

    @property
    def size(self) -> int:
        """Raw bytes; RAIDZ counts its parity."""
        return int(sum(vdev.raw_size for vdev in self.data) * 0.995)

    @property
    def usable_share(self) -> float:
        """The part of the raw size that data can fill."""
        return self.data[0].usable_share

    @property
    def scanning(self) -> bool:
        """Whether a scrub or resilver is under way, paused ones too."""
        return self.scan is not None and self.scan.state == "SCANNING"

    def leaves(self) -> Iterator[Vdev]:
        """Every leaf."""
        for vdev in self.data:
            yield from vdev.leaves()

    def errors(self) -> int:
        """Read, write and checksum errors of all leaves."""
        return sum(leaf.read_errors + leaf.write_errors + leaf.checksum_errors for leaf in self.leaves())


@dataclass(slots=True)
class Dataset:
    """A file system or a volume; `own` is what it holds without children and snapshots."""

    name: str
    own: int
    growth_per_day: int = 0
    volume_size: int | None = None
    quota: int = 0
    quota_warning: int = 80
    quota_critical: int = 95
    encrypted: bool = False
    locked: bool = False
    compression: float = 1.12
    readonly: bool = False
    comment: str = ""
    created: float = 0.0

    @property
    def pool(self) -> str:
        """The pool's name."""
        return self.name.split("/", 1)[0]

    @property
    def parent(self) -> str | None:
        """The parent's name."""
        return self.name.rsplit("/", 1)[0] if "/" in self.name else None


@dataclass(slots=True)
class Snapshot:
    """A snapshot; the id is `dataset@name`."""

    dataset: str
    name: str
    created: float
    txg: int
    referenced: int
    used: int
    holds: set[str] = field(default_factory=set)
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def ident(self) -> str:
        """`dataset@name`."""
        return f"{self.dataset}@{self.name}"
