"""Orders to what runs on a NAS: apps, services, virtual machines and containers."""

from collections.abc import Mapping
from typing import Any

from ...guardian.contract import Risk
from ...guardian.own_path import SHORT_ID, container_node, endpoint_node, machine_node, named_node
from .actions import Facts, Inverse, Order
from .app import App
from .methods import Operation
from .model import TrueNas
from .nodes import app_node, guest_node, host_node, service_node
from .stopping import APP_STOPPED, MACHINE_STOPPED, stop_of
from .system import Service
from .work import Machine

_TAKES_AWAY: Mapping[str, Any] = {"risk": Risk.MEDIUM, "takes_away": True}


def app_touches(nas: str, data: TrueNas, app: App, host: str) -> frozenset[str]:
    """Return all that stands still with an app. host: the name or address under which the NAS is reached."""
    return frozenset(
        {app_node(nas, app.name), named_node(app.name), named_node(app.title)}
        | {container_node(container) for container in app.containers}
        | {container_node(container[:SHORT_ID]) for container in app.containers}
        | {endpoint_node(host, port) for port in app.ports}
    )


def machine_touches(nas: str, data: TrueNas, machine: Machine, host: str) -> frozenset[str]:
    """Return all that stands still with a virtual machine or a container."""
    uuid = {machine_node(machine.uuid)} if machine.uuid else set()
    return frozenset({guest_node(nas, machine.key), named_node(machine.name)} | uuid)


def _service_touches(nas: str, data: TrueNas, service: Service, host: str) -> frozenset[str]:
    return frozenset({service_node(nas, service.name), named_node(service.name)})


def everything(nas: str, data: TrueNas, target: Any, host: str) -> frozenset[str]:
    """Return all that a shutdown takes away."""
    return frozenset().union(
        *(app_touches(nas, data, app, host) for app in data.apps.values()),
        *(machine_touches(nas, data, machine, host) for machine in data.machines.values()),
        *(_service_touches(nas, data, service, host) for service in data.services.values()),
        {host_node(nas), named_node(host)},
    )


def _note_app(app: App) -> Facts:
    return {
        "app": app.name,
        "state": app.state,
        "version": app.version,
        "upgrade": app.upgrade,
        "back": app.before,
        "containers": sorted(app.containers),
    }


def _app_facts(app: App) -> Mapping[str, Any]:
    return {"app": app.name, "state": app.state, "version": app.version}


def _app(key: str, operation: Operation, **more: Any) -> Order:
    more = {"deadline": 300.0, "arguments": lambda app, params: [app.name], **more}
    return Order(
        key=key,
        feed="apps",
        find=lambda data, target: data.apps.get(target),
        operation=operation,
        note=_note_app,
        facts=_app_facts,
        touches=app_touches,
        **more,
    )


def _same_version(before: Facts, now: Facts, result: Facts) -> bool:
    return bool(now["version"] == before["version"])


def _as_before(before: Facts, now: Facts) -> bool:
    """Between stopped and running there is more than one state."""
    return bool(now["state"] == before["state"])


def _toggled(key: str, operation: Operation, inverse: Operation, wanted: str, **more: Any) -> Order:
    return _app(
        key,
        operation,
        state=("app", "state", "containers", "version"),
        done=lambda before, now, params: now is not None and now["state"] == wanted,
        inverse=Inverse(operation=lambda app, before: inverse, ours=_same_version, undone=_as_before),
        **more,
    )


def _restarted(before: Facts, now: Facts | None, params: Mapping[str, Any]) -> bool:
    return (
        now is not None
        and now["state"] == "running"
        and (now["containers"] != before["containers"] or not now["containers"])
    )


def _version(
    key: str, operation: Operation, ends: tuple[str, ...] = ("running", "stopped"), **more: Any
) -> Order:
    """Upgrade and roll back wait for the version that was asked for, or for any other one where none was."""

    def done(before: Facts, now: Facts | None, params: Mapping[str, Any]) -> bool:
        if now is None or now["state"] not in ends:
            return False
        wanted = params.get("version") or before.get("back") or "latest"
        if now["version"] == before["version"]:
            # a newer image of the same version
            return wanted == "latest" and now["containers"] != before["containers"] and not now["upgrade"]
        # 24.04 shows `<app version>_<catalogue version>` and takes the latter
        return wanted in ("latest", now["version"]) or str(now["version"]).endswith(f"_{wanted}")

    given = {"arguments": lambda app, params: [app.name, params.get("version", "latest")], **more}
    return _app(
        key,
        operation,
        state=("app", "version", "containers"),
        done=done,
        deadline=900.0,
        **_TAKES_AWAY,
        **given,
    )


