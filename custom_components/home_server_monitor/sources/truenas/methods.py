"""What the releases of TrueNAS call the same thing: one table, read by the client; no `if release` elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..errors import NotSupported
from .releases import V24_04, V24_10, V25_04, V25_10, V26, V27, Release


class Operation(StrEnum):
    """Everything that is ever asked of, or done to, a NAS."""

    SYSTEM = "system"
    HOST_ID = "host_id"
    ME = "me"
    REBOOT_INFO = "reboot_info"
    BOOT_POOL = "boot_pool"
    POOLS = "pools"
    DISKS = "disks"
    DISK_TEMPERATURES = "disk_temperatures"
    SMART_ATTRIBUTES = "smart_attributes"
    SMART_TESTS = "smart_tests"
    DATASETS = "datasets"
    SNAPSHOT_COUNT = "snapshot_count"
    SNAPSHOTS = "snapshots"
    FIND_SNAPSHOTS = "find_snapshots"
    SNAPSHOT_TASKS = "snapshot_tasks"
    REPLICATIONS = "replications"
    CLOUD_SYNCS = "cloud_syncs"
    RSYNC_TASKS = "rsync_tasks"
    CLOUD_BACKUPS = "cloud_backups"
    SERVICES = "services"
    APPS = "apps"
    VMS = "vms"
    INSTANCES = "instances"
    INTERFACES = "interfaces"
    CERTIFICATES = "certificates"
    ALERTS = "alerts"
    UPDATE = "update"
    UPS_CONFIG = "ups_config"
    SMB_SHARES = "smb_shares"
    NFS_SHARES = "nfs_shares"
    JOBS = "jobs"
    ROLLBACK_VERSIONS = "rollback_versions"
    START_SCRUB = "start_scrub"
    PAUSE_SCRUB = "pause_scrub"
    STOP_SCRUB = "stop_scrub"
    CREATE_SNAPSHOT = "create_snapshot"
    DELETE_SNAPSHOT = "delete_snapshot"
    HOLD_SNAPSHOT = "hold_snapshot"
    RELEASE_SNAPSHOT = "release_snapshot"
    RUN_SNAPSHOT_TASK = "run_snapshot_task"
    RUN_REPLICATION = "run_replication"
    RUN_CLOUD_SYNC = "run_cloud_sync"
    RUN_RSYNC = "run_rsync"
    RUN_CLOUD_BACKUP = "run_cloud_backup"
    START_APP = "start_app"
    STOP_APP = "stop_app"
    RESTART_APP = "restart_app"
    UPGRADE_APP = "upgrade_app"
    ROLLBACK_APP = "rollback_app"
    START_SERVICE = "start_service"
    STOP_SERVICE = "stop_service"
    RESTART_SERVICE = "restart_service"
    START_VM = "start_vm"
    STOP_VM = "stop_vm"
    START_INSTANCE = "start_instance"
    STOP_INSTANCE = "stop_instance"
    SMART_TEST = "smart_test"
    DISMISS_ALERT = "dismiss_alert"
    RESTORE_ALERT = "restore_alert"
    REBOOT = "reboot"
    SHUTDOWN = "shutdown"
    INSTALL_UPDATE = "install_update"


def _as_given(*args: Any) -> list[Any]:
    return list(args)


@dataclass(frozen=True, slots=True)
class Method:
    """A method as one release spells it.

    `params` turns our arguments into the server's list; `job` methods answer with a job id; `role` is the least
    role that may call it on 25.04 and newer; `deadline` in seconds replaces the client's own where it needs longer.
    """

    name: str
    params: Callable[..., list[Any]] = _as_given
    job: bool = False
    role: str = "READONLY_ADMIN"
    deadline: float | None = None


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


_PROPERTIES = ["used", "available", "quota", "readonly", "volsize", "creation"]
_STANDBY_SAFE = {"powermode": "STANDBY"}
_COUNT = _fixed([], {"count": True})
# a job's own deadline is the job follower's; only the call that starts it is bounded here

type Row = tuple[Release, Method | None]


def _scrub(action: str) -> tuple[Row, ...]:
    """`pool.scrub.run` does nothing when the last scrub is recent, so it is never used."""
    verb = "CANCEL" if action == "STOP" else action

    def by_options(pool: str) -> list[Any]:
        return [{"pool_name": pool, "scan_type": "SCRUB", "action": verb}]

    return (
        (V24_04, Method("pool.scrub.scrub", lambda pool: [pool, action], job=True, role="POOL_WRITE")),
        (V26, Method("zpool.scrub.run", by_options, job=True, role="POOL_WRITE")),
    )


def _service(verb: str) -> tuple[Row, ...]:
    old = Method(f"service.{verb.lower()}", lambda name: [name, {"silent": False}], role="SERVICE_WRITE")
    new = Method(
        "service.control", lambda name: [verb, name, {"silent": False}], job=True, role="SERVICE_WRITE"
    )
    return ((V24_04, old), (V25_10, new))


def _power(name: str) -> tuple[Row, ...]:
    return (
        (V24_04, Method(f"system.{name}", lambda reason: [], job=True, role="FULL_ADMIN")),
        (V25_04, Method(f"system.{name}", lambda reason: [reason], job=True, role="FULL_ADMIN")),
    )


def _scale(replicas: int) -> Method:
    return Method(
        "chart.release.scale", lambda app: [app, {"replica_count": replicas}], job=True, role="APPS_WRITE"
    )


def _app(verb: str, before: Method | None) -> tuple[Row, ...]:
    return ((V24_04, before), (V24_10, Method(f"app.{verb}", job=True, role="APPS_WRITE")))


def _snapshot(verb: str, params: Callable[..., list[Any]], role: str, old_role: str = "") -> tuple[Row, ...]:
    return (
        (V24_04, Method(f"zfs.snapshot.{verb}", params, role=old_role or role, deadline=30)),
        (V25_10, Method(f"pool.snapshot.{verb}", params, role=role, deadline=30)),
    )


def _always(name: str, params: Callable[..., list[Any]] = _as_given, **more: Any) -> tuple[Row, ...]:
    return ((V24_04, Method(name, params, **more)),)


_METHODS: Mapping[Operation, tuple[Row, ...]] = {
    Operation.SYSTEM: _always("system.info"),
    Operation.HOST_ID: _always("system.host_id"),
    # a key of 24.x has no user
    Operation.ME: ((V25_04, Method("auth.me")),),
    Operation.REBOOT_INFO: ((V25_04, Method("system.reboot.info", role="SYSTEM_GENERAL_READ")),),
    Operation.BOOT_POOL: _always("boot.get_state"),
    Operation.POOLS: _always("pool.query", _query(200), role="POOL_READ"),
    Operation.DISKS: _always("disk.query", _query(2000, pools=True), role="DISK_READ"),
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
    Operation.DATASETS: _always(
        "pool.dataset.query",
        _query(2000, flat=True, retrieve_children=False, properties=_PROPERTIES),
        role="DATASET_READ",
        deadline=30,
    ),
    Operation.SNAPSHOT_COUNT: _snapshot("query", _COUNT, "SNAPSHOT_READ"),
    Operation.SNAPSHOTS: _snapshot("query", _page, "SNAPSHOT_READ"),
    Operation.FIND_SNAPSHOTS: _snapshot("query", _find, "SNAPSHOT_READ"),
    Operation.SNAPSHOT_TASKS: _always("pool.snapshottask.query", _query(500), role="SNAPSHOT_TASK_READ"),
    Operation.REPLICATIONS: _always("replication.query", _query(500), role="REPLICATION_TASK_READ"),
    Operation.CLOUD_SYNCS: _always("cloudsync.query", _query(500), role="CLOUD_SYNC_READ"),
    Operation.RSYNC_TASKS: _always("rsynctask.query", _query(500), role="SNAPSHOT_TASK_READ"),
    Operation.CLOUD_BACKUPS: ((V24_10, Method("cloud_backup.query", _query(500), role="CLOUD_BACKUP_READ")),),
    Operation.SERVICES: _always("service.query", _query(100), role="SERVICE_READ"),
    Operation.APPS: (
        (V24_04, Method("chart.release.query", _query(500), role="APPS_READ", deadline=20)),
        (V24_10, Method("app.query", _query(500), role="APPS_READ", deadline=20)),
    ),
    Operation.VMS: _always("vm.query", _query(500), role="VM_READ"),
    Operation.INSTANCES: (
        (V25_04, Method("virt.instance.query", _query(500), role="VIRT_INSTANCE_READ")),
        (V26, Method("container.query", _query(500), role="CONTAINER_READ")),
    ),
    Operation.INTERFACES: _always("interface.query", _query(200), role="NETWORK_INTERFACE_READ"),
    Operation.CERTIFICATES: _always("certificate.query", _query(200), role="CERTIFICATE_READ"),
    Operation.ALERTS: _always("alert.list", role="ALERT_LIST_READ"),
    Operation.UPDATE: (
        (V24_04, Method("update.check_available", role="SYSTEM_UPDATE_READ", deadline=30)),
        (V25_10, Method("update.status", role="SYSTEM_UPDATE_READ", deadline=30)),
    ),
    Operation.UPS_CONFIG: _always("ups.config", role="SYSTEM_GENERAL_READ"),
    Operation.SMB_SHARES: _always("sharing.smb.query", _query(500), role="SHARING_SMB_READ"),
    Operation.NFS_SHARES: _always("sharing.nfs.query", _query(500), role="SHARING_NFS_READ"),
    Operation.JOBS: _always("core.get_jobs", lambda job_id: [[["id", "=", job_id]]]),
    Operation.ROLLBACK_VERSIONS: ((V24_10, Method("app.rollback_versions", role="APPS_READ")),),
    Operation.START_SCRUB: _scrub("START"),
    Operation.PAUSE_SCRUB: _scrub("PAUSE"),
    Operation.STOP_SCRUB: _scrub("STOP"),
    Operation.CREATE_SNAPSHOT: _snapshot(
        "create",
        lambda dataset, name, recursive: [{"dataset": dataset, "name": name, "recursive": recursive}],
        "SNAPSHOT_WRITE",
    ),
    Operation.DELETE_SNAPSHOT: _snapshot("delete", lambda name: [name, {"defer": False}], "SNAPSHOT_DELETE"),
    Operation.HOLD_SNAPSHOT: _snapshot("hold", lambda name: [name], "SNAPSHOT_WRITE", "FULL_ADMIN"),
    Operation.RELEASE_SNAPSHOT: _snapshot("release", lambda name: [name], "SNAPSHOT_WRITE", "FULL_ADMIN"),
    Operation.RUN_SNAPSHOT_TASK: (
        (V24_04, Method("pool.snapshottask.run", role="SNAPSHOT_TASK_WRITE", deadline=60)),
        (V27, Method("pool.snapshottask.run", job=True, role="SNAPSHOT_TASK_WRITE")),
    ),
    Operation.RUN_REPLICATION: _always("replication.run", job=True, role="REPLICATION_TASK_WRITE"),
    Operation.RUN_CLOUD_SYNC: _always("cloudsync.sync", job=True, role="CLOUD_SYNC_WRITE"),
    Operation.RUN_RSYNC: (
        (V24_04, Method("rsynctask.run", job=True, role="FULL_ADMIN")),
        (V25_10, Method("rsynctask.run", job=True, role="SNAPSHOT_TASK_WRITE")),
    ),
    Operation.RUN_CLOUD_BACKUP: ((V24_10, Method("cloud_backup.sync", job=True, role="CLOUD_BACKUP_WRITE")),),
    Operation.START_APP: _app("start", _scale(1)),
    Operation.STOP_APP: _app("stop", _scale(0)),
    Operation.RESTART_APP: _app("redeploy", None),
    Operation.UPGRADE_APP: (
        (
            V24_04,
            Method(
                "chart.release.upgrade",
                lambda app, version: [app, {"item_version": version}],
                True,
                "APPS_WRITE",
            ),
        ),
        (
            V24_10,
            Method("app.upgrade", lambda app, version: [app, {"app_version": version}], True, "APPS_WRITE"),
        ),
    ),
    Operation.ROLLBACK_APP: (
        (
            V24_04,
            Method(
                "chart.release.rollback",
                lambda app, version: [app, {"item_version": version}],
                True,
                "APPS_WRITE",
            ),
        ),
        (
            V24_10,
            Method("app.rollback", lambda app, version: [app, {"app_version": version}], True, "APPS_WRITE"),
        ),
    ),
    Operation.START_SERVICE: _service("START"),
    Operation.STOP_SERVICE: _service("STOP"),
    Operation.RESTART_SERVICE: _service("RESTART"),
    Operation.START_VM: _always("vm.start", lambda vm: [int(vm)], role="VM_WRITE", deadline=60),
    Operation.STOP_VM: _always("vm.stop", lambda vm: [int(vm)], job=True, role="VM_WRITE"),
    Operation.START_INSTANCE: (
        (V25_04, Method("virt.instance.start", job=True, role="VIRT_INSTANCE_WRITE")),
        (V26, Method("container.start", lambda key: [int(key)], role="CONTAINER_WRITE", deadline=60)),
    ),
    Operation.STOP_INSTANCE: (
        (
            V25_04,
            Method("virt.instance.stop", lambda key: [key, {"timeout": 30}], True, "VIRT_INSTANCE_WRITE"),
        ),
        (V26, Method("container.stop", lambda key: [int(key)], job=True, role="CONTAINER_WRITE")),
    ),
    Operation.SMART_TEST: (
        (
            V24_04,
            Method(
                "smart.test.manual_test",
                lambda identifier, kind: [[{"identifier": identifier, "type": kind}]],
                role="FULL_ADMIN",
            ),
        ),
        (V25_10, None),
    ),
    Operation.DISMISS_ALERT: _always("alert.dismiss", role="ALERT_LIST_WRITE"),
    Operation.RESTORE_ALERT: _always("alert.restore", role="ALERT_LIST_WRITE"),
    Operation.REBOOT: _power("reboot"),
    Operation.SHUTDOWN: _power("shutdown"),
    Operation.INSTALL_UPDATE: (
        (V24_04, Method("update.update", lambda: [{"reboot": True}], job=True, role="SYSTEM_UPDATE_WRITE")),
        (V25_10, Method("update.run", lambda: [{"reboot": True}], job=True, role="SYSTEM_UPDATE_WRITE")),
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
    for since, method in _METHODS.get(operation, ()):
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
