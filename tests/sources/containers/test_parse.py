"""Containers as they are read: what is listed, what is inspected, and what is no container at all."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.sources.containers.merge import refreshed, resolved
from custom_components.home_server_monitor.sources.containers.model import (
    Health,
    HealthStatus,
    Limits,
    Mount,
    Port,
    State,
)
from custom_components.home_server_monitor.sources.containers.parse import (
    event,
    inspected,
    listed,
)
from custom_components.home_server_monitor.sources.errors import BadResponse
from custom_components.home_server_monitor.sources.records import rows

WEB, VPN = "a" * 64, "b" * 64


def row(**changes: Any) -> dict[str, Any]:
    """Return one row of a listing."""
    return {
        "Id": WEB,
        "Names": ["/web"],
        "Image": "nginx:1",
        "ImageID": "sha256:1",
        "Created": 1795394781,
        "State": "running",
        "Status": "Up 7 seconds",
        "Labels": {},
        "Ports": [],
        "Mounts": [],
        "HostConfig": {"NetworkMode": "front"},
        "NetworkSettings": {"Networks": {"front": {"IPAddress": "172.31.0.2"}}},
    } | changes


def inspection(**changes: Any) -> dict[str, Any]:
    """Return an inspection; `changes` go one object deep."""
    raw: dict[str, Any] = {
        "Id": WEB,
        "Name": "/web",
        "Image": "sha256:1",
        "Created": "2026-11-23T00:46:19.663625892Z",
        "RestartCount": 0,
        "State": {
            "Status": "running",
            "ExitCode": 0,
            "OOMKilled": False,
            "StartedAt": "2026-11-23T00:46:20.247134128Z",
            "FinishedAt": "0001-01-01T00:00:00Z",
        },
        "Config": {"Image": "nginx:1", "Labels": {}},
        "HostConfig": {"NetworkMode": "front", "RestartPolicy": {"Name": "always"}},
        "NetworkSettings": {"Ports": {}, "Networks": {"front": {"IPAddress": "172.31.0.2"}}},
        "Mounts": [],
    }
    for key, value in changes.items():
        raw[key] = raw[key] | value if isinstance(value, dict) else value
    return raw


@pytest.mark.parametrize(
    ("status", "health"),
    [
        ("Up 7 seconds", HealthStatus.NONE),
        ("Up 2 days (healthy)", HealthStatus.HEALTHY),
        ("Up 7 seconds (unhealthy)", HealthStatus.UNHEALTHY),
        ("Up Less than a second (health: starting)", HealthStatus.STARTING),
        ("Up 3 hours (Paused)", HealthStatus.NONE),
    ],
)
def test_health_out_of_the_words_of_a_listing(status: str, health: HealthStatus) -> None:
    assert listed(row(Status=status))[1].health == Health(health)


def test_health_of_newer_engines_is_a_field() -> None:
    found = listed(row(Status="Up 7 seconds", Health={"Status": "unhealthy", "FailingStreak": 4}))[1]
    assert found.health == Health(HealthStatus.UNHEALTHY, 4)


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        ("exited", "Exited (137) 6 seconds ago", 137),
        ("restarting", "Restarting (3) 2 seconds ago", 3),
        ("running", "Up 7 seconds", None),
        ("created", "Created", None),
    ],
)
def test_exit_code_out_of_the_words_of_a_listing(state: str, status: str, code: int | None) -> None:
    found = listed(row(State=state, Status=status))[1]
    assert (found.state, found.exit_code) == (State(state), code)


def test_podmans_words_for_states() -> None:
    assert listed(row(State="stopped"))[1].state is State.EXITED
    assert listed(row(State="configured"))[1].state is State.CREATED
    assert listed(row(State="levitating"))[1].state is None


def test_a_linked_container_keeps_its_own_name() -> None:
    assert listed(row(Names=["/app/database", "/db"]))[0] == "db"


def test_project_service_and_what_it_depends_on() -> None:
    found = listed(
        row(
            Labels={
                "com.docker.compose.project": "media",
                "com.docker.compose.service": "web",
                "com.docker.compose.depends_on": "db:service_healthy:true,cache:service_started:false",
            }
        )
    )[1]
    assert (found.project, found.service, found.depends_on) == ("media", "web", ("db", "cache"))


def test_one_port_on_ipv4_and_ipv6_is_one_port() -> None:
    both = [
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"PrivatePort": 443, "Type": "tcp"},
    ]
    assert listed(row(Ports=both))[1].ports == (Port(None, 8080, 80, "tcp"), Port(None, None, 443, "tcp"))


def test_a_listing_and_an_inspection_say_the_same() -> None:
    ports = [{"IP": "127.0.0.1", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}]
    bound = {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}
    known = inspected(inspection(NetworkSettings={"Ports": bound}))
    seen = listed(row(Ports=ports))[1]
    for field in ("id", "name", "image", "image_id", "state", "health", "networks", "ports", "network_mode"):
        assert getattr(known, field) == getattr(seen, field), field
    assert refreshed(known, seen) == known


def test_instants_are_utc_and_there_is_none_where_go_writes_year_one() -> None:
    found = inspected(inspection())
    assert found.started == datetime(2026, 11, 23, 0, 46, 20, 247134, UTC)
    assert found.finished is None


def test_an_exit_code_is_one_only_after_an_end() -> None:
    assert inspected(inspection()).exit_code is None
    killed = inspected(inspection(State={"Status": "exited", "ExitCode": 137, "OOMKilled": True}))
    assert (killed.exit_code, killed.oom_killed) == (137, True)


def test_the_last_line_of_the_health_check_is_plain_text_and_not_in_a_repr() -> None:
    log = [{"Output": "first"}, {"Output": "trying\n<b>token=s3cret</b>\x1b[31m\n\n"}]
    found = inspected(
        inspection(State={"Health": {"Status": "unhealthy", "FailingStreak": 5, "Log": log}})
    ).health
    assert found.last_output == "token=s3cret [31m"
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("host", "limits"),
    [
        ({"NanoCpus": 500_000_000, "Memory": 67108864, "PidsLimit": 50}, Limits(0.5, 67108864, 50)),
        # podman tells both
        ({"NanoCpus": 500_000_000, "CpuQuota": 50_000, "CpuPeriod": 100_000}, Limits(0.5)),
        ({"CpuQuota": 150_000, "CpuPeriod": 0}, Limits(1.5)),
        ({"NanoCpus": 0, "CpuQuota": -1, "Memory": 0, "PidsLimit": -1}, Limits()),
        ({"PidsLimit": None}, Limits()),
    ],
)
def test_limits(host: dict[str, Any], limits: Limits) -> None:
    assert inspected(inspection(HostConfig=host)).limits == limits


def test_mounts() -> None:
    found = inspected(
        inspection(
            Mounts=[
                {"Type": "volume", "Name": "c" * 64, "Source": "/var/lib/docker/c", "Destination": "/anon"},
                {"Type": "bind", "Source": "/mnt/tank/<media>", "Destination": "/media", "RW": False},
                {"Type": "volume", "Name": "data", "Source": "", "Destination": "/data", "RW": True},
            ],
            HostConfig={"Tmpfs": {"/run": "rw,size=1m", "/etc/x": "ro"}},
        )
    )
    assert found.mounts == (
        Mount("volume", "/var/lib/docker/c", "c" * 64, "/anon", True),
        Mount("volume", None, "data", "/data", True),
        Mount("tmpfs", None, None, "/etc/x", False),
        Mount("bind", "/mnt/tank/<media>", None, "/media", False),
        Mount("tmpfs", None, None, "/run", True),
    )
    assert [mount.anonymous for mount in found.mounts] == [True, False, False, False, False]


def test_a_stopped_container_still_has_the_ports_that_it_asks_for() -> None:
    wanted = {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}
    stopped = inspected(inspection(State={"Status": "exited"}, HostConfig={"PortBindings": wanted}))
    assert stopped.ports == (Port(None, 8080, 80, "tcp"),)
    seen = listed(row(State="exited", Status="Exited (0) 2 seconds ago"))[1]
    assert refreshed(stopped, seen).ports == stopped.ports


def test_no_policy_is_the_policy_no() -> None:
    assert inspected(inspection(HostConfig={"RestartPolicy": {"Name": ""}})).restart_policy == "no"


def test_a_listing_keeps_what_only_an_inspection_tells() -> None:
    known = inspected(inspection(HostConfig={"Memory": 1000}, RestartCount=3))
    now = refreshed(known, listed(row(Image="sha256:1", Status="Up 7 seconds (unhealthy)"))[1])
    assert now.image == "nginx:1"
    assert now.limits == Limits(memory=1000)
    assert now.restart_count == 3
    assert now.health == Health(HealthStatus.UNHEALTHY)
    assert now.inspected


def test_another_container_of_the_same_name_inherits_nothing() -> None:
    seen = listed(row(Id=VPN))[1]
    assert refreshed(inspected(inspection()), seen) == seen


def test_podmans_listing_takes_nothing_away() -> None:
    raw = inspection(State={"Health": {"Status": "starting", "FailingStreak": 1}})
    known = inspected(raw)
    seen = listed({key: value for key, value in row().items() if key != "HostConfig"})[1]
    assert refreshed(known, seen) == known


def test_whose_network_it_is() -> None:
    vpn = listed(row(Id=VPN, Names=["/vpn"]))[1]
    mine = inspected(
        inspection(
            HostConfig={"NetworkMode": f"container:{VPN}", "PidMode": f"container:{VPN}"},
            NetworkSettings={"Ports": {"80/tcp": [{"HostPort": "1"}]}},
        )
    )
    found = resolved({"web": mine, "vpn": vpn})
    assert found["web"].joins == ("vpn",)
    assert found["web"].network == "shared:vpn"
    assert (found["web"].ports, dict(found["web"].networks)) == ((), {})
    assert found["vpn"] is vpn
    alone = resolved({"web": mine})["web"]
    assert alone.joins == (VPN,)
    assert [
        listed(row(HostConfig={"NetworkMode": mode}))[1].network
        for mode in ("host", "none", "bridge", "default")
    ] == ["host", "none", "own", "own"]


def test_labels_are_not_in_a_repr() -> None:
    found = listed(row(Labels={"token": "s3cret"}))[1]
    assert found.labels["token"] == "s3cret"
    assert "s3cret" not in repr(found)


def test_an_event_without_its_labels() -> None:
    raw = {
        "Type": "container",
        "Action": "die",
        "Actor": {"ID": WEB, "Attributes": {"name": "web", "exitCode": "137", "token": "s3cret"}},
        "timeNano": 1795394779690753224,
    }
    found = event(raw)
    assert (found.action, found.id, found.name, found.exit_code) == ("die", WEB, "web", 137)
    assert found.at == 1795394779690753224
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize("raw", [None, [], {}, {"Action": "die", "Actor": {"ID": WEB}}])
def test_what_is_no_event(raw: Any) -> None:
    with pytest.raises((BadResponse, ValueError)):
        event(raw)


def test_a_bad_row_costs_itself() -> None:
    bad: list[Any] = [
        None,
        {},
        row(Names=None),
        row(Names=[]),
        row(Names=[7]),
        row(Id=None),
        row(Names=["/"]),
    ]
    found = rows([*bad, row()], listed)
    assert list(found.items) == ["web"]
    assert found.skipped == len(bad)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*row()]), JSON))
def test_any_field_may_be_anything_in_a_listing(changes: dict[str, Any]) -> None:
    found = rows([row() | changes, row(Names=["/other"])], listed)
    assert "other" in found.items


INNER = [name for value in inspection().values() if isinstance(value, dict) for name in value] + [
    "Health",
    "Tmpfs",
    "PortBindings",
    "IpcMode",
]


@given(st.sampled_from([*inspection()]), st.sampled_from(INNER), JSON)
def test_any_field_may_be_anything_in_an_inspection(key: str, inner: str, value: Any) -> None:
    deep = inspection()[key]
    for changed in (
        inspection() | {key: value},
        inspection() | {key: deep | {inner: value} if isinstance(deep, dict) else [value]},
    ):
        try:
            found = inspected(changed)
        except BadResponse, ValueError:
            continue
        assert found.name
        assert found.id
