"""What Scrutiny answers becomes readings: fixtures in the shapes of its releases, and what no release should send."""

from typing import Any

import pytest

from custom_components.home_server_monitor.prediction.reading import Failing, Media
from custom_components.home_server_monitor.sources.errors import BadResponse
from custom_components.home_server_monitor.sources.smart.model import by_serial, drives, readings

DISK = {
    "wwn": "0x5000c500a1b2c3d4",
    "device_name": "sdb",
    "model_name": "ST8000VN004-3CP101",
    "serial_number": "ZR15AAAA",
    "rotational_speed": 7200,
    "capacity": 8001563222016,
    "device_protocol": "ATA",
    "device_type": "sat",
    "device_status": 0,
}


def ata(number: int, raw: int, value: int = 100, thresh: int = 0, failed: str = "") -> dict[str, Any]:
    return {
        "attribute_id": number,
        "value": value,
        "worst": value,
        "thresh": thresh,
        "raw_value": raw,
        "raw_string": str(raw),
        "when_failed": failed,
        "transformed_value": 0,
        "status": 0,
    }


def result(date: str, *attributes: dict[str, Any], protocol: str = "ATA", **more: Any) -> dict[str, Any]:
    return {
        "date": date,
        "device_protocol": protocol,
        "temp": 38,
        "power_on_hours": 21407,
        "attrs": {str(each["attribute_id"]): each for each in attributes},
        "Status": 0,
        **more,
    }


def details(device: dict[str, Any], *results: Any) -> dict[str, Any]:
    return {"success": True, "data": {"device": device, "smart_results": list(results)}, "metadata": {}}


def test_a_hard_disk_as_its_maker_packs_it() -> None:
    """Seagate's 188 holds three counts, and its 1 is no count; the newest reading alone carries the health."""
    body = details(
        DISK,
        result("2026-03-02T04:00:00Z", ata(1, 243561178), ata(5, 16), ata(188, 4295032833), ata(197, 8)),
        result("2026-03-01T04:00:00Z", ata(5, 8), ata(188, 0), ata(197, 0)),
    )
    old, new = readings(body, "Scrutiny")
    assert (old.taken, new.taken) == tuple(sorted((old.taken, new.taken), key=str))
    assert (new.media, new.serial, new.capacity, new.hours, new.temperature) == (
        Media.HDD, "ZR15AAAA", 8001563222016, 21407, 38,
    )  # fmt: skip
    assert (new.count(5), new.count(188), new.count(197), new.count(187)) == (16, 1, 8, None)
    assert (old.count(5), old.health, new.health, new.source) == (8, None, True, "Scrutiny")
    assert new.attributes[5].name == "Reallocated_Sector_Ct"


def test_what_the_drive_says_of_itself() -> None:
    failing = details(
        DISK | {"device_status": 3}, result("2026-03-02T04:00:00Z", ata(5, 900, 5, 10, "FAILING_NOW"))
    )
    (found,) = readings(failing, "Scrutiny")
    assert found.health is False
    assert found.attributes[5].failing is Failing.NOW
    # bit 2 alone is Scrutiny's own opinion, and says nothing of the drive's
    (found,) = readings(
        details(DISK | {"device_status": 2}, result("2026-03-02T04:00:00Z", ata(5, 900))), "S"
    )
    assert found.health is True


@pytest.mark.parametrize(
    ("attributes", "used", "by"),
    [
        ((ata(231, 88, 88),), 12.0, "SSD_Life_Left"),
        ((ata(177, 900, 74), ata(5, 0)), 26.0, "Wear_Leveling_Count"),
        (
            (ata(177, 900, 74), {"attribute_id": "devstat_7_8", "value": 9, "thresh": 0}),
            9.0,
            "endurance_used",
        ),
        ((ata(5, 0),), None, None),
    ],
)
def test_the_wear_of_a_solid_state_drive(
    attributes: tuple[dict[str, Any], ...], used: float | None, by: str | None
) -> None:
    device = DISK | {"rotational_speed": 0, "model_name": "KINGSTON SA400S37120G"}
    (found,) = readings(details(device, result("2026-03-02T04:00:00Z", *attributes)), "S")
    assert (found.media, found.used, found.used_by) == (Media.SSD, used, by)


def test_a_hard_disk_whose_speed_scrutiny_does_not_know() -> None:
    device = DISK | {"rotational_speed": 0}
    (found,) = readings(details(device, result("2026-03-02T04:00:00Z", ata(3, 0), ata(7, 9), ata(5, 0))), "S")
    assert found.media is Media.HDD


