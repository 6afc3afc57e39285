"""A container is created anew with what somebody set, and with nothing that its image or the engine gave it."""

from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Refused
from custom_components.home_server_monitor.sources.containers.recreate import Recreation, recreate

from .inspections import (
    CONTAINER_ID,
    IMAGE,
    INFO,
    NEW_IMAGE,
    PARENT_ID,
    VOLUME,
    bind,
    endpoint,
    inspection,
    volume,
)

COMPOSE = {"com.docker.compose.project": "media", "com.docker.compose.config-hash": "c0ffee"}


def made(
    inspect: dict[str, Any], api: str = "1.51", image: dict[str, Any] = IMAGE, **more: Any
) -> Recreation:
    """Return how a container is created anew on the new image."""
    return recreate(
        inspect, image, NEW_IMAGE, info=INFO, api_version=api, names={PARENT_ID: "gluetun"}, **more
    )


def body(inspect: dict[str, Any], api: str = "1.51", **more: Any) -> dict[str, Any]:
    return dict(made(inspect, api, **more).body)


def test_what_the_image_brought_stays_with_the_image() -> None:
    found = body(inspection())
    assert found.keys() == {"Image", "ExposedPorts", "HostConfig", "NetworkingConfig"}
    assert found["Image"] == "lscr.io/linuxserver/sonarr:latest"
    # it is published, and the new image need not expose it
    assert found["ExposedPorts"] == {"8989/tcp": {}}


@pytest.mark.parametrize(
    ("config", "kept"),
    [
        ({"Env": ["PATH=/usr/bin", "TZ=Europe/Rome", "PUID=1000"]}, {"Env": ["TZ=Europe/Rome", "PUID=1000"]}),
        ({"Labels": {"a": "b", "org.opencontainers.image.version": "1.0"}}, {"Labels": {"a": "b"}}),
        (
            {"Labels": {"org.opencontainers.image.version": "x"}},
            {"Labels": {"org.opencontainers.image.version": "x"}},
        ),
        ({"WorkingDir": "/data", "User": "1000:1000"}, {"WorkingDir": "/data", "User": "1000:1000"}),
        ({"StopSignal": "SIGINT", "StopTimeout": 60}, {"StopSignal": "SIGINT", "StopTimeout": 60}),
        ({"Tty": True, "OpenStdin": True}, {"Tty": True, "OpenStdin": True}),
        ({"Shell": ["/bin/bash"]}, {"Shell": ["/bin/bash"]}),
        ({"Hostname": "sonarr", "Domainname": "lan"}, {"Hostname": "sonarr", "Domainname": "lan"}),
        ({"Healthcheck": {"Test": ["NONE"]}}, {"Healthcheck": {"Test": ["NONE"]}}),
        # only the interval was set: the check itself is the new image's
        (
            {"Healthcheck": {"Test": ["CMD", "/check"], "Interval": 5}},
            {"Healthcheck": {"Interval": 5}},
        ),
    ],
)
def test_what_somebody_set_comes_along(config: dict[str, Any], kept: dict[str, Any]) -> None:
    found = body(inspection(config=config))
    assert {key: value for key, value in found.items() if key in kept} == kept
    assert found.keys() - kept.keys() == {"Image", "ExposedPorts", "HostConfig", "NetworkingConfig"}


@pytest.mark.parametrize(
    ("entry", "cmd", "kept"),
    [
        (["/init"], ["serve"], {}),
        (["/init"], ["serve", "-v"], {"Cmd": ["serve", "-v"]}),
        # the engine ignores the image's command once an entry point is set
        (["/mine"], ["serve"], {"Entrypoint": ["/mine"], "Cmd": ["serve"]}),
        (["/mine"], None, {"Entrypoint": ["/mine"]}),
        # an entry point like the image's, set on purpose, for there is no command
        (["/init"], None, {"Entrypoint": ["/init"]}),
        # taken away, and it has to be taken away again
        (None, ["serve"], {"Entrypoint": [""], "Cmd": ["serve"]}),
        ([], ["sh"], {"Entrypoint": [""], "Cmd": ["sh"]}),
    ],
)
def test_command_and_entry_point(entry: Any, cmd: Any, kept: dict[str, Any]) -> None:
    found = body(inspection(config={"Entrypoint": entry, "Cmd": cmd}))
    assert {key: found[key] for key in ("Entrypoint", "Cmd") if key in found} == kept


