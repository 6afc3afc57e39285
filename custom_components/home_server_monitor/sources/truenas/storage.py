"""Pools, their devices, datasets and snapshots, as immutable values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from .parse import Row, at, count, flag, integer, name, number, text, when, word

POOL_STATES = frozenset({"online", "degraded", "faulted", "offline", "unavail", "removed", "suspended"})
SCAN_KINDS = frozenset({"scrub", "resilver"})
SCAN_STATES = frozenset({"scanning", "finished", "canceled"})
MAX_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Vdev:
    """One node of a pool's topology; a leaf has a `disk` (kernel name) unless it is missing."""

    guid: str
    kind: str
    role: str
    status: str
    disk: str | None
    read_errors: int
    write_errors: int
    checksum_errors: int
    missing: str | None = None
    children: tuple[Vdev, ...] = ()

    @property
    def errors(self) -> int:
        """Return all errors of this node alone."""
        return self.read_errors + self.write_errors + self.checksum_errors

    def leaves(self) -> Iterator[Vdev]:
        """Yield the devices below, or itself."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


@dataclass(frozen=True, slots=True)
class Scan:
    """The newest scrub or resilver; `progress` in percent, `left` in seconds; `paused_at` where the server says when."""

    kind: str | None
    state: str | None
    progress: float | None
    errors: int | None
    started: datetime | None
    ended: datetime | None
    paused: bool
    left: int | None
    paused_at: datetime | None = None

    @property
    def running(self) -> bool:
        """Return whether it is going on (a paused one is not)."""
        return self.state == "scanning" and not self.paused


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool; sizes in bytes, None while it is not imported. `used` and `available` are what a user can use."""

    guid: str
    name: str
    status: str
    healthy: bool | None
    size: int | None
    allocated: int | None
    free: int | None
    fragmentation: float | None
    scan: Scan | None
    vdevs: tuple[Vdev, ...]
    detail: str | None = None
    used: int | None = None
    available: int | None = None
    last_scrub: datetime | None = None
    errors_before: int | None = None
    days_to: Mapping[int, float | None] = field(default_factory=lambda: MappingProxyType({}))
    forecast_interval: tuple[float | None, float | None] | None = None

    def leaves(self) -> Iterator[Vdev]:
        """Yield all devices."""
        for vdev in self.vdevs:
            yield from vdev.leaves()

    def errors(self, kind: str) -> int:
        """Return the sum of `read`, `write` or `checksum` errors over all leaves."""
        return sum(getattr(leaf, f"{kind}_errors") for leaf in self.leaves())

    @property
    def all_errors(self) -> int:
        """Return the sum of all errors over all leaves."""
        return sum(leaf.errors for leaf in self.leaves())

    def counted(self, kind: str | None = None) -> int:
        """Return errors (of one kind) of the devices, and of a vdev as a whole where no device is to blame."""

        def of(vdev: Vdev) -> int:
            return vdev.errors if kind is None else int(getattr(vdev, f"{kind}_errors"))

        return sum(sum(of(leaf) for leaf in vdev.leaves()) or of(vdev) for vdev in self.vdevs)

    @property
    def used_percent(self) -> float | None:
        """Return how full it is for a user, 0 to 100."""
        if self.used is None or self.available is None or not self.used + self.available:
            return None
        return 100.0 * self.used / (self.used + self.available)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset or zvol; bytes."""

    name: str
    pool: str
    zvol: bool
    used: int | None
    available: int | None
    quota: int | None
    encrypted: bool
    locked: bool | None


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Snapshots of one dataset."""

    count: int | None
    newest: datetime | None
    oldest: datetime | None


NO_SNAPSHOTS = Snapshots(0, None, None)
UNLISTED = Snapshots(None, None, None)


def pool(row: Row) -> tuple[str, Pool]:
    """Parse one row of `pool.query` (or the whole of `boot.get_state`, which has no guid)."""
    guid = text(row.get("guid")) or name(row.get("name"))
    topology = row.get("topology")
    vdevs = tuple(
        vdev
        for role, members in (topology.items() if isinstance(topology, dict) else ())
        for member in (members if isinstance(members, list) else ())
        if (vdev := _vdev(member, text(role) or "unknown", 0))
    )
    return guid, Pool(
        guid=guid,
        name=name(row.get("name")),
        status=word(row.get("status"), POOL_STATES) or "unknown",
        healthy=flag(row.get("healthy")),
        size=integer(row.get("size")),
        allocated=integer(row.get("allocated")),
        free=integer(row.get("free")),
        fragmentation=number(row.get("fragmentation")),
        scan=_scan(row.get("scan")),
        vdevs=vdevs,
        detail=text(row.get("status_detail")),
    )


def _vdev(row: Any, role: str, depth: int) -> Vdev | None:
    if not isinstance(row, dict) or depth > MAX_DEPTH:
        return None
    stats = row.get("stats")
    children = row.get("children")
    return Vdev(
        guid=text(row.get("guid")) or "",
        kind=(text(row.get("type")) or "").lower(),
        role=role,
        status=word(row.get("status"), POOL_STATES) or "unknown",
        disk=text(row.get("disk")),
        read_errors=count(at(stats, "read_errors")),
        write_errors=count(at(stats, "write_errors")),
        checksum_errors=count(at(stats, "checksum_errors")),
        missing=text(at(row, "unavail_disk", "serial")),
        children=tuple(
            found
            for child in (children if isinstance(children, list) else ())
            if (found := _vdev(child, role, depth + 1))
        ),
    )


def _scan(row: Any) -> Scan | None:
    if not isinstance(row, dict) or (kind := word(row.get("function"), SCAN_KINDS)) is None:
        return None
    return Scan(
        kind=kind,
        state=word(row.get("state"), SCAN_STATES),
        progress=number(row.get("percentage")),
        errors=integer(row.get("errors")),
        started=when(row.get("start_time")),
        ended=when(row.get("end_time")),
        paused=bool(row.get("pause")),
        left=integer(row.get("total_secs_left")),
        paused_at=when(row.get("pause")),
    )


def dataset(row: Row) -> tuple[str, Dataset]:
    """Parse one row of `pool.dataset.query`."""
    full = name(row.get("name") or row.get("id"))
    quota = integer(row.get("quota"))
    return full, Dataset(
        name=full,
        pool=text(row.get("pool")) or full.split("/", 1)[0],
        zvol=row.get("type") == "VOLUME",
        used=integer(row.get("used")),
        available=integer(row.get("available")),
        quota=quota or None,
        encrypted=row.get("encrypted") is True,
        locked=flag(row.get("locked")),
    )


def snapshot(row: Row) -> tuple[str, datetime | None]:
    """Parse one row of a snapshot page: the dataset and the instant of creation."""
    where = text(row.get("dataset")) or name(row.get("id")).split("@", 1)[0]
    created = at(row, "properties", "creation")
    return where, when(at(created, "parsed")) or when(at(created, "rawvalue"))


def snapshot_name(row: Row) -> str:
    """Return what a snapshot is called within its dataset."""
    return name(row.get("id")).partition("@")[2]
