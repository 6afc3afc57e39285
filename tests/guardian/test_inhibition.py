"""Which finding tells which other inside, and which never may."""

import pytest

from custom_components.home_server_monitor.guardian.contract import Finding, Node, Severity

from .home import CRITICAL, DAY, HIGH, NODES, WARNING, Home, found, key, kinds, pushes

LOST = found("source_lost", WARNING, "host:nas", "guardian:home")
DEGRADED = found("pool_unprotected", HIGH)
TESTED = found("self_test_failed", HIGH, "disk:a")


@pytest.mark.parametrize(
    ("cause", "child"),
    [
        (LOST, DEGRADED),
        (LOST, found("pool_unprotected", CRITICAL)),
        (LOST, found("task_failed", WARNING, "task:nas:7")),
        (LOST, found("pool_full", HIGH, "host:nas")),
        (DEGRADED, TESTED),
        (DEGRADED, found("pool_errors", WARNING)),
        (found("pool_unavailable", CRITICAL), found("app_crashed", HIGH, "container:1")),
        (found("ups_on_battery", HIGH, "ups:one"), found("source_lost", HIGH, "host:nas", "guardian:home")),
        (found("ups_low", CRITICAL, "ups:one"), found("source_lost", CRITICAL, "host:nas", "guardian:home")),
        (found("ups_low", CRITICAL, "ups:one"), found("ups_on_battery", HIGH, "ups:one")),
        (LOST, found("source_lost", CRITICAL, "app:plex", "guardian:home")),
    ],
)
def test_told_inside(cause: object, child: object) -> None:
    home = Home()
    home.sees(cause, child)  # type: ignore[arg-type]
    home.wait(60)
    home.sees(cause, child)  # type: ignore[arg-type]
    assert home.of(child).inhibited_by == key(cause)  # type: ignore[arg-type]
    assert home.of(cause).inhibited_by is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cause", "child"),
    [
        (DEGRADED, found("self_test_failed", CRITICAL, "disk:a")),
        (DEGRADED, found("pool_full", HIGH)),
        (DEGRADED, found("app_crashed", HIGH, "app:plex")),
        (DEGRADED, found("self_test_failed", HIGH, "disk:elsewhere")),
        (found("app_crashed", HIGH, "app:plex"), TESTED),
        (LOST, found("key_too_powerful", HIGH, "host:nas")),
        (LOST, found("app_crashed", HIGH, "app:dns", "pi")),
        (LOST, found("ups_low", CRITICAL, "ups:one")),
        (LOST, found("journal_failed", HIGH, "host:nas", "guardian:home")),
        (found("ups_on_battery", HIGH, "ups:one"), found("pool_unprotected", CRITICAL)),
    ],
)
def test_told_beside(cause: object, child: object) -> None:
    home = Home()
    home.sees(cause, child)  # type: ignore[arg-type]
    home.wait(60)
    home.sees(cause, child)  # type: ignore[arg-type]
    assert home.of(child).inhibited_by is None  # type: ignore[arg-type]


def test_what_becomes_worse_than_its_cause_is_told() -> None:
    home = Home()
    home.sees(DEGRADED, TESTED)
    home.wait(40)
    [notice] = home.sees(DEGRADED, found("self_test_failed", CRITICAL, "disk:a"))
    assert notice.ids == (key(TESTED),)


def test_what_comes_back_between_two_looks_is_still_explained() -> None:
    home = Home()
    home.sees(DEGRADED, TESTED)
    home.wait(40)
    home.register.observe("nas", [DEGRADED], home.now)
    home.sees(DEGRADED, TESTED)
    assert home.of(TESTED).inhibited_by == key(DEGRADED)
    assert not home.wait(600)


def test_two_that_explain_each_other_are_one_alert() -> None:
    nodes = (*NODES, Node(id="engine:1", kind="engine", aliases=frozenset({"host:nas"})))
    home = Home(nodes=nodes)
    lost = [found("source_lost", CRITICAL, node, "guardian:home") for node in ("host:nas", "engine:1")]
    [notice] = home.sees(*lost, source="guardian:home")
    assert len(notice.ids) == 1
    home.sees(*[one for one in lost if key(one) not in notice.ids], source="guardian:home")
    told = home.wait(120)
    assert kinds(told) == ["resolved", "raised"], "the other one is told as soon as it stands alone"


