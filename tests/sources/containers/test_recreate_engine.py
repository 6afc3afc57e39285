"""Containers are created anew on a real engine, with the old one still running, and are what they were."""

from collections.abc import Iterator
from dataclasses import dataclass
import time
from typing import Any

import pytest

from custom_components.home_server_monitor.sources.containers.dependants import dependants_of
from custom_components.home_server_monitor.sources.containers.gate import Result, Terms, judge
from custom_components.home_server_monitor.sources.containers.look import Look, health_check, look
from custom_components.home_server_monitor.sources.containers.merge import resolved
from custom_components.home_server_monitor.sources.containers.parse import inspected
from custom_components.home_server_monitor.sources.containers.raw import api_number
from custom_components.home_server_monitor.sources.containers.recreate import recreate

from ...engine import Engine

# an inspection asked for in a later version does not tell which MAC address was set
NEWEST = "1.51"
# of a container these are its own
ITS_OWN = {
    "Id",
    "Created",
    "ResolvConfPath",
    "HostnamePath",
    "HostsPath",
    "LogPath",
    "GraphDriver",
    "State",
    "SandboxID",
    "SandboxKey",
    "EndpointID",
    "NetworkID",
    "Name",
}
# what it starts with is known to the image only
DOCKERFILE = (
    "ENV PATH=/bin A=1 B=2",
    'ENTRYPOINT ["/bin/sh", "-c", "exec \\"$0\\" \\"$@\\""]',
    'CMD ["/bin/sleep", "5000"]',
    'VOLUME ["/state", "/cache"]',
    "EXPOSE 80/tcp",
    "WORKDIR /etc",
    "LABEL one=1 two=2",
)
CHECK = 'HEALTHCHECK --interval=1s --timeout=5s CMD ["/bin/true"]'


