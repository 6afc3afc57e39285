"""What real engines sent, where it is at hand: six engines are read as they are."""

import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.home_server_monitor.sources.containers.merge import refreshed, resolved
from custom_components.home_server_monitor.sources.containers.model import HealthStatus, State
from custom_components.home_server_monitor.sources.containers.parse import (
    event,
    inspected,
    listed,
)
from custom_components.home_server_monitor.sources.containers.parse_engine import (
    disk_use,
    engine,
    image,
    stack,
    volume,
    volumes_of,
)
from custom_components.home_server_monitor.sources.records import rows

DATA = next(
    (
        found
        for folder in Path(__file__).resolve().parents
        if (found := folder / "shared/data/docker").is_dir()
    ),
    Path("shared/data/docker"),
)
DOCKER = (
    "docker-20.10.24-cgroup1-overlay2",
    "docker-28.5.2-cgroup1-overlay2",
    "docker-28.5.2-cgroup1-containerd-min144",
    "docker-28.5.2-cgroup2-vm",
)
PODMAN = ("podman-4.3.1-runc", "podman-5.8.6-runc")
ENGINES = (*DOCKER, *PODMAN)
NAMES = {"hsmprobe-web", "hsmprobe-dep", "hsmprobe-crash", "hsmprobe-sick", "hsmprobe-limit", "hsmprobe-auto"}