def test_a_ring_of_hosts_is_one_alert() -> None:
    nodes = [
        Node(id=f"host:{number}", kind="host", runs_on=f"host:{(number + 1) % 3}") for number in range(3)
    ]
    home = Home(nodes=nodes)
    [notice] = home.sees(
        *(found("source_lost", CRITICAL, f"host:{number}", "guardian:home") for number in range(3)),
        source="guardian:home",
    )
    assert len(notice.ids) == 1


def test_a_dismissed_fault_hides_no_other_but_a_dismissed_outage_does() -> None:
    home = Home()
    home.sees(DEGRADED)
    home.wait(40)
    home.register.dismiss(key(DEGRADED), "Ann", "known", home.now)
    home.sees(DEGRADED, TESTED)
    assert [notice.ids for notice in home.wait(40)] == [(key(TESTED),)]
    home.sees(LOST, source="guardian:home")
    home.register.dismiss(key(LOST), "Ann", "it is off in summer", home.now)
    home.look()
    assert home.of(TESTED).inhibited_by == key(LOST)


def test_a_cause_whose_source_has_long_said_nothing_hides_nothing() -> None:
    home = Home("nas", "pi", "smart")
    home.sees(DEGRADED)
    home.wait(40)
    home.register.freeze("nas")
    tested = found("self_test_failed", HIGH, "disk:a", "smart")
    home.sees(tested, source="smart")
    assert not home.wait(800)
    home.sees(tested, source="smart")
    assert kinds(home.wait(200)) == ["raised"]


def test_causes_hold_over_a_restart_before_their_source_has_spoken() -> None:
    home = Home("nas", "pi", "engine")
    home.sees(found("source_lost", CRITICAL, "host:nas", "guardian:home"), source="guardian:home")
    home.restart(down=DAY)
    plex = found("app_crashed", HIGH, "container:1", "engine")
    home.sees(plex, source="engine")
    assert not pushes(home.wait(180))
    assert home.of(plex).inhibited_by == key(LOST)


def test_another_topology_is_used_at_once() -> None:
    home = Home(nodes=())
    home.sees(DEGRADED, TESTED)
    assert home.of(TESTED).inhibited_by is None
    home.alerts.topology = type(home.alerts.topology)(NODES)
    home.look()
    assert home.of(TESTED).inhibited_by == key(DEGRADED)


ALERT = Node(id="alert:1", kind="alert", runs_on="host:nas", needs=frozenset({"pool:tank"}))


def _alert(node: str = "alert:1", *rules: str) -> Finding:
    return found("nas_alert", HIGH, node, evidence={"told_by": list(rules or ("pool_degraded",))})


def test_an_alert_of_the_server_is_told_inside_of_the_rule_that_judges_the_same() -> None:
    home = Home(nodes=(*NODES, ALERT))
    cause = found("pool_degraded")
    home.sees(cause, _alert())
    assert [notice.ids for notice in home.wait(40)] == [(key(cause),)]
    home.sees(_alert())
    told = {notice.kind: notice.ids for notice in pushes(home.wait(200))}
    assert told == {"resolved": (key(cause),), "raised": (key(_alert()),)}, "it stands alone now"


@pytest.mark.parametrize(
    ("cause", "alert"),
    [
        (found("pool_errors"), _alert()),
        (found("pool_degraded", node="pool:other"), _alert()),
        (found("pool_degraded", source="pi"), _alert("alert:unknown")),
    ],
)
def test_an_alert_about_something_else_is_told(cause: Finding, alert: Finding) -> None:
    home = Home(nodes=(*NODES, ALERT))
    home.sees(cause, source=cause.source)
    home.sees(*([cause] if cause.source == "nas" else []), alert)
    assert home.of(alert).inhibited_by is None


@pytest.mark.parametrize("rule", ["disk_failing", "disk_reports_failure"])
@pytest.mark.parametrize(("trouble", "severity"), [("pool_errors", HIGH), ("pool_unprotected", CRITICAL)])
def test_a_disk_that_may_fail_is_told_beside_the_trouble_of_its_pool(
    rule: str, trouble: str, severity: object
) -> None:
    """It may be the cause, or the one that comes next; with its host or its whole pool it is gone as all is."""
    home = Home()
    disk = found(rule, HIGH, "disk:b")
    home.sees(found(trouble, severity), disk)  # type: ignore[arg-type]
    assert home.of(disk).inhibited_by is None
    gone = found("pool_unavailable", CRITICAL)
    home.sees(gone, disk)
    assert home.of(disk).inhibited_by == key(gone)


