"""The entities of a NAS: one table per kind of object and platform."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.const import (
    Platform,
)

from ....entity import ObjectTable
from ..model import TrueNas
from ..reading import FEED_OF_TASK
from .devices import (
    app_device,
    dataset_device,
    disk_device,
    inside_pool,
    machine_device,
    named,
    nas_device,
    pool_device,
    task_device,
)
from .nas import (
    CERTIFICATE_SENSORS,
    INTERFACE_BINARY,
    INTERFACE_SENSORS,
    NAS_BINARY,
    NAS_BUTTONS,
    NAS_SENSORS,
    NAS_UPDATE,
    interface_rates,
)
from .storage import (
    DATASET_BINARY,
    DATASET_SENSORS,
    DISK_BINARY,
    DISK_BUTTONS,
    DISK_SENSORS,
    POOL_BINARY,
    POOL_BUTTONS,
    POOL_SENSORS,
    SNAPSHOT_SENSORS,
    snapshots_of,
)
from .work import (
    APP_BUTTONS,
    APP_SENSORS,
    APP_UPDATE,
    MACHINE_BUTTONS,
    MACHINE_SENSORS,
    SERVICE_BINARY,
    TASK_BINARY,
    TASK_BUTTONS,
    TASK_SENSORS,
)


def _one(data: TrueNas) -> Mapping[str, TrueNas]:
    return {"": data}


def _table(
    kind: str, feed: str, objects: Callable[[TrueNas], Mapping[str, Any]], **more: Any
) -> Callable[..., ObjectTable[TrueNas, Any]]:
    """Return the maker of the tables of one kind: they differ only in the descriptions."""

    def make(descriptions: tuple[Any, ...]) -> ObjectTable[TrueNas, Any]:
        return ObjectTable(kind=kind, feed=feed, objects=objects, descriptions=descriptions, **more)

    return make


_system = _table("", "system", _one, device=nas_device, keep=True)


_pool = _table("pool", "pools", lambda d: d.pools, device=pool_device, keep=True)


_disk = _table("disk", "disks", lambda d: d.disks, device=disk_device, keep=True)


_dataset = _table(
    "dataset", "datasets", lambda d: d.datasets, device=dataset_device, placeholders=inside_pool
)


_dataset_snapshots = _table(
    "dataset",
    "datasets",
    lambda d: {key: (item, snapshots_of(d, key)) for key, item in d.datasets.items()},
    device=lambda coordinator, item: dataset_device(coordinator, item[0]),
    placeholders=lambda item: inside_pool(item[0]),
)


_task = _table(
    "task",
    "tasks",
    lambda d: d.tasks,
    device=task_device,
    feeds=tuple(FEED_OF_TASK.values()),
    feed_of=lambda task: FEED_OF_TASK[task.kind],
)


_service = _table(
    "service",
    "services",
    lambda d: d.services,
    device=nas_device,
    placeholders=lambda item: {"name": item.title},
)


_app = _table("app", "apps", lambda d: d.apps, device=app_device)


_machine = _table(
    "machine",
    "machines",
    lambda d: d.machines,
    device=machine_device,
    feeds=("vms", "instances"),
    feed_of=lambda machine: "vms" if machine.kind == "vm" else "instances",
)


_interface = _table("interface", "interfaces", lambda d: d.interfaces, device=nas_device, placeholders=named)


_traffic = _table(
    "interface",
    "interfaces",
    lambda d: {key: (key, rates) for key, rates in interface_rates(d).items()},
    device=nas_device,
    placeholders=lambda item: {"name": item[0]},
)


_certificate = _table(
    "certificate", "certificates", lambda d: d.certificates, device=nas_device, placeholders=named
)


TABLES: Mapping[Platform, tuple[ObjectTable[TrueNas, Any], ...]] = {
    Platform.SENSOR: (
        _system(NAS_SENSORS),
        _pool(POOL_SENSORS),
        _disk(DISK_SENSORS),
        _dataset(DATASET_SENSORS),
        _dataset_snapshots(SNAPSHOT_SENSORS),
        _task(TASK_SENSORS),
        _app(APP_SENSORS),
        _machine(MACHINE_SENSORS),
        _traffic(INTERFACE_SENSORS),
        _certificate(CERTIFICATE_SENSORS),
    ),
    Platform.BINARY_SENSOR: (
        _system(NAS_BINARY),
        _pool(POOL_BINARY),
        _disk(DISK_BINARY),
        _dataset(DATASET_BINARY),
        _task(TASK_BINARY),
        _service(SERVICE_BINARY),
        _interface(INTERFACE_BINARY),
    ),
    Platform.BUTTON: (
        _system(NAS_BUTTONS),
        _pool(POOL_BUTTONS),
        _disk(DISK_BUTTONS),
        _task(TASK_BUTTONS),
        _app(APP_BUTTONS),
        _machine(MACHINE_BUTTONS),
    ),
    Platform.UPDATE: (_system(NAS_UPDATE), _app(APP_UPDATE)),
}


PLATFORMS = tuple(sorted(TABLES))
