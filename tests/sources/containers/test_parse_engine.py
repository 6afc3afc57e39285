"""The engine, its images, volumes and disk use, and stacks, as they are read."""

from typing import Any

from hypothesis import given
import pytest

from custom_components.home_server_monitor.sources.containers.model import DiskUse, Space, Update
from custom_components.home_server_monitor.sources.containers.parse import listed
from custom_components.home_server_monitor.sources.containers.parse_engine import (
    disk_use,
    engine,
    image,
    stack,
    volume,
    volumes_of,
    with_members,
)
from custom_components.home_server_monitor.sources.errors import BadResponse
from custom_components.home_server_monitor.sources.records import rows

from .test_parse import JSON, row

VERSION = {
    "Version": "28.5.2",
    "ApiVersion": "1.51",
    "MinAPIVersion": "1.44",
    "Components": [{"Name": "Engine"}],
}
INFO = {
    "ID": "K7BG:257O",
    "Name": "nas",
    "NCPU": 4,
    "MemTotal": 8 << 30,
    "Driver": "overlay2",
    "CgroupVersion": "2",
    "DockerRootDir": "/var/lib/docker",
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    "LiveRestoreEnabled": False,
    "Swarm": {"LocalNodeState": "active"},
    "RegistryConfig": {
        "InsecureRegistryCIDRs": ["127.0.0.0/8"],
        "IndexConfigs": {"nas:5000": {"Secure": False}, "docker.io": {"Secure": True}},
    },
    "Warnings": ["WARNING: API is accessible on http://0.0.0.0:2375 without encryption.\n  More."],
}


def test_an_engine() -> None:
    found = engine(VERSION, INFO)
    assert (found.id, found.name, found.kind, found.cgroup_version) == ("K7BG:257O", "nas", "docker", 2)
    assert (found.cpus, found.memory, found.swarm, found.live_restore) == (4, 8 << 30, True, False)
    assert found.insecure_registries == ("127.0.0.0/8", "nas:5000")
    assert "without encryption" in found.warnings[0]


def test_an_engine_whose_proxy_denies_the_info() -> None:
    found = engine(VERSION, None)
    assert (found.id, found.version, found.min_api_version, found.cpus) == (None, "28.5.2", "1.44", None)
    assert not found.swarm


def test_podman_has_no_id_that_lasts() -> None:
    found = engine(VERSION | {"Components": [{"Name": "Podman Engine"}]}, INFO)
    assert (found.kind, found.id) == ("podman", None)


@pytest.mark.parametrize("raw", [None, [], {}, {"ApiVersion": None}, {"message": "no"}])
def test_what_is_no_engine(raw: Any) -> None:
    with pytest.raises(BadResponse):
        engine(raw, INFO)


def test_an_image() -> None:
    labels = {
        "org.opencontainers.image.version": "1.2.3",
        "org.opencontainers.image.revision": "abc",
        "org.opencontainers.image.source": "https://example.org/app",
        "org.opencontainers.image.documentation": "javascript:alert(1)",
    }
    key, found = image(
        {
            "Id": "sha256:1",
            "RepoTags": ["app:1", "<none>:<none>"],
            "RepoDigests": ["<none>@<none>", "app@sha256:d"],
            "Created": "1970-01-01T00:00:01Z",
            "Size": 100,
            "Config": {"Labels": labels},
        }
    )
    assert key == found.id
    assert (found.tags, found.digests, found.created, found.size) == (
        ("app:1",),
        ("app@sha256:d",),
        None,
        100,
    )
    assert (found.version, found.revision) == ("1.2.3", "abc")
    assert (found.source_url, found.documentation_url) == ("https://example.org/app", None)


def test_fields_that_newer_engines_leave_out() -> None:
    found = image({"Id": "sha256:1"})[1]
    assert (found.tags, found.digests, found.version) == ((), (), None)


