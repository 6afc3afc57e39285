"""Entities of Scrutiny, and of drives that no NAS of the same server shows."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import EntityCategory, Platform
from homeassistant.helpers.device_registry import DeviceInfo

from ...const import DOMAIN
from ...entity import ObjectTable
from ...quantities import count, degrees, moment
from .model import Drive, Scrutiny

DIAGNOSTIC = EntityCategory.DIAGNOSTIC


def _itself(data: Scrutiny) -> Mapping[str, Scrutiny]:
    return {"": data}


def _of_service(coordinator: Any, item: Scrutiny) -> DeviceInfo:
    return DeviceInfo(identifiers={(DOMAIN, coordinator.id)})


def _of_drive(coordinator: Any, drive: Drive) -> DeviceInfo:
    return DeviceInfo(
        identifiers={(DOMAIN, f"{coordinator.id}_disk_{drive.serial}")},
        name=drive.title,
        model=drive.model,
        serial_number=drive.serial,
        via_device_id=coordinator.device_id,
    )


TABLES: dict[Platform, tuple[ObjectTable[Any, Any], ...]] = {
    Platform.SENSOR: (
        ObjectTable(
            kind="",
            feed="drives",
            objects=_itself,
            device=_of_service,
            descriptions=(
                count("drives", lambda item: len(item.drives), entity_category=DIAGNOSTIC),
                moment("newest_reading", lambda item: item.newest),
            ),
        ),
        ObjectTable(
            kind="disk",
            feed="drives",
            objects=lambda data: data.own,
            device=_of_drive,
            descriptions=(degrees("temperature", lambda drive: drive.temperature),),
            keep=True,
        ),
    ),
}
PLATFORMS = tuple(TABLES)
