"""Releases, endpoints and the table of methods."""

import pytest

from custom_components.home_server_monitor.sources.errors import NotSupported
from custom_components.home_server_monitor.sources.truenas.dark import dark_features
from custom_components.home_server_monitor.sources.truenas.methods import (
    Operation,
    events_of,
    method_of,
    supports,
)
from custom_components.home_server_monitor.sources.truenas.releases import (
    V24_04,
    V24_10,
    V25_04,
    V25_10,
    V26,
    V27,
    newest_endpoint,
    release_of,
)
from tests.simulator import shared

LINES = {V24_04: "24.04", V24_10: "24.10", V25_04: "25.04", V25_10: "25.10", V26: "26", V27: "27"}


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("TrueNAS-SCALE-24.04.2.4", V24_04),
        ("TrueNAS-SCALE-24.10.2.4", V24_10),
        ("TrueNAS-25.04.2.6", V25_04),
        ("25.10.1", V25_10),
        ("v26.0.0", V26),
        ("TrueNAS-26.0.0-BETA.3", V26),
        ("TrueNAS-27.0.0-BETA.1", V27),
    ],
)
def test_versions(text: str, release: tuple[int, int]) -> None:
    assert release_of(text) == release


@pytest.mark.parametrize(
    "text",
    ["TrueNAS-13.0-U5", "TrueNAS-13.3-U1.2", "TrueNAS-SCALE-23.10.2", "22.02.4", "FreeNAS", "", "x" * 999],
)
def test_versions_that_are_too_old_or_none(text: str) -> None:
    with pytest.raises(NotSupported) as error:
        release_of(text)
    assert len(str(error.value)) < 120


@pytest.mark.parametrize(
    ("endpoints", "before", "chosen"),
    [
        (["v25.04.0", "v25.04.2", "v25.04.1"], None, "v25.04.2"),
        (["v25.10.9", "v25.10.10"], None, "v25.10.10"),
        (["v25.10.0", "v26.0.0", "v27.0.0"], None, "v27.0.0"),
        (["v25.10.0", "v26.0.0", "v27.0.0"], V27, "v26.0.0"),
        (["v27.0.0"], V27, "current"),
        (["v26.0.0", "v28.0.0"], None, "v26.0.0"),
        (["v24.10", "current", "vx.y", "v26", "26.0.0", ""], None, "current"),
        ([], None, "current"),
    ],
)
def test_the_newest_endpoint_that_both_know(
    endpoints: list[str], before: tuple[int, int] | None, chosen: str
) -> None:
    assert newest_endpoint(endpoints, before) == chosen


@pytest.mark.parametrize("release", LINES)
def test_every_method_exists_on_its_release_with_the_role_that_is_said(release: tuple[int, int]) -> None:
    table = shared.methods_by_version()
    for operation in Operation:
        if not supports(operation, release):
            continue
        method = method_of(operation, release)
        cell = table[method.name][LINES[release]]
        assert cell != "-", f"{method.name} does not exist on {LINES[release]}"
        assert ("JOB" in cell) is method.job, f"{method.name} on {LINES[release]}: {cell}"


@pytest.mark.parametrize("release", LINES)
def test_events_are_named_once(release: tuple[int, int]) -> None:
    names = events_of(release)
    assert len(names) == len(set(names))
    assert "alert.list" in names
    assert ("pool.scan" in names) is (release >= V26)
    assert ("zfs.pool.scan" in names) is (release < V26)


def test_what_a_release_does_not_have() -> None:
    assert not supports(Operation.ME, V24_10)
    assert not supports(Operation.SMART_ATTRIBUTES, V25_10)
    with pytest.raises(NotSupported):
        method_of(Operation.RESTART_APP, V24_04)


def test_standby_is_asked_for_where_asking_would_wake() -> None:
    assert method_of(Operation.DISK_TEMPERATURES, V25_04).params() == [[], {"powermode": "STANDBY"}]
    assert method_of(Operation.DISK_TEMPERATURES, V25_10).params() == [[]]


def test_missing_roles_name_what_stays_dark() -> None:
    assert dark_features({}, V25_10) == {}
    assert dark_features({"apps": "app.query", "vms": "vm.query"}, V25_10) == {
        "APPS_READ": "apps",
        "VM_READ": "virtual machines",
    }
    # nobody should raise a key to full administration for these
    assert dark_features({"smart_tests": "smart.test.results"}, V25_04) == {}