def test_an_image_without_a_command() -> None:
    bare = {"Env": ["PATH=/usr/bin"]}
    found = body(inspection(config={"Entrypoint": None, "Cmd": ["sh"]}), image=bare)
    assert found["Cmd"] == ["sh"]
    assert "Entrypoint" not in found
    assert (
        not {"Entrypoint", "Cmd"}
        & body(inspection(config={"Entrypoint": None, "Cmd": None}), image={}).keys()
    )


def test_compose_is_told_the_new_image() -> None:
    found = body(inspection(config={"Labels": IMAGE["Labels"] | COMPOSE}))
    assert found["Labels"] == COMPOSE | {"com.docker.compose.image": NEW_IMAGE}


def test_a_container_that_compose_does_not_know_gets_no_label_of_compose() -> None:
    assert "Labels" not in body(inspection())


def test_ports() -> None:
    host = {
        "PortBindings": {
            "8989/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8989"}],
            "53/udp": [],
            "54/udp": None,
            "7/tcp": [{"HostIp": "", "HostPort": ""}],
        }
    }
    found = body(inspection(config={"ExposedPorts": {"8989/tcp": {}, "53/udp": {}, "99/tcp": {}}}, host=host))
    assert found["ExposedPorts"] == {"8989/tcp": {}, "53/udp": {}, "99/tcp": {}}
    assert found["HostConfig"]["PortBindings"].keys() == {"8989/tcp", "7/tcp"}
    assert "ExposedPorts" not in body(inspection(host={"PortBindings": {}}))


def test_an_anonymous_volume_comes_along() -> None:
    assert body(inspection())["HostConfig"]["Mounts"] == [
        {"Type": "volume", "Source": VOLUME, "Target": "/config", "ReadOnly": False}
    ]


def test_what_is_mounted_by_a_name_or_a_path_is_mounted_once() -> None:
    mounts = [
        volume(name="sonarr"),
        bind("/mnt/tank/tv", "/tv"),
        volume("/mv", "mv"),
        volume("/x/", "ro", RW=False),
    ]
    host = {
        "Binds": ["sonarr:/config:rw", "/mnt/tank/tv:/tv"],
        "Mounts": [{"Type": "volume", "Source": "mv", "Target": "/mv/"}],
        "Tmpfs": {"/t": "size=1m"},
    }
    found = body(
        inspection(host=host, config={"Volumes": {"/config": {}, "/t": {}, "/own": {}}}, Mounts=mounts)
    )
    assert found["HostConfig"]["Binds"] == host["Binds"]
    assert found["HostConfig"]["Mounts"] == [
        {"Type": "volume", "Source": "mv", "Target": "/mv/"},
        {"Type": "volume", "Source": "ro", "Target": "/x", "ReadOnly": True},
    ]
    # `/t` is a tmpfs: named twice it would be a duplicate mount point
    assert found["Volumes"] == {"/own": {}}


def test_a_volume_that_came_of_a_target_only() -> None:
    mounts = [volume("/a", "1" * 64), volume("/b", "2" * 64)]
    # as Docker 28 shows the first
    del mounts[0]["Name"]
    host = {
        "Binds": ["/a"],
        "Mounts": [{"Type": "volume", "Target": "/b", "VolumeOptions": {"NoCopy": True}}],
    }
    found = body(inspection(host=host, Mounts=mounts))["HostConfig"]
    assert "Binds" not in found
    assert found["Mounts"] == [
        {"Type": "volume", "Source": "2" * 64, "Target": "/b", "VolumeOptions": {"NoCopy": True}},
        {"Type": "volume", "Source": "1" * 64, "Target": "/a", "ReadOnly": False},
    ]


def test_a_volume_whose_name_nobody_knows_is_not_left_behind() -> None:
    with pytest.raises(Refused) as refused:
        made(inspection(Mounts=[volume(Name="", Source="/elsewhere")]))
    assert refused.value.refusal.key == "volume_unknown"
    assert refused.value.refusal.placeholders == {"target": "sonarr", "path": "/config"}


