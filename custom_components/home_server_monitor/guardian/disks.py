"""What is asked of systems that have disks, and of what judges and tends those."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from ..prediction.reading import Reading
from .belonging import Judged, JudgedSource, OfServer
from .contract import Actor, Finding


@runtime_checkable
class ReadsSmart(JudgedSource, Protocol):
    """A system that can read SMART without waking a disk."""

    name: str

    async def read_smart(self, known: Collection[str] = ()) -> Mapping[str, Reading]:
        """Return readings by serial, without disks that sleep or have none; those of `known` need not be asked again.

        Raises ClientError, NotSupported where this release has no SMART at all.
        """
        ...

    def listed_disks(self) -> frozenset[str] | None:
        """Return the serials of the disks that it has now, also of those that it did not read; None where it cannot tell."""
        ...

    async def smart_history(self, serial: str) -> Sequence[Reading]:
        """Return older readings of a drive, the oldest first; empty where none are kept. Raises ClientError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskPlace:
    """Where a disk is, and what depends on it. device: the identifier of its device; size in bytes.

    label: its name for people; vdev: its kind of group in the pool, `disk` where it is alone; loses: how many more
    disks that group can lose without losing data, None outside a pool; spares: unused disks of its size or larger in
    the same machine; test_failed: that the system itself tells of a failed self-test.

    pool_id: the guid of its pool; status: how the pool sees it; slot: where it sits, as its machine numbers it.
    """

    serial: str
    label: str
    model: str | None
    size: int | None
    device: str
    name: str = ""
    pool: str | None = None
    vdev: str | None = None
    loses: int | None = None
    spares: int = 0
    test_failed: bool = False
    pool_id: str | None = None
    status: str | None = None
    slot: str | None = None

    @property
    def source(self) -> str:
        """Return the id of the system that lists it: its device is known by that."""
        return self.device.rpartition("_disk_")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resilver:
    """The newest rebuild of a pool. percent: 0 to 100; left: seconds; errors: None where they are not told."""

    running: bool
    percent: float | None = None
    left: int | None = None
    errors: int | None = None


@dataclass(frozen=True, slots=True)
class Backup:
    """When what kind of task last copied something of a pool. kind: as tasks are called, `replication` and the like."""

    kind: str
    last: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStand:
    """How a pool stands. id: its guid; members: serials of its disks that are there.

    lost: ids of its devices that are not there or not well, a disk's node where it is known; takes_over: the serial of
    the new disk by the node of the one that it is taking the place of; resilver: where the newest scan is one;
    backups: the newest success of each kind of task; snapshot: the newest one; bare: datasets that no task copies.
    """

    id: str
    name: str
    status: str
    members: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    takes_over: Mapping[str, str] = field(default_factory=dict)
    resilver: Resilver | None = None
    backups: tuple[Backup, ...] = ()
    snapshot: datetime | None = None
    bare: tuple[str, ...] = ()


@runtime_checkable
class KnowsDisks(JudgedSource, Protocol):
    """A system that lists the disks of its machine, whether or not it can read their SMART."""

    name: str

    def disk_places(self) -> Mapping[str, DiskPlace]:
        """Return its disks by serial, as they were seen last, without asking."""
        ...


@runtime_checkable
class KnowsPools(Judged, Protocol):
    """A system that has pools of disks."""

    def pool_stands(self) -> Mapping[str, PoolStand]:
        """Return its pools by guid, as they were seen last, without asking."""
        ...


@runtime_checkable
class ForgetsDisks(Judged, Protocol):
    """A system that misses disks which were there."""

    def missed_disks(self) -> Collection[str]:
        """Return the serials of the disks that it misses; none while it cannot tell."""
        ...

    def forget_disk(self, serial: str) -> None:
        """Miss a disk no more: another one took its place. Its device stays until a person deletes it."""
        ...


@runtime_checkable
class InstallsSmartReader(JudgedSource, Protocol):
    """A system that can be given something that reads the SMART of its disks."""

    name: str

    @property
    def smart_reader(self) -> tuple[str, str] | None:
        """Return the action and the target that install it; None where the key may not, or it is there already."""
        ...


@runtime_checkable
class ExplainsDisks(Protocol):
    """What judges the disks of one server."""

    def explain_disk(self, wanted: str) -> Mapping[str, Any] | None:
        """Return all that is known of a disk, by its serial or the end of it; None where that names none, or several."""
        ...

    def count_disks(self) -> Mapping[str, Any]:
        """Return how many disks were read, and how they were judged, for diagnostics: nothing that names one."""
        ...


@runtime_checkable
class TendsDisks(OfServer, Protocol):
    """What knows which disks people have ordered a replacement for, and which they are replacing."""

    def serial(self, wanted: str) -> str | None:
        """Return the serial of a disk by its end; None where that names none, or several."""
        ...

    def steps_to_replace(self, finding: Finding) -> str:
        """Return what is to be done to replace the disk that a finding is about, line by line."""
        ...

    async def order(self, serial: str, actor: Actor) -> tuple[Sequence[str], float]:
        """Be quiet about a disk until a replacement can be there; returns the findings, and until when (since 1970)."""
        ...

    async def replace_disk(self, serial: str, actor: Actor, finding: str = "") -> str:
        """Expect a disk to go; returns the steps, in words. finding: the id of the one that was answered. Raises Refused."""
        ...

    async def stop_replacing(self, serial: str, actor: Actor) -> None:
        """Expect it no more. Raises Refused where nobody is replacing it."""
        ...


@runtime_checkable
class RetiresDisks(OfServer, Protocol):
    """What knows which disks were replaced, so that nobody shows them any more."""

    def retired_disks(self) -> frozenset[str]:
        """Return the serials of disks that were replaced and are in use nowhere."""
        ...


@runtime_checkable
class ExplainsEnds(OfServer, Protocol):
    """What knows why findings ended that did not end because all is well."""

    def why_ended(self, finding: Finding) -> tuple[str, Mapping[str, str]] | None:
        """Return the key of a sentence, `over_<key>`, and what fills it; None where it is just no longer so."""
        ...


@runtime_checkable
class AnswersFindings(OfServer, Protocol):
    """A source that has answers of its own to findings, also of others."""

    def answers_to(self, finding: Finding) -> Sequence[str]:
        """Return the verbs that it would take now: of `ordered`, `replacing`, `stop`, `remove`."""
        ...

    async def answer(self, finding: str, verb: str, actor: Actor) -> str:
        """Take an answer to a finding, by its id; returns what is said to whom answered, "" for nothing. Raises Refused."""
        ...