def _rollback() -> Order:
    """Back to the version that is asked for, or to the one before the newest upgrade from here; its data stays."""
    return _version(
        "rollback_app",
        Operation.ROLLBACK_APP,
        arguments=lambda app, params: [app.name, params.get("version") or _catalogued(app.before), False],
        allowed=lambda app, params: None if params.get("version") or app.before else "no_way_back",
    )


def _catalogued(shown: str) -> str:
    """Return the version of the catalogue: 24.04 shows it after that of the software."""
    return shown.rpartition("_")[2]


# the only write of the upgrade, which is an action of its own
UPGRADE_APP = _version(
    "upgrade_app",
    Operation.UPGRADE_APP,
    # whether it is well is judged after it
    ends=("running", "stopped", "crashed"),
    allowed=lambda app, params: None if app.upgrade else "nothing_to_upgrade",
)


def _service(key: str, operation: Operation, *, running: bool, **more: Any) -> Order:
    return Order(
        key=key,
        feed="services",
        find=lambda data, target: data.services.get(target),
        operation=operation,
        arguments=lambda service, params: [service.name],
        note=lambda service: {"service": service.name, "running": service.running},
        state=("service", "running"),
        done=lambda before, now, params: now is not None and now["running"] is running,
        facts=lambda service: {"service": service.name, "running": service.running},
        touches=_service_touches,
        **more,
    )


def _machine(
    key: str, own: tuple[Operation, Operation], inverse: tuple[Operation, Operation], wanted: str, **more: Any
) -> Order:
    """Return an order to a virtual machine or a container; both are given in this order."""

    def of(machine: Machine, choice: tuple[Operation, Operation]) -> Operation:
        return choice[0] if machine.kind == "vm" else choice[1]

    return Order(
        key=key,
        feed=lambda target: "vms" if target.startswith("vm_") else "instances",
        find=lambda data, target: data.machines.get(target),
        operation=lambda machine: of(machine, own),
        arguments=lambda machine, params: [machine.id],
        note=lambda machine: {"machine": machine.key, "state": machine.state},
        state=("machine", "state"),
        done=lambda before, now, params: now is not None and now["state"] == wanted,
        facts=lambda machine: {"name": machine.name, "state": machine.state},
        touches=machine_touches,
        inverse=Inverse(operation=lambda machine, before: of(machine, inverse), undone=_as_before),
        deadline=150.0,
        **more,
    )


_START = (Operation.START_VM, Operation.START_INSTANCE)
_STOP = (Operation.STOP_VM, Operation.STOP_INSTANCE)

WORK_ORDERS: tuple[Order, ...] = (
    _toggled("start_app", Operation.START_APP, Operation.STOP_APP, "running"),
    _toggled(
        "stop_app",
        Operation.STOP_APP,
        Operation.START_APP,
        "stopped",
        lease=lambda app, params: stop_of(APP_STOPPED, app.name, params),
        **_TAKES_AWAY,
    ),
    _app(
        "restart_app",
        Operation.RESTART_APP,
        state=("app", "state", "containers"),
        done=_restarted,
        **_TAKES_AWAY,
    ),
    _rollback(),
    _app(
        "remove_app",
        Operation.DELETE_APP,
        state=("app", "version"),
        # what somebody else has made is nobody's to remove from here
        allowed=lambda app, params: None if app.ours else "not_made_from_here",
        done=lambda before, now, params: now is None,
        **_TAKES_AWAY,
    ),
    _service(
        "start_service",
        Operation.START_SERVICE,
        running=True,
        inverse=Inverse(operation=lambda service, before: Operation.STOP_SERVICE),
    ),
    _service(
        "stop_service",
        Operation.STOP_SERVICE,
        running=False,
        inverse=Inverse(operation=lambda service, before: Operation.START_SERVICE),
        **_TAKES_AWAY,
    ),
    _service("restart_service", Operation.RESTART_SERVICE, running=True, **_TAKES_AWAY),
    _machine("start_machine", _START, _STOP, "running"),
    _machine(
        "stop_machine",
        _STOP,
        _START,
        "stopped",
        lease=lambda machine, params: stop_of(MACHINE_STOPPED, machine.key, params),
        **_TAKES_AWAY,
    ),
)
