"""Entities of a download client: few that are on from the start, and only what this client reports."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.number import NumberDeviceClass
from homeassistant.const import EntityCategory, Platform, UnitOfDataRate
from homeassistant.helpers.device_registry import DeviceInfo

from ...const import DOMAIN
from ...descriptions import ObjectNumber, ObjectSwitch
from ...entity import ObjectTable
from ...guardian.capabilities_media import DownloadState
from ...quantities import choice, count, data_rate, data_size
from .model import ALT_DOWN, ALT_UP, DOWN, TORRENT, UP, Downloader

DIAGNOSTIC = EntityCategory.DIAGNOSTIC
KIB = 1024
# KiB a second; what is faster is no limit at home
MOST = 10 * 1024 * 1024
_CONNECTIONS = ["connected", "firewalled", "disconnected"]
_AT_WORK = (DownloadState.DOWNLOADING, DownloadState.METADATA, DownloadState.UNPACKING)


def _itself(data: Downloader) -> Mapping[str, Downloader]:
    return {"": data}


def _device(coordinator: Any, item: Downloader) -> DeviceInfo:
    return DeviceInfo(identifiers={(DOMAIN, coordinator.id)})


def _is_torrent(data: Downloader) -> bool:
    return data.product.protocol == TORRENT


def _limit(key: str, name: str, *, enabled: bool) -> ObjectNumber[Downloader]:
    def value(data: Downloader) -> float | None:
        found = data.limits.get(name)
        return None if found is None else round(found / KIB)

    def params(wanted: float) -> Mapping[str, Any]:
        return {"limit": name, "value": round(wanted * KIB)}

    return ObjectNumber(
        key=key,
        translation_key=key,
        device_class=NumberDeviceClass.DATA_RATE,
        native_unit_of_measurement=UnitOfDataRate.KIBIBYTES_PER_SECOND,
        native_min_value=0,
        native_max_value=MOST,
        native_step=1,
        value=value,
        action="set_limit",
        params=params,
        exists=lambda data: name in data.limits,
        entity_registry_enabled_default=enabled,
    )


SENSORS: tuple[Any, ...] = (
    data_rate(
        "download_speed",
        lambda data: data.line.down,
        category=None,
        enabled=True,
    ),
    data_rate("upload_speed", lambda data: data.line.up, category=None, enabled=True, exists=_is_torrent),
    count("downloads_active", lambda data: data.count(*_AT_WORK)),
    count(
        "downloads_stalled",
        lambda data: data.count(DownloadState.STALLED),
        entity_category=DIAGNOSTIC,
        exists=_is_torrent,
    ),
    count("downloads_failed", lambda data: data.count(DownloadState.FAILED), entity_category=DIAGNOSTIC),
    count(
        "downloads_queued",
        lambda data: data.count(DownloadState.QUEUED),
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    count(
        "downloads_seeding",
        lambda data: data.count(DownloadState.SEEDING),
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists=_is_torrent,
    ),
    data_size(
        "downloads_left",
        lambda data: data.left,
        dead_band=64 << 20,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    data_size(
        "download_space",
        lambda data: data.line.free,
        dead_band=256 << 20,
        entity_category=DIAGNOSTIC,
        exists=lambda data: data.line.free is not None,
    ),
    data_size(
        "quota_left",
        lambda data: data.quota_left,
        dead_band=256 << 20,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists=lambda data: data.quota_left is not None,
    ),
    count(
        "client_warnings",
        lambda data: data.warnings,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists=lambda data: data.warnings is not None,
    ),
    choice(
        "peer_connection",
        _CONNECTIONS,
        lambda data: data.connection if data.connection in _CONNECTIONS else None,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists=lambda data: data.connection is not None,
    ),
)

NUMBERS: tuple[ObjectNumber[Any], ...] = (
    _limit("download_limit", DOWN, enabled=True),
    _limit("upload_limit", UP, enabled=True),
    _limit("alternative_download_limit", ALT_DOWN, enabled=False),
    _limit("alternative_upload_limit", ALT_UP, enabled=False),
)

SWITCHES: tuple[ObjectSwitch[Any], ...] = (
    ObjectSwitch(
        key="downloads_paused",
        value=lambda data: data.line.paused,
        turn_on="pause_downloads",
        turn_off="resume_downloads",
    ),
    ObjectSwitch(
        key="alternative_limits",
        value=lambda data: data.line.alternative,
        turn_on="use_alternative_limits",
        turn_off="use_usual_limits",
        exists=lambda data: ALT_DOWN in data.limits,
    ),
)


def _table(descriptions: tuple[Any, ...]) -> tuple[ObjectTable[Any, Any], ...]:
    return (ObjectTable(kind="", feed="look", objects=_itself, device=_device, descriptions=descriptions),)


TABLES: dict[Platform, tuple[ObjectTable[Any, Any], ...]] = {
    Platform.SENSOR: _table(SENSORS),
    Platform.NUMBER: _table(NUMBERS),
    Platform.SWITCH: _table(SWITCHES),
}
PLATFORMS = tuple(TABLES)
