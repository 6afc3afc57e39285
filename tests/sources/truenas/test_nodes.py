"""What stands on what inside a NAS."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Node
from custom_components.home_server_monitor.guardian.own_path import (
    address_node,
    container_node,
    endpoint_node,
    machine_node,
)
from custom_components.home_server_monitor.sources.truenas.model import TrueNas
from custom_components.home_server_monitor.sources.truenas.nodes import nodes_of
from custom_components.home_server_monitor.sources.truenas.storage import Dataset
from custom_components.home_server_monitor.sources.truenas.system import Interface, Service, Share, System
from custom_components.home_server_monitor.sources.truenas.work import Machine, TaskKind, task as parser

from .build import BROKEN, SOURCE, alert, app, disk, expiring, leaf, pool, task, vdev

BOOTED = datetime(2026, 6, 1, 11, tzinfo=UTC)


def dataset(name: str) -> Dataset:
    return Dataset(name, name.split("/", maxsplit=1)[0], False, None, None, None, False, None)


def nas(**more: Any) -> TrueNas:
    """Return a NAS with one of everything."""
    values: dict[str, Any] = {
        "system": System("truenas", "25.10", None, None, None, None, 4, 8, BOOTED, ()),
        "pools": {"1": pool(), "2": pool(guid="2", name="media", vdevs=(leaf("sdc"),))},
        "disks": {"A": disk("sda", "A"), "B": disk("sdb", "B"), "C": disk("sdc", "C")},
        "datasets": {name: dataset(name) for name in ("tank", "tank/docs", "media", "media/films")},
        "shares": {
            "smb:docs": Share("smb", "docs", "/mnt/tank/docs/letters", True, False),
            "nfs:films": Share("nfs", "films", "/mnt/media/films", True, False),
            "nfs:usb": Share("nfs", "usb", "/media/usb", True, False),
        },
        "services": {"cifs": Service("cifs", True, True), "nfs": Service("nfs", True, True)},
        "tasks": {"snapshot_1": task(datasets=("tank/docs",)), "rsync_1": task(datasets=("gone",))},
        "apps": {"plex": app(containers=("c" * 64,), ports=(32400,))},
        "machines": {
            "vm_1": Machine("vm_1", "vm", "1", "debian", "running", None, True, "AB-CD"),
            "container_1": Machine("container_1", "container", "1", "tools", "running", None, True),
        },
        "interfaces": {"eth0": Interface("eth0", True, None, ("192.0.2.7",))},
        "certificates": expiring(100).certificates,
        "alerts": {"a-1": alert()},
    }
    return TrueNas(**values | more)


def by_id(data: TrueNas | None, **more: Any) -> dict[str, Node]:
    found = nodes_of(SOURCE, data, ("nas.lan", 443), **more)
    assert len({node.id for node in found}) == len(found)
    return {node.id: node for node in found}


def test_the_host_is_known_by_where_it_answers() -> None:
    host = by_id(nas())[f"host:{SOURCE}"]
    assert (host.kind, host.label, host.booted) == ("host", "truenas", BOOTED.timestamp())
    endpoints = {endpoint_node("nas.lan", 443), endpoint_node("192.0.2.7", 443)}
    assert host.aliases == endpoints | {address_node("nas.lan")}
    assert host.runs_on is None
    unknown = by_id(TrueNas())[f"host:{SOURCE}"]
    assert (unknown.label, unknown.booted) == ("", None)
    assert nodes_of(SOURCE, None) == ()


def test_everything_else_stands_on_the_host_in_the_end() -> None:
    found = by_id(nas())
    for node in found.values():
        above, seen = node, 0
        while above.runs_on:
            above = found[above.runs_on]
            seen += 1
            assert seen < 5
        assert above.id == f"host:{SOURCE}"
        assert node.label
        assert all(need in found for need in node.needs), node


def test_a_pool_needs_its_vdevs_and_those_their_disks() -> None:
    found = by_id(nas())
    mirror = found["vdev:1:g-mirror"]
    assert (mirror.kind, mirror.label, mirror.needs) == ("vdev", "tank mirror-0", {"disk:A", "disk:B"})
    assert found["pool:1"].needs == {mirror.id, "disk:A", "disk:B"}
    assert found["vdev:2:g-sdc"].needs == {"disk:C"}


def test_a_disk_that_is_gone_belongs_to_its_pool_still() -> None:
    """Then the pool's own finding tells of it."""
    data = nas(pools={"1": pool(vdevs=BROKEN)}, disks={"A": disk("sda", "A")})
    found = by_id(data, remembered={"WCC7K0LTY136": "WDC Y136", "A": "WDC"})
    assert found["disk:WCC7K0LTY136"].label == "WDC Y136"
    assert found["disk:A"].label == "WD40EFRX A"
    assert "disk:WCC7K0LTY136" in found["pool:1"].needs