def load(name: str) -> Any:
    """Return what a server sent."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"NOT CHECKED against a real reply: {path} is not on this machine")
    return json.loads(path.read_text())


def recorded(engine_name: str, name: str) -> Any:
    """Return what one of the six engines sent."""
    return load(f"recorded/{engine_name}/{name}.json")


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    "listing", ["containers_list", "containers_list_after_retag", "containers_list_size"]
)
def test_listings(name: str, listing: str) -> None:
    raw = recorded(name, listing)
    found = rows(raw, listed)
    assert found.skipped == 0
    assert len(found.items) == len(raw)
    assert all(item.state and item.image_id and item.created for item in found.items.values())


@pytest.mark.parametrize("name", ENGINES)
def test_inspections_fit_the_listing(name: str) -> None:
    found = rows(recorded(name, "containers_list"), listed).items
    assert set(found) >= NAMES
    known = {
        key: inspected(recorded(name, f"inspect_{key.removeprefix('hsmprobe-')}"))
        for key in sorted(NAMES - {"hsmprobe-auto"})
    }
    for key, item in known.items():
        merged = refreshed(item, found[key])
        assert merged.inspected
        assert item.id == found[key].id
        assert item.image_id == found[key].image_id
        assert merged.networks == item.networks
        assert merged.ports == item.ports
    named = resolved(dict(found) | known)
    assert named["hsmprobe-dep"].network == "shared:hsmprobe-web"
    assert named["hsmprobe-dep"].joins == ("hsmprobe-web",)
    assert named["hsmprobe-sick"].network == "none"


@pytest.mark.parametrize("name", ENGINES)
def test_the_container_with_everything(name: str) -> None:
    web = inspected(recorded(name, "inspect_web"))
    assert web.state is State.RUNNING
    assert web.started
    assert (web.limits.cpu, web.limits.memory, web.limits.pids) == (0.5, 67108864, 50)
    assert web.restart_policy == "unless-stopped"
    assert (web.project, web.service) == ("probe", "web")
    assert set(web.networks) == {"hsmprobe-net", "hsmprobe-net2"}
    assert "172.31.77.50" in web.networks["hsmprobe-net"]
    assert [(port.host_ip, port.port) for port in web.ports] == [("127.0.0.1", 80)]
    mounts = {mount.target: mount for mount in web.mounts}
    assert mounts["/data"].name == "hsmprobe-vol"
    assert (mounts["/hosttmp"].source, mounts["/hosttmp"].writable) == ("/tmp", False)
    assert mounts["/anon"].anonymous
    assert mounts["/run"].kind == "tmpfs"


@pytest.mark.parametrize("name", ENGINES)
def test_containers_in_trouble(name: str) -> None:
    limit = inspected(recorded(name, "inspect_limit"))
    assert (limit.state, limit.exit_code) == (State.EXITED, 137)
    crash = inspected(recorded(name, "inspect_crash"))
    assert crash.restart_count
    assert crash.restart_policy == "always"


@pytest.mark.parametrize("name", DOCKER)
def test_what_docker_tells_of_trouble(name: str) -> None:
    assert inspected(recorded(name, "inspect_limit")).oom_killed
    crash = inspected(recorded(name, "inspect_crash"))
    # the one on the slow virtual machine was caught alive
    alive = name.endswith("-vm")
    assert (crash.state, crash.exit_code) == ((State.RUNNING, None) if alive else (State.RESTARTING, 3))
    sick = inspected(recorded(name, "inspect_sick"))
    assert sick.health.status is HealthStatus.UNHEALTHY
    assert sick.health.failing_streak
    seen = rows(recorded(name, "containers_list"), listed).items["hsmprobe-sick"]
    assert seen.health.status is HealthStatus.UNHEALTHY


@pytest.mark.parametrize("name", DOCKER)
def test_stopped_and_renamed(name: str) -> None:
    found = inspected(recorded(name, "inspect_web_stopped_renamed"))
    assert found.state is State.EXITED
    assert found.name != "hsmprobe-web"
    assert [(port.host_ip, port.port) for port in found.ports] == [("127.0.0.1", 80)]


@pytest.mark.parametrize("name", ENGINES)
def test_engines(name: str) -> None:
    found = engine(recorded(name, "version"), recorded(name, "info"))
    assert found.kind == name.partition("-")[0]
    assert found.version.startswith(name.split("-")[1])
    assert (found.cpus, bool(found.memory), found.swarm) == (2, True, False)
    assert found.cgroup_version == (
        2 if "cgroup2" in name else 1 if "docker" in name else found.cgroup_version
    )
    assert (found.id is None) == (found.kind == "podman")


@pytest.mark.parametrize("name", ENGINES)
def test_images(name: str) -> None:
    found = rows(recorded(name, "images_list"), image)
    assert found.items
    assert found.skipped == 0
    one = image(recorded(name, "image_inspect_v1"))[1]
    assert one.created
    assert one.size
    if name in DOCKER:
        assert one.version == "1.0.0"
        if not name.endswith("-vm"):  # there it could not be pushed
            assert image(recorded(name, "image_inspect_v1_pushed"))[1].digests


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("kind", ["system_df", "system_df_verbose"])
def test_disk_use(name: str, kind: str) -> None:
    raw = recorded(name, kind)
    found = disk_use(raw)
    assert found.images.used
    assert found.images.reclaimable is not None
    assert found.images.reclaimable <= found.images.used
    assert rows(volumes_of(raw), volume).items["hsmprobe-vol"].refs is not None
    listing = rows(volumes_of(recorded(name, "volumes_list")), volume)
    assert listing.skipped == 0
    assert any(item.anonymous for item in listing.items.values())


def test_disk_use_with_the_new_fields() -> None:
    raw = load("ha_core/docker_system_df_api152.json")
    found = disk_use(raw)
    assert (found.images.used, found.images.reclaimable) == (98765432, 12345678)
    assert rows(volumes_of(raw), volume).items["db_data"].size == 67108864


@pytest.mark.parametrize("name", DOCKER)
def test_events(name: str) -> None:
    found = [event(item) for item in recorded(name, "events") if item["Type"] == "container"]
    assert {"create", "start", "die", "oom"} <= {item.action for item in found}
    assert {item.exit_code for item in found if item.action == "die"} >= {3, 137}
    assert [item.at for item in found] == sorted(item.at for item in found)


@pytest.mark.parametrize("name", ["ha_core/stacks.json", "pyportainer/stacks.json"])
def test_stacks(name: str) -> None:
    raw = load(name)
    found = rows(raw, stack)
    assert len(found.items) == len(raw)
    assert {item.kind for item in found.items.values()} == {"compose", "swarm"}
    assert all("secret" not in repr(item) for item in found.items.values())
