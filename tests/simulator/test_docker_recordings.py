"""The simulated engine answers as real ones did: the same calls were made to them, and their answers kept."""

from collections.abc import AsyncGenerator
import json
import re
from typing import Any

import pytest

from simulator.engine import Behaviour, process
from simulator.engine.images import keep
from simulator.engine.references import Reference

from .http_client import Yard, yard
from .shapes import differences
from .shared import recording

OLD = "docker-20.10.24-cgroup1-overlay2"
NEW = "docker-28.5.2-cgroup1-overlay2"
CONTAINERD = "docker-28.5.2-cgroup1-containerd-min144"
V2 = "docker-28.5.2-cgroup2-vm"
ENGINES: dict[str, dict[str, Any]] = {
    OLD: {"api": "1.41"},
    NEW: {"api": "1.51", "cgroup": 1},
    CONTAINERD: {"api": "1.51", "cgroup": 1, "store": "containerd", "oldest": (1, 44)},
    V2: {"api": "1.51"},
}
CONFIG = {
    "Cmd": ["/bin/httpd", "-f", "-p", "80", "-h", "/etc"],
    "Env": ["APP_VERSION=1", "PATH=/bin", "KEEP=img"],
    "ExposedPorts": {"80/tcp": {}},
    "Labels": {"img.only": "v1", "org.opencontainers.image.version": "1.0.0"},
    "Volumes": {"/anon": {}},
    "WorkingDir": "/etc",
}
SECOND = 1_000_000_000


@pytest.fixture(params=ENGINES, ids=lambda name: name.removeprefix("docker-"))
async def probe(request: pytest.FixtureRequest) -> AsyncGenerator[tuple[Yard, str]]:
    """An engine after the same orders as the recorded one was given."""
    recording(request.param, "version.json")
    async with yard(count=0, **ENGINES[request.param]) as ground:
        await _orders(ground)
        yield ground, request.param


async def _orders(ground: Yard) -> None:
    docker, engine, store = ground.docker, ground.harbour.engine, ground.harbour.household.store
    engine.images.clear()
    engine.volumes.clear()
    name = f"{store.host}/hsmprobe/app:latest"
    image = store.publish(
        "hsmprobe/app", "latest", config=CONFIG, behaviour=Behaviour(memory=8 << 20), created=engine.now()
    )
    keep(engine, image, Reference.parse(name))
    for network, subnet in (("hsmprobe-net", "172.31.77.0/24"), ("hsmprobe-net2", "172.31.78.0/24")):
        await docker.do("/networks/create", {"Name": network, "IPAM": {"Config": [{"Subnet": subnet}]}})
    await docker.do("/volumes/create", {"Name": "hsmprobe-vol", "Labels": {"hsm": "1"}})
    await docker.do("/containers/create", _web(name), name="hsmprobe-web")
    more = {"IPAMConfig": {"IPv4Address": "172.31.78.60"}, "Aliases": ["web2"]}
    await docker.do("/networks/hsmprobe-net2/connect", {"Container": "hsmprobe-web", "EndpointConfig": more})
    await docker.do("/containers/hsmprobe-web/start")
    shared = {
        "Image": name,
        "Cmd": ["/bin/sleep", "1000"],
        "HostConfig": {"NetworkMode": "container:hsmprobe-web"},
    }
    await docker.do("/containers/create", shared, name="hsmprobe-dep")
    await docker.do("/containers/hsmprobe-dep/start")
    always = {"NetworkMode": "none", "RestartPolicy": {"Name": "always"}}
    sick = {"Test": ["CMD-SHELL", "echo nope; exit 1"], "Interval": SECOND, "Retries": 2}
    others: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "crash": ({"HostConfig": always}, {"exits_after": 0.2, "exit_code": 3, "last_words": "boom"}),
        "sick": ({"Healthcheck": sick}, {"healthy": False, "probe_output": "nope\n"}),
        "limit": ({}, {"exits_after": 0.2, "exit_code": 137, "out_of_memory": True}),
        "auto": ({}, {}),
    }
    for key, (body, acts) in others.items():
        whole = {"Image": name, "Cmd": ["/bin/sleep", "1000"], "HostConfig": {"NetworkMode": "none"}, **body}
        await docker.do("/containers/create", whole, name=f"hsmprobe-{key}")
        process.behave(engine, engine.names[f"hsmprobe-{key}"], **acts)
        await docker.do(f"/containers/hsmprobe-{key}/start")
    for _ in range(60):
        ground.sim.advance(0.25)


def _web(image: str) -> dict[str, Any]:
    return {
        "Image": image,
        "Hostname": "webhost",
        "MacAddress": "02:42:ac:1f:4d:32",
        "Env": ["USER_SET=yes", "KEEP=user"],
        "Labels": {"user": "1", "com.docker.compose.project": "probe", "com.docker.compose.service": "web"},
        "Healthcheck": {
            "Test": ["CMD", "/bin/test", "-f", "/etc/version"],
            "Interval": SECOND,
            "Timeout": SECOND,
            "Retries": 2,
        },
        "StopSignal": "SIGTERM",
        "StopTimeout": 3,
        "HostConfig": {
            "NetworkMode": "hsmprobe-net",
            "Binds": ["hsmprobe-vol:/data", "/tmp:/hosttmp:ro"],
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
            "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18999"}]},
            "RestartPolicy": {"Name": "unless-stopped"},
            "CapAdd": ["NET_ADMIN"],
            "CapDrop": ["NET_RAW"],
            "Dns": ["1.1.1.1"],
            "ExtraHosts": ["nas:192.168.1.10"],
            "SecurityOpt": ["no-new-privileges:true"],
            "Tmpfs": {"/run": "rw,size=1m"},
            "ShmSize": 33554432,
            "Memory": 67108864,
            "NanoCpus": 500_000_000,
            "PidsLimit": 50,
            "Ulimits": [{"Name": "nofile", "Hard": 512, "Soft": 512}],
        },
        "NetworkingConfig": {
            "EndpointsConfig": {
                "hsmprobe-net": {
                    "IPAMConfig": {"IPv4Address": "172.31.77.50"},
                    "Aliases": ["web", "frontend"],
                }
            }
        },
    }


