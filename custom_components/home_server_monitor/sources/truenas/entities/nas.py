"""Entities of the NAS itself, its interfaces and its certificates."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.button import ButtonDeviceClass
from homeassistant.components.update import UpdateDeviceClass
from homeassistant.const import (
    EntityCategory,
)
from homeassistant.util import dt as dt_util

from ....descriptions import ObjectBinarySensor, ObjectButton, ObjectSensor, ObjectUpdate
from ....quantities import choice, count, data_rate, data_size, days, degrees, moment, percent
from ..model import TrueNas
from ..realtime import Rates
from ..storage import POOL_STATES
from ..system import Certificate, alerts_by_level

DIAGNOSTIC = EntityCategory.DIAGNOSTIC


def _live(data: TrueNas, field: str) -> Any:
    return getattr(data.realtime, field) if data.realtime else None


def _alerts(data: TrueNas, *levels: str) -> int:
    found = alerts_by_level(data.alerts)
    return sum(found[level] for level in levels) if levels else found.total()


def _newest_alert(data: TrueNas) -> str | None:
    shown = [alert for alert in data.alerts.values() if not alert.dismissed and alert.raised]
    return max(shown, key=lambda alert: alert.raised or dt_util.utcnow()).title if shown else "none"


def _snapshot_times(data: TrueNas) -> tuple[datetime | None, datetime | None]:
    """Return the instants of the oldest and of the newest snapshot of all."""
    oldest = (found.oldest for found in data.snapshots.values() if found.oldest)
    newest = (found.newest for found in data.snapshots.values() if found.newest)
    return min(oldest, default=None), max(newest, default=None)


def _days_left(certificate: Certificate) -> int | None:
    return (certificate.expires - dt_util.utcnow()).days if certificate.expires else None


NAS_SENSORS: tuple[ObjectSensor[Any], ...] = (
    percent("cpu_usage", lambda d: _live(d, "cpu"), feed="realtime", dead_band=5.0),
    percent(
        "memory_usage",
        lambda d: d.realtime.memory_percent if d.realtime else None,
        feed="realtime",
        dead_band=2.0,
    ),
    degrees("cpu_temperature", lambda d: _live(d, "cpu_temperature"), feed="realtime"),
    count("alerts", _alerts, feed="alerts"),
    moment("booted", lambda d: d.system.booted if d.system else None),
    ObjectSensor(
        key="version", value=lambda d: d.system.version if d.system else None, entity_category=DIAGNOSTIC
    ),
    count(
        "load_1m",
        lambda d: d.system.load[0] if d.system and d.system.load else None,
        entity_category=DIAGNOSTIC,
        suggested_display_precision=1,
        dead_band=0.5,
    ),
    count(
        "load_15m",
        lambda d: d.system.load[2] if d.system and len(d.system.load) > 2 else None,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        suggested_display_precision=1,
        dead_band=0.5,
    ),
    data_size(
        "memory_total",
        lambda d: d.system.memory if d.system else None,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    data_size(
        "arc_size",
        lambda d: _live(d, "arc_size"),
        feed="realtime",
        entity_category=DIAGNOSTIC,
        dead_band=2**30,
    ),
    percent(
        "arc_hits",
        lambda d: _live(d, "arc_hits"),
        feed="realtime",
        entity_category=DIAGNOSTIC,
        precision=1,
        dead_band=2.0,
    ),
    choice(
        "boot_pool",
        sorted(POOL_STATES | {"unknown"}),
        lambda d: d.boot_pool.status if d.boot_pool else None,
        feed="boot_pool",
    ),
    percent(
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
    count(
        "alerts_critical",
        lambda d: _alerts(d, "error", "critical", "alert", "emergency"),
        feed="alerts",
        entity_category=DIAGNOSTIC,
    ),
    count(
        "alerts_warning",
        lambda d: _alerts(d, "warning"),
        feed="alerts",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    count(
        "alerts_notice",
        lambda d: _alerts(d, "notice", "info"),
        feed="alerts",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    ObjectSensor(key="newest_alert", value=_newest_alert, feed="alerts"),
    count(
        "snapshots",
        lambda d: d.snapshot_count,
        feed="snapshots",
        entity_category=DIAGNOSTIC,
    ),
    moment("newest_snapshot", lambda d: _snapshot_times(d)[1], feed="snapshots", entity_category=None),
    moment(
        "oldest_snapshot",
        lambda d: _snapshot_times(d)[0],
        feed="snapshots",
        entity_registry_enabled_default=False,
    ),
    count(
        "shares",
        lambda d: sum(share.enabled for share in d.shares.values()),
        feed="shares",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)


NAS_BINARY: tuple[ObjectBinarySensor[Any], ...] = (
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


NAS_BUTTONS: tuple[ObjectButton[Any], ...] = (
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


NAS_UPDATE: tuple[ObjectUpdate[Any], ...] = (
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


def interface_rates(data: TrueNas) -> Mapping[str, Rates]:
    """Return the traffic of the interfaces that are listed."""
    if data.realtime is None:
        return {key: Rates(None, None) for key in data.interfaces}
    return {key: data.realtime.interfaces.get(key, Rates(None, None)) for key in data.interfaces}


INTERFACE_BINARY: tuple[ObjectBinarySensor[Any], ...] = (
    ObjectBinarySensor(
        key="link",
        translation_key="link",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=DIAGNOSTIC,
        enabled=lambda i: i.up is True,
        value=lambda i: i.up,
    ),
)


INTERFACE_SENSORS: tuple[ObjectSensor[Any], ...] = (
    data_rate("received", lambda r: r[1].received, feed="realtime"),
    data_rate("sent", lambda r: r[1].sent, feed="realtime"),
)


CERTIFICATE_SENSORS: tuple[ObjectSensor[Any], ...] = (
    days("certificate_days", _days_left, exists=lambda c: c.expires is not None),
)
