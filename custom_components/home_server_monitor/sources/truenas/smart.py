"""What a NAS up to 25.04 reads of its disks, as readings; and where each disk is."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
import dataclasses
from datetime import datetime, timedelta
from typing import Any, Final

from ...guardian.capabilities import DiskPlace
from ...prediction.reading import Reading, SelfTest
from ...prediction.smartctl import parse
from .disk import Disk
from .listings import SmartReading
from .model import TrueNas
from .redundancy import spare
from .storage import Pool, Vdev

# `smart.test.results` in words, as the log of a disk would have them
_ENDED = {"success": True, "failed": False}
# a disk that slept, or told nothing, is left alone for so long
AGAIN: Final = timedelta(hours=1)


class Asked:
    """What each disk said when it was asked last, by serial, so that none is asked twice within an hour."""

    def __init__(self) -> None:
        self._when: dict[str, datetime] = {}
        self._said: dict[str, Reading] = {}

    def recent(self, now: datetime) -> frozenset[str]:
        """Return the disks that were asked within the hour, whatever came of it."""
        return frozenset(serial for serial, then in self._when.items() if timedelta(0) <= now - then < AGAIN)

    def note(self, serials: Collection[str], readings: Mapping[str, Reading], now: datetime) -> None:
        """Note that these were asked, and what they said."""
        self._when |= dict.fromkeys(serials, now)
        self._said |= readings

    def newest(self, serials: Collection[str]) -> Mapping[str, Reading]:
        """Return the newest readings of these, where there are any."""
        return {serial: self._said[serial] for serial in serials if serial in self._said}


def readings_of(data: TrueNas, raw: Mapping[str, SmartReading], source: str) -> Mapping[str, Reading]:
    """Return readings by serial; what cannot be read is left out."""
    by_serial = _by_serial(data)
    found: dict[str, Reading] = {}
    for serial, each in raw.items():
        reading = parse(_report(by_serial[serial], each), source) if serial in by_serial else None
        if isinstance(reading, Reading):
            found[serial] = _tested(reading, by_serial[serial])
    return found


def _by_serial(data: TrueNas) -> dict[str, Disk]:
    """Return the disks by serial; one that several of them give, as in a USB box, says of none which it is."""
    serials = Counter(disk.serial for disk in data.disks.values())
    return {disk.serial: disk for disk in data.disks.values() if disk.serial and serials[disk.serial] == 1}


def _report(disk: Disk, each: SmartReading) -> dict[str, Any]:
    """Return what smartctl printed, as far as TrueNAS hands it on: the table, the NVMe log, or the SCSI counters."""
    report: dict[str, Any] = {
        "device": {"protocol": "ATA"},
        "model_name": disk.model,
        "serial_number": disk.serial,
        "user_capacity": {"bytes": disk.size},
        "local_time": {"time_t": int(each.taken.timestamp())},
        "temperature": {"current": None if disk.temperature is None else round(disk.temperature)},
    }
    if disk.kind in ("HDD", "SSD"):
        # it says whether a disk spins, not how fast
        report["rotation_rate"] = 1 if disk.kind == "HDD" else 0
    if isinstance(each.raw, list):
        return report | {"ata_smart_attributes": {"table": each.raw}}
    if "scsi_error_counter_log" in each.raw or "scsi_grown_defect_list" in each.raw:
        return report | dict(each.raw) | {"device": {"protocol": "SCSI"}}
    return report | {
        "device": {"protocol": "NVMe"},
        "nvme_smart_health_information_log": dict(each.raw),
    }


def _tested(reading: Reading, disk: Disk) -> Reading:
    if disk.last_test not in _ENDED:
        return reading
    test = SelfTest("", _ENDED[disk.last_test], None, disk.last_test)
    return dataclasses.replace(reading, tests=(test,))


def places_of(source: str, data: TrueNas) -> Mapping[str, DiskPlace]:
    """Return the disks by serial, each with its pool and what that can lose."""
    pools = [*data.pools.values(), *([data.boot_pool] if data.boot_pool else [])]
    where = {leaf.disk: (pool, vdev, leaf) for pool, vdev, leaf in _leaves(pools)}
    unused = [
        disk.size for disk in data.disks.values() if disk.size and disk.device not in where and not disk.pool
    ]
    found = {}
    for serial, disk in _by_serial(data).items():
        pool, vdev, leaf = where.get(disk.device, (None, None, None))
        found[serial] = DiskPlace(
            serial=serial,
            label=disk.title,
            model=disk.model,
            size=disk.size,
            device=f"{source}_disk_{disk.identity}",
            name=disk.device,
            pool=pool.name if pool else disk.pool,
            vdev=None if vdev is None else vdev.kind or "disk",
            loses=None if vdev is None else max(spare(vdev), 0),
            spares=sum(size >= (disk.size or 0) for size in unused if disk.device in where),
            test_failed=disk.last_test == "failed",
            pool_id=pool.guid if pool else None,
            status=leaf.status if leaf else None,
            slot=disk.slot,
        )
    return found


def _leaves(pools: list[Pool]) -> Iterator[tuple[Pool, Vdev, Vdev]]:
    for pool in pools:
        for vdev in pool.vdevs:
            for leaf in vdev.leaves():
                if leaf.disk:
                    yield pool, vdev, leaf
