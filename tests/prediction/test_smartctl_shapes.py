"""Reports in the shapes of real drives and releases of smartctl: what each gives, and what it does not.

Written after real reports, none of which is in this repository; docs/smart-sources.md has the count of those.
"""

import json
from typing import Any

import pytest

from custom_components.home_server_monitor.prediction.reading import Media, Reading, Unread
from custom_components.home_server_monitor.prediction.smartctl import parse_text

from .drives import ata, attribute as row, nvme, sas

BIG = 0x0000_0031_0DD0_1234


def read(report: dict[str, Any]) -> Reading | Unread:
    return parse_text(json.dumps(report), "smartctl")


def reading(report: dict[str, Any]) -> Reading:
    found = read(report)
    assert isinstance(found, Reading)
    return found


SEAGATE = ata(
    row(1, "Raw_Read_Error_Rate", BIG),
    row(3, "Spin_Up_Time", 0),
    row(5, "Reallocated_Sector_Ct", 24),
    row(7, "Seek_Error_Rate", BIG),
    row(187, "Reported_Uncorrect", 1),
    row(188, "Command_Timeout", 4295032833),
    row(190, "Airflow_Temperature_Cel", 0x2A16_0022),
    row(195, "Hardware_ECC_Recovered", BIG),
    row(197, "Current_Pending_Sector", 16),
    row(198, "Offline_Uncorrectable", 16),
    row(199, "UDMA_CRC_Error_Count", 3),
    row(240, "Head_Flying_Hours", 0x00AB_0000_5C96),
    model="ST8000VN004-3CP101",
    rate=7200,
)
WD = ata(
    row(1, "Raw_Read_Error_Rate", 7),
    row(5, "Reallocated_Sector_Ct", 0),
    row(10, "Spin_Retry_Count", 0),
    row(196, "Reallocated_Event_Count", 0),
    row(197, "Current_Pending_Sector", 0),
    row(198, "Offline_Uncorrectable", 0),
    row(200, "Multi_Zone_Error_Rate", 0),
    model="WDC WD40EFRX-68N32N0",
    rate=5400,
)
HGST = ata(
    row(2, "Throughput_Performance", 96, threshold=54),
    row(5, "Reallocated_Sector_Ct", (2 << 16) + 5),
    row(196, "Reallocated_Event_Count", 9),
    row(197, "Current_Pending_Sector", 0),
    row(198, "Offline_Uncorrectable", 0),
    row(22, "Unknown_Attribute", 100),
    model="HGST HUH721212ALE604",
    rate=7200,
)
TOSHIBA = ata(
    row(5, "Reallocated_Sector_Ct", 0),
    row(10, "Spin_Retry_Count", 0),
    row(191, "G-Sense_Error_Rate", 12),
    row(194, "Temperature_Celsius", 0x0032_000F_0021),
    row(197, "Current_Pending_Sector", 0),
    row(220, "Disk_Shift", 50462722),
    model="TOSHIBA MG08ACA16TE",
    rate=7200,
)


def test_seagate_packs_operations_beside_errors() -> None:
    found = reading(SEAGATE)
    assert (found.media, found.count(5), found.count(188), found.count(197)) == (Media.HDD, 24, 1, 16)
    assert [found.count(number) for number in (1, 7, 195)] == [BIG >> 32] * 3
    assert (found.count(190), found.count(240)) == (34, 0x5C96)


@pytest.mark.parametrize(
    ("report", "counts"),
    [
        (WD, {5: 0, 10: 0, 187: None, 188: None, 196: 0, 197: 0, 198: 0}),
        # the upper half of 5 counts something else
        (HGST, {5: 5, 10: None, 187: None, 188: None, 196: 9, 197: 0, 198: 0}),
        (TOSHIBA, {5: 0, 10: 0, 187: None, 188: None, 196: None, 197: 0, 198: None}),
    ],
)
def test_other_makers_report_less(report: dict[str, Any], counts: dict[int, float | None]) -> None:
    found = reading(report)
    assert found.media is Media.HDD
    assert {number: found.count(number) for number in counts} == counts


def test_a_sata_ssd() -> None:
    page = {"number": 7, "table": [{"offset": 8, "name": "Percentage Used Endurance Indicator", "value": 21}]}
    report = ata(
        row(5, "Reallocate_NAND_Blk_Cnt", 0),
        row(173, "Ave_Block-Erase_Count", 310),
        row(187, "Reported_Uncorrect", 0),
        row(202, "Percent_Lifetime_Remain", 21, value=79),
        model="CT1000MX500SSD1",
        rate=0,
        trim={"supported": True},
        ata_device_statistics={"pages": [{"number": 1, "table": []}, page]},
    )
    found = reading(report)
    assert (found.media, found.used, found.used_by) == (Media.SSD, 21, "ata_device_statistics")
    del report["ata_device_statistics"]
    assert (reading(report).used, reading(report).used_by) == (21, "Percent_Lifetime_Remain")