def test_what_is_left_to_the_digest_hides_no_alert_that_is_pushed() -> None:
    home = Home(nodes=(*NODES, ALERT))
    mild = found("pool_degraded", WARNING)
    home.sees(mild, _alert())
    assert home.of(_alert()).inhibited_by is None
    home.sees(found("pool_degraded", HIGH), _alert())
    assert home.of(_alert()).inhibited_by == key(mild)


def test_an_alert_that_names_nothing_is_told_by_its_source() -> None:
    home = Home(nodes=(*NODES, ALERT))
    cause = found("pool_degraded")
    home.sees(cause, _alert("alert:unknown"))
    assert home.of(_alert("alert:unknown")).inhibited_by == key(cause)


def test_what_was_told_gives_way_to_what_explains_it_and_comes_back() -> None:
    home = Home()
    home.sees(TESTED)
    (first,) = home.wait(40)
    worse = found("pool_unprotected", CRITICAL)
    (notice,) = home.sees(TESTED, worse)
    assert notice.ids == (key(worse),)
    assert notice.instead == (first.lead,)
    home.sees(TESTED)
    told = pushes(home.wait(200))
    assert sorted(kinds(told)) == ["repeated", "resolved"]


def test_a_silent_host_takes_no_message_of_its_pools_away() -> None:
    home = Home("nas", "pi", "guardian:home")
    home.sees(found("pool_unprotected", CRITICAL))
    lost = found("source_lost", CRITICAL, "host:nas", "guardian:home")
    (notice,) = home.sees(lost, source="guardian:home")
    assert notice.instead == ()


EXPECTED = found("disk_replacing", WARNING, "disk:a", "disks")


def _lost(*nodes: str, rule: str = "pool_unprotected", severity: Severity = CRITICAL) -> Finding:
    return found(rule, severity, evidence={"nodes": list(nodes)})


@pytest.mark.parametrize(
    "child",
    [
        _lost("disk:a"),
        _lost("disk:a", rule="pool_degraded", severity=HIGH),
        _lost("disk:a", rule="pool_errors_unprotected", severity=HIGH),
        found("disk_missing", HIGH, "disk:a"),
        found("disk_failing", CRITICAL, "disk:a"),
    ],
)
def test_what_is_expected_is_not_told_however_bad(child: Finding) -> None:
    home = Home()
    home.sees(EXPECTED, source="disks")
    home.wait(60)
    assert not pushes(home.sees(child))
    assert not pushes(home.wait(3600))
    assert home.of(child).inhibited_by == key(EXPECTED)
    # it is told as soon as nobody expects it any more
    told = [*home.sees(source="disks"), *home.wait(120)]
    assert [notice.ids for notice in pushes(told)] == [(key(child),)]


@pytest.mark.parametrize(
    "child",
    [
        _lost("disk:b"),
        _lost("disk:a", "disk:b"),
        _lost("device:12"),
        _lost(),
        found("pool_unavailable", CRITICAL, evidence={"nodes": ["disk:a"]}),
        found("pool_errors_lost", CRITICAL, evidence={"nodes": ["disk:a"]}),
        found("scan_errors", CRITICAL),
        found("disk_missing", HIGH, "disk:b"),
        found("disk_hot", HIGH, "disk:a"),
    ],
)
def test_what_is_more_than_the_expected_is_told(child: Finding) -> None:
    home = Home()
    home.sees(EXPECTED, source="disks")
    told = [*home.sees(child), *home.wait(360)]
    home.sees(child)
    assert home.of(child).inhibited_by is None
    assert (key(child),) in [notice.ids for notice in pushes(told)]


def test_a_second_disk_is_told_though_the_finding_stays_as_bad() -> None:
    home = Home()
    home.sees(EXPECTED, source="disks")
    assert not pushes(home.sees(_lost("disk:a", rule="pool_degraded", severity=HIGH)))
    home.wait(60)
    more = _lost("disk:a", "disk:b", rule="pool_degraded", severity=HIGH)
    told = [*home.sees(more), *home.wait(60)]
    assert [notice.ids for notice in pushes(told)] == [(key(more),)]


def test_what_is_expected_hides_nothing_else() -> None:
    """A pool that runs without a disk on purpose explains no loss of data on it."""
    home = Home()
    home.sees(EXPECTED, source="disks")
    degraded = _lost("disk:a")
    home.sees(degraded)
    lost = found("pool_errors_lost", CRITICAL, evidence={"nodes": ["disk:b"]})
    told = [*home.sees(degraded, lost), *home.wait(60)]
    assert [notice.ids for notice in pushes(told)] == [(key(lost),)]
