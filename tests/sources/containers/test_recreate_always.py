"""What holds for every container that is created anew, whatever it is."""

from collections.abc import Iterator
import contextlib
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.home_server_monitor.guardian.contract import Refused
from custom_components.home_server_monitor.sources.containers.raw import is_podman
from custom_components.home_server_monitor.sources.containers.recreate import Recreation, recreate
from custom_components.home_server_monitor.sources.containers.volumes import volume_name

from .inspections import HOST, IMAGE, INFO, NEW_IMAGE, bind, endpoint, inspection, volume
from .shared import ENGINES, INSPECTED, from_a_peer, recorded

# what the engine gives and must never be asked for
GIVEN = {
    "EndpointID",
    "NetworkID",
    "IPAddress",
    "Gateway",
    "IPPrefixLen",
    "IPv6Gateway",
    "GlobalIPv6Address",
    "DNSNames",
}
WORDS = st.text("abcxyz0", min_size=1, max_size=3)
PATHS = WORDS.map(lambda word: f"/{word}")
TABLES = st.dictionaries(PATHS, st.just({}), max_size=3)
VALUES = st.dictionaries(WORDS, WORDS, max_size=3)
APIS = st.sampled_from(["1.41", "1.43", "1.44", "1.45", "1.48", "1.51"])
LISTS = st.none() | st.lists(WORDS, max_size=3)
IMAGES = st.fixed_dictionaries(
    {},
    optional={
        "Env": st.none() | VALUES.map(lambda found: [f"{key}={value}" for key, value in found.items()]),
        "Labels": st.none() | VALUES,
        "Cmd": LISTS,
        "Entrypoint": LISTS,
        "Volumes": st.none() | TABLES,
        "ExposedPorts": st.none() | st.dictionaries(st.sampled_from(["1/tcp", "2/tcp"]), st.just({})),
        "User": WORDS,
        "WorkingDir": PATHS,
        "StopSignal": WORDS,
        "Healthcheck": st.none()
        | st.fixed_dictionaries({"Test": st.lists(WORDS), "Interval": st.integers(0, 3)}),
    },
)
NETWORKS = st.dictionaries(
    st.sampled_from(["media_default", "bridge", "other"]),
    st.builds(
        endpoint,
        IPAMConfig=st.none() | st.fixed_dictionaries({"IPv4Address": st.sampled_from(["", "10.0.0.9"])}),
        Aliases=LISTS,
        MacAddress=st.sampled_from(["", "02:42:ac:14:00:05", "9a:00:00:00:00:01", "00:11:32:00:00:01"]),
    ),
    max_size=3,
)
ANON = st.builds(volume, PATHS, st.text("0123456789abcdef", min_size=64, max_size=64), RW=st.booleans())
NAMED = st.builds(volume, PATHS, WORDS)
FOLDERS = st.builds(bind, PATHS, PATHS)


