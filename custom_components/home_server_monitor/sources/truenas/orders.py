"""The table of orders: every write that this integration can send to a NAS."""

from collections.abc import Mapping
from typing import Any

from ...guardian.contract import Action, Risk
from ...guardian.own_path import container_node, endpoint_node, machine_node, named_node
from .actions import Nas, Order, OrderAction, ShutdownAction
from .methods import Operation
from .model import TrueNas
from .reading import FEED_OF_TASK
from .snapshots import SNAPSHOT_ACTIONS
from .storage import Pool
from .work import App, Machine, Task, TaskKind

# the job of a restart ends before the restart
UNTIL_DEADLINE = 10_000
_RUN = {
    TaskKind.SNAPSHOT: Operation.RUN_SNAPSHOT_TASK,
    TaskKind.REPLICATION: Operation.RUN_REPLICATION,
    TaskKind.CLOUD_SYNC: Operation.RUN_CLOUD_SYNC,
    TaskKind.RSYNC: Operation.RUN_RSYNC,
    TaskKind.CLOUD_BACKUP: Operation.RUN_CLOUD_BACKUP,
}


def _scan_state(pool: Pool) -> Any:
    return (pool.guid, pool.status, pool.scan and (pool.scan.kind, pool.scan.state, pool.scan.paused))


def _scrubbing(pool: Pool) -> bool:
    return bool(pool.scan and pool.scan.kind == "scrub" and pool.scan.state == "scanning")


def _may_start_scrub(pool: Pool, params: Mapping[str, Any]) -> str | None:
    if pool.size is None:
        return "pool_not_imported"
    if pool.scan and pool.scan.running:
        return "scan_running"
    return None


def _scrub_started(before: Pool, now: Pool | None, params: Mapping[str, Any]) -> bool:
    """A small pool may be through before we look: then its newest scrub began after the one before."""
    if now is None or now.scan is None or now.scan.kind != "scrub":
        return False
    old = before.scan.started if before.scan else None
    return now.scan.running or (now.scan.started is not None and now.scan.started != old)


def _pool(data: Any, target: str) -> Pool | None:
    found: Pool | None = data.pools.get(target)
    return found


def _pool_facts(pool: Pool) -> Mapping[str, Any]:
    scan = pool.scan
    return {"pool": pool.name, "scan": scan.kind if scan else None, "state": scan.state if scan else None}


def _app_touches(data: TrueNas, app: App, host: str) -> frozenset[str]:
    return frozenset(
        {named_node(app.name), named_node(app.title)}
        | {container_node(container) for container in app.containers}
        | {endpoint_node(host, port) for port in app.ports}
    )


def _machine_touches(data: TrueNas, machine: Machine, host: str) -> frozenset[str]:
    uuid = {machine_node(machine.uuid)} if machine.uuid else set()
    return frozenset({named_node(machine.name)} | uuid)


def _everything(data: TrueNas, target: Any, host: str) -> frozenset[str]:
    """Return all that a shutdown takes away."""
    return frozenset().union(
        *(_app_touches(data, app, host) for app in data.apps.values()),
        *(_machine_touches(data, machine, host) for machine in data.machines.values()),
        *({named_node(service)} for service in data.services),
        {named_node(host)},
    )


def _app_facts(app: App) -> Mapping[str, Any]:
    return {"app": app.name, "state": app.state, "version": app.version}


def _app(key: str, operation: Operation, wanted: str, **more: Any) -> Order:
    return Order(
        key=key,
        feed="apps",
        find=lambda data, target: data.apps.get(target),
        operation=operation,
        arguments=lambda app, params: [app.name],
        state=lambda app: (app.name, app.state, app.containers, app.version),
        done=lambda before, now, params: now is not None and now.state == wanted,
        facts=_app_facts,
        touches=_app_touches,
        deadline=300.0,
        **more,
    )


def _restarted(before: App, now: App | None, params: Mapping[str, Any]) -> bool:
    return (
        now is not None
        and now.state == "running"
        and (now.containers != before.containers or not now.containers)
    )


