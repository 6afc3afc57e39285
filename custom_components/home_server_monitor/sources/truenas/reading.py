"""What is read from a NAS how often: one table, and the few reads that are more than one call."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
import contextlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from ..errors import BadResponse, NotSupported, PermissionDenied
from ..feeds import Feed
from ..marks import left_by
from . import app, disk, storage, system, work
from .client import TrueNasClient
from .methods import Operation, method_of
from .parse import Malformed, Row, Rows, at, integer, record, rows, text
from .releases import V24_04
from .work import TaskKind

MINUTE = 60.0
HOUR = 3600.0
SNAPSHOT_PAGE = 2000
MAX_SNAPSHOTS = 20000
# `docker.status`; the ones left out are RUNNING and UNCONFIGURED, which has no apps
ENGINE_DOWN = frozenset({"PENDING", "INITIALIZING", "STOPPING", "STOPPED", "MIGRATING", "FAILED"})

type Reader = Callable[[TrueNasClient], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class SnapshotListing:
    """All snapshots by dataset; only their number where there are too many to list.

    left: by the Home Assistant that took some of them (8 hex digits), when it took the newest.
    """

    count: int
    by_dataset: Mapping[str, storage.Snapshots]
    left: Mapping[str, datetime | None] = field(default_factory=lambda: MappingProxyType({}))


def _one(operation: Operation, parse: Callable[[Any], Any]) -> Reader:
    async def read(client: TrueNasClient) -> Any:
        raw = await client.ask(operation)
        try:
            return parse(raw)
        except (Malformed, TypeError, ValueError, KeyError, AttributeError) as err:
            raise BadResponse(f"{operation} has another shape") from err

    return read


def _list(operation: Operation, parse: Callable[[Row], tuple[str, Any]]) -> Reader:
    async def read(client: TrueNasClient) -> Rows[Any]:
        raw = await client.ask(operation)
        limit = at(method_of(operation, client.release).params(), 1, "limit")
        found = rows(raw, parse)
        # a listing that fills its page may go on: what it lacks is not gone
        cut = isinstance(limit, int) and len(raw) >= limit
        return replace(found, skipped=found.skipped + cut)

    return read


async def _disks(client: TrueNasClient) -> Rows[disk.Disk]:
    """List disks; USB boxes give all their disks one serial, which then identifies none of them."""
    raw = await client.ask(Operation.DISKS)
    serials = Counter(text(at(row, "serial")) for row in (raw if isinstance(raw, list) else ()))
    doubled = frozenset(serial for serial, times in serials.items() if serial and times > 1)
    return rows(raw, lambda row: disk.disk(row, doubled))


class _SmartTests:
    """Results of self-tests, asked for only while no hard disk sleeps: the question runs smartctl on each."""

    def __init__(self) -> None:
        self._newest: Rows[str] = Rows()

    async def __call__(self, client: TrueNasClient) -> Rows[str]:
        method_of(Operation.SMART_TESTS, client.release)
        disks = (await _disks(client)).items.values()
        heat = disk.temperatures(await client.ask(Operation.DISK_TEMPERATURES))
        if all(heat.get(each.device) is not None for each in disks if each.kind == "HDD"):
            self._newest = rows(await client.ask(Operation.SMART_TESTS), disk.last_test)
        return self._newest


def _tasks(operation: Operation, kind: TaskKind, *titles: str) -> Reader:
    def title(row: Row) -> Any:
        return next((value for key in titles if (value := at(row, key))), None)

    return _list(operation, work.task(kind, title))


async def _apps(client: TrueNasClient) -> Rows[app.App]:
    """List apps; while Docker is down the list is empty, which says nothing about the apps."""
    parse = app.chart_release if client.release == V24_04 else app.app
    found = rows(await client.ask(Operation.APPS), parse)
    if not found.items and await _engine_is_down(client):
        raise BadResponse("Docker does not run, so its apps are not listed")
    return found


async def _engine_is_down(client: TrueNasClient) -> bool:
    """Return whether apps are set up and their engine is known not to run."""
    try:
        status = text(at(await client.ask(Operation.ENGINE), "status"))
    except PermissionDenied, NotSupported, BadResponse:
        return False
    return status in ENGINE_DOWN


async def _snapshots(client: TrueNasClient) -> SnapshotListing:
    """Count, then list page by page: a full listing of a large NAS would be tens of megabytes."""
    total = integer(await client.ask(Operation.SNAPSHOT_COUNT))
    if total is None:
        raise BadResponse("No number of snapshots")
    found: dict[str, list[datetime | None]] = {}
    left: dict[str, datetime | None] = {}
    for offset in range(0, total if total <= MAX_SNAPSHOTS else 0, SNAPSHOT_PAGE):
        raw = await client.ask(Operation.SNAPSHOTS, offset, SNAPSHOT_PAGE)
        if not isinstance(raw, list):
            raise BadResponse("Expected a list")
        for row in raw:
            with contextlib.suppress(Malformed, AttributeError):
                dataset, created = storage.snapshot(row)
                found.setdefault(dataset, []).append(created)
                if who := left_by(storage.snapshot_name(row)):
                    left[who] = max(filter(None, (left.get(who), created)), default=None)
    return SnapshotListing(
        total,
        MappingProxyType(
            {
                dataset: storage.Snapshots(
                    len(times),
                    max((time for time in times if time), default=None),
                    min((time for time in times if time), default=None),
                )
                for dataset, times in found.items()
            }
        ),
        MappingProxyType(left),
    )


async def _shares(client: TrueNasClient) -> Mapping[str, system.Share]:
    smb = system.shares("smb", await client.ask(Operation.SMB_SHARES))
    return MappingProxyType(smb | system.shares("nfs", await client.ask(Operation.NFS_SHARES)))


def _roles(raw: Any) -> frozenset[str]:
    found = at(record(raw), "privilege", "roles")
    return frozenset(str(role) for role in (found if isinstance(found, list) else ()))


def _ups(raw: Any) -> Mapping[str, Any]:
    row = record(raw)
    kept = (
        "mode",
        "identifier",
        "remotehost",
        "remoteport",
        "rmonitor",
        "shutdown",
        "shutdowntimer",
        "hostsync",
        "monuser",
    )
    return MappingProxyType({key: row.get(key) for key in kept if isinstance(row.get(key), (str, int))})


_TABLE: tuple[tuple[str, float, Reader | None], ...] = (
    ("system", MINUTE, _one(Operation.SYSTEM, system.system)),
    ("pools", MINUTE, _list(Operation.POOLS, storage.pool)),
    ("services", MINUTE, _list(Operation.SERVICES, system.service)),
    ("boot_pool", 5 * MINUTE, _one(Operation.BOOT_POOL, lambda raw: storage.pool(record(raw))[1])),
    ("alerts", 5 * MINUTE, _list(Operation.ALERTS, system.alert)),
    ("apps", 5 * MINUTE, _apps),
    ("temperatures", 5 * MINUTE, _one(Operation.DISK_TEMPERATURES, disk.temperatures)),
    ("datasets", 5 * MINUTE, _list(Operation.DATASETS, storage.dataset)),
    ("snapshot_tasks", 5 * MINUTE, _tasks(Operation.SNAPSHOT_TASKS, TaskKind.SNAPSHOT, "dataset")),
    ("replications", 5 * MINUTE, _tasks(Operation.REPLICATIONS, TaskKind.REPLICATION, "name")),
    ("cloud_syncs", 5 * MINUTE, _tasks(Operation.CLOUD_SYNCS, TaskKind.CLOUD_SYNC, "description", "path")),
    ("rsyncs", 5 * MINUTE, _tasks(Operation.RSYNC_TASKS, TaskKind.RSYNC, "desc", "path")),
    (
        "cloud_backups",
        5 * MINUTE,
        _tasks(Operation.CLOUD_BACKUPS, TaskKind.CLOUD_BACKUP, "description", "path"),
    ),
    ("vms", 5 * MINUTE, _list(Operation.VMS, work.machine("vm"))),
    ("instances", 5 * MINUTE, _list(Operation.INSTANCES, work.machine("container"))),
    ("reboot", 10 * MINUTE, _one(Operation.REBOOT_INFO, system.reboot_reasons)),
    ("disks", 30 * MINUTE, _disks),
    ("interfaces", 30 * MINUTE, _list(Operation.INTERFACES, system.interface)),
    ("smart_tests", HOUR, None),
    ("snapshots", HOUR, _snapshots),
    ("shares", HOUR, _shares),
    ("certificates", 6 * HOUR, _list(Operation.CERTIFICATES, system.certificate)),
    ("update", 6 * HOUR, _one(Operation.UPDATE, system.update)),
    ("roles", 6 * HOUR, _one(Operation.ME, _roles)),
    ("ups", 6 * HOUR, _one(Operation.UPS_CONFIG, _ups)),
)

FEED_OF_TASK: Mapping[TaskKind, str] = {
    TaskKind.SNAPSHOT: "snapshot_tasks",
    TaskKind.REPLICATION: "replications",
    TaskKind.CLOUD_SYNC: "cloud_syncs",
    TaskKind.RSYNC: "rsyncs",
    TaskKind.CLOUD_BACKUP: "cloud_backups",
}
TASK_FEEDS = tuple(FEED_OF_TASK.values())
MACHINE_FEEDS = ("vms", "instances")
# what is read together where something of it is wanted
GROUPS: Mapping[str, tuple[str, ...]] = {
    "tasks": TASK_FEEDS,
    "machines": MACHINE_FEEDS,
    "release": ("system", "update"),
}

ASKS_DISKS = frozenset({"temperatures", "smart_tests"})


def feeds(client: TrueNasClient, *, temperatures: bool) -> list[Feed]:
    """Return the feeds of one client; questions that reach a disk are put only where `temperatures` are wanted."""

    def bound(read: Reader) -> Callable[[], Awaitable[Any]]:
        return lambda: read(client)

    return [
        Feed(
            key=key,
            every=every,
            fetch=bound(read or _SmartTests()),
            polled=temperatures or key not in ASKS_DISKS,
        )
        for key, every, read in _TABLE
    ]