@st.composite
def containers(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a container with volumes of every origin, each on a path of its own."""
    found = draw(st.lists(ANON | NAMED | FOLDERS, max_size=5, unique_by=lambda each: each["Destination"]))
    binds: list[str] = []
    mounts: list[dict[str, Any]] = []
    declared: dict[str, Any] = {}
    for each in found:
        name, path = each.get("Name") or each["Source"], each["Destination"]
        origin = draw(st.sampled_from(["bind", "mount"] if each["Type"] == "bind" else ORIGINS))
        match origin:
            case "bind":
                binds.append(f"{name}:{path}" + draw(st.sampled_from(["", ":ro", ":rw,z"])))
            case "mount":
                mounts.append({"Type": each["Type"], "Source": name, "Target": path + draw(ENDS)})
            case "target":
                binds.append(path)
            case "new mount":
                mounts.append({"Type": "volume", "Target": path})
            case "declared":
                declared[path] = {}
    mode = draw(
        st.sampled_from(["default", "bridge", "media_default", "other", "gone", "host", "container:x"])
    )
    return inspection(
        config=draw(IMAGES)
        | {"Volumes": declared, "MacAddress": draw(st.sampled_from(["", "02:11:22:33:44:55"]))},
        host={"Binds": binds, "Mounts": mounts or None, "NetworkMode": mode},
        networks=draw(NETWORKS),
        Mounts=found,
    )


ORIGINS = ["bind", "mount", "target", "new mount", "declared", "image"]
ENDS = st.sampled_from(["", "/"])


def keys(value: Any) -> Iterator[str]:
    """Yield every key anywhere in it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def holds(inspect: dict[str, Any], image: dict[str, Any], found: Recreation, api: str) -> None:
    """Check what is true of every body."""
    body, host = found.body, found.body["HostConfig"]
    ends = body.get("NetworkingConfig", {}).get("EndpointsConfig", {})
    assert not GIVEN & set(keys([ends, dict(found.connects)]))
    carried = {bind.split(":")[1].rstrip("/"): bind.split(":")[0] for bind in host.get("Binds", [])}
    for mount in host.get("Mounts", []):
        assert mount["Target"].rstrip("/") not in carried, "a duplicate mount point"
        carried[mount["Target"].rstrip("/")] = mount.get("Source")
    for mount in inspect["Mounts"]:
        if mount["Type"] == "volume":
            assert carried[mount["Destination"]] == volume_name(mount)
    assert not body.get("Volumes", {}).keys() & carried.keys()
    if api < "1.44":
        assert len(ends) <= 1
    mode = inspect["HostConfig"]["NetworkMode"]
    if mode in ("host", "none") or mode.startswith("container:"):
        assert not ends
        assert not found.connects
    else:
        assert ends.keys() | found.connects.keys() == inspect["NetworkSettings"]["Networks"].keys()
        if ends:
            assert {"default": "bridge"}.get(host["NetworkMode"], host["NetworkMode"]) in ends
    if mode.startswith("container:"):
        assert not {"Hostname", "ExposedPorts", "MacAddress"} & body.keys()
    assert not [each for each in body.get("Env", []) if each in (image.get("Env") or [])]


@settings(derandomize=True, max_examples=150, deadline=None)
@given(containers(), IMAGES, APIS)
def test_nothing_given_is_asked_for_and_no_volume_is_left_behind(
    inspect: dict[str, Any], image: dict[str, Any], api: str
) -> None:
    holds(inspect, image, recreate(inspect, image, NEW_IMAGE, info=INFO, api_version=api, names={}), api)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(IMAGES, APIS)
def test_a_container_that_nobody_configured_is_nothing_but_its_image(image: dict[str, Any], api: str) -> None:
    unset = dict.fromkeys(IMAGE)
    inspect = inspection(config=unset | image, host={"PortBindings": {}}, Mounts=[])
    found = recreate(inspect, image, NEW_IMAGE, info=INFO, api_version=api, names={})
    assert found.body.keys() == {"Image", "HostConfig", "NetworkingConfig"}
    assert {
        key: value for key, value in HOST.items() if found.body["HostConfig"].get(key, value) != value
    } == {"PortBindings": HOST["PortBindings"]}


def merged(body: dict[str, Any], image: dict[str, Any]) -> dict[str, Any]:
    """Return the command of a container as the engine makes it of a body and an image."""
    entry, cmd = body.get("Entrypoint"), body.get("Cmd") or []
    if not entry:
        entry = image.get("Entrypoint") or []
        cmd = cmd or image.get("Cmd") or []
    return {"Entrypoint": [] if entry == [""] else entry, "Cmd": cmd}


@settings(derandomize=True, max_examples=150, deadline=None)
@given(IMAGES, LISTS, LISTS)
def test_on_the_same_image_the_same_command_runs(image: dict[str, Any], entry: Any, cmd: Any) -> None:
    before = merged({"Entrypoint": entry, "Cmd": cmd}, image)
    inspect = inspection(config=before, Mounts=[])
    found = recreate(inspect, image, NEW_IMAGE, info=INFO, api_version="1.51", names={})
    assert merged(dict(found.body), image) == before


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=5,
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.data())
def test_whatever_the_engine_says_nothing_breaks(data: st.DataObject) -> None:
    inspect = inspection()
    for part in data.draw(st.sets(st.sampled_from(["Config", "HostConfig", "NetworkSettings"]))):
        inspect[part] = data.draw(st.dictionaries(st.sampled_from(sorted(inspect[part])), JUNK))
    for key in data.draw(st.lists(st.sampled_from(sorted(inspect)), max_size=3)):
        inspect[key] = data.draw(JUNK)
    with contextlib.suppress(Refused):
        recreate(
            inspect, data.draw(IMAGES), NEW_IMAGE, info=INFO, api_version=data.draw(WORDS | APIS), names={}
        )


