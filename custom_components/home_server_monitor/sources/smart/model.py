"""What Scrutiny keeps, as immutable values: its drives, and its readings turned into the one shape of a reading.

Scrutiny stores parts of what smartctl printed, under its own names. They are put back where smartctl has them, so that
one parser decodes every maker's values, wherever they were read.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from ...prediction.reading import Reading, trusted_serial
from ...prediction.smartctl import parse
from ..records import Row, Rows, at, flag, instant, integer, name, record, rows, text

# bits of `device_status`
FAILED_SMART: Final = 1
# Attributes come without their names. For solid-state drives the name says which value is the life that is left;
# these are the usual ones of smartctl's preset, where makers agree.
_NAMES: Final[Mapping[int, str]] = {
    1: "Raw_Read_Error_Rate",
    5: "Reallocated_Sector_Ct",
    9: "Power_On_Hours",
    10: "Spin_Retry_Count",
    12: "Power_Cycle_Count",
    169: "Remaining_Lifetime_Perc",
    177: "Wear_Leveling_Count",
    184: "End-to-End_Error",
    187: "Reported_Uncorrect",
    188: "Command_Timeout",
    190: "Airflow_Temperature_Cel",
    194: "Temperature_Celsius",
    196: "Reallocated_Event_Count",
    197: "Current_Pending_Sector",
    198: "Offline_Uncorrectable",
    199: "UDMA_CRC_Error_Count",
    202: "Percent_Lifetime_Remain",
    231: "SSD_Life_Left",
    233: "Media_Wearout_Indicator",
}
# what only spins has: Scrutiny's own speed is 0 for solid-state drives and for those that it does not know
_SPINS: Final = frozenset({"3", "7"})
# what one drive cannot have run for within a day
_ONE_DAY: Final = timedelta(days=1)
_HOURS_APART: Final = 48
# unread for longer than others of its machine, a drive is not there any more
_GONE: Final = timedelta(days=14)
# page 7, offset 8 of the device statistics: Percentage Used Endurance Indicator
_ENDURANCE: Final = "devstat_7_8"


@dataclass(frozen=True, slots=True)
class Drive:
    """One drive. key: what Scrutiny knows it by; read: when its collector read it last; temperature in °C.

    host: the machine of its collector, as that was told to call itself.
    """

    key: str
    serial: str | None
    model: str
    device: str
    size: int | None
    read: datetime | None
    temperature: int | None
    hours: int | None
    archived: bool = False
    reading: Reading | None = None
    host: str = ""

    @property
    def title(self) -> str:
        """Return what a person knows it by."""
        return f"{self.model} {self.serial[-4:] if self.serial else self.device}"


@dataclass(frozen=True, slots=True)
class Drives:
    """All drives by key; `skipped` counts those that could not be read."""

    items: Mapping[str, Drive] = field(default_factory=lambda: MappingProxyType({}))
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Scrutiny:
    """The snapshot of one Scrutiny. own: drives by serial that no NAS of the same server lists.

    drives: also those that are not there any more (`left`, by key), which Scrutiny lists until somebody deletes them.
    """

    version: str | None
    drives: Mapping[str, Drive]
    own: Mapping[str, Drive]
    stale: bool = False
    skipped: int = 0
    left: frozenset[str] = frozenset()

    @property
    def newest(self) -> datetime | None:
        """Return when the collector read a drive last."""
        return max((drive.read for drive in self.drives.values() if drive.read), default=None)


def drives(body: Row) -> Drives:
    """Parse `/api/summary`; drives that were archived there are left out. Raises BadResponse."""
    summary = at(body, "data", "summary")
    listed = record(summary) if summary is not None else {}
    found: Rows[Drive] = rows([{"key": key, "row": row} for key, row in listed.items()], _drive)
    kept = {key: drive for key, drive in found.items.items() if not drive.archived}
    return Drives(MappingProxyType(kept), found.skipped)


def left(listed: Iterable[Drive], latest: datetime) -> frozenset[str]:
    """Return the keys of the drives that a collector finds no more: it has read others of its machine long since.

    One that sleeps is not read either, so that this takes two weeks. What was read after `latest` was so by a wrong clock.
    """
    found = [(each, each.read) for each in listed if each.read is not None and each.read <= latest]
    newest: dict[str, datetime] = {}
    for drive, read in found:
        newest[drive.host] = max(read, newest.get(drive.host, read))
    return frozenset(drive.key for drive, read in found if newest[drive.host] - read > _GONE)


def by_serial(listed: Iterable[Drive]) -> dict[str, Drive]:
    """Return the drives that give a serial, by it: of several entries of one drive the one that was read last.

    A drive that was moved has an old entry. Two that were read on one day and have run for different times are two
    drives: their serial says of neither which it is.
    """
    found: dict[str, Drive] = {}
    doubled = set()
    for drive in listed:
        if drive.serial is None:
            continue
        other = found.setdefault(drive.serial, drive)
        if _are_two(drive, other):
            doubled.add(drive.serial)
        if drive.read is not None and (other.read is None or drive.read > other.read):
            found[drive.serial] = drive
    return {serial: drive for serial, drive in found.items() if serial not in doubled}


def _are_two(one: Drive, other: Drive) -> bool:
    if one.read is None or other.read is None or abs(one.read - other.read) >= _ONE_DAY:
        return False
    apart = None not in (one.hours, other.hours) and abs((one.hours or 0) - (other.hours or 0)) > _HOURS_APART
    return apart or one.model != other.model


def _drive(row: Row) -> tuple[str, Drive]:
    key, found = name(row["key"]), record(row["row"])
    device = record(found.get("device"))
    return key, Drive(
        key=key,
        serial=trusted_serial(text(device.get("serial_number"))),
        model=(text(device.get("model_name")) or "Disk").replace("_", " "),
        device=text(device.get("device_name")) or key,
        size=integer(device.get("capacity")) or None,
        read=instant(at(found, "smart", "collector_date")),
        temperature=integer(at(found, "smart", "temp")) or None,
        hours=integer(at(found, "smart", "power_on_hours")),
        archived=flag(device.get("archived")) is True,
        host=text(device.get("host_id")) or "",
    )


def readings(body: Row, source: str) -> tuple[Reading, ...]:
    """Parse `/api/device/…/details`, the oldest first; what does not parse is left out. Raises BadResponse."""
    device = record(at(body, "data", "device"))
    results = at(body, "data", "smart_results")
    found = []
    for number, result in enumerate(results if isinstance(results, list) else ()):
        # the drive's state is of now, and is said of the newest reading only
        report = _report(device, result, newest=number == 0) if isinstance(result, dict) else None
        reading = parse(report, source) if report else None
        if isinstance(reading, Reading) and reading.taken is not None:
            found.append(reading)
    return tuple(sorted(found, key=lambda each: each.taken.timestamp() if each.taken else 0.0))


def _report(device: Row, result: Row, *, newest: bool) -> dict[str, Any] | None:
    """Return what smartctl printed, as far as Scrutiny has kept it."""
    taken, protocol = instant(result.get("date")), str(result.get("device_protocol") or "").upper()
    attributes = result.get("attrs")
    if taken is None or not isinstance(attributes, dict):
        return None
    failed = bool((integer(device.get("device_status")) or 0) & FAILED_SMART)
    report: dict[str, Any] = {
        "device": {
            "protocol": {"NVME": "NVMe"}.get(protocol, protocol),
            "type": text(device.get("device_type")) or "",
        },
        "model_name": text(device.get("model_name")),
        "serial_number": text(device.get("serial_number")),
        "user_capacity": {"bytes": integer(device.get("capacity"))},
        "local_time": {"time_t": int(taken.timestamp())},
        "temperature": {"current": integer(result.get("temp")) or None},
        "power_on_time": {"hours": integer(result.get("power_on_hours"))},
        "smart_status": {"passed": not failed} if newest else {},
    }
    speed = integer(device.get("rotational_speed"))
    if speed or (protocol == "ATA" and not attributes.keys() >= _SPINS):
        report["rotation_rate"] = speed or 0
    if protocol == "NVME":
        report["nvme_smart_health_information_log"] = _nvme(attributes)
    elif protocol == "SCSI":
        report |= _scsi(attributes)
    else:
        report["ata_smart_attributes"] = {"table": [*_ata(attributes)]}
        if (used := integer(at(attributes, _ENDURANCE, "value"))) is not None:
            report["endurance_used"] = {"current_percent": used}
    return report


def _ata(attributes: Row) -> Iterator[Row]:
    for key, row in attributes.items():
        number = integer(at(row, "attribute_id")) or integer(key)
        if number is None or not isinstance(row, dict):
            continue
        yield {
            "id": number,
            "name": _NAMES.get(number),
            "value": row.get("value"),
            "worst": row.get("worst"),
            "thresh": row.get("thresh"),
            "when_failed": str(row.get("when_failed") or "").lower(),
            "raw": {"value": row.get("raw_value"), "string": row.get("raw_string")},
        }


def _nvme(attributes: Row) -> Row:
    log = {key: at(row, "value") for key, row in attributes.items()}
    log["available_spare_threshold"] = at(attributes, "available_spare", "thresh")
    return log


def _scsi(attributes: Row) -> Row:
    return {
        "scsi_grown_defect_list": at(attributes, "scsi_grown_defect_list", "value"),
        "scsi_error_counter_log": {
            way: {"total_uncorrected_errors": at(attributes, f"{way}_total_uncorrected_errors", "value")}
            for way in ("read", "write")
        },
    }
