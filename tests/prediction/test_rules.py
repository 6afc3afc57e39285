"""Drives that the model does not know, and what every drive says of itself, judged by named rules."""

from datetime import date, timedelta
from typing import Any

import pytest

from custom_components.home_server_monitor.prediction.reading import Reading
from custom_components.home_server_monitor.prediction.rules import Case, errors_of, judge
from custom_components.home_server_monitor.prediction.smartctl import parse
from custom_components.home_server_monitor.prediction.tiers import Tier
from custom_components.home_server_monitor.prediction.wear import Basis, wear_out

from .drives import TODAY, ata, attribute, nvme, sas


def hits(report: dict[str, Any], **grew: float) -> dict[str, Tier]:
    reading = parse(report, "smartctl")
    assert isinstance(reading, Reading)
    return {hit.rule: hit.tier for hit in judge(Case(reading, grew))}


def test_healthy_drives_hit_nothing() -> None:
    assert hits(nvme()) == {}
    assert hits(sas()) == {}
    assert hits(ata(attribute(5, "R", 0), attribute(199, "UDMA_CRC_Error_Count", 0))) == {}


BITS = [
    (0, "nvme_spare_low", Tier.CRITICAL),
    (1, "nvme_temperature", Tier.ELEVATED),
    (2, "nvme_reliability", Tier.CRITICAL),
    (3, "nvme_read_only", Tier.CRITICAL),
    (4, "nvme_backup", Tier.HIGH),
]


@pytest.mark.parametrize(("bit", "rule", "tier"), BITS)
def test_each_bit_of_the_warning(bit: int, rule: str, tier: Tier) -> None:
    assert hits(nvme(critical_warning=1 << bit)) == {rule: tier}


def test_spare_and_wear_of_nvme() -> None:
    assert hits(nvme(available_spare=10)) == {"nvme_spare_low": Tier.CRITICAL}
    assert hits(nvme(available_spare=0, available_spare_threshold=0)) == {}
    assert hits(nvme(percentage_used=101)) == {"worn_out": Tier.ELEVATED}
    assert hits(nvme(percentage_used=92)) == {"wearing_out": Tier.WATCH}
    # 4 in 10 drives at home have entries in the error log, and nothing is wrong with them
    assert hits(nvme(num_err_log_entries=100000)) == {}


def test_errors_that_stay_are_watched_and_those_that_grow_are_worse() -> None:
    assert hits(nvme(media_errors=2)) == {"media_errors": Tier.WATCH}
    assert hits(nvme(media_errors=2), media_errors=1) == {"media_errors": Tier.ELEVATED}
    assert hits(sas(scsi_grown_defect_list=5), grown_defects=2) == {"grown_defects": Tier.ELEVATED}


def test_a_bad_cable_is_told_as_a_cable() -> None:
    disk = ata(attribute(5, "R", 0), attribute(199, "UDMA_CRC_Error_Count", 700))
    assert hits(disk) == {}
    assert hits(disk, cable=120) == {"cable": Tier.WATCH}


def test_what_the_drive_says_of_itself() -> None:
    assert hits(ata(attribute(5, "R", 0), smart_status={"passed": False})) == {"health_failed": Tier.CRITICAL}
    assert hits(ata(attribute(5, "R", 9, 4, 10, "now"))) == {"attribute_failing": Tier.CRITICAL}
    assert hits(ata(attribute(190, "Airflow_Temperature_Cel", 50, 40, 45, "now"))) == {}
    assert hits(ata(attribute(184, "End-to-End_Error", 2))) == {"end_to_end": Tier.HIGH}
    assert hits(ata(attribute(184, "End-to-End_Error", 2), model="WDC WD40EFRX-68N32N0")) == {}


def test_only_the_newest_self_test_that_ended_counts() -> None:
    def log(*passed: bool | None) -> dict[str, Any]:
        rows = [
            {"type": {"string": "Short"}, "status": {"passed": each}, "lifetime_hours": 1} for each in passed
        ]
        return ata(attribute(5, "R", 0), ata_smart_self_test_log={"standard": {"table": rows}})

    assert hits(log(None, False)) == {"self_test_failed": Tier.HIGH}
    assert hits(log(True, False)) == {}


def test_when_it_will_be_worn() -> None:
    steady = [(TODAY - 200 + day, 60 + day // 20) for day in range(0, 201, 5)]
    found = wear_out(steady, 30000)
    assert found is not None
    assert found.basis is Basis.RECENT
    assert found.per_year == pytest.approx(18.3, rel=0.15)
    expected = date(1970, 1, 1) + timedelta(days=TODAY + 30 * 20)
    assert found.when is not None
    assert abs((found.when - expected).days) < 120


def test_without_history_the_life_so_far_tells() -> None:
    found = wear_out([(TODAY, 50)], 24 * 365)
    assert found is not None
    assert (found.basis, found.per_year) == (Basis.LIFETIME, pytest.approx(50, rel=0.01))
    assert wear_out([(TODAY, 0)], 24 * 365) is None
    assert wear_out([(TODAY, 5)], 100) is None
    assert wear_out([], 100) is None
    slow = wear_out([(TODAY, 1)], 24 * 365 * 3)
    assert slow is not None
    assert slow.when is None


def test_another_drive_behind_the_name_is_no_trend() -> None:
    swapped = [(TODAY - 200 + day, 90 if day < 150 else 3) for day in range(201)]
    found = wear_out(swapped, 24 * 300)
    assert found is not None
    assert found.basis is Basis.LIFETIME


def test_what_is_to_be_remembered() -> None:
    reading = parse(nvme(media_errors=4), "x")
    assert isinstance(reading, Reading)
    assert errors_of(reading)["media_errors"] == 4
    assert errors_of(reading)["grown_defects"] is None