@pytest.mark.parametrize("name", INSPECTED)
@pytest.mark.parametrize("engine", ENGINES)
def test_what_real_engines_showed(engine: str, name: str) -> None:
    if name == "web_naive_recreated" and engine.startswith("podman"):
        return
    inspect, version = recorded(engine, f"inspect_{name}"), recorded(engine, "version")
    image, info = recorded(engine, "image_inspect_v1")["Config"], recorded(engine, "info")
    names = {row["Id"]: row["Names"][0].removeprefix("/") for row in recorded(engine, "containers_list")}
    api = version["ApiVersion"]
    found = recreate(
        inspect, image, NEW_IMAGE, info=info, api_version=api, names=names, podman=is_podman(version)
    )
    holds(inspect, image, found, api)
    host = found.body["HostConfig"]
    assert not {"ConsoleSize", "ContainerIDFile"} & host.keys()
    assert "Runtime" not in host or is_podman(version)
    if name == "dep":
        assert host["NetworkMode"] == "container:hsmprobe-web"


@pytest.mark.parametrize("engine", [each for each in ENGINES if each.startswith("docker")])
def test_the_web_server_of_the_recordings(engine: str) -> None:
    inspect, image = recorded(engine, "inspect_web"), recorded(engine, "image_inspect_v1")["Config"]
    api = recorded(engine, "version")["ApiVersion"]
    found = recreate(inspect, image, NEW_IMAGE, info=recorded(engine, "info"), api_version=api, names={})
    body = found.body
    assert body["Env"] == ["USER_SET=yes", "KEEP=user"]
    assert body["Labels"] == {
        "com.docker.compose.project": "probe",
        "com.docker.compose.service": "web",
        "user": "1",
    }
    assert body["Hostname"] == "webhost"
    assert body["ExposedPorts"] == {"80/tcp": {}}
    assert not {"Cmd", "Entrypoint", "WorkingDir", "Volumes"} & body.keys()
    ends = {**body["NetworkingConfig"]["EndpointsConfig"], **found.connects}
    assert ends["hsmprobe-net"]["IPAMConfig"] == {"IPv4Address": "172.31.77.50"}
    assert ends["hsmprobe-net"]["Aliases"] == ["web", "frontend"]
    assert ends["hsmprobe-net2"]["Aliases"] == ["web2"]
    assert set(found.connects) == ({"hsmprobe-net2"} if api == "1.41" else set())


@pytest.mark.parametrize("kind", ["supplier", "consumer"])
def test_gluetun_and_what_uses_its_network(kind: str) -> None:
    inspect = from_a_peer(f"container_net_{kind}")
    image = from_a_peer({"supplier": "image_net_producer", "consumer": "image_net_consumer"}[kind])["Config"]
    parent = "25e75393800b5c450a6841212a3b92ed28fa35414a586dec9f2c8a520d4910c2"
    found = recreate(
        inspect, image, NEW_IMAGE, info=INFO, api_version="1.41", names={parent: "wt-contnet-producer-1"}
    )
    holds(inspect, image, found, "1.41")
    assert found.body["Labels"]["com.docker.compose.image"] == NEW_IMAGE
    if kind == "consumer":
        assert found.body["HostConfig"]["NetworkMode"] == "container:wt-contnet-producer-1"
        assert found.body.keys() == {"AttachStdout", "AttachStderr", "Image", "Labels", "HostConfig"}
