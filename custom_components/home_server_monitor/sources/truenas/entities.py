"""The entities of a NAS: one table per kind of object and platform."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter, methodcaller
import re
from typing import Any, cast

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.button import ButtonDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.update import UpdateDeviceClass
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    Platform,
    UnitOfDataRate,
    UnitOfInformation,
    UnitOfTemperature,
    UnitOfTime,
)
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...coordinator import ServiceCoordinator
from ...descriptions import ObjectBinarySensor, ObjectButton, ObjectSensor, ObjectUpdate
from ...entity import ObjectTable
from .model import TrueNas
from .reading import FEED_OF_TASK
from .realtime import Rates
from .storage import NO_SNAPSHOTS, POOL_STATES, UNLISTED, Dataset, Pool, Snapshots
from .system import Certificate, Interface, alerts_by_level
from .work import APP_STATES, MACHINE_STATES, App, Task, TaskKind

DIAGNOSTIC = EntityCategory.DIAGNOSTIC
SCAN_OPTIONS = ["none", "scrubbing", "resilvering", "paused", "finished", "canceled"]
TASK_OPTIONS = ["success", "failed", "aborted", "hold", "waiting"]
TEST_OPTIONS = ["success", "failed", "running", "aborted", "none"]

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


def _nas(coordinator: Coordinator, item: Any) -> DeviceInfo:
    return DeviceInfo(identifiers={(DOMAIN, coordinator.id)})


def _layout(pool: Pool) -> str:
    kinds = [vdev.kind or "disk" for vdev in pool.vdevs if vdev.role == "data"]
    return ", ".join(f"{kinds.count(kind)} × {kind}" for kind in dict.fromkeys(kinds)) or "pool"


_pool_device = _device(
    "pool",
    lambda pool: pool.guid,
    name=lambda pool: pool.name,
    manufacturer=lambda pool: "OpenZFS",
    model=_layout,
    entry_type=lambda pool: DeviceEntryType.SERVICE,
)
_disk_device = _device(
    "disk",
    lambda disk: disk.identity,
    name=attrgetter("title"),
    model=lambda disk: disk.model,
    serial_number=lambda disk: disk.serial,
    hw_version=lambda disk: disk.kind,
)
_app_device = _device(
    "app",
    lambda app: app.name,
    name=lambda app: app.title,
    sw_version=lambda app: app.version,
    model=lambda app: "Custom app" if app.custom else "App",
    entry_type=lambda app: DeviceEntryType.SERVICE,
)
_task_device = _device(
    "task",
    lambda task: task.key,
    name=_task_name,
    model=lambda task: "Scheduled task",
    entry_type=lambda task: DeviceEntryType.SERVICE,
)
_machine_device = _device(
    "machine",
    lambda machine: machine.key,
    name=lambda machine: machine.name,
    model=lambda machine: "Virtual machine" if machine.kind == "vm" else "Container",
    entry_type=lambda machine: DeviceEntryType.SERVICE,
)


def _one(data: TrueNas) -> Mapping[str, TrueNas]:
    return {"": data}


def _scan(pool: Pool) -> str:
    if (scan := pool.scan) is None:
        return "none"
    if scan.state == "scanning":
        return "paused" if scan.paused else ("resilvering" if scan.kind == "resilver" else "scrubbing")
    return scan.state or "none"


def _days_since_scrub(pool: Pool) -> int | None:
    return (dt_util.utcnow() - pool.last_scrub).days if pool.last_scrub else None


def _days_left(certificate: Certificate) -> int | None:
    return (certificate.expires - dt_util.utcnow()).days if certificate.expires else None


def _bytes(key: str, value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    return ObjectSensor(
        key=key,
        device_class=SensorDeviceClass.DATA_SIZE,
        translation_key=key,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=more.pop("unit", UnitOfInformation.GIBIBYTES),
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
        value=value,
        **more,
    )


def _rate(key: str, value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    return ObjectSensor(
        key=key,
        device_class=SensorDeviceClass.DATA_RATE,
        translation_key=key,
        native_unit_of_measurement=UnitOfDataRate.BYTES_PER_SECOND,
        suggested_unit_of_measurement=UnitOfDataRate.MEGABYTES_PER_SECOND,
        suggested_display_precision=2,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        dead_band=50_000,
        value=value,
        **more,
    )


def _percent(key: str, value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    return ObjectSensor(
        key=key,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=more.pop("precision", 0),
        state_class=SensorStateClass.MEASUREMENT,
        value=value,
        **more,
    )


def _count(key: str, value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    return ObjectSensor(key=key, state_class=SensorStateClass.MEASUREMENT, value=value, **more)


def _moment(key: str, value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    return ObjectSensor(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=more.pop("entity_category", DIAGNOSTIC),
        value=value,
        **more,
    )


def _days(key: str, value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    return ObjectSensor(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.DAYS,
        suggested_display_precision=0,
        entity_category=DIAGNOSTIC,
        value=value,
        **more,
    )


def _degrees(key: str, value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    return ObjectSensor(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        suggested_display_precision=0,
        state_class=SensorStateClass.MEASUREMENT,
        dead_band=2.0,
        value=value,
        **more,
    )


def _choice(key: str, options: list[str], value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    return ObjectSensor(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.ENUM,
        options=options,
        value=value,
        **more,
    )


def _live(data: TrueNas, field: str) -> Any:
    return getattr(data.realtime, field) if data.realtime else None


def _alerts(data: TrueNas, *levels: str) -> int:
    found = alerts_by_level(data.alerts)
    return sum(found[level] for level in levels) if levels else found.total()


def _snapshot_times(data: TrueNas) -> tuple[datetime | None, datetime | None]:
    """Return the instants of the oldest and of the newest snapshot of all."""
    oldest = (found.oldest for found in data.snapshots.values() if found.oldest)
    newest = (found.newest for found in data.snapshots.values() if found.newest)
    return min(oldest, default=None), max(newest, default=None)


def _snapshots_of(data: TrueNas, dataset: str) -> Snapshots:
    """Return a dataset's snapshots; where there are too many to list, nothing is known of any."""
    return data.snapshots.get(
        dataset, NO_SNAPSHOTS if data.snapshots or data.snapshot_count == 0 else UNLISTED
    )


