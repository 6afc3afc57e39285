"""Reports of smartctl become readings; nothing in them makes the parser fall."""

import json
import random
from typing import Any

import pytest

from custom_components.home_server_monitor.prediction.counters import COUNTERS
from custom_components.home_server_monitor.prediction.reading import Failing, Media, Reading, Unread
from custom_components.home_server_monitor.prediction.smartctl import parse, parse_text

from .drives import TODAY, ata, attribute, nvme, sas


def read(report: dict[str, Any]) -> Reading:
    found = parse_text(json.dumps(report), "smartctl")
    assert isinstance(found, Reading)
    return found


def test_a_hard_disk_of_seagate() -> None:
    found = read(
        ata(
            attribute(1, "Raw_Read_Error_Rate", 231758184),
            attribute(5, "Reallocated_Sector_Ct", 16),
            attribute(187, "Reported_Uncorrect", 2),
            attribute(188, "Command_Timeout", 4295032833),
            attribute(197, "Current_Pending_Sector", 8),
            attribute(198, "Offline_Uncorrectable", 8),
            attribute(194, "Temperature_Celsius", 0x1F0014002A),
            attribute(9, "Power_On_Hours", 0x00C0_37000_5D09),
        )
    )
    assert found.media is Media.HDD
    assert found.serial == "ZGY1AB2C"
    assert found.taken is not None
    assert found.taken.timestamp() == TODAY * 86400
    # three words of time-outs are one, huge rates of reads are no errors
    assert dict(zip(COUNTERS, found.counts, strict=True)) == {
        5: 16, 187: 2, 188: 1, 197: 8, 198: 8, 10: None, 196: None,
    }  # fmt: skip
    assert found.count(1) == 0
    assert (found.temperature, found.hours, found.used) == (34, 23708, None)


def test_values_out_of_the_attributes_where_there_are_no_others() -> None:
    report = ata(
        attribute(194, "Temperature_Celsius", 0x1F0014002A), attribute(9, "Power_On_Hours", (7 << 32) + 5000)
    )
    del report["temperature"], report["power_on_time"]
    found = read(report)
    assert (found.temperature, found.hours) == (0x2A, 5000)


def test_packed_junk_is_no_count() -> None:
    found = read(
        ata(attribute(187, "Reported_Uncorrect", 6_000_000_000), attribute(5, "Reallocated", (3 << 16) + 7))
    )
    assert found.count(187) is None
    assert found.count(5) == 7


def test_an_nvme_drive() -> None:
    found = read(nvme(percentage_used=104, media_errors=3))
    assert found.media is Media.NVME
    assert found.nvme is not None
    assert (found.used, found.nvme.media_errors, found.nvme.written) == (104, 3, 65602088 * 512000)


def test_a_sas_drive() -> None:
    found = read(sas(scsi_grown_defect_list=56))
    assert found.media is Media.SAS_HDD
    assert found.scsi is not None
    assert (found.scsi.grown_defects, found.scsi.uncorrected) == (56, 0)


WEAR = [
    ("Wear_Leveling_Count", 177, 93, 7),
    ("Media_Wearout_Indicator", 233, 60, 40),
    ("Percent_Lifetime_Remain", 202, 1, 99),
    ("Wear_Leveling_Count", 177, 200, None),  # counts down from something else
    ("Unknown_Attribute", 173, 50, None),
]


@pytest.mark.parametrize(("name", "number", "value", "used"), WEAR)
def test_wear_of_an_ssd(name: str, number: int, value: int, used: float | None) -> None:
    found = read(ata(attribute(number, name, 12345, value), model="Crucial CT500MX500SSD1", rate=0))
    assert found.media is Media.SSD
    assert found.used == used


def test_what_smartctl_works_out_itself_is_trusted_more() -> None:
    wear = attribute(177, "Wear_Leveling_Count", 1, 50)
    found = read(ata(wear, model="Samsung SSD 860 EVO", rate=0, endurance_used={"current_percent": 12}))
    assert (found.used, found.used_by) == (12, "endurance_used")