CALLS = {
    "version.json": "/version",
    "containers_list.json": "/containers/json?all=1",
    "inspect_web.json": "/containers/hsmprobe-web/json",
    "inspect_dep.json": "/containers/hsmprobe-dep/json",
    "inspect_sick.json": "/containers/hsmprobe-sick/json",
    "inspect_limit.json": "/containers/hsmprobe-limit/json",
    "inspect_crash.json": "/containers/hsmprobe-crash/json",
    "stats_web_oneshot.json": "/containers/hsmprobe-web/stats?stream=false&one-shot=true",
    "stats_notrunning.json": "/containers/hsmprobe-limit/stats?stream=false",
    "image_inspect_v1_pushed.json": "/images/{image}/json",
    "images_list.json": "/images/json",
    "volumes_list.json": "/volumes",
    "networks_list.json": "/networks",
    "system_df.json": "/system/df",
    "system_df_volume.json": "/system/df?type=volume",
    "info.json": "/info",
}


async def test_answers_have_the_shape_of_real_ones(probe: tuple[Yard, str]) -> None:
    ground, engine = probe
    store = ground.harbour.household.store
    found = {}
    for name, path in CALLS.items():
        answer = await ground.docker.get(path.format(image=f"{store.host}/hsmprobe/app:latest"))
        found[name] = list(differences(answer, recording(engine, name)))
    assert {name: lines for name, lines in found.items() if lines} == {}


REFUSALS: dict[str, tuple[str, str, Any]] = {
    "error_nosuch.json": ("GET", "/containers/nosuch/json", None),
    "error_client_too_new.json": ("GET", "/v9.99/version", None),
    "error_create_noimage.json": ("POST", "/containers/create?name=x1", {"Image": "nosuch/image:1"}),
    "error_name_conflict.json": ("POST", "/containers/create?name=hsmprobe-web", {"Image": "hsmprobe/app"}),
    "error_update_cpus.json": ("POST", "/containers/hsmprobe-web/update", {"NanoCpus": 99_000_000_000}),
    "error_distribution_missing.json": ("GET", "/distribution/{host}/hsmprobe/nosuch:1/json", None),
}


async def test_refusals_have_the_words_of_real_ones(probe: tuple[Yard, str]) -> None:
    ground, engine = probe
    ground.harbour.engine.cpus = 2
    host = ground.harbour.household.store.host
    await ground.docker.do(f"/images/{host}/hsmprobe/app:latest/tag", repo="hsmprobe/app")
    for name, (verb, path, body) in REFUSALS.items():
        if engine == V2 and "distribution" in name:
            continue  # that machine had no registry
        real = recording(engine, name)
        answer = await ground.docker.ask(verb, path.format(host=host), body)
        assert answer.status == real["status"]
        assert _plain(answer.message) == _plain(real["body"]["message"])


def _plain(text: str) -> str:
    return re.sub(r"[0-9a-f]{64}", "ID", text)


async def test_events_have_the_shape_of_real_ones(probe: tuple[Yard, str]) -> None:
    ground, engine = probe
    await ground.docker.do("/containers/hsmprobe-web/update", {"PidsLimit": 77})
    await ground.docker.do("/containers/hsmprobe-web/rename", name="other")
    until = ground.harbour.engine.now()
    answer = await ground.docker.ask("GET", "/events", since=0, until=until)
    mine = _by_action([json.loads(text) for text in answer.value.splitlines()])
    real = _by_action(recording(engine, "events.json"))
    assert mine["rename"]["Actor"]["Attributes"]["oldName"] == "/hsmprobe-web"
    for action in ("create", "start", "die", "oom", "health_status", "exec_die"):
        found = mine[action] if action in mine else pytest.fail(f"no {action}")
        assert list(differences(found, real[action])) == []
        theirs = {key for key in real[action]["Actor"]["Attributes"] if "." not in key and key != "user"}
        assert theirs <= found["Actor"]["Attributes"].keys()


def _by_action(events: list[Any]) -> dict[str, Any]:
    return {event["Action"].partition(":")[0]: event for event in events if event["Type"] == "container"}


async def test_a_stopped_and_renamed_container(probe: tuple[Yard, str]) -> None:
    ground, engine = probe
    await ground.docker.do("/containers/hsmprobe-web/stop", t=1)
    await ground.docker.do("/containers/hsmprobe-web/rename", name="hsmprobe-web-hsm-old")
    mine = await ground.docker.get("/containers/hsmprobe-web-hsm-old/json")
    real = recording(engine, "inspect_web_stopped_renamed.json")
    assert list(differences(mine, real)) == []
    for name, theirs in real["NetworkSettings"]["Networks"].items():
        ours = mine["NetworkSettings"]["Networks"][name]
        assert ours["IPAMConfig"] == theirs["IPAMConfig"]
        assert (ours["IPAddress"], ours["MacAddress"], ours["EndpointID"]) == ("", "", "")
        assert _aliases(ours, mine) == _aliases(theirs, real)


def _aliases(endpoint: Any, container: Any) -> list[str]:
    return ["ID" if alias == container["Id"][:12] else alias for alias in endpoint["Aliases"]]
