"""SMART as smartctl prints it, made from what the world knows about a drive."""

from typing import Any

from simulator.noise import number
from simulator.storage import Disk
from simulator.world import World

type Row = dict[str, Any]

_FLAGS = {
    "prefailure": 1,
    "updated_online": 2,
    "performance": 4,
    "error_rate": 8,
    "event_count": 16,
    "auto_keep": 32,
}


def _flags(value: int) -> Row:
    letters = "".join(
        letter if value & bit else "-" for letter, bit in zip("POSRCK", _FLAGS.values(), strict=True)
    )
    return {
        "value": value,
        "string": f"{letters} ",
        **{name: bool(value & bit) for name, bit in _FLAGS.items()},
    }


def _row(
    ident: int, name: str, value: int, worst: int, thresh: int, flags: int, raw: int, text: str = ""
) -> Row:
    return {
        "id": ident,
        "name": name,
        "value": value,
        "worst": worst,
        "thresh": thresh,
        "when_failed": "now" if value <= thresh and thresh else "",
        "flags": _flags(flags),
        "raw": {"value": raw, "string": text or str(raw)},
    }


def _hdd(world: World, disk: Disk) -> list[Row]:
    seagate = disk.model.startswith("ST")
    heat = round(world.disk_temperature(disk))
    worn = max(1, 100 - disk.hours // 800)
    errors = number(world.seed, "raw", disk.serial, bits=27) if seagate else 0
    spin = max(1, 100 - disk.reallocated // 40)
    lost = max(1, 100 - disk.uncorrectable)
    # Seagate tells what it could not correct and what took too long; WD instead how often it moved a sector
    seen = (
        _row(187, "Reported_Uncorrect", lost, lost, 0, 50, disk.uncorrectable),
        _row(188, "Command_Timeout", 100, 100, 0, 50, 0),
    )
    moved = (_row(196, "Reallocated_Event_Count", 200, 200, 0, 50, disk.reallocated // 8),)
    return [
        _row(1, "Raw_Read_Error_Rate", 83 if seagate else 200, 64 if seagate else 200, 44 if seagate else 51, 15, errors),
        _row(3, "Spin_Up_Time", 91, 90, 0, 3, 0),
        _row(4, "Start_Stop_Count", 100, 100, 20, 50, 312 + disk.wakeups),
        _row(5, "Reallocated_Sector_Ct", spin, spin, 10, 51, disk.reallocated),
        _row(7, "Seek_Error_Rate", 90 if seagate else 200, 60 if seagate else 200, 45 if seagate else 0, 15, errors * 3),
        _row(9, "Power_On_Hours", worn, worn, 0, 50, disk.hours),
        _row(10, "Spin_Retry_Count", 100, 100, 97 if seagate else 0, 19, 0),
        _row(12, "Power_Cycle_Count", 100, 100, 20, 50, 88),
        _row(193, "Load_Cycle_Count", max(1, 200 - disk.hours // 600), max(1, 200 - disk.hours // 600), 0, 50, disk.hours // 4),
        _row(194, "Temperature_Celsius", heat, heat + 9, 0, 34, heat, f"{heat} (Min/Max 19/{heat + 9})"),
        *(seen if seagate else moved),
        _row(197, "Current_Pending_Sector", 100, 100, 0, 18, disk.pending),
        _row(198, "Offline_Uncorrectable", 100, 100, 0, 16, disk.uncorrectable),
        _row(199, "UDMA_CRC_Error_Count", 200, 200, 0, 62, disk.crc_errors),
        *([] if seagate else [_row(200, "Multi_Zone_Error_Rate", 200, 200, 0, 8, 0)]),
    ]  # fmt: skip


def _ssd(world: World, disk: Disk) -> list[Row]:
    heat = round(world.disk_temperature(disk))
    return [
        _row(5, "Reallocated_Sector_Ct", 100, 100, 10, 51, disk.reallocated),
        _row(9, "Power_On_Hours", 100, 100, 0, 50, disk.hours),
        _row(12, "Power_Cycle_Count", 100, 100, 0, 50, 61),
        _row(194, "Temperature_Celsius", 100 - heat, 55, 0, 34, heat),
        _row(
            231,
            "SSD_Life_Left",
            100 - disk.wear_percent,
            100 - disk.wear_percent,
            0,
            50,
            100 - disk.wear_percent,
        ),
        _row(241, "Host_Writes_GiB", 100, 100, 0, 50, world.disk_counters(disk)[1] >> 30),
    ]


def attributes(world: World, disk: Disk) -> Any:
    """A list for ATA; for NVMe the health log as one object."""
    if disk.bus == "SATA":
        return _hdd(world, disk) if disk.kind == "HDD" else _ssd(world, disk)
    read, written = world.disk_counters(disk)
    return {
        "critical_warning": 0,
        "temperature": round(world.disk_temperature(disk)),
        "available_spare": 100,
        "available_spare_threshold": 10,
        "percentage_used": disk.wear_percent,
        "data_units_read": read // 512_000,
        "data_units_written": written // 512_000,
        "host_reads": read // 16_384,
        "host_writes": written // 16_384,
        "controller_busy_time": 4211,
        "power_cycles": 61,
        "power_on_hours": disk.hours,
        "unsafe_shutdowns": 9,
        "media_errors": disk.uncorrectable,
        "num_err_log_entries": 0,
        "warning_temp_time": 0,
        "critical_comp_time": 0,
    }
