"""Disk temperatures: smartctl up to 25.04, which can wake a disk; the kernel's sensors from 25.10 on."""

from typing import Any

from simulator.storage import Disk
from simulator.truenas.context import Context
from simulator.truenas.errors import NotFoundError
from simulator.truenas.params import Flag, Integer, Items, Param, Text, options
from simulator.truenas.releases import Method, Release, role

from .alerts import alert_row

type Row = dict[str, Any]


_POWER_MODES = ("NEVER", "SLEEP", "STANDBY", "IDLE")


def _asked(ctx: Context, names: list[str]) -> list[Disk]:
    return [disk for disk in ctx.world.present_disks() if not names or disk.name in names]


def _read(ctx: Context, disk: Disk, powermode: str) -> int | None:
    """What smartctl says: null for a disk that sleeps at least that deep, else it wakes it."""
    if disk.asleep and powermode != "NEVER":
        return None
    ctx.world.wake(disk)
    return round(ctx.world.disk_temperature(disk))


def old_temperatures(ctx: Context, names: list[str], wanted: Row) -> Row:
    """`disk.temperatures` up to 25.04. `only_cached` never touches a disk."""
    cache = ctx.face.temperature_cache
    now = ctx.world.clock.now()
    found: Row = {}
    for disk in _asked(ctx, names):
        kept = cache.get(disk.serial)
        if wanted["only_cached"]:
            found[disk.name] = kept[1] if kept else None
        elif kept and wanted["cache"] and now - kept[0] < wanted["cache"]:
            found[disk.name] = kept[1]
        else:
            value = _read(ctx, disk, wanted["powermode"])
            cache[disk.serial] = (now, value)
            found[disk.name] = value
    return found


def old_temperature(ctx: Context, name: str, wanted: Row) -> int | None:
    """`disk.temperature` up to 25.04."""
    disk = ctx.world.disk(name)
    if disk is None:
        raise NotFoundError(f"Disk {name}")
    return _read(ctx, disk, wanted["powermode"])


def temperatures(ctx: Context, names: list[str], thresholds: bool) -> Row:
    """`disk.temperatures` from 25.10 on: the kernel's sensors, read every five minutes at most."""
    cache = ctx.face.temperature_cache
    now = ctx.world.clock.now()
    found: Row = {}
    for disk in _asked(ctx, names):
        kept = cache.get(disk.serial)
        if kept is None or now - kept[0] >= 300.0:
            kept = (now, None if disk.asleep else float(round(ctx.world.disk_temperature(disk))))
            cache[disk.serial] = kept
        limit = 84.85 if disk.bus == "NVME" else 60.0
        found[disk.name] = [kept[1], limit] if thresholds else kept[1]
    return found


def aggregated(ctx: Context, names: list[str], _days: int) -> Row:
    """`disk.temperature_agg`: broken up to 25.04, where it finds nothing."""
    if ctx.server <= Release.V25_04:
        return {}
    found: Row = {}
    for disk in _asked(ctx, names):
        now = ctx.world.disk_temperature(disk)
        found[disk.name] = {"min": now - 3.0, "max": now + 4.0, "avg": now}
    return found


def temperature_alerts(ctx: Context, names: list[str]) -> list[Row]:
    """`disk.temperature_alerts`."""
    return [
        alert_row(ctx, alert)
        for alert in ctx.world.alerts.values()
        if alert.klass in ("SMART", "DiskTemperatureTooHot") and any(name in alert.text for name in names)
    ]


_REPORTING = role("REPORTING_READ")


_UNTIL_25_04: dict[str, Any] = {"until": Release.V25_04}


_NAMES = Param("names", Items(Text()), [])


TABLE: tuple[Method, ...] = (
    Method(
        "disk.temperatures",
        old_temperatures,
        _REPORTING,
        (
            _NAMES,
            Param(
                "options",
                options(
                    cache=(Integer(nullable=True), 290),
                    only_cached=(Flag(), False),
                    powermode=(Text(_POWER_MODES), "NEVER"),
                ),
                {},
            ),
        ),
        **_UNTIL_25_04,
    ),
    Method(
        "disk.temperatures",
        temperatures,
        _REPORTING,
        (_NAMES, Param("include_thresholds", Flag(), False)),
        since=Release.V25_10,
    ),
    Method(
        "disk.temperature",
        old_temperature,
        _REPORTING,
        (
            Param("name", Text()),
            Param(
                "options",
                options(cache=(Integer(nullable=True), None), powermode=(Text(_POWER_MODES), "NEVER")),
                {},
            ),
        ),
        **_UNTIL_25_04,
    ),
    Method(
        "disk.temperature_agg", aggregated, _REPORTING, (_NAMES, Param("days", Integer(low=1, high=7), 7))
    ),
    Method("disk.temperature_alerts", temperature_alerts, _REPORTING, (Param("names", Items(Text())),)),
)
