"""Entities of the engine itself and of its stacks."""

from collections.abc import Callable
from typing import Any

from homeassistant.const import EntityCategory

from ....descriptions import ObjectButton, ObjectSensor, ObjectSwitch
from ....quantities import choice, count, data_size, percent
from ..model import Containers, HealthStatus, Space, Stack
from ..offers import newer
from ..view import NEVER, reclaimable, running, total

DIAGNOSTIC = EntityCategory.DIAGNOSTIC


def _space(kind: str, field: str) -> Callable[[Containers], Any]:
    def value(data: Containers) -> Any:
        space: Space | None = getattr(data.disk, kind) if data.disk else None
        return getattr(space, field) if space else None

    return value


def _updates(data: Containers) -> int:
    """Return how many containers have an update that is offered: not those that are never updated from here."""
    return sum(item.policy != NEVER for item, _ in newer(data))


SENSORS: tuple[ObjectSensor[Any], ...] = (
    count("containers_running", running, feed="containers"),
    count(
        "containers_total", lambda data: len(data.containers), feed="containers", entity_category=DIAGNOSTIC
    ),
    count(
        "containers_unhealthy",
        lambda data: sum(each.health.status is HealthStatus.UNHEALTHY for each in data.containers.values()),
        feed="containers",
        entity_category=DIAGNOSTIC,
    ),
    count("updates_available", _updates, feed="updates", entity_category=DIAGNOSTIC),
    percent(
        "containers_cpu",
        lambda data: total(data, "cpu_percent"),
        precision=1,
        dead_band=5.0,
        feed="usage",
        entity_category=DIAGNOSTIC,
    ),
    data_size(
        "containers_memory",
        lambda data: total(data, "memory"),
        dead_band=64 * 1024**2,
        feed="usage",
        entity_category=DIAGNOSTIC,
    ),
    *(
        data_size(f"disk_{kind}", _space(kind, "used"), feed="disk", entity_category=DIAGNOSTIC)
        for kind in ("images", "containers", "volumes", "build_cache")
    ),
    data_size("disk_reclaimable", reclaimable, feed="disk", entity_category=DIAGNOSTIC),
    count("audit_score", lambda data: data.score, feed="containers", entity_category=DIAGNOSTIC),
    ObjectSensor(
        key="api_version",
        value=lambda data: data.engine.api_version if data.engine else None,
        feed="engine",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)

STACK_SENSORS: tuple[ObjectSensor[Stack], ...] = (
    choice("stack_state", ["active", "inactive", "other"], lambda stack: stack.status),
)

# of any other state nobody knows whether that is running
_ACTIVE = {"active": True, "inactive": False}

STACK_SWITCHES: tuple[ObjectSwitch[Stack], ...] = (
    ObjectSwitch(
        key="stack_running",
        value=lambda stack: _ACTIVE.get(stack.status),
        turn_on="start_stack",
        turn_off="stop_stack",
        entity_registry_enabled_default=False,
    ),
)

STACK_BUTTONS: tuple[ObjectButton[Stack], ...] = (
    ObjectButton(key="redeploy_stack", action="redeploy_stack", entity_registry_enabled_default=False),
)

BUTTONS: tuple[ObjectButton[Containers], ...] = (
    ObjectButton(key="update_containers", action="update_containers", feed="updates"),
)