def test_settings_of_the_host_are_copied() -> None:
    host = {
        "CapAdd": ["NET_ADMIN"],
        "Devices": [{"PathOnHost": "/dev/dri", "PathInContainer": "/dev/dri", "CgroupPermissions": "rwm"}],
        "DeviceRequests": [{"Count": -1, "Capabilities": [["gpu"]]}],
        "SecurityOpt": ["no-new-privileges:true"],
        "MaskedPaths": [],
        "Init": False,
        "Memory": 5,
        "Sysctls": {"net.core.somaxconn": "1"},
        "Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}],
        "Annotations": {"a": "b"},
    }
    found = body(inspection(host=host))["HostConfig"]
    assert {key: found[key] for key in host} == host
    assert found["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m"}}
    assert found["RestartPolicy"]["Name"] == "unless-stopped"


def test_what_only_looks_as_if_it_were_set_is_left_out() -> None:
    found = body(inspection(host={"MemorySwappiness": -1, "ContainerIDFile": "/tmp/cid"}))["HostConfig"]
    assert not {"Runtime", "MemorySwappiness", "ContainerIDFile", "ConsoleSize", "CapAdd"} & found.keys()
    found = body(inspection(host={"MemorySwappiness": 60, "Runtime": "nvidia"}))["HostConfig"]
    assert found["MemorySwappiness"] == 60
    assert found["Runtime"] == "nvidia"


def test_links_of_the_default_bridge() -> None:
    host = {"NetworkMode": "default", "Links": ["/db:/sonarr/database"]}
    found = body(inspection(host=host, networks={"bridge": endpoint(Aliases=None)}))
    assert found["HostConfig"]["Links"] == ["db:database"]
    assert found["HostConfig"]["NetworkMode"] == "default"
    assert found["NetworkingConfig"]["EndpointsConfig"] == {"bridge": {}}


def test_a_container_in_the_network_of_another_one() -> None:
    host = {
        "NetworkMode": f"container:{PARENT_ID}",
        "PidMode": f"container:{PARENT_ID}",
        "IpcMode": "container:gone",
        "VolumesFrom": [f"{PARENT_ID}:ro", "other"],
        "Dns": ["1.1.1.1"],
        "ExtraHosts": ["a:1.2.3.4"],
    }
    # the name of the host is the other one's
    found = body(inspection(config={"Hostname": PARENT_ID[:12], "Domainname": "d"}, host=host, networks={}))
    assert found.keys() == {"Image", "HostConfig"}
    assert found["HostConfig"]["NetworkMode"] == found["HostConfig"]["PidMode"] == "container:gluetun"
    assert found["HostConfig"]["IpcMode"] == "container:gone"
    assert found["HostConfig"]["VolumesFrom"] == ["gluetun:ro", "other"]
    assert not {"PortBindings", "Dns", "ExtraHosts"} & found["HostConfig"].keys()


def test_a_container_that_follows_is_created_on_the_successor() -> None:
    inspect = inspection(host={"NetworkMode": f"container:{PARENT_ID}"}, networks={})
    names = {PARENT_ID: "gluetun-hsm-0123abcd-old-1780000000", "other": "gluetun"}
    found = recreate(inspect, IMAGE, NEW_IMAGE, info=INFO, api_version="1.51", names=names)
    assert found.body["HostConfig"]["NetworkMode"] == "container:gluetun"


@pytest.mark.parametrize(
    ("hostname", "kept"), [("nas", None), (CONTAINER_ID[:12], None), ("homeassistant", "homeassistant")]
)
def test_the_host_name_in_the_network_of_the_host(hostname: str, kept: str | None) -> None:
    inspect = inspection(
        config={"Hostname": hostname},
        host={"NetworkMode": "host"},
        networks={"host": endpoint(Aliases=None)},
    )
    found = body(inspect)
    assert found.get("Hostname") == kept
    assert "NetworkingConfig" not in found


FIXED = {
    "front": endpoint(
        IPAMConfig={"IPv4Address": "10.0.1.5", "IPv6Address": ""},
        Aliases=["web", CONTAINER_ID[:12], "sonarr-host"],
        Links=["db:database"],
        DriverOpts={"a": "b"},
        GwPriority=10,
        IPAddress="10.0.1.5",
        MacAddress="02:11:22:33:44:55",
    ),
    "back": endpoint(IPAMConfig={}, Aliases=None, MacAddress="c2:82:98:65:80:5c"),
}


