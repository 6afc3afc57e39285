"""What the releases of TrueNAS call the same thing: one table, read by the client; no `if release` elsewhere."""

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import NotSupported
from .operations import Method, Operation, Row, always, snapshot
from .releases import V24_04, V24_10, V25_04, V25_10, V26, Release
from .write_methods import WRITES

__all__ = ["Method", "Operation", "events_of", "method_of", "supports"]


def _fixed(*values: Any) -> Callable[..., list[Any]]:
    """Return a params function for calls that always look the same."""
    return lambda *args: list(values)


def _query(limit: int, **extra: Any) -> Callable[..., list[Any]]:
    """Return a params function for `*.query`: everything, with a page size and the named extra options."""
    options: dict[str, Any] = {"limit": limit}
    if extra:
        options["extra"] = extra
    return _fixed([], options)


def _page(offset: int, limit: int) -> list[Any]:
    return [
        [],
        {
            "select": ["id", "dataset", "properties"],
            "extra": {"properties": ["creation"]},
            "offset": offset,
            "limit": limit,
        },
    ]


def _find(field: str, value: str, limit: int) -> list[Any]:
    return [
        [[field, "=", value]],
        {"extra": {"properties": ["creation", "used"], "holds": True}, "limit": limit},
    ]


def _of_dataset(dataset: str, limit: int) -> list[Any]:
    return [
        [["dataset", "=", dataset]],
        {"extra": {"properties": ["creation", "referenced"]}, "limit": limit},
    ]


def _size_of(dataset: str) -> list[Any]:
    extra = {"flat": True, "retrieve_children": False, "properties": ["usedbydataset"]}
    return [[["id", "=", dataset]], {"extra": extra, "limit": 1}]


_PROPERTIES = ["used", "available", "quota", "readonly", "volsize", "creation"]
_STANDBY_SAFE = {"powermode": "STANDBY"}
_COUNT = _fixed([], {"count": True})


