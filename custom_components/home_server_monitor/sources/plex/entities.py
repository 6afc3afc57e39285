"""The entities of a Plex Media Server: counts and rates, never who plays what."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.helpers.device_registry import DeviceInfo

from ...const import DOMAIN
from ...descriptions import ObjectBinarySensor, ObjectButton, ObjectSensor, ObjectUpdate
from ...entity import ObjectTable
from ...quantities import count, data_rate, percent
from .model import Plex, Section

DIAGNOSTIC = EntityCategory.DIAGNOSTIC


def _itself(data: Plex) -> Mapping[str, Plex]:
    return {"": data}


def _device(coordinator: Any, item: Any) -> DeviceInfo:
    return DeviceInfo(identifiers={(DOMAIN, coordinator.id)})


SENSORS: tuple[ObjectSensor[Any], ...] = (
    count("streams", lambda data: len(data.streams), feed="streams"),
    count("transcodes", lambda data: len(data.transcoding), feed="streams"),
    count(
        "hardware_transcodes",
        lambda data: data.on_hardware,
        feed="streams",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    count(
        "software_transcodes",
        lambda data: len(data.transcoding) - data.on_hardware,
        feed="streams",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    percent(
        "hardware_share",
        lambda data: data.hardware_share,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    data_rate("bandwidth_remote", lambda data: data.bandwidth(remote=True), feed="streams"),
    data_rate("bandwidth_local", lambda data: data.bandwidth(remote=False), feed="streams"),
    count(
        "activities",
        lambda data: len(data.activities),
        feed="activities",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)
TABLES: Mapping[Platform, tuple[ObjectTable[Any, Any], ...]] = {
    Platform.SENSOR: (
        ObjectTable(kind="", feed="about", objects=_itself, device=_device, descriptions=SENSORS, keep=True),
    ),
    Platform.BINARY_SENSOR: (
        ObjectTable(
            kind="",
            feed="sections",
            objects=_itself,
            device=_device,
            descriptions=(
                ObjectBinarySensor(
                    key="library_scan",
                    translation_key="library_scan",
                    device_class=BinarySensorDeviceClass.RUNNING,
                    entity_category=DIAGNOSTIC,
                    value=lambda data: data.scanning,
                ),
            ),
            keep=True,
        ),
    ),
    Platform.BUTTON: (
        ObjectTable(
            kind="library",
            feed="sections",
            objects=lambda data: data.sections,
            device=_device,
            descriptions=(ObjectButton[Section](key="scan_library", action="plex_scan"),),
            placeholders=lambda section: {"library": section.title},
        ),
    ),
    Platform.UPDATE: (
        ObjectTable(
            kind="",
            feed="release",
            objects=_itself,
            device=_device,
            descriptions=(
                ObjectUpdate(
                    key="plex_update",
                    installed=lambda data: data.about.version,
                    latest=lambda data: (data.release.latest if data.release else None) or data.about.version,
                    action="",
                    entity_category=DIAGNOSTIC,
                ),
            ),
            keep=True,
        ),
    ),
}
PLATFORMS = tuple(sorted(TABLES))
