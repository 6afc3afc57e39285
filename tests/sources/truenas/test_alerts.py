"""The alerts of a NAS: what they are about, and which of them another finding tells of the same thing."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.topology import Topology
from custom_components.home_server_monitor.sources.truenas.alert_names import names_in
from custom_components.home_server_monitor.sources.truenas.model import TrueNas
from custom_components.home_server_monitor.sources.truenas.nodes import disk_node, nodes_of, pool_node
from custom_components.home_server_monitor.sources.truenas.system import alert as parse

from . import build
from .build import alert, disk, findings, leaf, pool, vdev


@pytest.mark.parametrize(
    ("args", "text", "named"),
    [
        ({"volume": "tank", "state": "DEGRADED"}, "", {"tank"}),
        ({"device": "/dev/sdb", "serial": "WD-1", "temp": 61}, "", {"sdb", "WD-1"}),
        ("tank", "", {"tank"}),
        (None, "Pool tank state is DEGRADED: One or more", {"tank"}),
        (["x"], "Device: /dev/sdc [SAT], unable to open ATA device", {"sdc"}),
        (None, "Disk sda (with serial: WD-7) critical temperature", {"WD-7"}),
        ({"id": 3}, "Task failed", set()),
        (7, "", set()),
    ],
)
def test_what_an_alert_names(args: Any, text: str, named: set[str]) -> None:
    assert names_in(args, text) == named
    _, found = parse({"uuid": "a", "args": args, "formatted": text})
    assert found.named == named


def _two_pools() -> TrueNas:
    lost = leaf(None, "unavail", missing="WD-GONE")
    tank = pool(vdevs=(vdev("mirror", leaf(), lost),), status="degraded")
    media = pool(guid="2", name="media", vdevs=(vdev("mirror", leaf("sdb"), leaf("sdc")),))
    return TrueNas(
        pools={"1": tank, "2": media}, disks={"WD-1": disk("sda", "WD-1")}, complete=frozenset({"disks"})
    )


@pytest.mark.parametrize(
    ("named", "told"), [({"tank"}, False), ({"media"}, True), (set(), False), ({"elsewhere"}, False)]
)
def test_an_alert_is_told_where_the_trouble_that_is_known_is_elsewhere(named: set[str], told: bool) -> None:
    said = alert(klass="VolumeStatus", level="critical", named=frozenset(named))
    found = findings(replace(_two_pools(), alerts={"a-1": said}))
    assert ("nas_alert" in {each.rule for each in found}) is told


def test_an_alert_hangs_on_what_it_names() -> None:
    said = alert(named=frozenset({"tank", "WD-GONE", "sda"}))
    data = replace(_two_pools(), alerts={"a-1": said})
    found = Topology(nodes_of("nas", data, remembered={"WD-GONE": "WD40EFRX GONE"}))
    within = found.within_host("alert:nas:a-1", "nas")
    assert {pool_node("1"), disk_node("WD-1"), disk_node("WD-GONE")} <= within
    assert "host:nas" not in within
    assert pool_node("2") not in within


def test_an_alert_on_a_disk_that_is_gone_says_which_rules_tell_it() -> None:
    data = replace(_two_pools(), alerts={"a-1": alert(klass="ScrubNotStarted", level="error")})
    (found,) = (each for each in findings(data, build.remembering()) if each.rule == "nas_alert")
    assert found.evidence["told_by"] == ["scrub_overdue"]
