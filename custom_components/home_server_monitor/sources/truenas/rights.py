"""Which role of TrueNAS lights what, and which role lets what be done: read from the table of methods."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .methods import Operation, method_of, supports
from .releases import NEWEST, V25_04, Release

FULL_ADMIN = "FULL_ADMIN"
READONLY_ADMIN = "READONLY_ADMIN"


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that can be seen or done. `text` is its name in words, `operations` are the calls that it takes."""

    key: str
    text: str
    operations: tuple[Operation, ...]

    def roles(self, release: Release) -> tuple[str, ...]:
        """Return the least roles that it takes on this release (25.04 and newer); none where it does not exist."""
        found = {
            method_of(operation, release).role: None
            for operation in self.operations
            if supports(operation, release)
        }
        return tuple(found)


READS: tuple[Right, ...] = (
    Right("system", "version, uptime and load", (Operation.SYSTEM, Operation.HOST_ID)),
    Right("boot_pool", "the boot pool", (Operation.BOOT_POOL,)),
    Right("pools", "pools", (Operation.POOLS,)),
    Right("disks", "disks", (Operation.DISKS,)),
    Right("temperatures", "disk temperatures", (Operation.DISK_TEMPERATURES,)),
    Right("smart", "SMART attributes", (Operation.SMART_ATTRIBUTES,)),
    Right("smart_tests", "results of SMART tests", (Operation.SMART_TESTS,)),
    Right("datasets", "datasets and zvols", (Operation.DATASETS,)),
    Right("snapshots", "snapshots", (Operation.SNAPSHOT_COUNT, Operation.SNAPSHOTS, Operation.SNAPSHOTS_OF)),
    Right("snapshot_tasks", "snapshot and rsync tasks", (Operation.SNAPSHOT_TASKS, Operation.RSYNC_TASKS)),
    Right("replications", "replication tasks", (Operation.REPLICATIONS,)),
    Right("cloud_syncs", "cloud sync tasks", (Operation.CLOUD_SYNCS,)),
    Right("cloud_backups", "cloud backups", (Operation.CLOUD_BACKUPS,)),
    Right("services", "services", (Operation.SERVICES,)),
    Right("apps", "apps", (Operation.APPS, Operation.ROLLBACK_VERSIONS, Operation.ENGINE)),
    Right("engine", "whether the engine of the apps runs", (Operation.ENGINE,)),
    Right("vms", "virtual machines", (Operation.VMS,)),
    Right("instances", "containers", (Operation.INSTANCES,)),
    Right("interfaces", "network interfaces", (Operation.INTERFACES,)),
    Right("certificates", "certificates", (Operation.CERTIFICATES,)),
    Right("alerts", "the alerts of the NAS", (Operation.ALERTS,)),
    Right("update", "available updates", (Operation.UPDATE,)),
    Right("general", "whether a reboot is due, UPS settings", (Operation.REBOOT_INFO, Operation.UPS_CONFIG)),
    Right("smb_shares", "SMB shares", (Operation.SMB_SHARES,)),
    Right("nfs_shares", "NFS shares", (Operation.NFS_SHARES,)),
    Right("catalogue", "what apps there are to install", (Operation.CATALOGUE_APP,)),
)

WRITES: tuple[Right, ...] = (
    Right(
        "scrub",
        "start, pause and stop scrubs",
        (Operation.START_SCRUB, Operation.PAUSE_SCRUB, Operation.STOP_SCRUB),
    ),
    Right("create_snapshot", "create snapshots", (Operation.CREATE_SNAPSHOT,)),
    Right("delete_snapshot", "delete snapshots", (Operation.DELETE_SNAPSHOT,)),
    Right("dataset_back", "put datasets back to a snapshot", (Operation.ROLL_BACK_DATASET,)),
    Right(
        "hold_snapshot", "hold and release snapshots", (Operation.HOLD_SNAPSHOT, Operation.RELEASE_SNAPSHOT)
    ),
    Right("run_snapshot_task", "run snapshot tasks", (Operation.RUN_SNAPSHOT_TASK,)),
    Right("run_rsync", "run rsync tasks", (Operation.RUN_RSYNC,)),
    Right("run_replication", "run replication tasks", (Operation.RUN_REPLICATION,)),
    Right(
        "run_cloud_sync",
        "run and stop cloud sync tasks",
        (Operation.RUN_CLOUD_SYNC, Operation.ABORT_CLOUD_SYNC),
    ),
    Right(
        "run_cloud_backup",
        "run and stop cloud backups",
        (Operation.RUN_CLOUD_BACKUP, Operation.ABORT_CLOUD_BACKUP),
    ),
    Right(
        "apps",
        "start, stop, restart, upgrade and roll back apps",
        (
            Operation.START_APP,
            Operation.STOP_APP,
            Operation.RESTART_APP,
            Operation.UPGRADE_APP,
            Operation.ROLLBACK_APP,
            Operation.CREATE_APP,
            Operation.DELETE_APP,
        ),
    ),
    Right("vms", "start and stop virtual machines", (Operation.START_VM, Operation.STOP_VM)),
    Right("instances", "start and stop containers", (Operation.START_INSTANCE, Operation.STOP_INSTANCE)),
    Right(
        "services",
        "start, stop and restart services",
        (Operation.START_SERVICE, Operation.STOP_SERVICE, Operation.RESTART_SERVICE),
    ),
    Right("alerts", "dismiss and restore alerts", (Operation.DISMISS_ALERT, Operation.RESTORE_ALERT)),
    Right("update", "install updates", (Operation.INSTALL_UPDATE,)),
    Right("smart_test", "start SMART tests", (Operation.SMART_TEST,)),
    Right("power", "reboot and shut down", (Operation.REBOOT, Operation.SHUTDOWN)),
)


def roles_of(me: Any) -> frozenset[str] | None:
    """Return the roles in an answer of `auth.me`, with all that they imply; None where it names none."""
    privilege = me.get("privilege") if isinstance(me, Mapping) else None
    roles = privilege.get("roles") if isinstance(privilege, Mapping) else None
    if not isinstance(roles, list):
        return None
    return frozenset(role for role in roles if isinstance(role, str))


def holds(roles: frozenset[str], role: str) -> bool:
    """Return whether these roles open what `role` opens."""
    return bool(roles & {FULL_ADMIN, role}) or (READONLY_ADMIN in roles and role.endswith("_READ"))


def missing(rights: Iterable[Right], roles: frozenset[str], release: Release) -> list[Right]:
    """Return the rights that exist on this release and that these roles do not give; none on 24.x, without roles."""
    if release < V25_04:
        return []
    return [right for right in rights if any(not holds(roles, role) for role in right.roles(release))]


def missing_writes(roles: frozenset[str], release: Release = NEWEST) -> list[str]:
    """Return the keys of what may not be done with these roles."""
    return [right.key for right in missing(WRITES, roles, release)]


def in_words(right: Right, release: Release) -> str:
    """Return what a right is about and the roles that it takes: `start SMART tests (FULL_ADMIN)`."""
    return f"{right.text} ({', '.join(right.roles(release))})"
