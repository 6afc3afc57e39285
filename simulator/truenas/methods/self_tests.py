"""SMART attributes and self-tests, up to 25.04."""

from typing import Any

from simulator.storage import Disk, SelfTest
from simulator.truenas.context import Context
from simulator.truenas.errors import CallError, NotFoundError
from simulator.truenas.extended_json import stamp
from simulator.truenas.params import Items, Key, Param, Record, Text
from simulator.truenas.releases import FULL, Method, Release, only_query, role

from .smart import attributes

type Row = dict[str, Any]


def smart_attributes(ctx: Context, name: str) -> Any:
    """`disk.smart_attributes` up to 25.04; wakes the disk."""
    disk = ctx.world.disk(name)
    if disk is None:
        raise NotFoundError(f"Disk {name}")
    if disk.bus != "SATA" and ctx.server <= Release.V24_10:
        raise CallError("Only ATA device support is currently provided")
    ctx.world.wake(disk)
    return attributes(ctx.world, disk)


def _test_row(test: SelfTest, place: int, nvme: bool) -> Row:
    words = {"SHORT": "Short", "LONG": "Extended", "CONVEYANCE": "Conveyance", "OFFLINE": "Offline"}[
        test.kind
    ]
    if test.running_percent is not None:
        status, verbose = "RUNNING", "Self-test routine in progress"
    elif test.passed:
        status, verbose = "SUCCESS", "Completed without error"
    else:
        status, verbose = "FAILED", "Completed: read failure"
    row: Row = {
        "num": place,
        "description": words if nvme else f"{words} offline",
        "status": status,
        "status_verbose": verbose,
    }
    if nvme:
        return row | {
            "power_on_hours": test.at_hours,
            "failing_lba": None,
            "nsid": None,
            "seg": None,
            "sct": "0x0",
            "code": "0x00",
        }
    remaining = 0.0 if test.running_percent is None else 1.0 - test.running_percent / 100
    return row | {
        "remaining": remaining,
        "lifetime": test.at_hours,
        "lba_of_first_error": None if test.passed else "58241992",
    }


def self_test_results(ctx: Context, extra: Row) -> list[Row]:
    """`smart.test.results` up to 25.04."""
    found: list[Row] = []
    for disk in ctx.world.present_disks():
        nvme = disk.bus == "NVME"
        if nvme and ctx.server < Release.V24_10:
            continue
        running = next((test for test in disk.tests if test.running_percent is not None), None)
        first = 0 if nvme else 1
        row: Row = {
            "disk": disk.name,
            "tests": [_test_row(test, place, nvme) for place, test in enumerate(disk.tests, start=first)],
            "current_test": {"progress": running.running_percent} if running else None,
        }
        if not extra.get("tests_filter"):
            row |= {
                "identifier": disk.identifier,
                "name": disk.name,
                "serial": disk.serial,
                "type": disk.kind,
            }
        found.append(row)
    return found


def manual_test(ctx: Context, wanted: list[Row]) -> list[Row]:
    """`smart.test.manual_test` up to 25.04."""
    found: list[Row] = []
    minutes = {"SHORT": 2, "LONG": 480, "CONVEYANCE": 5, "OFFLINE": 10}
    for item in wanted:
        disk = next((one for one in ctx.world.present_disks() if one.identifier == item["identifier"]), None)
        if disk is None:
            raise NotFoundError(f"Disk {item['identifier']}")
        ctx.world.wake(disk)
        test = SelfTest(item["type"], disk.hours, running_percent=0)
        disk.tests.insert(0, test)
        del disk.tests[21:]

        def advance(percent: float, test: SelfTest = test) -> None:
            test.running_percent = int(percent)

        def done(test: SelfTest = test, disk: Disk = disk) -> None:
            test.running_percent = None
            test.passed = not disk.uncorrectable

        job = ctx.world.jobs.start(
            "smart.test.wait", [], minutes[item["type"]] * 60, done, owner=ctx.owner, on_progress=advance
        )
        end = stamp(ctx.world.clock.now() + minutes[item["type"]] * 60)
        found.append(
            {
                "disk": disk.name,
                "identifier": disk.identifier,
                "error": None,
                "expected_result_time": end,
                "job": job.number,
            }
        )
    return found


def self_test_schedules(_ctx: Context, _extra: Row) -> list[Row]:
    """`smart.test.query` up to 25.04."""
    schedule = {"hour": "3", "dom": "*", "month": "*", "dow": "6"}
    return [
        {"id": 1, "schedule": schedule, "desc": "weekly", "all_disks": True, "disks": [], "type": "SHORT"}
    ]


_REPORTING = role("REPORTING_READ")


_UNTIL_25_04: dict[str, Any] = {"until": Release.V25_04}


_TEST = Record(
    {
        "identifier": Key(Text()),
        "mode": Key(Text(("FOREGROUND", "BACKGROUND")), "BACKGROUND"),
        "type": Key(Text(("LONG", "SHORT", "CONVEYANCE", "OFFLINE"))),
    }
)


TABLE: tuple[Method, ...] = (
    Method("disk.smart_attributes", smart_attributes, FULL, (Param("name", Text()),), **_UNTIL_25_04),
    only_query("smart.test.results", self_test_results, _REPORTING, **_UNTIL_25_04),
    only_query("smart.test.query", self_test_schedules, role("DISK_READ"), **_UNTIL_25_04),
    Method(
        "smart.test.manual_test",
        manual_test,
        FULL,
        (Param("disks", Items(_TEST)),),
        write=True,
        **_UNTIL_25_04,
    ),
)
