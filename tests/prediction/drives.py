"""Drives as tests need them: days of counters, and reports in the shape that smartctl prints."""

from typing import Any

from custom_components.home_server_monitor.prediction.counters import COUNTERS
from custom_components.home_server_monitor.prediction.features import Day

TODAY = 20000
CLEAN = dict.fromkeys(COUNTERS, 0.0)


def history(days: int, **series: list[float | None]) -> list[Day]:
    """Return a drive's days up to TODAY; `c197=[0, 8]` are the newest values of a counter, the first one held before."""
    rows = [dict[int, float | None](CLEAN) for _ in range(days)]
    for name, values in series.items():
        padded = [values[0]] * (days - len(values)) + values[-days:]
        for row, value in zip(rows, padded, strict=True):
            row[int(name[1:])] = value
    return [
        Day(TODAY - days + 1 + index, tuple(row[attribute] for attribute in COUNTERS))
        for index, row in enumerate(rows)
    ]


def attribute(
    number: int, name: str, raw: int, value: int = 100, threshold: int = 0, failed: str = ""
) -> dict[str, Any]:
    """Return a row of smartctl's attribute table."""
    return {
        "id": number,
        "name": name,
        "value": value,
        "worst": value,
        "thresh": threshold,
        "when_failed": failed,
        "flags": {"value": 51, "prefailure": True},
        "raw": {"value": raw, "string": str(raw)},
    }


def ata(
    *attributes: dict[str, Any], model: str = "ST4000VN008-2DR166", rate: int = 5980, **more: Any
) -> dict[str, Any]:
    """Return what `smartctl --json --all` prints for a SATA drive."""
    return {
        "json_format_version": [1, 0],
        "smartctl": {"version": [7, 4], "exit_status": 0},
        "local_time": {"time_t": TODAY * 86400, "asctime": "Thu Oct  3 00:00:00 2024 UTC"},
        "device": {"name": "/dev/sda", "type": "sat", "protocol": "ATA"},
        "model_name": model,
        "serial_number": "ZGY1AB2C",
        "user_capacity": {"blocks": 7814037168, "bytes": 4000787030016},
        "rotation_rate": rate,
        "smart_status": {"passed": True},
        "ata_smart_attributes": {"revision": 10, "table": list(attributes)},
        "power_on_time": {"hours": 23708},
        "temperature": {"current": 34},
    } | more


def nvme(**log: Any) -> dict[str, Any]:
    """Return what it prints for an NVMe drive."""
    report = ata(model="Samsung SSD 970 EVO 500GB")
    del report["ata_smart_attributes"], report["rotation_rate"]
    report["device"] = {"name": "/dev/nvme0", "type": "nvme", "protocol": "NVMe"}
    report["nvme_smart_health_information_log"] = {
        "critical_warning": 0,
        "temperature": 35,
        "available_spare": 100,
        "available_spare_threshold": 10,
        "percentage_used": 3,
        "data_units_written": 65602088,
        "power_on_hours": 12798,
        "unsafe_shutdowns": 10,
        "media_errors": 0,
        "num_err_log_entries": 8382,
    } | log
    return report


def sas(**more: Any) -> dict[str, Any]:
    """Return what it prints for a SAS drive."""
    report = ata(model="SEAGATE ST1200MM0088", rate=10500)
    del report["ata_smart_attributes"]
    report["device"] = {"name": "/dev/sdb", "type": "scsi", "protocol": "SCSI"}
    return (
        report
        | {
            "scsi_grown_defect_list": 0,
            "scsi_error_counter_log": {
                "read": {"total_uncorrected_errors": 0},
                "write": {"total_uncorrected_errors": 0},
            },
        }
        | more
    )
