"""Entities of pools, disks, datasets and their snapshots."""

from datetime import timedelta
from functools import partial
from operator import attrgetter, methodcaller
from typing import Any

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorStateClass
from homeassistant.const import (
    EntityCategory,
    UnitOfInformation,
)
from homeassistant.util import dt as dt_util

from ....descriptions import ObjectBinarySensor, ObjectButton, ObjectSensor
from ....quantities import choice, count, data_size, days, degrees, moment, percent
from ..model import TrueNas
from ..storage import NO_SNAPSHOTS, POOL_STATES, UNLISTED, Pool, Snapshots

DIAGNOSTIC = EntityCategory.DIAGNOSTIC

SCAN_OPTIONS = ["none", "scrubbing", "resilvering", "paused", "finished", "canceled"]


TEST_OPTIONS = ["success", "failed", "running", "aborted", "none"]


def _scan(pool: Pool) -> str:
    if (scan := pool.scan) is None:
        return "none"
    if scan.state == "scanning":
        return "paused" if scan.paused else ("resilvering" if scan.kind == "resilver" else "scrubbing")
    return scan.state or "none"


def _days_since_scrub(pool: Pool) -> int | None:
    return (dt_util.utcnow() - pool.last_scrub).days if pool.last_scrub else None


def snapshots_of(data: TrueNas, dataset: str) -> Snapshots:
    """Return a dataset's snapshots; where there are too many to list, nothing is known of any."""
    return data.snapshots.get(
        dataset, NO_SNAPSHOTS if data.snapshots or data.snapshot_count == 0 else UNLISTED
    )


POOL_SENSORS: tuple[ObjectSensor[Any], ...] = (
    choice("status", sorted(POOL_STATES | {"unknown"}), lambda p: p.status),
    percent("used_percent", lambda p: p.used_percent, feed="datasets", precision=1, dead_band=0.1),
    data_size(
        "free", lambda p: p.available, feed="datasets", unit=UnitOfInformation.TEBIBYTES, dead_band=2**28
    ),
    count("errors", lambda p: p.all_errors, entity_category=DIAGNOSTIC),
    choice("scan", SCAN_OPTIONS, _scan, entity_category=DIAGNOSTIC),
    days("days_since_scrub", _days_since_scrub, state_class=SensorStateClass.MEASUREMENT),
    days("days_to_90", lambda p: p.days_to.get(90), dead_band=1.0),
    days("days_to_80", lambda p: p.days_to.get(80), entity_registry_enabled_default=False, dead_band=1.0),
    days("days_to_100", lambda p: p.days_to.get(100), entity_registry_enabled_default=False, dead_band=1.0),
    days(
        "days_to_90_earliest",
        lambda p: p.forecast_interval[0] if p.forecast_interval else None,
        entity_registry_enabled_default=False,
        dead_band=1.0,
    ),
    days(
        "days_to_90_latest",
        lambda p: p.forecast_interval[1] if p.forecast_interval else None,
        entity_registry_enabled_default=False,
        dead_band=1.0,
    ),
    data_size(
        "used",
        lambda p: p.used,
        feed="datasets",
        unit=UnitOfInformation.TEBIBYTES,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        dead_band=2**28,
    ),
    data_size(
        "size",
        lambda p: p.used + p.available if p.used is not None and p.available is not None else None,
        feed="datasets",
        unit=UnitOfInformation.TEBIBYTES,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        dead_band=2**28,
    ),
    percent(
        "fragmentation",
        lambda p: p.fragmentation,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    *(
        count(
            f"{kind}_errors",
            methodcaller("errors", kind),
            entity_category=DIAGNOSTIC,
            entity_registry_enabled_default=False,
        )
        for kind in ("read", "write", "checksum")
    ),
    percent(
        "scan_progress",
        lambda p: p.scan.progress if p.scan and p.scan.state == "scanning" else None,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        precision=1,
    ),
    count(
        "scan_errors",
        lambda p: p.scan.errors if p.scan else None,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    moment(
        "scan_ends",
        lambda p: (
            dt_util.utcnow().replace(second=0, microsecond=0) + timedelta(seconds=p.scan.left)
            if p.scan and p.scan.running and p.scan.left
            else (p.scan.ended if p.scan else None)
        ),
        entity_registry_enabled_default=False,
    ),
)


DISK_SENSORS: tuple[ObjectSensor[Any], ...] = (
    degrees("temperature", lambda d: d.temperature, feed="temperatures", exists=lambda d: d.measured),
    ObjectSensor(
        key="pool",
        value=lambda d: d.pool or "none",
        entity_category=DIAGNOSTIC,
        # every text about a disk names it
        entity_registry_enabled_default=False,
    ),
    count(
        "disk_errors",
        lambda d: d.errors,
        feed="pools",
        exists=lambda d: d.errors is not None,
        entity_category=DIAGNOSTIC,
    ),
    choice(
        "last_test",
        TEST_OPTIONS,
        lambda d: d.last_test,
        feed="smart_tests",
        exists=lambda d: d.last_test is not None,
        entity_category=DIAGNOSTIC,
        # one that failed is told
        entity_registry_enabled_default=False,
    ),
    data_size(
        "disk_size",
        lambda d: d.size,
        unit=UnitOfInformation.TERABYTES,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)


DATASET_SENSORS: tuple[ObjectSensor[Any], ...] = tuple(
    data_size(
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


SNAPSHOT_SENSORS: tuple[ObjectSensor[Any], ...] = (
    count(
        "dataset_snapshots",
        lambda item: item[1].count,
        feed="snapshots",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    moment(
        "dataset_newest_snapshot",
        lambda item: item[1].newest,
        feed="snapshots",
        entity_registry_enabled_default=False,
    ),
    moment(
        "dataset_oldest_snapshot",
        lambda item: item[1].oldest,
        feed="snapshots",
        entity_registry_enabled_default=False,
    ),
)


POOL_BINARY: tuple[ObjectBinarySensor[Any], ...] = (
    ObjectBinarySensor(
        key="problem",
        translation_key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda p: None if p.healthy is None else not p.healthy,
    ),
)


DISK_BINARY: tuple[ObjectBinarySensor[Any], ...] = (
    ObjectBinarySensor(
        key="asleep",
        translation_key="asleep",
        entity_category=DIAGNOSTIC,
        feed="temperatures",
        exists=lambda d: d.asleep is not None,
        value=lambda d: d.asleep,
    ),
)


# only a release that tells of self-tests starts them
DISK_BUTTONS: tuple[ObjectButton[Any], ...] = tuple(
    ObjectButton(
        key=f"smart_test_{kind}",
        action="smart_test",
        params=partial(dict, type=kind.upper()),
        feed="smart_tests",
        exists=lambda d: d.last_test is not None,
        entity_registry_enabled_default=False,
    )
    for kind in ("short", "long")
)


DATASET_BINARY: tuple[ObjectBinarySensor[Any], ...] = (
    ObjectBinarySensor(
        key="dataset_locked",
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists=lambda d: d.encrypted,
        value=lambda d: d.locked,
    ),
)


POOL_BUTTONS: tuple[ObjectButton[Any], ...] = (
    ObjectButton(key="start_scrub", action="start_scrub"),
    ObjectButton(key="pause_scrub", action="pause_scrub", entity_registry_enabled_default=False),
    ObjectButton(key="stop_scrub", action="stop_scrub", entity_registry_enabled_default=False),
)