def test_self_tests_newest_first() -> None:
    rows = [
        {"type": {"string": "Short offline"}, "status": {"string": "Aborted by host"}, "lifetime_hours": 40},
        {
            "type": {"string": "Extended offline"},
            "status": {"string": "read failure", "passed": False},
            "lifetime_hours": 30,
        },
    ]
    found = read(ata(attribute(5, "R", 0), ata_smart_self_test_log={"standard": {"table": rows}}))
    assert [(test.passed, test.hours) for test in found.tests] == [(None, 40), (False, 30)]


def test_what_failed_when() -> None:
    rows = [attribute(5, "R", 0, 4, 10, "now"), attribute(190, "T", 50, 40, 45, "past")]
    found = read(ata(*rows))
    assert [row.failing for row in found.attributes.values()] == [Failing.NOW, Failing.PAST]


SERIALS = ["A1" * 40, "AB\nCD12", "", "  ", "--", "0000000000", "XXXXXXXXXXXX", "123456789012", None, 5]


@pytest.mark.parametrize("serial", SERIALS)
def test_serials_of_bridges_are_not_trusted(serial: object) -> None:
    assert read(ata(attribute(5, "R", 0), serial_number=serial)).serial is None


def test_what_is_no_reading() -> None:
    asleep = {"smartctl": {"messages": [{"string": "Device is in STANDBY mode, exit(2)"}], "exit_status": 2}}
    assert parse(asleep, "x") is Unread.ASLEEP
    assert parse({"smartctl": {"exit_status": 2}}, "x") is Unread.NO_DEVICE
    assert (
        parse({"smartctl": {}, "device": {"protocol": "SCSI"}, "model_name": "Raid 1 Volume"}, "x")
        is Unread.NOTHING_IN_IT
    )
    for text in ("", "{", "[]", "null", "7", "smartctl 7.4", "[" * 100000):
        assert parse_text(text, "x") is Unread.NOT_A_REPORT


def test_no_damage_makes_it_fall() -> None:
    """Every place of a report is replaced by what does not belong there; the rest is still read."""
    dice = random.Random(5)
    wrong: list[Any] = [
        None,
        True,
        -1,
        1e30,
        10**40,
        "",
        "x" * 50,
        [],
        {},
        [None],
        {"value": {}},
        float("nan"),
    ]
    reports = [
        ata(
            attribute(5, "R", 16),
            attribute(197, "P", 8),
            ata_smart_self_test_log={"standard": {"table": [{"type": {}}]}},
        ),
        nvme(),
        sas(),
    ]

    def places(value: Any) -> list[tuple[Any, Any]]:
        keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        return [found for key in keys for found in [(value, key), *places(value[key])]]

    for report in reports:
        for number in range(len(places(report))):
            copy = json.loads(json.dumps(report))
            holder, key = places(copy)[number]
            holder[key] = dice.choice(wrong)
            found = parse(copy, "x")
            if isinstance(found, Reading):
                assert len(found.counts) == len(COUNTERS)


@pytest.mark.parametrize("number", [-1, 1 << 64, 10**400, "9" * 39, "-5", True, 1.5e300])
def test_numbers_that_no_drive_can_report_are_not_known(number: Any) -> None:
    """Neither an alarm, nor a value that breaks whoever writes it down or shows it."""
    bits = read(nvme(critical_warning=number, available_spare=number, percentage_used=number))
    assert bits.nvme is not None
    assert (bits.nvme.critical_warning, bits.nvme.spare, bits.nvme.used, bits.used) == (None,) * 4
    rows = [attribute(each, "X", number) for each in (1, 5, 7, 187, 197)]
    found = read(ata(*rows, model_name="ST8000VN004", user_capacity={"bytes": -1}))
    assert found.capacity is None
    assert all(each is None or 0 <= each < 1e10 for each in (*found.counts, found.count(1), found.count(7)))
    long = read(ata(*rows, model_name="M\u202eX\n" + "y" * 9000)).model
    assert long == "MX" + "y" * 196
    defects = read(sas(scsi_grown_defect_list=number)).scsi
    assert defects is None or defects.grown_defects in (None, 1 << 64)