def fixed(mac: str = "02:11:22:33:44:55") -> dict[str, Any]:
    """Return a container with two networks, an address of its own and a MAC address that somebody set."""
    return inspection(
        config={"Hostname": "sonarr-host", "MacAddress": mac}, host={"NetworkMode": "front"}, networks=FIXED
    )


def test_all_networks_at_once() -> None:
    found = made(fixed())
    assert found.body["NetworkingConfig"]["EndpointsConfig"] == {
        "back": {},
        "front": {
            "IPAMConfig": {"IPv4Address": "10.0.1.5"},
            "Aliases": ["web", "sonarr-host"],
            "Links": ["db:database"],
            "DriverOpts": {"a": "b"},
            "GwPriority": 10,
            "MacAddress": "02:11:22:33:44:55",
        },
    }
    assert not found.connects
    assert "MacAddress" not in found.body


def test_one_network_at_once_before_1_44() -> None:
    found = made(fixed(), "1.43")
    assert found.body["NetworkingConfig"]["EndpointsConfig"] == {
        "front": {
            "IPAMConfig": {"IPv4Address": "10.0.1.5"},
            "Aliases": ["web"],
            "Links": ["db:database"],
            "DriverOpts": {"a": "b"},
        },
    }
    assert found.connects == {"back": {}}
    assert found.body["MacAddress"] == "02:11:22:33:44:55"
    assert found.body["Hostname"] == "sonarr-host"


@pytest.mark.parametrize(("api", "aliases"), [("1.44", ["web"]), ("1.45", ["web", "sonarr-host"])])
def test_aliases_that_the_engine_added(api: str, aliases: list[str]) -> None:
    found = body(fixed(), api)
    assert found["NetworkingConfig"]["EndpointsConfig"]["front"]["Aliases"] == aliases
    assert "GwPriority" not in found["NetworkingConfig"]["EndpointsConfig"]["front"]


def test_a_mac_address_made_of_the_ip_address_is_nobodys_wish() -> None:
    made_up = fixed("02:42:0a:00:01:05")
    assert "MacAddress" not in body(made_up, "1.43")
    assert "MacAddress" not in body(fixed(""), "1.43")
    assert "MacAddress" not in body(fixed(""))["NetworkingConfig"]["EndpointsConfig"]["front"]


def test_a_mac_address_with_a_maker_was_set() -> None:
    networks = FIXED | {"back": endpoint(Aliases=None, MacAddress="00:11:32:aa:bb:cc")}
    found = body(inspection(host={"NetworkMode": "front"}, networks=networks))
    assert found["NetworkingConfig"]["EndpointsConfig"]["back"] == {"MacAddress": "00:11:32:aa:bb:cc"}


def test_a_network_that_is_named_by_its_id() -> None:
    networks = {"front": endpoint(NetworkID="f" * 64), "back": endpoint(NetworkID="b" * 64)}
    found = body(inspection(host={"NetworkMode": "f" * 64}, networks=networks))
    assert found["HostConfig"]["NetworkMode"] == "front"


def test_a_network_that_it_was_taken_out_of_is_not_joined_again() -> None:
    found = body(inspection(host={"NetworkMode": "left"}, networks={"back": endpoint(), "other": endpoint()}))
    assert found["HostConfig"]["NetworkMode"] == "back"
    assert found["NetworkingConfig"]["EndpointsConfig"].keys() == {"back", "other"}


def test_podman() -> None:
    host = {
        "NanoCpus": 500_000_000,
        "CpuPeriod": 100_000,
        "CpuQuota": 50_000,
        "Devices": [{"PathOnHost": "/dev/dri", "PathInContainer": "/dev/dri", "CgroupPermissions": ""}],
    }
    found = body(inspection(host=host), podman=True)["HostConfig"]
    assert found["NanoCpus"] == 500_000_000
    assert not {"CpuPeriod", "CpuQuota"} & found.keys()
    assert found["Devices"][0]["CgroupPermissions"] == "rwm"
    assert body(inspection(host=host))["HostConfig"]["CpuQuota"] == 50_000


def test_passwords_are_not_in_what_is_logged() -> None:
    assert "hunter2" not in repr(made(inspection(config={"Env": ["PASSWORD=hunter2"]})))