def _version(key: str, operation: Operation) -> Order:
    """Upgrade and roll back wait for the version that was asked for, or for any other one where none was."""

    def done(before: App, now: App | None, params: Mapping[str, Any]) -> bool:
        if now is None or now.state not in ("running", "stopped"):
            return False
        wanted = params.get("version", "latest")
        if now.version == before.version:
            # a newer image of the same version
            return wanted == "latest" and now.containers != before.containers and not now.upgrade
        # 24.04 shows `<app version>_<catalogue version>` and takes the latter
        return wanted in ("latest", now.version) or str(now.version).endswith(f"_{wanted}")

    return Order(
        key=key,
        feed="apps",
        find=lambda data, target: data.apps.get(target),
        operation=operation,
        arguments=lambda app, params: [app.name, params.get("version", "latest")],
        allowed=lambda app, params: (
            "nothing_to_upgrade" if key == "upgrade_app" and not app.upgrade else None
        ),
        state=lambda app: (app.name, app.version, app.containers),
        done=done,
        facts=_app_facts,
        touches=_app_touches,
        risk=Risk.MEDIUM,
        takes_away=True,
        deadline=900.0,
    )


def _service(key: str, operation: Operation, *, running: bool, **more: Any) -> Order:
    return Order(
        key=key,
        feed="services",
        find=lambda data, target: data.services.get(target),
        operation=operation,
        arguments=lambda service, params: [service.name],
        state=lambda service: (service.name, service.running),
        done=lambda before, now, params: now is not None and now.running is running,
        facts=lambda service: {"service": service.name, "running": service.running},
        touches=lambda data, service, host: frozenset({named_node(service.name)}),
        **more,
    )


def _machine(key: str, vm: Operation, container: Operation, wanted: str, **more: Any) -> Order:
    return Order(
        key=key,
        feed=lambda target: "vms" if target.startswith("vm_") else "instances",
        find=lambda data, target: data.machines.get(target),
        operation=lambda machine: vm if machine.kind == "vm" else container,
        arguments=lambda machine, params: [machine.id],
        state=lambda machine: (machine.key, machine.state),
        done=lambda before, now, params: now is not None and now.state == wanted,
        facts=lambda machine: {"name": machine.name, "state": machine.state},
        touches=_machine_touches,
        deadline=150.0,
        **more,
    )


def _may_run(task: Task, params: Mapping[str, Any]) -> str | None:
    if task.running:
        return "task_running"
    return "task_locked" if task.locked else None


def _ran(before: Task, now: Task | None, params: Mapping[str, Any]) -> bool:
    """The order worked once it runs or has ended anew; whether the run succeeds is the task's own sensor."""
    return now is not None and (now.running or (now.ended is not None and now.ended != before.ended))


def _alert(key: str, operation: Operation, *, dismissed: bool) -> Order:
    return Order(
        key=key,
        feed="alerts",
        find=lambda data, target: data.alerts.get(target),
        operation=operation,
        arguments=lambda alert, params: [alert.uuid],
        state=lambda alert: (alert.uuid, alert.dismissed),
        done=lambda before, now, params: now is None or now.dismissed is dismissed,
        facts=lambda alert: {"alert": alert.uuid, "dismissed": alert.dismissed},
    )


def _power(key: str, operation: Operation, **more: Any) -> Order:
    return Order(
        key=key,
        feed="system",
        find=lambda data, target: data.system,
        operation=operation,
        arguments=lambda system, params: [params["reason"]],
        state=lambda system: system.booted,
        done=lambda before, now, params: now is not None and now.booted != before.booted,
        facts=lambda system: {"booted": system.booted.isoformat() if system.booted else None},
        risk=Risk.HIGH,
        deadline=900.0,
        looks=UNTIL_DEADLINE,
        **more,
    )


