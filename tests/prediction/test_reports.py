"""Texts of `smartctl -x`, brought into the shape of its JSON: how the real home reports are counted."""

import pytest

from custom_components.home_server_monitor.prediction.reading import Media, Reading
from custom_components.home_server_monitor.prediction.smartctl import parse
from training.reports import as_json, count_features

DISK = """smartctl 7.2 2020-12-30 r5155 [FreeBSD 12.2-STABLE amd64] (local build)

=== START OF INFORMATION SECTION ===
Device Model:     ST4000VN008-2DR166
Serial Number:    --
Rotation Rate:    5980 rpm
SMART support is: Enabled

=== START OF READ SMART DATA SECTION ===
SMART overall-health self-assessment test result: {health}

ID# ATTRIBUTE_NAME          {header}
  5 Reallocated_Sector_Ct   {first}
188 Command_Timeout         {second}
194 Temperature_Celsius     {third}

Num  Test_Description    Status                  Remaining  LifeTime(hours)  LBA_of_first_error
# 1  Short offline       Aborted by host               90%       211         -
# 2  Extended offline    Completed: read failure       20%       200         1234
"""
NEW = DISK.format(
    health="PASSED",
    header="FLAGS    VALUE WORST THRESH FAIL RAW_VALUE",
    first="PO--CK   098   098   010    -    1640",
    second="-O--CK   100   100   000    -    3 3 3",
    third="-O---K   032   045   000    Past 32 (0 15 0 0 0)",
)
OLD = DISK.format(
    health="FAILED!",
    header="FLAG     VALUE WORST THRESH TYPE      UPDATED  WHEN_FAILED RAW_VALUE",
    first="0x0033   004   004   010    Pre-fail  Always   FAILING_NOW 1640",
    second="0x0032   100   100   000    Old_age   Always       -       3",
    third="0x0022   032   045   000    Old_age   Always       -       32",
)
NVME = """smartctl 7.3
Model Number:                       Teclast 128GB SSD
NVMe Version:                       1.3
SMART overall-health self-assessment test result: PASSED

SMART/Health Information (NVMe Log 0x02)
Critical Warning:                   0x04
Temperature:                        65 Celsius
Available Spare:                    100%
Percentage Used:                    3%
Data Units Written:                 14,747,887 [7.55 TB]
Power On Hours:                     3,089
Media and Data Integrity Errors:    2
"""


def read(text: str) -> Reading:
    found = parse(as_json(text), "file")
    assert isinstance(found, Reading)
    return found


@pytest.mark.parametrize(("text", "health"), [(NEW, True), (OLD, False)], ids=["new", "old"])
def test_both_tables_of_attributes(text: str, health: bool) -> None:
    found = read(text)
    assert (found.media, found.health, found.serial) == (Media.HDD, health, None)
    assert (found.count(5), found.count(188), found.temperature) == (1640, 3, 32)
    assert found.attributes[5].prefail is True
    assert found.attributes[188].prefail is False
    assert [(test.passed, test.hours) for test in found.tests] == [(None, 211), (False, 200)]


def test_what_failed() -> None:
    assert read(OLD).attributes[5].failing == "now"
    assert read(NEW).attributes[194].failing == "past"


def test_an_nvme_text() -> None:
    found = read(NVME)
    assert found.nvme is not None
    assert (found.media, found.nvme.critical_warning, found.nvme.media_errors) == (Media.NVME, 4, 2)
    assert (found.hours, found.nvme.written) == (3089, 14747887 * 512000)


def test_the_table_counts_drives(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("reports")
    (folder / "a.json").write_text(
        '{"smartctl": {}, "device": {"protocol": "ATA"}, "smart_status": {"passed": false}}'
    )
    (folder / "b.json").write_text("{")
    table = count_features(folder)
    assert "| rule health_failed | 1 |" in table
    assert '{"JSON not_a_report": 1}' in table
