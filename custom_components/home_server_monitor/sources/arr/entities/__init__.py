"""The entities of an Arr: few of them, for what its queue holds is listed by an action."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.const import EntityCategory, Platform
from homeassistant.helpers.device_registry import DeviceInfo

from ....const import DOMAIN
from ....descriptions import ObjectSensor, ObjectUpdate
from ....entity import ObjectTable
from ....quantities import count, data_size, moment
from ..model import Arr, Root
from .airing import CALENDARS

DIAGNOSTIC = EntityCategory.DIAGNOSTIC
GIB = 1024**3


def _itself(data: Arr) -> Mapping[str, Arr]:
    return {"": data}


def _device(coordinator: Any, item: Any) -> DeviceInfo:
    return DeviceInfo(identifiers={(DOMAIN, coordinator.id)})


def _has(feed: str) -> Callable[[Arr], bool]:
    """Return whether an app has what an entity is about: what it never lists has no entity."""
    apps = {
        "queue": {"Sonarr", "Radarr", "Lidarr", "Readarr"},
        "wanted": {"Sonarr", "Radarr", "Lidarr", "Readarr", "Bazarr"},
        "indexers": {"Prowlarr"},
        "backup": {"Sonarr", "Radarr", "Lidarr", "Readarr", "Prowlarr"},
    }[feed]
    return lambda data: data.about.app in apps


def _sensor(key: str, value: Callable[[Arr], Any], feed: str, **more: Any) -> ObjectSensor[Any]:
    return count(key, value, feed=feed, exists=_has(feed), **more)


SENSORS: tuple[ObjectSensor[Any], ...] = (
    _sensor("queue", lambda data: len(data.queue.items), "queue"),
    _sensor("queue_stuck", lambda data: data.stuck, "queue"),
    _sensor(
        "queue_failed",
        lambda data: data.failed,
        "queue",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    data_size(
        "queue_left",
        lambda data: data.downloading,
        feed="queue",
        exists=_has("queue"),
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        dead_band=GIB / 4,
    ),
    _sensor("wanted", lambda data: data.wanted.missing, "wanted", entity_category=DIAGNOSTIC),
    count(
        "wanted_better",
        lambda data: data.wanted.cutoff,
        feed="wanted",
        # Bazarr knows no such thing
        exists=_has("queue"),
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    count(
        "arr_problems",
        lambda data: sum(each.level in ("warning", "error") for each in data.checks.values()),
        feed="health",
        entity_category=DIAGNOSTIC,
    ),
    _sensor("indexers_failing", lambda data: data.failing, "indexers"),
    moment(
        "last_backup",
        lambda data: data.backup.made if data.backup else None,
        feed="backup",
        exists=_has("backup"),
        entity_registry_enabled_default=False,
    ),
    _sensor(
        "queue_suggestions",
        lambda data: data.advice,
        "queue",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)
ROOT_SENSORS: tuple[ObjectSensor[Root], ...] = (
    data_size(
        "root_free",
        lambda root: root.free,
        exists=lambda root: root.free is not None,
        entity_category=DIAGNOSTIC,
        dead_band=GIB,
    ),
)
UPDATES: tuple[ObjectUpdate[Any], ...] = (
    ObjectUpdate(
        key="arr_update",
        installed=lambda data: data.about.version,
        latest=lambda data: (data.release.latest if data.release else None) or data.about.version,
        action="",
        feed="release",
        exists=_has("backup"),
        entity_category=DIAGNOSTIC,
    ),
)
TABLES: Mapping[Platform, tuple[ObjectTable[Any, Any], ...]] = {
    Platform.SENSOR: (
        ObjectTable(kind="", feed="health", objects=_itself, device=_device, descriptions=SENSORS, keep=True),
        ObjectTable(
            kind="root",
            feed="roots",
            objects=lambda data: data.roots,
            device=_device,
            descriptions=ROOT_SENSORS,
            placeholders=lambda root: {"path": root.path},
        ),
    ),
    Platform.CALENDAR: (
        ObjectTable(
            kind="", feed="calendar", objects=_itself, device=_device, descriptions=CALENDARS, keep=True
        ),
    ),
    Platform.UPDATE: (
        ObjectTable(
            kind="", feed="release", objects=_itself, device=_device, descriptions=UPDATES, keep=True
        ),
    ),
}
PLATFORMS = tuple(sorted(TABLES))
