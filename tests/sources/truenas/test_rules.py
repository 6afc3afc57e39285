"""What each rule finds, how bad it says it is, and what it leaves alone."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Finding, Proposal, Severity
from custom_components.home_server_monitor.guardian.waking import TABLE
from custom_components.home_server_monitor.sources.truenas.alert_rules import COVERED, UNTOLD
from custom_components.home_server_monitor.sources.truenas.app import App
from custom_components.home_server_monitor.sources.truenas.memory import Memory
from custom_components.home_server_monitor.sources.truenas.model import TrueNas
from custom_components.home_server_monitor.sources.truenas.reading import FEED_OF_TASK
from custom_components.home_server_monitor.sources.truenas.releases import V24_04, V25_10
from custom_components.home_server_monitor.sources.truenas.rules import judge
from custom_components.home_server_monitor.sources.truenas.storage import Vdev
from custom_components.home_server_monitor.sources.truenas.system import Alert, Certificate, Service
from custom_components.home_server_monitor.sources.truenas.work import Schedule, Task, TaskKind

from . import build
from .build import (
    GIB,
    NOW,
    SOURCE,
    alert,
    alerts,
    app,
    disk,
    disks,
    findings,
    leaf,
    pool,
    pools,
    rules,
    scan,
    task,
    tasks,
    vdev,
)

INFO, WARNING, HIGH, CRITICAL = Severity.INFO, Severity.WARNING, Severity.HIGH, Severity.CRITICAL
LOST = leaf(None, "unavail", missing="WCC7K0LTY136")


def one(found: list[Finding], rule: str) -> Finding:
    """Return the only finding of a rule."""
    (finding,) = [each for each in found if each.rule == rule]
    return finding


def raidz(kind: str, lost: int, width: int = 6) -> Vdev:
    """Return a raidz vdev with lost disks."""
    return vdev(kind, *[LOST] * lost, *(leaf(f"sd{index}") for index in range(width - lost)))


def test_a_healthy_nas_has_no_findings() -> None:
    data = TrueNas(
        pools={"1": pool(scan=scan())},
        disks={"a": disk("sda", "WD-WCC7K0LTY135"), "b": disk("sdb", "WD-WX11D7654321")},
        tasks={"snapshot_1": task()},
        services={"cifs": Service("cifs", True, True), "ftp": Service("ftp", False, False)},
        apps={"plex": app(), "old": app(name="old", state="stopped")},
        certificates={"c": Certificate("c", NOW + timedelta(days=300))},
        ups={"rmonitor": False, "monuser": "upsmon"},
        roles=frozenset({"READONLY_ADMIN"}),
        complete=frozenset({"disks", "pools"}),
    )
    assert not findings(data, build.remembering(a="WDC", b="WDC"))


def test_nothing_is_found_before_the_first_snapshot() -> None:
    assert not judge(SOURCE, None, Memory(), NOW)


@pytest.mark.parametrize(
    ("vdevs", "severity"),
    [
        ((vdev("mirror", leaf(), LOST),), CRITICAL),
        ((vdev("mirror", leaf(), leaf("sdb"), LOST),), HIGH),
        ((vdev("mirror", leaf(), LOST, LOST),), CRITICAL),
        ((raidz("raidz1", 1),), CRITICAL),
        ((raidz("raidz2", 1),), HIGH),
        ((raidz("raidz2", 2),), CRITICAL),
        ((raidz("raidz3", 2),), HIGH),
        # the worst vdev counts
        ((raidz("raidz2", 1), vdev("mirror", leaf(), LOST)), CRITICAL),
        ((raidz("raidz2", 0), raidz("raidz2", 1)), HIGH),
        ((leaf(status="degraded"),), CRITICAL),
    ],
)
def test_a_degraded_pool_is_as_bad_as_the_next_fault(vdevs: tuple[Vdev, ...], severity: Severity) -> None:
    found = findings(pools(pool(status="degraded", healthy=False, vdevs=vdevs)))
    finding = one(found, "pool_unprotected" if severity is CRITICAL else "pool_degraded")
    assert finding.severity is severity
    assert finding.object == "pool:1"


@pytest.mark.parametrize("role", ["cache", "spare"])
@pytest.mark.parametrize("status", ["unknown", "unavail"])
def test_a_cache_or_spare_holds_no_data(role: str, status: str) -> None:
    vdevs = (raidz("raidz2", 1), leaf("sdx", status, role=role))
    finding = one(findings(pools(pool(status="degraded", vdevs=vdevs))), "pool_degraded")
    assert finding.severity is HIGH


def test_a_degraded_pool_names_its_devices() -> None:
    vdevs = (vdev("mirror", leaf("sda", "faulted"), LOST),)
    finding = one(findings(pools(pool(status="degraded", vdevs=vdevs))), "pool_unprotected")
    assert finding.placeholders["devices"] == "sda, WCC7K0LTY136"


@pytest.mark.parametrize("status", ["faulted", "unavail", "suspended", "offline", "removed"])
def test_a_pool_that_cannot_be_used_is_critical(status: str) -> None:
    (finding,) = findings(pools(pool(status=status)))
    assert (finding.rule, finding.severity) == ("pool_unavailable", CRITICAL)
    assert finding.placeholders["devices"] == "?"


@pytest.mark.parametrize("status", ["online", "unknown"])
def test_a_pool_of_no_known_trouble_is_left_alone(status: str) -> None:
    assert not findings(pools(pool(status=status)))


@pytest.mark.parametrize("kind", ["read", "write", "checksum"])
def test_errors_name_the_worst_disk(kind: str) -> None:
    few: dict[str, Any] = {f"{kind}_errors": 2}
    many: dict[str, Any] = {f"{kind}_errors": 12}
    finding = one(
        findings(pools(pool(vdevs=(vdev("mirror", leaf("sda", **few), leaf("sdb", **many)),)))), "pool_errors"
    )
    assert finding.severity is HIGH
    assert finding.placeholders == {
        "pool": "tank",
        "errors": f"14 {kind} errors",
        "device": "sdb",
        "repairer": "mirror",
    }
    assert finding.evidence[kind] == 14
    assert finding.proposal == Proposal(action="start_scrub", target="1")


@pytest.mark.parametrize(
    ("more", "offered"),
    [
        ({"state": "scanning", "ended": None}, False),
        ({"state": "finished", "ended": NOW - timedelta(hours=2)}, False),
        ({"state": "finished", "ended": NOW - timedelta(days=2)}, True),
        ({"state": "canceled", "ended": NOW - timedelta(hours=2)}, True),
    ],
)
def test_a_pool_that_was_just_read_is_not_read_again(more: dict[str, Any], offered: bool) -> None:
    """It was read to its end with these errors; another scrub would only strain the disk that makes them."""
    finding = one(findings(pools(pool(vdevs=build.ERRORS, scan=replace(scan(), **more)))), "pool_errors")
    assert (finding.proposal is not None) is offered


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ({"checksum_errors": 1}, "1 checksum error"),
        ({"read_errors": 2, "checksum_errors": 3}, "5 read/checksum errors"),
    ],
)
def test_errors_in_words(errors: dict[str, Any], words: str) -> None:
    found = findings(pools(pool(vdevs=(vdev("mirror", leaf(**errors), leaf("sdb")),))))
    assert one(found, "pool_errors").placeholders["errors"] == words


def raid(kind: str, *errors: int, lost: int = 0, own: int = 0, role: str = "data") -> Vdev:
    """Return a vdev whose devices have so many checksum errors, and itself some that nobody could repair."""
    leaves = [
        *[LOST] * lost,
        *(leaf(f"sd{index}", checksum_errors=each) for index, each in enumerate(errors)),
    ]
    return replace(vdev(kind, *leaves, role=role), checksum_errors=own)


@pytest.mark.parametrize(
    ("vdevs", "rule", "severity"),
    [
        ((raid("mirror", 14, 0),), "pool_errors", HIGH),
        ((raid("raidz1", 14, 0, 0),), "pool_errors", HIGH),
        ((raid("raidz2", 14, 0, 0, lost=1),), "pool_errors", HIGH),
        # nothing holds the same data
        ((leaf(checksum_errors=1),), "pool_errors_lost", CRITICAL),
        ((raid("mirror", 0, 0), leaf("sdx", checksum_errors=1)), "pool_errors_lost", CRITICAL),
        ((raid("mirror", 1, lost=1),), "pool_errors_lost", CRITICAL),
        ((raid("raidz1", 1, 0, lost=1),), "pool_errors_lost", CRITICAL),
        # what a disk got wrong that is out now was repaired while it was in
        (
            (vdev("mirror", leaf("sda", "offline", checksum_errors=3), leaf("sdb")),),
            "pool_errors_unprotected",
            HIGH,
        ),
        # all copies were wrong
        ((raid("mirror", 3, 3, own=2),), "pool_errors_lost", CRITICAL),
        ((raid("mirror", 0, 0, own=2),), "pool_errors_lost", CRITICAL),
        ((leaf(read_errors=1),), "pool_errors_unprotected", HIGH),
        ((leaf(write_errors=1),), "pool_errors_unprotected", HIGH),
        # what a cache holds is in the pool, too
        ((raid("mirror", 0, 0), leaf("sdx", role="cache", checksum_errors=1)), "pool_errors", HIGH),
        # the worst counts
        ((raid("mirror", 9, 0), leaf("sdx", read_errors=1)), "pool_errors_unprotected", HIGH),
    ],
)
def test_errors_are_as_bad_as_what_they_cost(vdevs: tuple[Vdev, ...], rule: str, severity: Severity) -> None:
    told = [each for each in findings(pools(pool(vdevs=vdevs))) if each.rule.startswith("pool_errors")]
    assert [(each.rule, each.severity) for each in told] == [(rule, severity)]
    # a scrub would only strain what has no second copy
    assert (told[0].proposal is not None) is (rule == "pool_errors")


@pytest.mark.parametrize(
    ("before", "rule", "severity"),
    [
        (None, "pool_errors", HIGH),
        (0, "pool_errors", HIGH),
        (13, "pool_errors", HIGH),
        (14, "pool_errors_standing", INFO),
        (20, "pool_errors_standing", INFO),
    ],
)
def test_errors_of_before_are_only_noted(before: int | None, rule: str, severity: Severity) -> None:
    (finding,) = findings(pools(pool(vdevs=build.ERRORS, errors_before=before)))
    assert (finding.rule, finding.severity) == (rule, severity)


def test_data_that_was_lost_stays_lost() -> None:
    """Standing errors raise nothing at the first look, and clear nothing that was told."""
    data = pools(pool(vdevs=(leaf(checksum_errors=14),), errors_before=14))
    assert set(rules(data)) == {"pool_errors_standing", "single_disk_pool"}
    assert build.holding(data) == ["pool_errors_lost"]


@pytest.mark.parametrize("paused", [False, True])
def test_no_scrub_is_proposed_while_one_is_under_way(paused: bool) -> None:
    under_way = scan(state="scanning", ended=None, paused=paused)
    broken = (vdev("mirror", leaf(checksum_errors=1), leaf("sdb")),)
    data = pools(pool(vdevs=broken, scan=under_way, last_scrub=NOW - timedelta(days=90)))
    assert one(findings(data), "pool_errors").proposal is None
    assert "scrub_overdue" not in rules(data)
    # it may still end badly
    assert build.holding(data) == ["scrub_overdue"]


WEAK = leaf("sda", checksum_errors=1)


@pytest.mark.parametrize(
    ("vdevs", "at_risk"),
    [
        ((build.MIRROR,), False),
        ((leaf(),), False),
        # one is in doubt, the other one holds
        ((vdev("mirror", WEAK, leaf("sdb")),), False),
        ((vdev("mirror", WEAK, leaf("sdb", read_errors=1)),), True),
        ((vdev("mirror", WEAK, leaf("hot")),), True),
        ((vdev("mirror", WEAK, leaf("unsound")),), True),
        ((vdev("mirror", leaf("sda"), LOST),), True),
        ((WEAK,), True),
        ((raidz("raidz2", 1),), False),
        ((raidz("raidz2", 2),), True),
        # in two vdevs, each of which can lose one
        ((vdev("mirror", WEAK, leaf("sdb")), vdev("mirror", WEAK, leaf("sdd"))), False),
        ((build.MIRROR, leaf("sdx", role="cache", checksum_errors=9)), False),
    ],
)
def test_a_scrub_is_paused_only_where_it_could_cost_data(vdevs: tuple[Vdev, ...], at_risk: bool) -> None:
    there = disks(disk("hot", "H", temperature=60.0), disk("unsound", "U", last_test="failed")).disks
    for running in (scan(state="scanning", ended=None), scan(state="scanning", ended=None, kind="resilver")):
        data = pools(pool(vdevs=vdevs, scan=running), disks=there)
        found = [each for each in findings(data) if each.rule == "scrub_at_risk"]
        assert bool(found) is (at_risk and running.kind == "scrub")
        assert all(each.proposal == Proposal(action="pause_scrub", target="1") for each in found)
    paused = pool(vdevs=vdevs, scan=scan(state="scanning", ended=None, paused=True))
    assert "scrub_at_risk" not in rules(pools(paused, disks=there))


# What is raised at one mark and cleared at another


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (pools(pool(used=79 * GIB, available=21 * GIB)), ["pool_full"]),
        (pools(pool(used=77 * GIB, available=23 * GIB)), []),
        (pools(pool(days_to={90: 35.0})), ["pool_filling"]),
        (pools(pool(days_to={90: 41.0})), []),
        (disks(disk(temperature=48.0)), ["disk_hot"]),
        (disks(disk(temperature=47.0)), []),
        (disks(disk(last_test="running")), ["self_test_failed"]),
        (disks(disk(last_test="success")), []),
        (tasks(task(result=None, running=True)), ["task_failed"]),
        (TrueNas(apps={"plex": app(state="deploying")}), ["app_crashed"]),
        (TrueNas(apps={"plex": app(state="running")}), []),
    ],
)
def test_what_is_nearly_well_is_kept_and_not_raised(data: TrueNas, kept: list[str]) -> None:
    assert not rules(data)
    assert build.holding(data) == kept


# What cannot be done is not proposed


def test_what_a_release_cannot_do_is_not_proposed() -> None:
    (finding,) = findings(TrueNas(release=V24_04, apps={"plex": app(state="crashed")}))
    assert finding.proposal is None


@pytest.mark.parametrize(
    ("roles", "missing"),
    [
        ({"READONLY_ADMIN"}, "POOL_WRITE"),
        ({"READONLY_ADMIN", "POOL_WRITE"}, None),
        ({"FULL_ADMIN"}, None),
        (set(), None),
    ],
)
def test_what_the_key_may_not_do_is_not_proposed(roles: set[str], missing: str | None) -> None:
    data = pools(pool(vdevs=build.ERRORS), release=V25_10, roles=frozenset(roles))
    finding = one(findings(data), "pool_errors")
    assert (finding.proposal is None) is (missing is not None)
    assert finding.evidence.get("missing_right") == missing


def test_errors_that_a_scrub_could_not_repair_are_critical() -> None:
    assert one(findings(pools(pool(scan=scan(errors=3)))), "scan_errors").severity is CRITICAL
    assert not findings(pools(pool(scan=scan(errors=0))))
    assert not findings(pools(pool(scan=scan(errors=3, state="scanning"))))


@pytest.mark.parametrize(("days", "found"), [(39, []), (40, ["scrub_overdue"]), (400, ["scrub_overdue"])])
def test_a_scrub_is_overdue_after_forty_days(days: int, found: list[str]) -> None:
    data = pools(pool(last_scrub=NOW - timedelta(days=days)))
    assert rules(data) == found
    for finding in findings(data):
        assert finding.severity is WARNING
        assert finding.placeholders["days"] == str(days)
        assert finding.proposal == Proposal(action="start_scrub", target="1")


def test_a_pool_without_a_known_scrub_is_not_overdue() -> None:
    assert not findings(pools(pool(last_scrub=None)))


@pytest.mark.parametrize(
    ("percent", "severity"),
    [(79.9, None), (80, INFO), (90, WARNING), (94.9, WARNING), (95, HIGH), (100, HIGH)],
)
def test_how_full_is_how_bad(percent: float, severity: Severity | None) -> None:
    used = round(percent * GIB)
    found = findings(pools(pool(used=used, available=100 * GIB - used)))
    assert [each.severity for each in found] == ([severity] if severity is not None else [])


@pytest.mark.parametrize(
    ("days", "found"), [(None, []), (31.0, []), (30.0, ["pool_filling"]), (2.0, ["pool_filling"])]
)
def test_a_pool_is_filling_when_a_month_is_left(days: float | None, found: list[str]) -> None:
    assert rules(pools(pool(days_to={90: days}))) == found


def test_a_full_pool_is_not_also_filling() -> None:
    assert rules(pools(pool(used=91 * GIB, available=9 * GIB, days_to={90: 0.0}))) == ["pool_full"]


@pytest.mark.parametrize(
    "vdevs", [(leaf(),), (leaf(), leaf("sdb")), (vdev("mirror", leaf(), leaf("sdb")), leaf("sdc"))]
)
def test_one_disk_that_holds_a_pool_alone(vdevs: tuple[Vdev, ...]) -> None:
    assert one(findings(pools(pool(vdevs=vdevs))), "single_disk_pool").severity is INFO


def test_a_single_cache_disk_is_fine() -> None:
    cache, log = leaf("nvme0n1", role="cache"), leaf("nvme1n1", role="log")
    assert not findings(pools(pool(vdevs=(build.MIRROR, cache, log))))


@pytest.mark.parametrize(
    ("first", "second", "model", "same"),
    [
        ("WD-WCC7K0LTY135", "WD-WCC7K0LTY139", "A", True),
        ("WD-WCC7K0LTY135", "WD-WCC7K0LTY135X", "A", False),
        ("WD-WCC7K0LTY135", "WD-WX11D7654321", "A", False),
        ("WD-WCC7K0LTY135", "WD-WCC7K0LTY139", "B", False),
        ("A135", "A139", "A", False),
        ("WD-WCC7K0LTY135", None, "A", False),
    ],
)
def test_two_disks_of_one_batch(first: str, second: str | None, model: str, same: bool) -> None:
    data = disks(disk("sda", first, model="A"), disk("sdb", second, model=model), pools={"1": pool()})
    assert rules(data) == (["same_batch"] if same else [])
    assert all(each.severity is INFO for each in findings(data))


def test_one_batch_in_a_raidz2_is_not_told() -> None:
    wide = pool(vdevs=(vdev("raidz2", leaf("sda"), leaf("sdb"), leaf("sdc"), leaf("sdd")),))
    assert not findings(
        disks(disk("sda", "WD-WCC7K0LTY135"), disk("sdb", "WD-WCC7K0LTY139"), pools={"1": wide})
    )


def test_a_disk_is_missing_only_from_a_complete_listing() -> None:
    memory = build.remembering(a="WDC A", b="WDC B")
    present = {"a": disk()}
    assert not findings(TrueNas(disks=present), memory)
    finding = one(findings(TrueNas(disks=present, complete=frozenset({"disks"})), memory), "disk_missing")
    assert (finding.object, finding.severity) == ("disk:b", HIGH)
    assert finding.placeholders == {"disk": "WDC B", "where": "no pool that is known"}
    # the pool that misses it says where it was
    gone = replace(leaf(None, "removed"), missing="b")
    missed = pool(vdevs=(vdev("mirror", leaf("sda"), gone),), status="degraded")
    finding = one(
        findings(TrueNas(disks=present, pools={"1": missed}, complete=frozenset({"disks"})), memory),
        "disk_missing",
    )
    assert finding.placeholders["where"] == "pool tank, mirror"


def test_a_disk_that_the_user_removed_is_not_missing() -> None:
    memory = build.remembering(b="WDC B")
    memory.forget_disk("b")
    assert not findings(TrueNas(complete=frozenset({"disks"})), memory)


def test_a_disk_under_another_name_is_not_missing() -> None:
    renamed = disk("sdk", "S1")
    memory = build.remembering(S1="WDC S1")
    assert not findings(disks(renamed, complete=frozenset({"disks"})), memory)


@pytest.mark.parametrize(
    ("device", "kind", "degrees", "severity"),
    [
        ("sda", "HDD", 49.0, None),
        ("sda", "HDD", 50.0, WARNING),
        ("sda", "HDD", 57.0, HIGH),
        ("sda", "SSD", 64.0, None),
        ("sda", "SSD", 65.0, WARNING),
        ("sda", "SSD", 72.0, HIGH),
        ("nvme0n1", "SSD", 71.0, None),
        ("nvme0n1", "SSD", 72.0, WARNING),
        ("nvme0n1", "SSD", 80.0, HIGH),
        ("sda", None, 50.0, WARNING),
        ("sda", "HDD", None, None),
    ],
)
def test_a_hot_disk(device: str, kind: str | None, degrees: float | None, severity: Severity | None) -> None:
    found = findings(disks(disk(device, kind=kind, temperature=degrees)))
    assert [(each.rule, each.severity) for each in found] == ([("disk_hot", severity)] if severity else [])


@pytest.mark.parametrize(
    ("result", "found"),
    [("failed", ["self_test_failed"]), ("success", []), ("running", []), ("aborted", []), (None, [])],
)
def test_a_failed_self_test(result: str | None, found: list[str]) -> None:
    data = disks(disk(last_test=result))
    assert rules(data) == found
    assert all(each.severity is HIGH for each in findings(data))


def test_a_failed_task_can_be_run_again() -> None:
    (finding,) = findings(tasks(task(result="failed", error="No space left")))
    assert (finding.rule, finding.severity, finding.object) == ("task_failed", WARNING, "task:nas:snapshot_1")
    assert finding.placeholders == {"task": "tank/media", "kind": "snapshot", "error": "No space left"}
    assert finding.proposal == Proposal(action="run_task", target="snapshot_1")


def test_a_failed_task_without_a_reason_is_told_all_the_same() -> None:
    (finding,) = findings(tasks(task(result="failed")))
    assert finding.placeholders["error"] == "TrueNAS gives no reason"


def test_a_task_that_runs_again_is_not_proposed_again() -> None:
    (finding,) = findings(tasks(task(result="failed", running=True)))
    assert finding.proposal is None


@pytest.mark.parametrize("result", ["success", "aborted", "hold", "waiting", None])
def test_other_results_are_no_failure(result: str | None) -> None:
    assert not findings(tasks(task(result=result)))


def test_a_task_that_is_switched_off_is_not_judged() -> None:
    old = NOW - timedelta(days=60)
    assert not findings(
        tasks(task(enabled=False, result="failed"), task(key="k", enabled=False, last_success=old))
    )


@pytest.mark.parametrize(("days", "overdue"), [(1, False), (2, False), (4, True), (60, True)])
def test_a_daily_task_is_overdue_after_two_missed_days(days: int, overdue: bool) -> None:
    data = tasks(task(last_success=NOW - timedelta(days=days)))
    assert rules(data) == (["task_overdue"] if overdue else [])
    for finding in findings(data):
        assert finding.severity is WARNING
        assert finding.placeholders["days"] == str(days)
        assert finding.proposal == Proposal(action="run_task", target="snapshot_1")


@pytest.mark.parametrize(("days", "overdue"), [(6, False), (8, False), (20, True)])
def test_a_weekly_task_has_a_week(days: int, overdue: bool) -> None:
    weekly = Schedule(minute="0", hour="3", dom="*", month="*", dow="7")
    coming = NOW + timedelta(days=5, hours=15)
    data = tasks(task(schedule=weekly, next_run=coming, last_success=NOW - timedelta(days=days)))
    assert rules(data) == (["task_overdue"] if overdue else [])


@pytest.mark.parametrize("missing", ["last_success", "due", "schedule"])
def test_a_task_of_which_too_little_is_known_is_not_overdue(missing: str) -> None:
    old = NOW - timedelta(days=60)
    assert not findings(tasks(task(**{"last_success": old} | {missing: None})))


def test_a_task_that_runs_now_is_not_overdue() -> None:
    assert not findings(tasks(task(running=True, result=None, last_success=NOW - timedelta(days=60))))


@pytest.mark.parametrize(
    ("days", "severity", "told"),
    [
        (21.5, None, ""),
        (20.9, INFO, "20"),
        (7.5, INFO, "7"),
        (6.9, WARNING, "6"),
        (0.5, WARNING, "0"),
        (-0.1, HIGH, "0"),
        (-100, HIGH, "0"),
    ],
)
def test_a_certificate_that_ends(days: float, severity: Severity | None, told: str) -> None:
    found = findings(build.expiring(days))
    assert [each.severity for each in found] == ([severity] if severity is not None else [])
    assert [each.placeholders["days"] for each in found] == ([told] if told else [])


@pytest.mark.parametrize("state", ["running", "stopped", "deploying", "stopping", None])
def test_only_a_crashed_app_is_told(state: str | None) -> None:
    assert not findings(TrueNas(apps={"plex": app(state=state)}))
    (finding,) = findings(TrueNas(apps={"plex": app(state="crashed")}))
    assert (finding.rule, finding.severity, finding.object) == ("app_crashed", WARNING, "app:nas:plex")
    assert finding.proposal == Proposal(action="restart_app", target="plex")


@pytest.mark.parametrize(
    ("running", "enabled", "found"),
    [(False, True, True), (True, True, False), (False, False, False), (None, True, False)],
)
def test_a_service_that_should_run(running: bool | None, enabled: bool, found: bool) -> None:
    told = findings(TrueNas(services={"cifs": Service("cifs", running, enabled)}))
    assert [(each.rule, each.severity) for each in told] == ([("service_stopped", WARNING)] if found else [])
    assert [each.proposal for each in told] == [Proposal(action="start_service", target="cifs")] * found


@pytest.mark.parametrize(
    ("ups", "found"),
    [
        ({"rmonitor": True, "monuser": "upsmon"}, ["default_ups_password"]),
        ({"rmonitor": False, "monuser": "upsmon"}, []),
        ({"rmonitor": True, "monuser": "somebody"}, []),
        ({}, []),
    ],
)
def test_a_ups_with_its_factory_login(ups: dict[str, object], found: list[str]) -> None:
    assert rules(TrueNas(ups=ups)) == found
    assert all(each.severity is INFO for each in findings(TrueNas(ups=ups)))


def test_a_key_that_may_do_everything() -> None:
    (finding,) = findings(TrueNas(release=V25_10, roles=frozenset({"FULL_ADMIN", "READONLY_ADMIN"})))
    assert (finding.rule, finding.severity) == ("key_too_powerful", INFO)


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        ("info", None),
        ("notice", None),
        ("warning", WARNING),
        ("error", HIGH),
        ("critical", HIGH),
        ("alert", HIGH),
        ("emergency", CRITICAL),
    ],
)
def test_an_alert_of_the_nas_keeps_its_level(level: str, severity: Severity | None) -> None:
    found = findings(alerts(alert(level=level)))
    assert [(each.rule, each.severity) for each in found] == ([("nas_alert", severity)] if severity else [])


def test_an_alert_tells_its_class_in_words() -> None:
    (finding,) = findings(alerts(alert(klass="MemoryErrors", text="One module is bad")))
    assert finding.object == "alert:nas:a-1"
    assert finding.placeholders == {"title": "Memory Errors", "text": "One module is bad"}


def test_a_dismissed_alert_is_not_told() -> None:
    assert not findings(alerts(alert(dismissed=True, level="emergency")))


@pytest.mark.parametrize("klass", sorted(COVERED))
def test_an_alert_is_told_while_its_rule_finds_nothing(klass: str) -> None:
    assert rules(alerts(alert(klass=klass, level="critical"))) == ["nas_alert"]


@pytest.mark.parametrize("klass", sorted(UNTOLD))
def test_what_other_entities_tell_is_no_finding(klass: str) -> None:
    assert not findings(alerts(alert(klass=klass, level="critical")))


def test_a_degraded_pool_and_its_alert_are_one_finding() -> None:
    degraded = pool(status="degraded", vdevs=(vdev("mirror", leaf(), LOST),))
    volume = alert(klass="VolumeStatus", level="critical", text="Pool tank state is DEGRADED")
    assert rules(alerts(volume, pools={"1": degraded})) == ["pool_unprotected"]


def test_covered_classes_name_rules_that_exist() -> None:
    # those of disks are judged from what all sources read of them
    assert frozenset().union(*COVERED.values()) <= TABLE.keys()


STALE = [
    ("pools", pools(pool(status="faulted", used=99 * GIB, available=GIB, scan=scan(errors=1)))),
    ("temperatures", disks(disk(temperature=60.0))),
    ("smart_tests", disks(disk(last_test="failed"))),
    ("snapshot_tasks", tasks(task(result="failed"))),
    ("certificates", build.expiring(1)),
    ("apps", TrueNas(apps={"plex": app(state="crashed")})),
    ("services", TrueNas(services={"cifs": Service("cifs", False, True)})),
    ("ups", TrueNas(ups={"rmonitor": True, "monuser": "upsmon"})),
    ("roles", TrueNas(release=V25_10, roles=frozenset({"FULL_ADMIN"}))),
    ("alerts", alerts(alert())),
]


@pytest.mark.parametrize(("feed", "data"), STALE, ids=[feed for feed, _ in STALE])
def test_what_is_stale_is_not_judged(feed: str, data: TrueNas) -> None:
    stale = {each.name: getattr(data, each.name) for each in fields(TrueNas)} | {"stale": frozenset({feed})}
    assert findings(data)
    assert not findings(TrueNas(**stale))


@pytest.mark.parametrize("kind", TaskKind)
def test_a_stale_list_of_tasks_is_not_judged_and_silences_no_other(kind: TaskKind) -> None:
    failed = task(kind=kind, result="failed")
    assert not findings(tasks(failed, stale=frozenset({FEED_OF_TASK[kind]})))
    others = frozenset(FEED_OF_TASK.values()) - {FEED_OF_TASK[kind]}
    assert rules(tasks(failed, stale=others)) == ["task_failed"]


def test_stale_sizes_are_not_judged() -> None:
    """How full a pool is comes with the datasets."""
    assert not findings(pools(pool(used=99 * GIB, available=GIB), stale=frozenset({"datasets"})))


def test_a_stale_list_of_disks_misses_none() -> None:
    data = TrueNas(complete=frozenset({"disks"}), stale=frozenset({"disks"}))
    assert not findings(data, build.remembering(gone="WDC"))


def test_what_is_unknown_is_not_wrong() -> None:
    """Everything that may be None is None, and every list that may be empty is empty."""
    nothing = scan(kind=None, state=None, progress=None, errors=None, started=None, ended=None)
    sizes = {"healthy": None, "size": None, "allocated": None, "free": None, "used": None, "available": None}
    unknown = {"fragmentation": None, "last_scrub": None}
    data = TrueNas(
        pools={
            "1": pool(status="unknown", vdevs=(), scan=None, **sizes, **unknown),
            "2": pool(guid="2", status="unknown", vdevs=(), scan=nothing, **sizes, **unknown),
            "3": pool(
                guid="3", vdevs=(vdev("mirror", leaf(None), leaf(None)),), days_to={90: None}, **unknown
            ),
        },
        disks={
            "d": disk(
                "sdx", None, model=None, size=None, kind=None, pool=None, temperature=None, asleep=None
            ),
            "e": disk(
                "sdy", None, model=None, size=None, kind=None, pool=None, temperature=None, asleep=None
            ),
        },
        tasks={"t": Task("t", task().kind, 1, "t", True, None, None, False, None, None)},
        services={"s": Service("s", None, True)},
        apps={"a": App("a", "a", None, None, None, False, False, (), ())},
        certificates={"c": Certificate("c", None)},
        alerts={"x": Alert("x", "unknown", "info", "", None, False)},
        ups={"rmonitor": None, "monuser": None},
        complete=frozenset({"disks", "pools"}),
    )
    assert not findings(data)


def test_a_broken_pool_of_which_little_is_known_is_told() -> None:
    nameless = leaf(None, "unknown")
    data = pools(
        pool(status="degraded", vdevs=()),
        pool(guid="2", status="faulted", size=None, used=None, available=None, vdevs=(nameless,)),
    )
    assert {each.rule for each in findings(data)} >= {"pool_degraded", "pool_unavailable"}


def test_the_worst_comes_first() -> None:
    data = pools(
        pool(vdevs=(leaf(),)),
        pool(guid="2", status="faulted"),
        pool(guid="3", used=96 * GIB, available=4 * GIB),
        release=V25_10,
        roles=frozenset({"FULL_ADMIN"}),
    )
    found = findings(data)
    assert [each.severity for each in found] == [CRITICAL, HIGH, INFO, INFO]
    assert [each.rule for each in found][2:] == ["key_too_powerful", "single_disk_pool"]
    assert {each.source for each in found} == {SOURCE}