def test_nvme_and_sas() -> None:
    nvme = {
        "critical_warning": {"attribute_id": "critical_warning", "value": 4, "thresh": 0},
        "available_spare": {"attribute_id": "available_spare", "value": 97, "thresh": 10},
        "percentage_used": {"attribute_id": "percentage_used", "value": 41, "thresh": 100},
        "media_errors": {"attribute_id": "media_errors", "value": 2, "thresh": 0},
        "data_units_written": {"attribute_id": "data_units_written", "value": 1000, "thresh": -1},
    }
    body = details(
        DISK | {"device_protocol": "NVMe", "rotational_speed": 0},
        result("2026-03-02T04:00:00Z", protocol="NVMe", attrs=nvme),
    )
    (found,) = readings(body, "S")
    assert found.nvme is not None
    assert (found.media, found.used, found.nvme.critical_warning, found.nvme.spare) == (
        Media.NVME,
        41.0,
        4,
        97,
    )
    assert (found.nvme.spare_threshold, found.nvme.media_errors, found.nvme.written) == (10, 2, 512_000_000)
    sas = {
        "scsi_grown_defect_list": {"value": 7, "thresh": 40},
        "read_total_uncorrected_errors": {"value": 2, "thresh": 10},
        "write_total_uncorrected_errors": {"value": 1, "thresh": 10},
    }
    body = details(
        DISK | {"device_protocol": "SCSI"}, result("2026-03-02T04:00:00Z", protocol="SCSI", attrs=sas)
    )
    (found,) = readings(body, "S")
    assert found.scsi is not None
    assert (found.media, found.scsi.grown_defects, found.scsi.uncorrected) == (Media.SAS_HDD, 7, 3)


def test_the_summary() -> None:
    """Keys are WWNs in old releases and UUIDs in new ones; a drive without readings is listed; archived ones are not."""
    body = {
        "success": True,
        "data": {
            "summary": {
                "0x5000c500a1b2c3d4": {
                    "device": DISK,
                    "smart": {"collector_date": "2026-03-02T04:00:00Z", "temp": 38, "power_on_hours": 21407},
                },
                "b5a4cf0e-aaaa-5aaa-8aaa-000000000001": {
                    "device": DISK | {"serial_number": "ZR15BBBB"},
                    "smart": {"collector_date": "0001-01-01T00:00:00Z"},
                },
                "b5a4cf0e-aaaa-5aaa-8aaa-000000000002": {"device": DISK | {"archived": True}},
                "b5a4cf0e-aaaa-5aaa-8aaa-000000000003": {"device": DISK | {"serial_number": "00000000"}},
                "broken": {"device": 7},
            }
        },
    }
    found = drives(body)
    assert found.skipped == 1
    first, second, bridge = found.items.values()
    assert (first.serial, first.temperature, first.title) == ("ZR15AAAA", 38, "ST8000VN004-3CP101 AAAA")
    assert first.read is not None
    assert (second.read, bridge.serial) == (None, None)
    assert drives({"success": True, "data": {"summary": None}}).items == {}


def test_two_entries_of_one_serial() -> None:
    """A drive that was moved is read where it is now; two drives of one serial are none that can be told apart."""

    def listed(*entries: tuple[str, int, str]) -> dict[str, str]:
        rows = {
            f"key{number}": {
                "device": DISK | {"model_name": model},
                "smart": {"collector_date": f"{date}T04:00:00Z", "power_on_hours": hours},
            }
            for number, (date, hours, model) in enumerate(entries)
        }
        found = drives({"data": {"summary": rows}}).items
        return {serial: drive.key for serial, drive in by_serial(found.values()).items()}

    new, old = ("2026-03-02", 21407, "A"), ("2026-01-02", 20000, "A")
    assert listed(new, old) == {"ZR15AAAA": "key0"}
    assert listed(old, new) == {"ZR15AAAA": "key1"}
    assert listed(new, new) == {"ZR15AAAA": "key0"}
    assert listed(new, ("2026-03-02", 300, "A")) == {}
    assert listed(new, ("2026-03-02", 21407, "B"), old) == {}


@pytest.mark.parametrize("summary", [[], "x", 7])
def test_another_summary_is_refused(summary: Any) -> None:
    with pytest.raises(BadResponse):
        drives({"data": {"summary": summary}})


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        7,
        {"date": "soon", "attrs": {}},
        {"date": "2026-03-02T04:00:00Z", "attrs": []},
        {
            "date": "2026-03-02T04:00:00Z",
            "device_protocol": "ATA",
            "attrs": {"5": 7, "x": {}, "197": {"value": []}},
        },
        {"date": "2026-03-02T04:00:00Z", "device_protocol": 9, "attrs": {"5": {"attribute_id": {}}}},
        {"date": "2026-03-02T04:00:00Z", "device_protocol": "NVMe", "attrs": {"media_errors": None}},
    ],
)
def test_a_broken_result_costs_no_other(wrong: Any) -> None:
    good = result("2026-03-01T04:00:00Z", ata(5, 8))
    found = readings(details(DISK, wrong, good), "S")
    assert [each.count(5) for each in found if each.count(5)] == [8]
