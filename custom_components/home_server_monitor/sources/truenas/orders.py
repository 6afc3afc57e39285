"""Every write that this integration can send to a NAS; those to the NAS itself are here."""

from collections.abc import Mapping
from typing import Any, Protocol

from ...guardian.contract import Action, Risk
from .actions import Facts, Inverse, Order, OrderAction, ShutdownAction
from .app_data_back import RollBackAppData
from .app_install import InstallingNas, InstallScrutiny
from .app_upgrade import AppNas, UpgradeApp
from .memory import SAME_BOOT
from .methods import Operation
from .model import TrueNas
from .nodes import host_node
from .prune import PruneSnapshots
from .sending import stamp
from .snapshots import SNAPSHOT_ACTIONS
from .storage_orders import STORAGE_ORDERS
from .work_orders import UPGRADE_APP, WORK_ORDERS, everything

# the job of a restart ends before the restart
UNTIL_DEADLINE = 10_000


def _alert(key: str, operation: Operation, inverse: Operation, *, dismissed: bool) -> Order:
    return Order(
        key=key,
        feed="alerts",
        find=lambda data, target: data.alerts.get(target),
        operation=operation,
        arguments=lambda alert, params: [alert.uuid],
        note=lambda alert: {"alert": alert.uuid, "dismissed": alert.dismissed},
        state=("alert", "dismissed"),
        done=lambda before, now, params: now is None or now["dismissed"] is dismissed,
        facts=lambda alert: {"alert": alert.uuid, "dismissed": alert.dismissed},
        inverse=Inverse(operation=lambda alert, before: inverse),
    )


def _booted_anew(before: Facts, now: Facts | None, params: Mapping[str, Any]) -> bool:
    """The NAS computes its start anew each time, so a few seconds are no new start."""
    if now is None or now["booted"] is None or before["booted"] is None:
        return False
    return bool(now["booted"] - before["booted"] > SAME_BOOT)


def _only_the_host(nas: str, data: TrueNas, target: Any, host: str) -> frozenset[str]:
    return frozenset({host_node(nas)})


def _power(key: str, operation: Operation, **more: Any) -> Order:
    return Order(
        key=key,
        feed="system",
        find=lambda data, target: data.system,
        operation=operation,
        arguments=lambda system, params: [params["reason"]],
        note=lambda system: {"booted": stamp(system.booted)},
        state=("booted",),
        done=_booted_anew,
        facts=lambda system: {"booted": system.booted.isoformat() if system.booted else None},
        risk=Risk.HIGH,
        deadline=900.0,
        looks=UNTIL_DEADLINE,
        **more,
    )


_NAS_ORDERS: tuple[Order, ...] = (
    _alert("dismiss_alert", Operation.DISMISS_ALERT, Operation.RESTORE_ALERT, dismissed=True),
    _alert("restore_alert", Operation.RESTORE_ALERT, Operation.DISMISS_ALERT, dismissed=False),
    Order(
        key="install_update",
        feed="release",
        find=lambda data, target: data,
        operation=Operation.INSTALL_UPDATE,
        arguments=lambda data, params: [],
        allowed=lambda data, params: None if data.update and data.update.available else "nothing_to_upgrade",
        note=lambda data: {
            "available": data.update.available if data.update else None,
            "version": data.system.version if data.system else None,
        },
        state=("available",),
        done=lambda before, now, params: bool(
            now and now["version"] and before["version"] and now["version"] != before["version"]
        ),
        facts=lambda data: {"version": data.system.version if data.system else None},
        touches=_only_the_host,
        risk=Risk.HIGH,
        deadline=3600.0,
        looks=UNTIL_DEADLINE,
    ),
    _power("reboot", Operation.REBOOT, touches=_only_the_host),
)
_SHUTDOWN = _power("shutdown", Operation.SHUTDOWN, touches=everything, takes_away=True)


class ActedOnNas(AppNas, InstallingNas, Protocol):
    """What all actions together need of their NAS."""


def actions_of(nas: ActedOnNas) -> Mapping[str, Action]:
    """Return every action of one NAS by its key."""
    found: list[Action] = [OrderAction(order, nas) for order in (*STORAGE_ORDERS, *WORK_ORDERS, *_NAS_ORDERS)]
    found.append(ShutdownAction(_SHUTDOWN, nas))
    found += [make(nas) for make in (*SNAPSHOT_ACTIONS, PruneSnapshots)]
    found += [UpgradeApp(UPGRADE_APP, nas), RollBackAppData(nas), InstallScrutiny(nas)]
    return {action.key: action for action in found}
