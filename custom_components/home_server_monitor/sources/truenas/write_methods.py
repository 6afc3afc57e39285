"""How the releases of TrueNAS spell what changes something."""

from collections.abc import Mapping
from typing import Any

from .operations import Method, Operation, Row, always, snapshot
from .releases import V24_04, V24_10, V25_04, V25_10, V26, V27

# a job's own deadline is the job follower's; only the call that starts it is bounded here


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


WRITES: Mapping[Operation, tuple[Row, ...]] = {
    Operation.START_SCRUB: _scrub("START"),
    Operation.PAUSE_SCRUB: _scrub("PAUSE"),
    Operation.STOP_SCRUB: _scrub("STOP"),
    Operation.CREATE_SNAPSHOT: snapshot(
        "create",
        lambda dataset, name, recursive: [{"dataset": dataset, "name": name, "recursive": recursive}],
        "SNAPSHOT_WRITE",
    ),
    Operation.DELETE_SNAPSHOT: snapshot("delete", lambda name: [name, {"defer": False}], "SNAPSHOT_DELETE"),
    # without `recursive` it refuses where a newer snapshot is there, which it would destroy
    Operation.ROLL_BACK_DATASET: snapshot(
        "rollback", lambda name: [name, {"recursive": False, "force": True}], "POOL_WRITE", "FULL_ADMIN"
    ),
    Operation.HOLD_SNAPSHOT: snapshot("hold", lambda name: [name], "SNAPSHOT_WRITE", "FULL_ADMIN"),
    Operation.RELEASE_SNAPSHOT: snapshot("release", lambda name: [name], "SNAPSHOT_WRITE", "FULL_ADMIN"),
    Operation.RUN_SNAPSHOT_TASK: (
        (V24_04, Method("pool.snapshottask.run", role="SNAPSHOT_TASK_WRITE", deadline=60)),
        (V27, Method("pool.snapshottask.run", job=True, role="SNAPSHOT_TASK_WRITE")),
    ),
    Operation.RUN_REPLICATION: always("replication.run", job=True, role="REPLICATION_TASK_WRITE"),
    Operation.RUN_CLOUD_SYNC: always("cloudsync.sync", job=True, role="CLOUD_SYNC_WRITE"),
    Operation.RUN_RSYNC: (
        (V24_04, Method("rsynctask.run", job=True, role="FULL_ADMIN")),
        (V25_10, Method("rsynctask.run", job=True, role="SNAPSHOT_TASK_WRITE")),
    ),
    Operation.RUN_CLOUD_BACKUP: ((V24_10, Method("cloud_backup.sync", job=True, role="CLOUD_BACKUP_WRITE")),),
    Operation.ABORT_CLOUD_SYNC: always("cloudsync.abort", role="CLOUD_SYNC_WRITE"),
    Operation.ABORT_CLOUD_BACKUP: ((V24_10, Method("cloud_backup.abort", role="CLOUD_BACKUP_WRITE")),),
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
                lambda app, version, data: [app, {"item_version": version, "rollback_snapshot": data}],
                True,
                "APPS_WRITE",
            ),
        ),
        (
            V24_10,
            Method(
                "app.rollback",
                lambda app, version, data: [app, {"app_version": version, "rollback_snapshot": data}],
                True,
                "APPS_WRITE",
            ),
        ),
    ),
    Operation.CREATE_APP: ((V24_10, Method("app.create", job=True, role="APPS_WRITE")),),
    # its datasets stay: what it has read is in them
    Operation.DELETE_APP: (
        (
            V24_10,
            Method(
                "app.delete",
                lambda app: [app, {"remove_images": True, "remove_ix_volumes": False}],
                job=True,
                role="APPS_WRITE",
            ),
        ),
    ),
    Operation.START_SERVICE: _service("START"),
    Operation.STOP_SERVICE: _service("STOP"),
    Operation.RESTART_SERVICE: _service("RESTART"),
    Operation.START_VM: always("vm.start", lambda vm: [int(vm)], role="VM_WRITE", deadline=60),
    Operation.STOP_VM: always("vm.stop", lambda vm: [int(vm)], job=True, role="VM_WRITE"),
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
    Operation.DISMISS_ALERT: always("alert.dismiss", role="ALERT_LIST_WRITE"),
    Operation.RESTORE_ALERT: always("alert.restore", role="ALERT_LIST_WRITE"),
    Operation.REBOOT: _power("reboot"),
    Operation.SHUTDOWN: _power("shutdown"),
    Operation.INSTALL_UPDATE: (
        (V24_04, Method("update.update", lambda: [{"reboot": True}], job=True, role="SYSTEM_UPDATE_WRITE")),
        (V25_10, Method("update.run", lambda: [{"reboot": True}], job=True, role="SYSTEM_UPDATE_WRITE")),
    ),
}
