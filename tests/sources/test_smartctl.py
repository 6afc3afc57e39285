"""What is asked of smartctl and what its end says: two commands, none of which can wake a disk."""

import json
from typing import Any

import pytest

from custom_components.home_server_monitor.prediction.reading import Reading, Unread
from custom_components.home_server_monitor.sources.errors import NotSupported
from custom_components.home_server_monitor.sources.smartctl import (
    SCAN,
    Device,
    outcome,
    read_command,
    scanned,
)
from tests.prediction.drives import ata, attribute


def scan(*devices: dict[str, Any], version: Any = (7, 4)) -> str:
    """Return what `smartctl --json=c --scan` prints."""
    about = {"version": list(version), "argv": [*SCAN], "exit_status": 0}
    return json.dumps({"json_format_version": [1, 0], "smartctl": about, "devices": list(devices)})


def row(name: str, kind: str = "scsi") -> dict[str, Any]:
    return {"name": name, "info_name": name, "type": kind, "protocol": "SCSI"}


def test_a_disk_is_asked_for_its_power_mode_first() -> None:
    """And left alone where that cannot be told: 3 is asleep, 5 is unknown."""
    power = ("-n", "standby,3,5")
    assert SCAN == ("smartctl", "--json=c", "--scan"), "--scan-open would open each"
    assert read_command(Device("/dev/sda")) == ("smartctl", "--json=c", *power, "-x", "/dev/sda")
    behind = Device("/dev/bus/0", "megaraid,4")
    assert read_command(behind) == (
        "smartctl", "--json=c", *power, "-x", "-d", "megaraid,4", "/dev/bus/0",
    )  # fmt: skip


@pytest.mark.parametrize(
    "device",
    [
        Device("/dev/sda; reboot"),
        Device("-t long"),
        Device("/dev/../etc/passwd"),
        Device("/dev/disk/by-id/../../mem"),
        Device("/dev/mem"),
        Device("/dev/sda1"),
        Device("/dev/sda", "sat -s off"),
        Device("/dev/sda", "--set=off"),
        Device("/dev/sda\n"),
    ],
)
def test_nothing_else_becomes_a_command(device: Device) -> None:
    with pytest.raises(ValueError, match="not a disk"):
        read_command(device)


def test_a_scan_names_disks() -> None:
    """What it guesses of a SATA disk behind a SCSI name is not told back to it; a RAID's number is."""
    found = scanned(
        0,
        scan(
            row("/dev/sdb"),
            row("/dev/sda", "sat"),
            row("/dev/nvme0", "nvme"),
            row("/dev/bus/0", "megaraid,7"),
            row("/dev/sdb"),
            row("/dev/sdc", "sat -s off"),
            row("/dev/dri/card0"),
            row("-t long"),
            {"name": None},
        ),
    )
    assert found == (
        Device("/dev/bus/0", "megaraid,7"),
        Device("/dev/nvme0", "nvme"),
        Device("/dev/sda", "sat"),
        Device("/dev/sdb"),
        Device("/dev/sdc"),
    )


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (127, "sh: smartctl: not found"),
        (126, "OCI runtime exec failed"),
        (1, "smartctl 6.6: unrecognized option: json=c"),
        (0, scan(version=(7, 2))),
        (0, scan(version="7.4")),
        (0, "[]"),
        (None, ""),
    ],
)
def test_what_cannot_be_used_is_not_used(code: int | None, text: str) -> None:
    """Before 7.3 it could not be told to leave a disk alone whose power mode is unknown."""
    with pytest.raises(NotSupported):
        scanned(code, text)


def test_a_container_without_disks() -> None:
    assert scanned(0, scan()) == ()


REPORT = ata(attribute(5, "Reallocated_Sector_Ct", 8))


@pytest.mark.parametrize(
    ("code", "health"),
    [
        (0, True),
        (None, True),
        # a command failed, pre-fail attributes now and in the past, the logs have errors
        *((1 << bit, True) for bit in (2, 4, 5, 6, 7)),
        (0xFC, True),
    ],
)
def test_the_report_counts_whatever_is_wrong_with_the_disk(code: int | None, health: bool) -> None:
    found = outcome(code, json.dumps(REPORT), "engine")
    assert isinstance(found, Reading)
    assert (found.count(5), found.health, found.source) == (8, health, "engine")


@pytest.mark.parametrize(("code", "health"), [(8, False), (0x48, False), (0x40, None)])
def test_a_failing_disk_may_say_so_in_the_exit_status_only(code: int, health: bool | None) -> None:
    report = {key: value for key, value in REPORT.items() if key != "smart_status"}
    found = outcome(code, json.dumps(report), "engine")
    assert isinstance(found, Reading)
    assert found.health is health


ASLEEP = {
    "smartctl": {"messages": [{"string": "Device is in STANDBY mode, exit(3)"}], "exit_status": 3},
    "device": {"name": "/dev/sda"},
}


@pytest.mark.parametrize(
    ("code", "text", "why"),
    [
        (3, json.dumps(ASLEEP), Unread.ASLEEP),
        (2, json.dumps(ASLEEP), Unread.ASLEEP),
        # it cannot tell whether it sleeps
        (5, json.dumps({"smartctl": {"exit_status": 5}, "device": {"name": "/dev/sda"}}), Unread.ASLEEP),
        # a report that came with a command line that was not understood is no report
        (1, json.dumps(REPORT), Unread.NOT_A_REPORT),
        (
            2,
            json.dumps({"smartctl": {"exit_status": 2}, "device": {"name": "/dev/sda"}}),
            Unread.NOTHING_IN_IT,
        ),
        (2, "", Unread.NOT_A_REPORT),
        (137, '{"smartctl": {', Unread.NOT_A_REPORT),
    ],
)
def test_what_is_no_reading(code: int, text: str, why: Unread) -> None:
    assert outcome(code, text, "engine") is why