_ORDERS: tuple[Order, ...] = (
    Order(
        key="start_scrub",
        feed="pools",
        find=_pool,
        operation=Operation.START_SCRUB,
        arguments=lambda pool, params: [pool.name],
        allowed=_may_start_scrub,
        state=_scan_state,
        done=_scrub_started,
        facts=_pool_facts,
    ),
    Order(
        key="pause_scrub",
        feed="pools",
        find=_pool,
        operation=Operation.PAUSE_SCRUB,
        arguments=lambda pool, params: [pool.name],
        allowed=lambda pool, params: None if _scrubbing(pool) else "no_scrub",
        state=_scan_state,
        done=lambda before, now, params: bool(
            now and now.scan and (now.scan.paused or now.scan.state != "scanning")
        ),
        facts=_pool_facts,
    ),
    Order(
        key="stop_scrub",
        feed="pools",
        find=_pool,
        operation=Operation.STOP_SCRUB,
        arguments=lambda pool, params: [pool.name],
        allowed=lambda pool, params: None if _scrubbing(pool) else "no_scrub",
        state=_scan_state,
        done=lambda before, now, params: now is not None and not _scrubbing(now),
        facts=_pool_facts,
    ),
    _app("start_app", Operation.START_APP, "running"),
    _app("stop_app", Operation.STOP_APP, "stopped", risk=Risk.MEDIUM, takes_away=True),
    Order(
        key="restart_app",
        feed="apps",
        find=lambda data, target: data.apps.get(target),
        operation=Operation.RESTART_APP,
        arguments=lambda app, params: [app.name],
        state=lambda app: (app.name, app.state, app.containers),
        done=_restarted,
        facts=_app_facts,
        touches=_app_touches,
        risk=Risk.MEDIUM,
        takes_away=True,
        deadline=300.0,
    ),
    _version("upgrade_app", Operation.UPGRADE_APP),
    _version("rollback_app", Operation.ROLLBACK_APP),
    _service("start_service", Operation.START_SERVICE, running=True),
    _service("stop_service", Operation.STOP_SERVICE, running=False, risk=Risk.MEDIUM, takes_away=True),
    _service("restart_service", Operation.RESTART_SERVICE, running=True, risk=Risk.MEDIUM, takes_away=True),
    _machine("start_machine", Operation.START_VM, Operation.START_INSTANCE, "running"),
    _machine(
        "stop_machine",
        Operation.STOP_VM,
        Operation.STOP_INSTANCE,
        "stopped",
        risk=Risk.MEDIUM,
        takes_away=True,
    ),
    Order(
        key="run_task",
        feed=lambda target: FEED_OF_TASK[TaskKind(target.rpartition("_")[0])],
        find=lambda data, target: data.tasks.get(target),
        operation=lambda task: _RUN[task.kind],
        arguments=lambda task, params: [task.id],
        allowed=_may_run,
        state=lambda task: (task.key, task.enabled, task.running),
        done=_ran,
        facts=lambda task: {"task": task.name, "running": task.running, "result": task.result},
    ),
    _alert("dismiss_alert", Operation.DISMISS_ALERT, dismissed=True),
    _alert("restore_alert", Operation.RESTORE_ALERT, dismissed=False),
    Order(
        key="smart_test",
        feed="smart_tests",
        find=lambda data, target: data.disks.get(target),
        operation=Operation.SMART_TEST,
        arguments=lambda disk, params: [disk.identifier, params.get("type", "SHORT")],
        allowed=lambda disk, params: "disk_asleep" if disk.asleep else None,
        state=lambda disk: disk.identity,
        done=lambda before, now, params: now is not None and now.last_test == "running",
        facts=lambda disk: {"disk": disk.device, "test": disk.last_test},
    ),
    Order(
        key="install_update",
        feed="release",
        find=lambda data, target: data,
        operation=Operation.INSTALL_UPDATE,
        arguments=lambda data, params: [],
        allowed=lambda data, params: None if data.update and data.update.available else "nothing_to_upgrade",
        state=lambda data: data.update and data.update.available,
        done=lambda before, now, params: bool(
            now.system and before.system and now.system.version != before.system.version
        ),
        facts=lambda data: {"version": data.system.version if data.system else None},
        risk=Risk.HIGH,
        deadline=3600.0,
        looks=UNTIL_DEADLINE,
    ),
)
_REBOOT = _power("reboot", Operation.REBOOT)
_SHUTDOWN = _power("shutdown", Operation.SHUTDOWN, touches=_everything, takes_away=True)


def actions_of(nas: Nas) -> Mapping[str, Action]:
    """Return every action of one NAS by its key."""
    found: list[Action] = [OrderAction(order, nas) for order in (*_ORDERS, _REBOOT)]
    found.append(ShutdownAction(_SHUTDOWN, nas))
    found += [make(nas) for make in SNAPSHOT_ACTIONS]
    return {action.key: action for action in found}