@pytest.mark.parametrize(
    ("told", "left", "used"),
    [
        # SandForce: the statistics say the most that they can of a drive that is all but new
        (255, 98, 2),
        (100, 99, 1),
        # both say so
        (176, 1, 176),
        (255, 5, 255),
        # nobody denies it, and 255 is what stands there where nothing counts
        (176, None, 176),
        (255, None, None),
        (99, 40, 99),
    ],
)
def test_statistics_that_an_attribute_denies_are_not_believed(
    told: int, left: int | None, used: float | None
) -> None:
    page = {"number": 7, "table": [{"name": "Percentage Used Endurance Indicator", "value": told}]}
    rows = [] if left is None else [row(233, "Media_Wearout_Indicator", 0, value=left)]
    report = ata(
        row(5, "Reallocated_Sector_Ct", 0),
        *rows,
        model="INTEL SSDSC2CW120A3",
        rate=0,
        ata_device_statistics={"pages": [page]},
    )
    assert reading(report).used == used
    newer = {key: value for key, value in report.items() if key != "ata_device_statistics"}
    assert reading(newer | {"endurance_used": {"current_percent": told}}).used == used


def test_an_nvme_drive_of_a_newer_smartctl() -> None:
    tests = {
        "current_self_test_operation": {"value": 0},
        "table": [
            {
                "self_test_code": {"value": 2, "string": "Extended"},
                "self_test_result": {"value": 7, "string": "Completed: failed segment"},
                "power_on_hours": 1290,
            },
            {
                "self_test_code": {"value": 1, "string": "Short"},
                "self_test_result": {"value": 0, "string": "Completed without error"},
                "power_on_hours": 1280,
            },
        ],
    }
    report = nvme(percentage_used=7, critical_warning=4) | {
        "smartctl": {"version": [7, 5], "exit_status": 8},
        "smart_status": {"passed": False, "nvme": {"value": 4}},
        "nvme_self_test_log": tests,
        "endurance_used": {"current_percent": 7},
        "spare_available": {"current_percent": 100, "threshold_percent": 10},
    }
    found = reading(report)
    assert found.nvme is not None
    assert (found.media, found.health, found.used, found.nvme.critical_warning) == (Media.NVME, False, 7, 4)
    assert [(test.passed, test.hours) for test in found.tests] == [(False, 1290), (True, 1280)]


def test_a_sas_drive_of_older_and_newer_smartctl() -> None:
    """7.3 renamed the name, and nests the self-tests."""
    old = sas(scsi_grown_defect_list=3)
    new = {key: value for key, value in old.items() if key != "model_name"} | {
        "scsi_model_name": "SEAGATE ST1200MM0088",
        "scsi_product": "ST1200MM0088",
        "scsi_self_test_0": {
            "code": {"string": "Background long"},
            "result": {"value": 0, "string": "Completed"},
            "power_on_time": {"hours": 66},
        },
    }
    for report in (old, new):
        found = reading(report)
        assert found.scsi is not None
        assert (found.media, found.model, found.scsi.grown_defects) == (
            Media.SAS_HDD,
            "SEAGATE ST1200MM0088",
            3,
        )
    assert [test.hours for test in reading(new).tests] == [66]


def test_a_usb_bridge_gives_less_or_nothing() -> None:
    """Its serial is no disk's; with SAT behind it, the disk is seen."""
    bridge = {
        "smartctl": {"version": [7, 3], "exit_status": 4, "messages": [{"string": "Unknown USB bridge"}]},
        "device": {"name": "/dev/sdf", "type": "scsi", "protocol": "SCSI"},
        "scsi_vendor": "JMicron",
        "scsi_product": "Generic",
        "serial_number": "0123456789",
    }
    assert read(bridge) is Unread.NOTHING_IN_IT
    through = SEAGATE | {"device": {"name": "/dev/sdf", "type": "sntjmicron", "protocol": "ATA"}}
    assert reading(through).usb
    assert reading(through | {"serial_number": "000000000000"}).serial is None


@pytest.mark.parametrize(
    ("report", "why"),
    [
        # a failed command: nothing came but the device's name
        (
            {"smartctl": {"exit_status": 2}, "device": {"name": "/dev/sdz", "type": "sat"}},
            Unread.NOTHING_IN_IT,
        ),
        ({"smartctl": {"version": [7, 0], "exit_status": 1, "messages": []}}, Unread.NO_DEVICE),
        (
            {
                "smartctl": {
                    "exit_status": 2,
                    "messages": [{"string": "Device is in STANDBY mode, exit(2)"}],
                },
                "device": {"name": "/dev/sda", "type": "sat", "protocol": "ATA"},
            },
            Unread.ASLEEP,
        ),
        # 7.5 says it in a place of its own
        (
            {
                "smartctl": {"version": [7, 5], "exit_status": 3},
                "device": {"name": "/dev/sda", "type": "sat", "protocol": "ATA"},
                "power_mode": {"ata_value": 0, "name": "STANDBY"},
            },
            Unread.ASLEEP,
        ),
        # a listing of devices is no report of one
        (
            {"smartctl": {"exit_status": 0}, "devices": [{"name": "/dev/sda", "type": "sat"}]},
            Unread.NO_DEVICE,
        ),
    ],
)
def test_what_is_no_reading(report: dict[str, Any], why: Unread) -> None:
    assert read(report) is why


def test_a_report_with_a_power_mode_is_a_reading_where_it_is_awake() -> None:
    assert reading(WD | {"power_mode": {"ata_value": 255, "name": "ACTIVE or IDLE"}}).count(5) == 0
