"""Entities of what runs: tasks, services, apps and machines."""

from typing import Any

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.const import (
    EntityCategory,
    UnitOfInformation,
)

from ....descriptions import ObjectBinarySensor, ObjectButton, ObjectSensor, ObjectUpdate
from ....quantities import choice, data_rate, data_size, moment, percent
from ..app import APP_STATES, App
from ..work import MACHINE_STATES

DIAGNOSTIC = EntityCategory.DIAGNOSTIC

TASK_OPTIONS = ["success", "failed", "aborted", "hold", "waiting"]


def _latest(app: App) -> str | None:
    """Return the newest version; a newer image of the same version is told apart."""
    if not app.upgrade:
        return app.version
    return app.latest if app.latest != app.version else f"{app.version} (newer image)"


TASK_SENSORS: tuple[ObjectSensor[Any], ...] = (
    moment("last_success", lambda t: t.last_success),
    choice("last_result", TASK_OPTIONS, lambda t: t.result, entity_category=DIAGNOSTIC),
    moment("next_run", lambda t: t.next_run, entity_registry_enabled_default=False),
)


APP_SENSORS: tuple[ObjectSensor[Any], ...] = (
    choice("app_state", sorted(APP_STATES), lambda a: a.state),
    percent(
        "app_cpu",
        lambda a: a.stats.cpu if a.stats else None,
        feed="app_stats",
        entity_category=DIAGNOSTIC,
        dead_band=5.0,
    ),
    data_size(
        "app_memory",
        lambda a: a.stats.memory if a.stats else None,
        feed="app_stats",
        unit=UnitOfInformation.MEBIBYTES,
        entity_category=DIAGNOSTIC,
        dead_band=64 * 2**20,
    ),
    data_rate("app_received", lambda a: a.stats.received if a.stats else None, feed="app_stats"),
    data_rate("app_sent", lambda a: a.stats.sent if a.stats else None, feed="app_stats"),
)


TASK_BINARY: tuple[ObjectBinarySensor[Any], ...] = (
    ObjectBinarySensor(
        key="task_running",
        translation_key="task_running",
        device_class=BinarySensorDeviceClass.RUNNING,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda t: t.running,
    ),
)


SERVICE_BINARY: tuple[ObjectBinarySensor[Any], ...] = (
    ObjectBinarySensor(
        key="running",
        translation_key="service_running",
        device_class=BinarySensorDeviceClass.RUNNING,
        entity_category=DIAGNOSTIC,
        enabled=lambda s: s.enabled,
        value=lambda s: s.running,
    ),
)


MACHINE_SENSORS: tuple[ObjectSensor[Any], ...] = (
    choice("machine_state", sorted(MACHINE_STATES), lambda m: m.state),
)


APP_BUTTONS: tuple[ObjectButton[Any], ...] = (
    *(
        ObjectButton[Any](key=key, action=key, entity_registry_enabled_default=False)
        for key in ("start_app", "stop_app", "restart_app")
    ),
    # only while there is a version to go back to
    ObjectButton(key="rollback_app", action="rollback_app", exists=lambda app: app.before is not None),
    # only while a snapshot of before an upgrade that was taken back is meant to be there
    ObjectButton(
        key="roll_back_app_data", action="roll_back_app_data", exists=lambda app: app.snapshot is not None
    ),
)


MACHINE_BUTTONS: tuple[ObjectButton[Any], ...] = tuple(
    ObjectButton(key=key, action=key, entity_registry_enabled_default=False)
    for key in ("start_machine", "stop_machine")
)


TASK_BUTTONS: tuple[ObjectButton[Any], ...] = (ObjectButton(key="run_task", action="run_task"),)


APP_UPDATE: tuple[ObjectUpdate[Any], ...] = (
    ObjectUpdate(
        key="update",
        translation_key="app_update",
        installed=lambda a: a.version,
        latest=_latest,
        action="upgrade_app",
    ),
)