def _latest(app: App) -> str | None:
    """Return the newest version; a newer image of the same version is told apart."""
    if not app.upgrade:
        return app.version
    return app.latest if app.latest != app.version else f"{app.version} (newer image)"


def _newest_alert(data: TrueNas) -> str | None:
    shown = [alert for alert in data.alerts.values() if not alert.dismissed and alert.raised]
    return max(shown, key=lambda alert: alert.raised or dt_util.utcnow()).title if shown else "none"


_NAS_SENSORS: tuple[ObjectSensor[Any], ...] = (
    _percent("cpu_usage", lambda d: _live(d, "cpu"), feed="realtime", dead_band=5.0),
    _percent(
        "memory_usage",
        lambda d: d.realtime.memory_percent if d.realtime else None,
        feed="realtime",
        dead_band=2.0,
    ),
    _degrees("cpu_temperature", lambda d: _live(d, "cpu_temperature"), feed="realtime"),
    _count("alerts", _alerts, feed="alerts"),
    _moment("booted", lambda d: d.system.booted if d.system else None),
    ObjectSensor(
        key="version", value=lambda d: d.system.version if d.system else None, entity_category=DIAGNOSTIC
    ),
    _count(
        "load_1m",
        lambda d: d.system.load[0] if d.system and d.system.load else None,
        entity_category=DIAGNOSTIC,
        suggested_display_precision=1,
        dead_band=0.5,
    ),
    _count(
        "load_15m",
        lambda d: d.system.load[2] if d.system and len(d.system.load) > 2 else None,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        suggested_display_precision=1,
        dead_band=0.5,
    ),
    _bytes(
        "memory_total",
        lambda d: d.system.memory if d.system else None,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    _bytes(
        "arc_size",
        lambda d: _live(d, "arc_size"),
        feed="realtime",
        entity_category=DIAGNOSTIC,
        dead_band=2**30,
    ),
    _percent(
        "arc_hits",
        lambda d: _live(d, "arc_hits"),
        feed="realtime",
        entity_category=DIAGNOSTIC,
        precision=1,
        dead_band=2.0,
    ),
    _choice(
        "boot_pool",
        sorted(POOL_STATES | {"unknown"}),
        lambda d: d.boot_pool.status if d.boot_pool else None,
        feed="boot_pool",
    ),
    _percent(
        "boot_pool_used",
        lambda d: (
            100.0 * d.boot_pool.allocated / d.boot_pool.size
            if d.boot_pool and d.boot_pool.size and d.boot_pool.allocated is not None
            else None
        ),
        feed="boot_pool",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        dead_band=0.5,
    ),
    _count(
        "alerts_critical",
        lambda d: _alerts(d, "error", "critical", "alert", "emergency"),
        feed="alerts",
        entity_category=DIAGNOSTIC,
    ),
    _count(
        "alerts_warning",
        lambda d: _alerts(d, "warning"),
        feed="alerts",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    _count(
        "alerts_notice",
        lambda d: _alerts(d, "notice", "info"),
        feed="alerts",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    ObjectSensor(key="newest_alert", value=_newest_alert, feed="alerts"),
    _count(
        "snapshots",
        lambda d: d.snapshot_count,
        feed="snapshots",
        entity_category=DIAGNOSTIC,
    ),
    _moment("newest_snapshot", lambda d: _snapshot_times(d)[1], feed="snapshots", entity_category=None),
    _moment(
        "oldest_snapshot",
        lambda d: _snapshot_times(d)[0],
        feed="snapshots",
        entity_registry_enabled_default=False,
    ),
    _count(
        "shares",
        lambda d: sum(share.enabled for share in d.shares.values()),
        feed="shares",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)

_POOL_SENSORS: tuple[ObjectSensor[Any], ...] = (
    _choice("status", sorted(POOL_STATES | {"unknown"}), lambda p: p.status),
    _percent("used_percent", lambda p: p.used_percent, feed="datasets", precision=1, dead_band=0.1),
    _bytes("free", lambda p: p.available, feed="datasets", unit=UnitOfInformation.TEBIBYTES, dead_band=2**28),
    _count("errors", lambda p: p.all_errors, entity_category=DIAGNOSTIC),
    _choice("scan", SCAN_OPTIONS, _scan, entity_category=DIAGNOSTIC),
    _days("days_since_scrub", _days_since_scrub, state_class=SensorStateClass.MEASUREMENT),
    _days("days_to_90", lambda p: p.days_to.get(90), dead_band=1.0),
    _days("days_to_80", lambda p: p.days_to.get(80), entity_registry_enabled_default=False, dead_band=1.0),
    _days("days_to_100", lambda p: p.days_to.get(100), entity_registry_enabled_default=False, dead_band=1.0),
    _days(
        "days_to_90_earliest",
        lambda p: p.forecast_interval[0] if p.forecast_interval else None,
        entity_registry_enabled_default=False,
        dead_band=1.0,
    ),
    _days(
        "days_to_90_latest",
        lambda p: p.forecast_interval[1] if p.forecast_interval else None,
        entity_registry_enabled_default=False,
        dead_band=1.0,
    ),
    _bytes(
        "used",
        lambda p: p.used,
        feed="datasets",
        unit=UnitOfInformation.TEBIBYTES,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        dead_band=2**28,
    ),
    _bytes(
        "size",
        lambda p: p.used + p.available if p.used is not None and p.available is not None else None,
        feed="datasets",
        unit=UnitOfInformation.TEBIBYTES,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        dead_band=2**28,
    ),
    _percent(
        "fragmentation",
        lambda p: p.fragmentation,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    *(
        _count(
            f"{kind}_errors",
            methodcaller("errors", kind),
            entity_category=DIAGNOSTIC,
            entity_registry_enabled_default=False,
        )
        for kind in ("read", "write", "checksum")
    ),
    _percent(
        "scan_progress",
        lambda p: p.scan.progress if p.scan and p.scan.state == "scanning" else None,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        precision=1,
    ),
    _count(
        "scan_errors",
        lambda p: p.scan.errors if p.scan else None,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    _moment(
        "scan_ends",
        lambda p: (
            dt_util.utcnow().replace(second=0, microsecond=0) + timedelta(seconds=p.scan.left)
            if p.scan and p.scan.running and p.scan.left
            else (p.scan.ended if p.scan else None)
        ),
        entity_registry_enabled_default=False,
    ),
)

_DISK_SENSORS: tuple[ObjectSensor[Any], ...] = (
    _degrees("temperature", lambda d: d.temperature, feed="temperatures", exists=lambda d: d.measured),
    ObjectSensor(key="pool", value=lambda d: d.pool or "none", entity_category=DIAGNOSTIC),
    _count(
        "disk_errors",
        lambda d: d.errors,
        feed="pools",
        exists=lambda d: d.errors is not None,
        entity_category=DIAGNOSTIC,
    ),
    _choice(
        "last_test",
        TEST_OPTIONS,
        lambda d: d.last_test,
        feed="smart_tests",
        exists=lambda d: d.last_test is not None,
        entity_category=DIAGNOSTIC,
    ),
    _bytes(
        "disk_size",
        lambda d: d.size,
        unit=UnitOfInformation.TERABYTES,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)

_DATASET_SENSORS: tuple[ObjectSensor[Any], ...] = tuple(
    _bytes(
        f"dataset_{field}",
        attrgetter(field),
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        dead_band=2**26,
        **more,
    )
    for field, more in (
        ("used", {}),
        ("available", {"exists": lambda d: not d.zvol}),
        ("quota", {"exists": lambda d: d.quota is not None}),
    )
)

_SNAPSHOT_SENSORS: tuple[ObjectSensor[Any], ...] = (
    _count(
        "dataset_snapshots",
        lambda item: item[1].count,
        feed="snapshots",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    _moment(
        "dataset_newest_snapshot",
        lambda item: item[1].newest,
        feed="snapshots",
        entity_registry_enabled_default=False,
    ),
    _moment(
        "dataset_oldest_snapshot",
        lambda item: item[1].oldest,
        feed="snapshots",
        entity_registry_enabled_default=False,
    ),
)

_TASK_SENSORS: tuple[ObjectSensor[Any], ...] = (
    _moment("last_success", lambda t: t.last_success),
    _choice("last_result", TASK_OPTIONS, lambda t: t.result, entity_category=DIAGNOSTIC),
    _moment("next_run", lambda t: t.next_run, entity_registry_enabled_default=False),
)

_APP_SENSORS: tuple[ObjectSensor[Any], ...] = (
    _choice("app_state", sorted(APP_STATES), lambda a: a.state),
    _percent(
        "app_cpu",
        lambda a: a.stats.cpu if a.stats else None,
        feed="app_stats",
        entity_category=DIAGNOSTIC,
        dead_band=5.0,
    ),
    _bytes(
        "app_memory",
        lambda a: a.stats.memory if a.stats else None,
        feed="app_stats",
        unit=UnitOfInformation.MEBIBYTES,
        entity_category=DIAGNOSTIC,
        dead_band=64 * 2**20,
    ),
    _rate("app_received", lambda a: a.stats.received if a.stats else None, feed="app_stats"),
    _rate("app_sent", lambda a: a.stats.sent if a.stats else None, feed="app_stats"),
)

_NAS_BINARY: tuple[ObjectBinarySensor[Any], ...] = (
    ObjectBinarySensor(
        key="reboot_required",
        translation_key="reboot_required",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=DIAGNOSTIC,
        feed="reboot",
        exists=lambda d: d.reboot_reasons is not None,
        value=lambda d: bool(d.reboot_reasons),
    ),
)
_POOL_BINARY: tuple[ObjectBinarySensor[Any], ...] = (
    ObjectBinarySensor(
        key="problem",
        translation_key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda p: None if p.healthy is None else not p.healthy,
    ),
)
_DISK_BINARY: tuple[ObjectBinarySensor[Any], ...] = (
    ObjectBinarySensor(
        key="asleep",
        translation_key="asleep",
        entity_category=DIAGNOSTIC,
        feed="temperatures",
        exists=lambda d: d.asleep is not None,
        value=lambda d: d.asleep,
    ),
)
_DATASET_BINARY: tuple[ObjectBinarySensor[Any], ...] = (
    ObjectBinarySensor(
        key="dataset_locked",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists=lambda d: d.encrypted,
        value=lambda d: d.locked,
    ),
)
_TASK_BINARY: tuple[ObjectBinarySensor[Any], ...] = (
    ObjectBinarySensor(
        key="task_running",
        translation_key="task_running",
        device_class=BinarySensorDeviceClass.RUNNING,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda t: t.running,
    ),
)
_SERVICE_BINARY: tuple[ObjectBinarySensor[Any], ...] = (
    ObjectBinarySensor(
        key="running",
        translation_key="service_running",
        device_class=BinarySensorDeviceClass.RUNNING,
        entity_category=DIAGNOSTIC,
        enabled=lambda s: s.enabled,
        value=lambda s: s.running,
    ),
)
_MACHINE_SENSORS: tuple[ObjectSensor[Any], ...] = (
    _choice("machine_state", sorted(MACHINE_STATES), lambda m: m.state),
)
_INTERFACE_BINARY: tuple[ObjectBinarySensor[Any], ...] = (
    ObjectBinarySensor(
        key="link",
        translation_key="link",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=DIAGNOSTIC,
        enabled=lambda i: i.up is True,
        value=lambda i: i.up,
    ),
)


def _interface_rates(data: TrueNas) -> Mapping[str, Rates]:
    """Return the traffic of the interfaces that are listed."""
    if data.realtime is None:
        return {key: Rates(None, None) for key in data.interfaces}
    return {key: data.realtime.interfaces.get(key, Rates(None, None)) for key in data.interfaces}


_INTERFACE_SENSORS: tuple[ObjectSensor[Any], ...] = (
    _rate("received", lambda r: r[1].received, feed="realtime"),
    _rate("sent", lambda r: r[1].sent, feed="realtime"),
)
_CERTIFICATE_SENSORS: tuple[ObjectSensor[Any], ...] = (
    _days("certificate_days", _days_left, exists=lambda c: c.expires is not None),
)

_POOL_BUTTONS: tuple[ObjectButton[Any], ...] = (
    ObjectButton(key="start_scrub", action="start_scrub"),
    ObjectButton(key="pause_scrub", action="pause_scrub", entity_registry_enabled_default=False),
    ObjectButton(key="stop_scrub", action="stop_scrub", entity_registry_enabled_default=False),
)
_APP_BUTTONS: tuple[ObjectButton[Any], ...] = tuple(
    ObjectButton(key=key, action=key, entity_registry_enabled_default=False)
    for key in ("start_app", "stop_app", "restart_app")
)
_MACHINE_BUTTONS: tuple[ObjectButton[Any], ...] = tuple(
    ObjectButton(key=key, action=key, entity_registry_enabled_default=False)
    for key in ("start_machine", "stop_machine")
)
_TASK_BUTTONS: tuple[ObjectButton[Any], ...] = (ObjectButton(key="run_task", action="run_task"),)
_NAS_BUTTONS: tuple[ObjectButton[Any], ...] = (
    ObjectButton(
        key="reboot",
        translation_key="reboot",
        device_class=ButtonDeviceClass.RESTART,
        action="reboot",
        params=lambda: {"reason": "Button in Home Assistant"},
        entity_registry_enabled_default=False,
    ),
    ObjectButton(
        key="shutdown",
        action="shutdown",
        params=lambda: {"reason": "Button in Home Assistant"},
        entity_registry_enabled_default=False,
    ),
)
_NAS_UPDATE: tuple[ObjectUpdate[Any], ...] = (
    ObjectUpdate(
        key="update",
        translation_key="nas_update",
        device_class=UpdateDeviceClass.FIRMWARE,
        feed="update",
        exists=lambda d: d.update is not None,
        installed=lambda d: d.system.version if d.system else None,
        latest=lambda d: (
            (d.update.available if d.update else None) or (d.system.version if d.system else None)
        ),
        progress=lambda d: d.update.progress if d.update else None,
        url=lambda d: d.update.notes_url if d.update else None,
        action="install_update",
    ),
)
_APP_UPDATE: tuple[ObjectUpdate[Any], ...] = (
    ObjectUpdate(
        key="update",
        translation_key="app_update",
        installed=lambda a: a.version,
        latest=_latest,
        action="upgrade_app",
    ),
)


def _table(
    kind: str, feed: str, objects: Callable[[TrueNas], Mapping[str, Any]], **more: Any
) -> Callable[..., ObjectTable[TrueNas, Any]]:
    """Return the maker of the tables of one kind: they differ only in the descriptions."""

    def make(descriptions: tuple[Any, ...]) -> ObjectTable[TrueNas, Any]:
        return ObjectTable(kind=kind, feed=feed, objects=objects, descriptions=descriptions, **more)

    return make


def _named(item: Interface | Certificate) -> dict[str, str]:
    return {"name": item.name}


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.casefold())


def _inside(item: Dataset) -> dict[str, str]:
    """Return what a dataset is called on the device of its pool, whose name comes before it."""
    name = item.name.removeprefix(item.pool).removeprefix("/") or "root dataset"
    twice = _words(item.pool)[-1:] == _words(name)[:1]
    return {"name": f"dataset {name}" if twice else name}


def _dataset_device(coordinator: Coordinator, item: Dataset) -> DeviceInfo:
    """Return the device of the pool that a dataset is in."""
    pool: Pool | None = next(
        (pool for pool in coordinator.data.pools.values() if pool.name == item.pool), None
    )
    return _pool_device(coordinator, pool) if pool else _nas(coordinator, item)


_system = _table("", "system", _one, device=_nas, keep=True)
_pool = _table("pool", "pools", lambda d: d.pools, device=_pool_device, keep=True)
_disk = _table("disk", "disks", lambda d: d.disks, device=_disk_device, keep=True)
_dataset = _table("dataset", "datasets", lambda d: d.datasets, device=_dataset_device, placeholders=_inside)
_dataset_snapshots = _table(
    "dataset",
    "datasets",
    lambda d: {key: (item, _snapshots_of(d, key)) for key, item in d.datasets.items()},
    device=lambda coordinator, item: _dataset_device(coordinator, item[0]),
    placeholders=lambda item: _inside(item[0]),
)
_task = _table(
    "task",
    "tasks",
    lambda d: d.tasks,
    device=_task_device,
    feeds=tuple(FEED_OF_TASK.values()),
    feed_of=lambda task: FEED_OF_TASK[task.kind],
)
_service = _table(
    "service", "services", lambda d: d.services, device=_nas, placeholders=lambda item: {"name": item.title}
)
_app = _table("app", "apps", lambda d: d.apps, device=_app_device)
_machine = _table(
    "machine",
    "machines",
    lambda d: d.machines,
    device=_machine_device,
    feeds=("vms", "instances"),
    feed_of=lambda machine: "vms" if machine.kind == "vm" else "instances",
)
_interface = _table("interface", "interfaces", lambda d: d.interfaces, device=_nas, placeholders=_named)
_traffic = _table(
    "interface",
    "interfaces",
    lambda d: {key: (key, rates) for key, rates in _interface_rates(d).items()},
    device=_nas,
    placeholders=lambda item: {"name": item[0]},
)
_certificate = _table(
    "certificate", "certificates", lambda d: d.certificates, device=_nas, placeholders=_named
)

TABLES: Mapping[Platform, tuple[ObjectTable[TrueNas, Any], ...]] = {
    Platform.SENSOR: (
        _system(_NAS_SENSORS),
        _pool(_POOL_SENSORS),
        _disk(_DISK_SENSORS),
        _dataset(_DATASET_SENSORS),
        _dataset_snapshots(_SNAPSHOT_SENSORS),
        _task(_TASK_SENSORS),
        _app(_APP_SENSORS),
        _machine(_MACHINE_SENSORS),
        _traffic(_INTERFACE_SENSORS),
        _certificate(_CERTIFICATE_SENSORS),
    ),
    Platform.BINARY_SENSOR: (
        _system(_NAS_BINARY),
        _pool(_POOL_BINARY),
        _disk(_DISK_BINARY),
        _dataset(_DATASET_BINARY),
        _task(_TASK_BINARY),
        _service(_SERVICE_BINARY),
        _interface(_INTERFACE_BINARY),
    ),
    Platform.BUTTON: (
        _system(_NAS_BUTTONS),
        _pool(_POOL_BUTTONS),
        _task(_TASK_BUTTONS),
        _app(_APP_BUTTONS),
        _machine(_MACHINE_BUTTONS),
    ),
    Platform.UPDATE: (_system(_NAS_UPDATE), _app(_APP_UPDATE)),
}
PLATFORMS = tuple(sorted(TABLES))
