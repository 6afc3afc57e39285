"""What is read from a NAS how often: one table, and the few reads that are more than one call."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from ..errors import BadResponse
from ..feeds import Feed
from . import storage, system, work
from .client import TrueNasClient
from .methods import Operation
from .parse import Malformed, Row, Rows, at, integer, record, rows
from .releases import V24_04
from .work import TaskKind

MINUTE = 60.0
HOUR = 3600.0
SNAPSHOT_PAGE = 2000
MAX_SNAPSHOTS = 20000

type Reader = Callable[[TrueNasClient], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class SnapshotListing:
    """All snapshots by dataset; only their number where there are too many to list."""

    count: int
    by_dataset: Mapping[str, storage.Snapshots]


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
        return rows(await client.ask(operation), parse)

    return read


def _tasks(operation: Operation, kind: TaskKind, *titles: str) -> Reader:
    def title(row: Row) -> Any:
        return next((value for key in titles if (value := at(row, key))), None)

    return _list(operation, work.task(kind, title))


async def _apps(client: TrueNasClient) -> Rows[work.App]:
    parse = work.chart_release if client.release == V24_04 else work.app
    return rows(await client.ask(Operation.APPS), parse)


async def _snapshots(client: TrueNasClient) -> SnapshotListing:
    """Count, then list page by page: a full listing of a large NAS would be tens of megabytes."""
    total = integer(await client.ask(Operation.SNAPSHOT_COUNT))
    if total is None:
        raise BadResponse("No number of snapshots")
    found: dict[str, list[datetime | None]] = {}
    for offset in range(0, total if total <= MAX_SNAPSHOTS else 0, SNAPSHOT_PAGE):
        raw = await client.ask(Operation.SNAPSHOTS, offset, SNAPSHOT_PAGE)
        if not isinstance(raw, list):
            raise BadResponse("Expected a list")
        for row in raw:
            if isinstance(row, dict):
                dataset, created = storage.snapshot(row)
                found.setdefault(dataset, []).append(created)
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
        "remoteport",
        "rmonitor",
        "shutdown",
        "shutdowntimer",
        "hostsync",
        "monuser",
    )
    return MappingProxyType({key: row.get(key) for key in kept if isinstance(row.get(key), (str, int))})


_TABLE: tuple[tuple[str, float, Reader], ...] = (
    ("system", MINUTE, _one(Operation.SYSTEM, system.system)),
    ("pools", MINUTE, _list(Operation.POOLS, storage.pool)),
    ("services", MINUTE, _list(Operation.SERVICES, system.service)),
    ("boot_pool", 5 * MINUTE, _one(Operation.BOOT_POOL, lambda raw: storage.pool(record(raw))[1])),
    ("alerts", 5 * MINUTE, _list(Operation.ALERTS, system.alert)),
    ("apps", 5 * MINUTE, _apps),
    ("temperatures", 5 * MINUTE, _one(Operation.DISK_TEMPERATURES, storage.temperatures)),
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
    ("disks", 30 * MINUTE, _list(Operation.DISKS, storage.disk)),
    ("interfaces", 30 * MINUTE, _list(Operation.INTERFACES, system.interface)),
    ("smart_tests", HOUR, _list(Operation.SMART_TESTS, storage.last_test)),
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

# what a pushed change of a collection makes due
PUSHED: Mapping[str, tuple[str, ...]] = {
    "alert.list": ("alerts", "pools"),
    "pool.query": ("pools", "boot_pool"),
    "zfs.pool.scan": ("pools",),
    "pool.scan": ("pools",),
    "disk.query": ("disks", "pools"),
    "service.query": ("services",),
    "app.query": ("apps",),
    "chart.release.events": ("apps",),
    "vm.query": ("vms",),
    "virt.instance.query": ("instances",),
    "container.query": ("instances",),
    "update.status": ("update",),
}

# the methods of jobs whose end changes a feed
JOBS: Mapping[str, tuple[str, ...]] = {
    "replication.run": ("replications",),
    "cloudsync.sync": ("cloud_syncs",),
    "rsynctask.run": ("rsyncs",),
    "cloud_backup.sync": ("cloud_backups",),
    "pool.snapshottask.run": ("snapshot_tasks",),
    "pool.scrub.scrub": ("pools",),
    "zpool.scrub.run": ("pools",),
    "app.": ("apps",),
    "chart.release.": ("apps",),
    "update.": ("update",),
}


def feeds(client: TrueNasClient, *, temperatures: bool) -> list[Feed]:
    """Return the feeds of one client; the temperatures of disks only where they are wanted."""

    def bound(read: Reader) -> Callable[[], Awaitable[Any]]:
        return lambda: read(client)

    return [
        Feed(key=key, every=every, fetch=bound(read))
        for key, every, read in _TABLE
        if temperatures or key != "temperatures"
    ]


def feeds_of_job(method: str) -> tuple[str, ...]:
    """Return which feeds the end of a job makes due."""
    return next((keys for prefix, keys in JOBS.items() if method.startswith(prefix)), ())