def test_vdevs_without_a_name_are_told_apart() -> None:
    nameless = [vdev("mirror", leaf("sda")), vdev("mirror", leaf("sdb"))]
    for each in nameless:
        object.__setattr__(each, "guid", "")
    found = by_id(nas(pools={"1": pool(vdevs=tuple(nameless))}))
    assert {"vdev:1:0", "vdev:1:1"} <= found.keys()


def test_shares_stand_on_their_dataset_and_need_their_service() -> None:
    found = by_id(nas())
    docs = found[f"share:{SOURCE}:smb:docs"]
    assert docs.runs_on == f"dataset:{SOURCE}:tank/docs"
    assert docs.needs == {f"service:{SOURCE}:cifs"}
    assert found[docs.runs_on].runs_on == "pool:1"
    assert found[f"share:{SOURCE}:nfs:films"].runs_on == f"dataset:{SOURCE}:media/films"
    assert found[f"share:{SOURCE}:nfs:usb"].runs_on == f"host:{SOURCE}"


def test_tasks_need_what_they_work_on() -> None:
    found = by_id(nas())
    assert found[f"task:{SOURCE}:snapshot_1"].needs == {f"dataset:{SOURCE}:tank/docs"}
    assert not found[f"task:{SOURCE}:rsync_1"].needs
    unlisted = by_id(nas(datasets={}))
    assert unlisted[f"task:{SOURCE}:snapshot_1"].needs == {"pool:1"}


@pytest.mark.parametrize(
    ("row", "datasets"),
    [
        ({"dataset": "tank/docs"}, ("tank/docs",)),
        ({"path": "/mnt/tank/docs"}, ("tank/docs",)),
        ({"path": "/root"}, ()),
        ({"source_datasets": ["a", "b"], "direction": "PUSH", "target_dataset": "there"}, ("a", "b")),
        ({"source_datasets": ["there"], "direction": "PULL", "target_dataset": "here"}, ("here",)),
        ({"source_datasets": [None, 7]}, ("7",)),
        ({"dataset": ["x"], "path": 1.5}, ()),
    ],
)
def test_what_a_task_works_on(row: dict[str, Any], datasets: tuple[str, ...]) -> None:
    assert parser(TaskKind.RSYNC, lambda row: "x")({"id": 1, **row})[1].datasets == datasets


def test_an_app_is_what_runs_in_it_and_what_answers_at_its_ports() -> None:
    plex = by_id(nas())[f"app:{SOURCE}:plex"]
    assert plex.label == "Plex"
    assert plex.aliases == {
        container_node("c" * 64),
        endpoint_node("nas.lan", 32400),
        endpoint_node("192.0.2.7", 32400),
    }


@pytest.mark.parametrize(
    ("more", "home"),
    [
        # two pools, and nothing says which
        ({}, set()),
        ({"pools": {"1": pool()}}, {"pool:1"}),
        ({"datasets": {"media/ix-apps": dataset("media/ix-apps")}}, {"pool:2"}),
        ({"datasets": {"tank/ix-applications": dataset("tank/ix-applications")}}, {"pool:1"}),
    ],
)
def test_apps_need_the_pool_that_they_live_on(more: dict[str, Any], home: set[str]) -> None:
    assert by_id(nas(**more))[f"app:{SOURCE}:plex"].needs == home


def test_guests_are_known_by_their_uuid() -> None:
    found = by_id(nas())
    assert found[f"machine:{SOURCE}:vm_1"].aliases == {machine_node("ab-cd")}
    assert not found[f"machine:{SOURCE}:container_1"].aliases