_READS: Mapping[Operation, tuple[Row, ...]] = {
    Operation.SYSTEM: always("system.info"),
    Operation.HOST_ID: always("system.host_id"),
    # a key of 24.x has no user
    Operation.ME: ((V25_04, Method("auth.me")),),
    Operation.REBOOT_INFO: ((V25_04, Method("system.reboot.info", role="SYSTEM_GENERAL_READ")),),
    Operation.BOOT_POOL: always("boot.get_state"),
    Operation.POOLS: always("pool.query", _query(200), role="POOL_READ"),
    Operation.DISKS: always("disk.query", _query(2000, pools=True), role="DISK_READ"),
    Operation.DISK_TEMPERATURES: (
        # the default power mode wakes sleeping disks; the second argument is a dict only until 25.04
        (V24_04, Method("disk.temperatures", _fixed([], _STANDBY_SAFE), role="REPORTING_READ", deadline=30)),
        (V25_10, Method("disk.temperatures", _fixed([]), role="REPORTING_READ", deadline=30)),
    ),
    Operation.SMART_ATTRIBUTES: (
        (V24_04, Method("disk.smart_attributes", role="FULL_ADMIN", deadline=30)),
        (V25_10, None),
    ),
    Operation.SMART_TESTS: (
        (V24_04, Method("smart.test.results", _query(2000), role="REPORTING_READ", deadline=30)),
        (V25_10, None),
    ),
    Operation.DATASETS: always(
        "pool.dataset.query",
        _query(2000, flat=True, retrieve_children=False, properties=_PROPERTIES),
        role="DATASET_READ",
        deadline=30,
    ),
    Operation.SNAPSHOT_COUNT: snapshot("query", _COUNT, "SNAPSHOT_READ"),
    Operation.SNAPSHOTS: snapshot("query", _page, "SNAPSHOT_READ"),
    Operation.FIND_SNAPSHOTS: snapshot("query", _find, "SNAPSHOT_READ"),
    Operation.SNAPSHOTS_OF: snapshot("query", _of_dataset, "SNAPSHOT_READ"),
    Operation.DATASET_SIZE: always("pool.dataset.query", _size_of, role="DATASET_READ", deadline=30),
    Operation.SNAPSHOT_TASKS: always("pool.snapshottask.query", _query(500), role="SNAPSHOT_TASK_READ"),
    Operation.REPLICATIONS: always("replication.query", _query(500), role="REPLICATION_TASK_READ"),
    Operation.CLOUD_SYNCS: always("cloudsync.query", _query(500), role="CLOUD_SYNC_READ"),
    Operation.RSYNC_TASKS: always("rsynctask.query", _query(500), role="SNAPSHOT_TASK_READ"),
    Operation.CLOUD_BACKUPS: ((V24_10, Method("cloud_backup.query", _query(500), role="CLOUD_BACKUP_READ")),),
    Operation.SERVICES: always("service.query", _query(100), role="SERVICE_READ"),
    Operation.APPS: (
        (V24_04, Method("chart.release.query", _query(500), role="APPS_READ", deadline=20)),
        (V24_10, Method("app.query", _query(500), role="APPS_READ", deadline=20)),
    ),
    Operation.ENGINE: ((V24_10, Method("docker.status", role="DOCKER_READ")),),
    Operation.VMS: always("vm.query", _query(500), role="VM_READ"),
    Operation.INSTANCES: (
        (V25_04, Method("virt.instance.query", _query(500), role="VIRT_INSTANCE_READ")),
        (V26, Method("container.query", _query(500), role="CONTAINER_READ")),
    ),
    Operation.INTERFACES: always("interface.query", _query(200), role="NETWORK_INTERFACE_READ"),
    Operation.CERTIFICATES: always("certificate.query", _query(200), role="CERTIFICATE_READ"),
    Operation.ALERTS: always("alert.list", role="ALERT_LIST_READ"),
    Operation.UPDATE: (
        (V24_04, Method("update.check_available", role="SYSTEM_UPDATE_READ", deadline=30)),
        (V25_10, Method("update.status", role="SYSTEM_UPDATE_READ", deadline=30)),
    ),
    Operation.UPS_CONFIG: always("ups.config", role="SYSTEM_GENERAL_READ"),
    Operation.SMB_SHARES: always("sharing.smb.query", _query(500), role="SHARING_SMB_READ"),
    Operation.NFS_SHARES: always("sharing.nfs.query", _query(500), role="SHARING_NFS_READ"),
    Operation.JOBS: always("core.get_jobs", lambda job_id: [[["id", "=", job_id]]]),
    Operation.ROLLBACK_VERSIONS: ((V24_10, Method("app.rollback_versions", role="APPS_READ")),),
    Operation.USED_PORTS: ((V24_10, Method("app.used_ports", role="APPS_READ")),),
    Operation.CATALOGUE_APP: (
        (
            V24_10,
            Method(
                "catalog.get_app_details",
                lambda app, train: [app, {"train": train}],
                role="CATALOG_READ",
                deadline=30,
            ),
        ),
    ),
}

_EVENTS: tuple[tuple[str, Release, Release | None], ...] = (
    # name, first release, first release without it
    ("alert.list", V24_04, None),
    ("core.get_jobs", V24_04, None),
    ("pool.query", V24_04, None),
    ("disk.query", V24_04, None),
    ("service.query", V24_04, None),
    ("zfs.pool.scan", V24_04, V26),
    ("pool.scan", V26, None),
    ("app.query", V24_10, None),
    ('app.stats:{"interval": 30}', V24_10, None),
    ("vm.query", V24_04, None),
    ("virt.instance.query", V25_04, V26),
    ("container.query", V26, None),
    ("update.status", V25_10, None),
    ('reporting.realtime:{"interval": 10}', V24_04, None),
)


def method_of(operation: Operation, release: Release) -> Method:
    """Return how this release spells an operation. Raises NotSupported where it has no such thing."""
    found: Method | None = None
    for since, method in _READS.get(operation) or WRITES.get(operation, ()):
        if since <= release:
            found = method
    if found is None:
        raise NotSupported(f"{operation} on {release[0]}.{release[1]:02}")
    return found


def supports(operation: Operation, release: Release) -> bool:
    """Return whether this release has the operation."""
    try:
        method_of(operation, release)
    except NotSupported:
        return False
    return True


def events_of(release: Release) -> tuple[str, ...]:
    """Return the collections that this release pushes and we want."""
    return tuple(
        name for name, first, gone in _EVENTS if first <= release and (gone is None or release < gone)
    )
