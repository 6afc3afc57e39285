"""The devices of a NAS, and how what is shown on another's device is named."""

from collections.abc import Callable, Mapping
from operator import attrgetter
import re
from typing import Any, cast

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo

from ....const import DOMAIN
from ....coordinator import ServiceCoordinator
from ..model import TrueNas
from ..storage import Dataset, Pool
from ..system import Certificate, Interface
from ..work import Task, TaskKind

type Coordinator = ServiceCoordinator[TrueNas]


_TASK_NAMES: Mapping[TaskKind, str] = {
    TaskKind.SNAPSHOT: "Snapshots of",
    TaskKind.REPLICATION: "Replication",
    TaskKind.CLOUD_SYNC: "Cloud sync",
    TaskKind.RSYNC: "Rsync",
    TaskKind.CLOUD_BACKUP: "Cloud backup",
}


def _device(
    kind: str, key: Callable[[Any], str], **info: Callable[[Any], Any]
) -> Callable[[Coordinator, Any], DeviceInfo]:
    """Return how the device of an object is described: its identity, and what else the object says."""

    def describe(coordinator: Coordinator, item: Any) -> DeviceInfo:
        device = DeviceInfo(identifiers={(DOMAIN, f"{coordinator.id}_{kind}_{key(item)}")})
        device.update(cast("DeviceInfo", {field: value(item) for field, value in info.items()}))
        if via := coordinator.device_id:
            device["via_device_id"] = via
        return device

    return describe


def _task_name(task: Task) -> str:
    """Return the kind of a task and what its owner calls it, unless that begins with the kind."""
    kind = _TASK_NAMES[task.kind]
    return task.name if task.name.casefold().startswith(kind.casefold()) else f"{kind} {task.name}"


def nas_device(coordinator: Coordinator, item: Any) -> DeviceInfo:
    """Return the device of the NAS itself."""
    return DeviceInfo(identifiers={(DOMAIN, coordinator.id)})


def _layout(pool: Pool) -> str:
    kinds = [vdev.kind or "disk" for vdev in pool.vdevs if vdev.role == "data"]
    return ", ".join(f"{kinds.count(kind)} × {kind}" for kind in dict.fromkeys(kinds)) or "pool"


pool_device = _device(
    "pool",
    lambda pool: pool.guid,
    name=lambda pool: pool.name,
    manufacturer=lambda pool: "OpenZFS",
    model=_layout,
    entry_type=lambda pool: DeviceEntryType.SERVICE,
)


disk_device = _device(
    "disk",
    lambda disk: disk.identity,
    name=attrgetter("title"),
    model=lambda disk: disk.model,
    serial_number=lambda disk: disk.serial,
    hw_version=lambda disk: disk.kind,
)


app_device = _device(
    "app",
    lambda app: app.name,
    name=lambda app: app.title,
    sw_version=lambda app: app.version,
    model=lambda app: "Custom app" if app.custom else "App",
    entry_type=lambda app: DeviceEntryType.SERVICE,
)


task_device = _device(
    "task",
    lambda task: task.key,
    name=_task_name,
    model=lambda task: "Scheduled task",
    entry_type=lambda task: DeviceEntryType.SERVICE,
)


machine_device = _device(
    "machine",
    lambda machine: machine.key,
    name=lambda machine: machine.name,
    model=lambda machine: "Virtual machine" if machine.kind == "vm" else "Container",
    entry_type=lambda machine: DeviceEntryType.SERVICE,
)


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.casefold())


def inside_pool(item: Dataset) -> dict[str, str]:
    """Return what a dataset is called on the device of its pool, whose name comes before it."""
    name = item.name.removeprefix(item.pool).removeprefix("/") or "root dataset"
    twice = _words(item.pool)[-1:] == _words(name)[:1]
    return {"name": f"dataset {name}" if twice else name}


def dataset_device(coordinator: Coordinator, item: Dataset) -> DeviceInfo:
    """Return the device of the pool that a dataset is in."""
    pool: Pool | None = next(
        (pool for pool in coordinator.data.pools.values() if pool.name == item.pool), None
    )
    return pool_device(coordinator, pool) if pool else nas_device(coordinator, item)


def named(item: Interface | Certificate) -> dict[str, str]:
    """Return what names an object on another's device."""
    return {"name": item.name}