@dataclass
class Stage:
    """An engine, its API version, and how a container is replaced on it."""

    engine: Engine
    api: str

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        return self.engine.api.must(method, f"/v{self.api}{path}", body, query=query)

    def inspect(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/containers/{name}/json")
        return found

    def network(self, suffix: str, third: int) -> str:
        name = self.engine.name(suffix)
        self.ask(
            "POST",
            "/networks/create",
            {"Name": name, "IPAM": {"Config": [{"Subnet": f"10.213.{third}.0/24"}]}},
        )
        return name

    def replace(self, name: str, new_image: str | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Create the container anew as an update does; returns both inspections."""
        old = self.inspect(name)
        image = self.ask("GET", f"/images/{old['Image']}/json")
        names = {row["Id"]: row["Names"][0][1:] for row in self.ask("GET", "/containers/json", all=1)}
        made = recreate(
            old,
            image["Config"] or {},
            new_image or old["Image"],
            info=self.ask("GET", "/info"),
            api_version=self.api,
            names=names,
        )
        new = self.ask("POST", "/containers/create", made.body, name=f"{name}-hsm-0123abcd-new")["Id"]
        for network, end in made.connects.items():
            self.ask("POST", f"/networks/{network}/connect", {"Container": new, "EndpointConfig": end})
        self.ask("POST", f"/containers/{old['Id']}/update", {"RestartPolicy": {"Name": "no"}})
        self.ask("POST", f"/containers/{old['Id']}/stop", t=0)
        self.ask("POST", f"/containers/{old['Id']}/rename", name=f"{name}-hsm-0123abcd-old-1")
        self.ask("POST", f"/containers/{new}/rename", name=name)
        self.ask("POST", f"/containers/{new}/start")
        return old, self.inspect(name)

    def run_inside(self, name: str, *command: str) -> None:
        """Run a command in a container."""
        made = self.ask("POST", f"/containers/{name}/exec", {"Cmd": [*command]})["Id"]
        self.ask("POST", f"/exec/{made}/start", {"Detach": False})
        while (code := self.ask("GET", f"/exec/{made}/json")["ExitCode"]) is None:
            time.sleep(0.05)
        assert code == 0

    def looks(self, name: str, terms: Terms, within: float = 20.0) -> Iterator[Look]:
        """Yield looks at a container until the gate has judged it."""
        seen: list[Look] = []
        start = time.monotonic()
        while time.monotonic() - start < within:
            seen.append(look(self.inspect(name), time.monotonic() - start))
            yield seen[-1]
            if judge(seen, terms).result is not Result.PENDING:
                return
            time.sleep(0.1)


@pytest.fixture
def stage(engine: Engine) -> Stage:
    theirs = engine.api.must("GET", "/version")["ApiVersion"]
    return Stage(engine, min(theirs, NEWEST, key=api_number))


def own(inspect: dict[str, Any]) -> dict[str, Any]:
    """Return what of a container has to stay as it was."""
    found = dict(_plain(inspect, inspect["Id"]))
    found["Mounts"] = {
        mount["Destination"]: (mount["Type"], mount["Source"], mount["RW"]) for mount in inspect["Mounts"]
    }
    # a volume that had no name is mounted by its name now
    host = found["HostConfig"]
    host["Mounts"] = [each for each in host.get("Mounts", ()) if each["Type"] != "volume"]
    host["Binds"] = [each for each in host.get("Binds", ()) if ":" in each]
    return found


def _plain(value: Any, container_id: str) -> Any:
    match value:
        case dict():
            kept = {key: _plain(each, container_id) for key, each in value.items() if key not in ITS_OWN}
            return {key: each for key, each in kept.items() if each or each is True}
        case list():
            return [_plain(each, container_id) for each in value]
        case str():
            return value.replace(container_id[:12], "its id")
    return value


def without_addresses(found: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the engine gives anew each time."""
    shown = found.get("NetworkSettings", {})
    given = {"MacAddress", "IPAddress", "GlobalIPv6Address"}
    shown["Networks"] = {
        name: {key: value for key, value in end.items() if key not in given}
        for name, end in shown.get("Networks", {}).items()
    }
    return found | {"NetworkSettings": {key: value for key, value in shown.items() if key not in given}}


def test_a_container_with_everything_that_can_be_set(stage: Stage) -> None:
    engine = stage.engine
    image = engine.image("app", "1", *DOCKERFILE, CHECK)
    front, back = stage.network("front", 1), stage.network("back", 2)
    volume = engine.name("data")
    mac = "02:11:22:33:44:55"
    several = api_number(stage.api) >= (1, 44)
    main = {"IPAMConfig": {"IPv4Address": "10.213.1.50"}, "Aliases": ["alias"]}
    stage.ask("POST", "/volumes/create", {"Name": volume})
    name = engine.name("app")
    engine.run(
        "app",
        image,
        Env=["A=9", "C=3"],
        Labels={"one": "7", "mine": "1"},
        Cmd=["/bin/sleep", "4000"],
        Hostname="its-host",
        Domainname="example.lan",
        User="root",
        StopTimeout=4,
        Tty=True,
        ExposedPorts={"90/tcp": {}},
        Volumes={"/own": {}},
        Healthcheck={"Interval": 2_000_000_000},
        HostConfig={
            "NetworkMode": front,
            "Binds": [f"{volume}:/data:ro", "/target"],
            "Mounts": [{"Type": "volume", "Target": "/mounted"}, {"Type": "tmpfs", "Target": "/tmp2"}],
            "Tmpfs": {"/cache": "size=1m"},
            "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}], "99/tcp": []},
            "CapAdd": ["NET_ADMIN"],
            "CapDrop": ["MKNOD"],
            "Memory": 67_108_864,
            "NanoCpus": 500_000_000,
            "PidsLimit": 50,
            "RestartPolicy": {"Name": "always"},
            "Dns": ["1.1.1.1"],
            "ExtraHosts": ["nas:192.0.2.9"],
            "SecurityOpt": ["no-new-privileges"],
            "Ulimits": [{"Name": "nofile", "Soft": 512, "Hard": 512}],
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
            "GroupAdd": ["5"],
            "Init": True,
            "ShmSize": 33_554_432,
            "Devices": [
                {"PathOnHost": "/dev/null", "PathInContainer": "/dev/nothing", "CgroupPermissions": "rwm"}
            ],
        },
        **({} if several else {"MacAddress": mac}),
        NetworkingConfig={"EndpointsConfig": {front: main | ({"MacAddress": mac} if several else {})}},
    )
    stage.ask(
        "POST",
        f"/networks/{back}/connect",
        {
            "Container": name,
            "EndpointConfig": {"IPAMConfig": {"IPv4Address": "10.213.2.60"}, "Aliases": ["b"]},
        },
    )
    for path in ("/state", "/own", "/mounted", "/target"):
        stage.run_inside(name, "/bin/sh", "-c", f"echo kept > {path}/file")
    old, new = stage.replace(name)

    assert new["Id"] != old["Id"]
    assert new["NetworkSettings"]["Networks"][front]["MacAddress"] == mac
    assert new["NetworkSettings"]["Networks"][front]["IPAddress"] == "10.213.1.50"
    assert new["NetworkSettings"]["Networks"][back]["IPAddress"] == "10.213.2.60"
    # a port that was left to the engine is another one
    for each in (old, new):
        del each["NetworkSettings"]["Ports"]
    assert without_addresses(own(new)) == without_addresses(own(old))
    for path in ("/state", "/own", "/mounted", "/target"):
        stage.run_inside(name, "/bin/grep", "-q", "kept", f"{path}/file")


SMALL: list[dict[str, Any]] = [
    {},
    {"Entrypoint": ["/bin/sleep"], "Cmd": ["5000"]},
    {"Entrypoint": ["/bin/sleep", "77"]},
    {"Entrypoint": [""], "Cmd": ["/bin/sleep", "5000"]},
    {"Entrypoint": [], "Cmd": ["/bin/sleep", "7000"]},
    {"Healthcheck": {"Test": ["NONE"]}},
    {"HostConfig": {"NetworkMode": "host"}},
    {"HostConfig": {"NetworkMode": "host"}, "Hostname": "its-own"},
    {"HostConfig": {"NetworkMode": "none"}},
    {"HostConfig": {"UTSMode": "host"}},
    {"HostConfig": {"ReadonlyRootfs": True, "Tmpfs": {"/run": ""}}},
    {"HostConfig": {"Mounts": [{"Type": "bind", "Source": "/tmp", "Target": "/t", "ReadOnly": True}]}},
]


def test_what_one_setting_makes_of_it(stage: Stage) -> None:
    image = stage.engine.image("app", "1", *DOCKERFILE, CHECK)
    for number, body in enumerate(SMALL):
        stage.engine.run(f"app{number}", image, **body)
        old, new = stage.replace(stage.engine.name(f"app{number}"))
        assert without_addresses(own(new)) == without_addresses(own(old)), body


def test_what_the_new_image_brings_is_used(stage: Stage) -> None:
    engine = stage.engine
    image = engine.image("app", "1", *DOCKERFILE, CHECK)
    name = engine.name("app")
    engine.run(
        "app",
        image,
        Env=["A=9"],
        Labels={"com.docker.compose.config-hash": "c0ffee", "com.docker.compose.image": "before"},
        Healthcheck={"Interval": 3_000_000_000},
    )
    newer = engine.image(
        "app",
        "1",
        "ENV PATH=/bin A=10 B=20 D=40",
        'CMD ["/bin/sleep", "6000"]',
        "LABEL one=11 three=3",
        "WORKDIR /tmp",
        'HEALTHCHECK --interval=1s CMD ["/bin/test", "-d", "/tmp"]',
        'VOLUME ["/state", "/more"]',
    )
    new_id = stage.ask("GET", f"/images/{newer}/json")["Id"]
    old, new = stage.replace(name, new_id)

    assert new["Image"] == new_id != old["Image"]
    config = new["Config"]
    assert config["Image"] == old["Config"]["Image"] == image
    assert set(config["Env"]) == {"A=9", "B=20", "D=40", "PATH=/bin"}
    assert config["Cmd"] == ["/bin/sleep", "6000"]
    assert not config["Entrypoint"]
    assert config["WorkingDir"] == "/tmp"
    assert config["Labels"] == {
        "one": "11",
        "three": "3",
        "com.docker.compose.config-hash": "c0ffee",
        "com.docker.compose.image": new_id,
    }
    assert config["Healthcheck"]["Test"] == ["CMD", "/bin/test", "-d", "/tmp"]
    assert config["Healthcheck"]["Interval"] == 3_000_000_000
    volumes = {mount["Destination"]: mount["Name"] for mount in new["Mounts"]}
    before = {mount["Destination"]: mount["Name"] for mount in old["Mounts"]}
    assert volumes["/state"] == before["/state"]
    assert volumes["/cache"] == before["/cache"]
    assert volumes.keys() == {"/state", "/cache", "/more"}


def test_what_lives_in_its_namespaces_follows(stage: Stage) -> None:
    engine = stage.engine
    image = engine.image("app", "1", *DOCKERFILE)
    name = engine.name("vpn")
    engine.run("vpn", image, HostConfig={"IpcMode": "shareable"})
    engine.run("client", image, HostConfig={"NetworkMode": f"container:{name}"})
    engine.run(
        "helper",
        image,
        HostConfig={"PidMode": f"container:{engine.name('client')}", "IpcMode": f"container:{name}"},
    )
    engine.run("other", image)
    names = [engine.name(suffix) for suffix in ("vpn", "client", "helper", "other")]
    known = resolved({each: inspected(stage.inspect(each)) for each in names})
    following = dependants_of(known.values(), known[name])
    assert [each.name for each in following] == [engine.name("client"), engine.name("helper")]

    # the old ones stay, under other names, until all is well
    _, vpn = stage.replace(name)
    for each in following:
        old, new = stage.replace(each.name)
        assert own(new)["Mounts"] == own(old)["Mounts"]
    for each in names:
        stage.engine.api.remove_containers(f"{each}-hsm")
    assert stage.inspect(engine.name("client"))["HostConfig"]["NetworkMode"] == f"container:{vpn['Id']}"
    helper = stage.inspect(engine.name("helper"))
    assert helper["HostConfig"]["IpcMode"] == f"container:{vpn['Id']}"
    assert helper["State"]["Running"] is True
    # they can be started again, which they could not on the namespaces of the one before
    stage.ask("POST", f"/containers/{engine.name('client')}/restart", t=0)


@pytest.mark.parametrize(
    ("command", "changes", "policy", "outcome"),
    [
        ("sleep 1000", (CHECK,), "always", (Result.HEALTHY, "well")),
        ("sleep 1000", (), "always", (Result.HEALTHY, "well")),
        (
            "sleep 1000",
            ('HEALTHCHECK --interval=1s --retries=1 CMD ["/bin/false"]',),
            "always",
            (Result.FAILED, "unhealthy"),
        ),
        ("exit 3", (), "always", (Result.FAILED, "restarted")),
        ("sleep 1; exit 3", (CHECK,), "no", (Result.FAILED, "ended")),
        ("exit 0", (), "no", (Result.HEALTHY, "done")),
    ],
)
def test_the_gate(
    stage: Stage, command: str, changes: tuple[str, ...], policy: str, outcome: tuple[Result, str]
) -> None:
    image = stage.engine.image("app", "1", *changes)
    stage.engine.run(
        "app", image, Cmd=["/bin/sh", "-c", command], HostConfig={"RestartPolicy": {"Name": policy}}
    )
    name = stage.engine.name("app")
    check = health_check(stage.inspect(name))
    terms = Terms(timeout=4.0, stable=2.0, policy=policy, check=check)
    found = judge([*stage.looks(name, terms)], terms)
    assert (found.result, found.reason) == outcome