def test_volumes() -> None:
    answer = {
        "Volumes": [
            {"Name": "data", "Driver": "local", "Labels": {"com.docker.compose.project": "media"}},
            {"Name": "c" * 64, "UsageData": {"Size": -1, "RefCount": -1}},
            {
                "Name": "odd",
                "Labels": {"com.docker.volume.anonymous": ""},
                "UsageData": {"Size": 5, "RefCount": 0},
            },
        ]
    }
    found = rows(volumes_of(answer), volume).items
    assert (found["data"].project, found["data"].anonymous, found["data"].size) == ("media", False, None)
    unknown = found["c" * 64]
    assert (unknown.anonymous, unknown.size, unknown.refs) == (True, None, None)
    assert (found["odd"].anonymous, found["odd"].size, found["odd"].refs) == (True, 5, 0)


def test_disk_use_of_older_engines_is_added_up() -> None:
    found = disk_use(
        {
            "LayersSize": 250,
            "Images": [
                {"Size": 100, "SharedSize": 50, "Containers": 2},
                {"Size": 150, "SharedSize": 50, "Containers": 0},
            ],
            "Containers": [
                {"State": "running", "SizeRw": 7},
                {"State": "exited", "SizeRw": 5},
                {"State": "exited"},
            ],
            "Volumes": [
                {"UsageData": {"Size": 30, "RefCount": 1}},
                {"UsageData": {"Size": 20, "RefCount": 0}},
                {"UsageData": {"Size": -1, "RefCount": 0}},
            ],
            "BuildCache": [
                {"Size": 4, "InUse": False},
                {"Size": 3, "InUse": True},
                {"Size": 99, "InUse": False, "Shared": True},
            ],
        }
    )
    assert found == DiskUse(
        images=Space(250, 200), containers=Space(12, 5), volumes=Space(50, 20), build_cache=Space(7, 4)
    )


def test_disk_use_of_newer_engines_comes_added_up() -> None:
    answer = {
        "ImageUsage": {"TotalSize": 9, "Reclaimable": 4},
        "VolumeUsage": {"TotalSize": 8, "Reclaimable": 0, "Items": [{"Name": "data"}]},
    }
    found = disk_use(answer)
    assert (found.images, found.volumes, found.containers) == (Space(9, 4), Space(8, 0), Space())
    assert [item["Name"] for item in volumes_of(answer)] == ["data"]


def test_what_was_not_asked_for_is_unknown_and_not_zero() -> None:
    assert disk_use({"LayersSize": 0, "Images": None, "Volumes": []}) == DiskUse(volumes=Space(0, 0))


def test_stacks_and_who_is_in_them() -> None:
    raw = [
        {"Id": 1, "Name": "Media.Box", "Type": 2, "Status": 1},
        {"Id": 2, "Name": "dns", "Type": 1, "Status": 2, "GitConfig": {"url": "https://example.org"}},
        {"Id": 3, "Name": "odd", "Type": 9, "Status": 7},
    ]
    stacks = rows(raw, stack).items
    assert [(item.kind, item.status, item.git) for item in stacks.values()] == [
        ("compose", "active", False),
        ("swarm", "inactive", True),
        ("other", "other", False),
    ]
    path = {"com.docker.compose.project.config_files": "/data/compose/3/docker-compose.yml"}
    listing = [
        row(Names=["/web"], Labels={"com.docker.compose.project": "mediabox"}),
        row(Names=["/dns"], Labels={"com.docker.stack.namespace": "dns"}),
        row(Names=["/x"], Labels=path | {"com.docker.compose.project": "renamed"}),
        row(Names=["/alone"]),
    ]
    found = with_members(stacks, rows(listing, listed).items)
    assert {key: item.containers for key, item in found.items()} == {
        "Media.Box": ("web",),
        "dns": ("dns",),
        "odd": ("x",),
    }


def test_whether_there_is_an_update() -> None:
    assert Update(reference="app:1", installed_digest="a", latest_digest="b").available
    assert Update(reference="app:1", installed_digest="a", latest_digest="a").available is False
    assert Update(reference="app:1", installed_digest="a").available is None


@given(JSON)
def test_nothing_but_bad_response_comes_out(value: Any) -> None:
    for parse in (lambda raw: engine(VERSION, raw), disk_use, volumes_of):
        try:
            parse(value)
        except BadResponse:
            continue
    for one in (image, volume, stack):
        found = rows([{"Id": 1, "Name": "x", "Labels": value, "Config": value, "UsageData": value}], one)
        assert len(found.items) + found.skipped == 1
