"""Everything that is ever asked of, or done to, a NAS, and what a method of one release is."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .releases import V24_04, V25_10, Release


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
    SNAPSHOTS_OF = "snapshots_of"
    DATASET_SIZE = "dataset_size"
    SNAPSHOT_TASKS = "snapshot_tasks"
    REPLICATIONS = "replications"
    CLOUD_SYNCS = "cloud_syncs"
    RSYNC_TASKS = "rsync_tasks"
    CLOUD_BACKUPS = "cloud_backups"
    SERVICES = "services"
    APPS = "apps"
    ENGINE = "engine"
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
    CATALOGUE_APP = "catalogue_app"
    USED_PORTS = "used_ports"
    START_SCRUB = "start_scrub"
    PAUSE_SCRUB = "pause_scrub"
    STOP_SCRUB = "stop_scrub"
    CREATE_SNAPSHOT = "create_snapshot"
    DELETE_SNAPSHOT = "delete_snapshot"
    ROLL_BACK_DATASET = "put_dataset_back"
    HOLD_SNAPSHOT = "hold_snapshot"
    RELEASE_SNAPSHOT = "release_snapshot"
    RUN_SNAPSHOT_TASK = "run_snapshot_task"
    RUN_REPLICATION = "run_replication"
    RUN_CLOUD_SYNC = "run_cloud_sync"
    RUN_RSYNC = "run_rsync"
    RUN_CLOUD_BACKUP = "run_cloud_backup"
    ABORT_CLOUD_SYNC = "abort_cloud_sync"
    ABORT_CLOUD_BACKUP = "abort_cloud_backup"
    START_APP = "start_app"
    STOP_APP = "stop_app"
    RESTART_APP = "restart_app"
    UPGRADE_APP = "upgrade_app"
    ROLLBACK_APP = "rollback_app"
    CREATE_APP = "create_app"
    DELETE_APP = "delete_app"
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


def as_given(*args: Any) -> list[Any]:
    """Return the arguments as the server takes them, unchanged."""
    return list(args)


@dataclass(frozen=True, slots=True)
class Method:
    """A method as one release spells it.

    `params` turns our arguments into the server's list; `job` methods answer with a job id; `role` is the least
    role that may call it on 25.04 and newer; `deadline` in seconds replaces the client's own where it needs longer.
    """

    name: str
    params: Callable[..., list[Any]] = as_given
    job: bool = False
    role: str = "READONLY_ADMIN"
    deadline: float | None = None


type Row = tuple[Release, Method | None]


def always(name: str, params: Callable[..., list[Any]] = as_given, **more: Any) -> tuple[Row, ...]:
    """Return the row of a method that has the same name in all releases."""
    return ((V24_04, Method(name, params, **more)),)


def snapshot(verb: str, params: Callable[..., list[Any]], role: str, old_role: str = "") -> tuple[Row, ...]:
    """Return the rows of a method of snapshots, which moved in 25.10."""
    return (
        (V24_04, Method(f"zfs.snapshot.{verb}", params, role=old_role or role, deadline=30)),
        (V25_10, Method(f"pool.snapshot.{verb}", params, role=role, deadline=30)),
    )
