"""What is around a Plex, as its engine and its NAS tell: chip, rights, temporary folder, and where its port is open."""

from typing import Any

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.guardian.capabilities import Service, Way
from custom_components.home_server_monitor.guardian.capabilities_streams import (
    Exposure,
    Given,
    Hindrance,
    Medium,
    Surroundings,
)
from custom_components.home_server_monitor.guardian.house import House
from custom_components.home_server_monitor.guardian.own_path import endpoint_node
from custom_components.home_server_monitor.plays.quicksync import USUAL_TEMP, QuickSync
from custom_components.home_server_monitor.sources.containers.container import Container, Port, State
from custom_components.home_server_monitor.sources.containers.passed import exposure_of, given_in
from custom_components.home_server_monitor.sources.errors import CannotConnect

HOST = "192.0.2.20"
OPEN = Exposure(addresses=(("0.0.0.0", 32400),))
DRI = {"PathOnHost": "/dev/dri", "PathInContainer": "/dev/dri", "CgroupPermissions": "rwm"}


class Engine:
    """An engine that knows its containers."""

    id, server, machine, knows_all_services = "engine", "home", HOST, True
    judged = True

    def __init__(self, services: list[Service], given: Any, busy: float | None = None) -> None:
        self._services, self._given, self._busy = services, given, busy
        self.asked = 0

    def services(self) -> list[Service]:
        return self._services

    def runs(self, container: str) -> bool:
        return container != "stopped"

    def busy(self, container: str) -> float | None:
        return self._busy

    def exposure(self, container: str, port: int) -> Exposure | None:
        return OPEN

    async def given(self, container: str) -> Given:
        self.asked += 1
        if isinstance(self._given, Exception):
            raise self._given
        found: Given = self._given
        return found


class Nas:
    """A NAS with a pool of disks, one of flash, and perhaps the app that Plex is."""

    id, server, judged, knows_all_services = "nas", "home", True, True
    names = frozenset({HOST})
    processor = "i5-12400"

    def __init__(self, services: tuple[Service, ...] = ()) -> None:
        self._services = services

    def services(self) -> tuple[Service, ...]:
        return self._services

    def app_containers(self) -> dict[str, str]:
        return {each: service.name for service in self._services for each in service.containers}

    def medium_of(self, path: str) -> tuple[Medium, str] | None:
        pools = {"tank": Medium.DISKS, "fast": Medium.FLASH}
        name = path.removeprefix("/mnt/").partition("/")[0]
        return (pools[name], name) if path.startswith("/mnt/") and name in pools else None


class Plex:
    """A Plex that is told."""

    id, server = "plex", "home"
    places = frozenset({endpoint_node(HOST, 32400)})
    around: Surroundings | None = None

    def __init__(self, temp: str | None = "") -> None:
        self.temp_folder = temp

    def take_surroundings(self, found: Surroundings) -> None:
        self.around = found


def service(name: str = "plex", image: str = "plexinc/pms-docker", **more: Any) -> Service:
    """A container with the port of a Plex."""
    fields = {"ways": (Way(32400, HOST, 32400),), "containers": frozenset({name * 3}), **more}
    return Service(name, (image,), **fields)


async def told(hass: HomeAssistant, *sources: Any, looks: int = 1) -> Surroundings | None:
    """Return what a Plex is told of its surroundings."""
    house = House()
    for each in sources:
        house.attach(each)
    play = QuickSync(hass, MockConfigEntry(unique_id="home"), house)
    for _ in range(looks):
        await play.async_look()
    found: Surroundings | None = next(each for each in sources if isinstance(each, Plex)).around
    return found


async def test_the_chip(hass: HomeAssistant) -> None:
    for services, devices, chip in (
        ([service()], ["/dev/dri"], True),
        ([service()], ["/dev/dri/renderD128", "/dev/ttyUSB0"], True),
        ([service()], ["/dev"], True),
        ([service()], ["nvidia"], True),
        ([service()], ["/dev/ttyUSB0"], False),
        ([service()], [], False),
        ([service(ways=(), host=HOST)], [], False),  # it shares the network of its host
        ([service(image="nginx", ways=(), host=HOST)], [], None),
        ([service(ways=(Way(32400, HOST, 32401),))], ["/dev/dri"], None),
        ([service(), service("other")], ["/dev/dri"], None),  # two that may be it are none
        ([service(containers=frozenset({"a", "b"}))], ["/dev/dri"], None),
        ([service(containers=frozenset({"a", "stopped"}))], ["/dev/dri"], True),
        ([service()], CannotConnect("away"), None),
        ([], [], None),
    ):
        given = devices if isinstance(devices, Exception) else Given(devices=frozenset(devices))
        engine = Engine(services, given)
        found = await told(hass, engine, Plex(), looks=3)
        assert found is not None
        assert found.chip is chip, (services, devices)
        # a container is asked about once
        assert engine.asked == (3 if isinstance(given, Exception) else chip is not None)
        assert found.exposure == (OPEN if engine.asked else None)


async def test_an_app_of_a_nas_is_looked_up_in_its_engine(hass: HomeAssistant) -> None:
    nas, engine = Nas((service(containers=frozenset({"c1", "stopped"})),)), Engine([], Given(user="568"))
    found = await told(hass, nas, engine, Plex())
    assert found is not None
    assert (found.chip, found.user, engine.asked) == (False, "568", 1)


async def test_what_was_known_stays_while_its_engine_is_away(hass: HomeAssistant) -> None:
    house, engine, plex = House(), Engine([service()], Given(devices=frozenset({"/dev/dri"}))), Plex()
    for each in (engine, plex):
        house.attach(each)  # type: ignore[arg-type]
    play = QuickSync(hass, MockConfigEntry(unique_id="home"), house)
    await play.async_look()
    engine.judged = False
    plex.around = None
    await play.async_look()
    assert plex.around is None, "nothing new is told"


GIVEN = Given(
    mounts={"/config": "/mnt/tank/config/plex", "/data": "/mnt/tank/media", "/transcode": "/mnt/fast/temp"},
    memory={"/dev/shm": 64 << 20, "/tmp": None, "/small": 512 << 20},
    root="/mnt/fast/docker",
)


async def test_where_it_keeps_what_it_converts(hass: HomeAssistant) -> None:
    for temp, on, where in (
        ("", Medium.DISKS, "tank"),
        ("/config/temp", Medium.DISKS, "tank"),
        ("/transcode", Medium.FLASH, "fast"),
        ("/transcode/deep", Medium.FLASH, "fast"),
        ("/transcoder", Medium.FLASH, "fast"),  # on no mount: where its engine is
        ("/tmp/plex", Medium.MEMORY, ""),
        ("/dev/shm", Medium.SMALL, "64 MiB"),
        ("/small", Medium.SMALL, "512 MiB"),
        ("transcode", None, ""),
        ("C:\\temp", None, ""),
        (None, None, ""),
    ):
        found = await told(hass, Engine([service()], GIVEN, 0.2), Nas(), Plex(temp))
        assert found is not None
        assert (found.temp_on, found.where) == (on, where), temp
        assert found.temp == (USUAL_TEMP if temp == "" else temp or "")
        # one that is meant for it, and quick
        assert found.better == ("/transcode" if on in (Medium.DISKS, Medium.SMALL) else "")
        assert (found.idle, found.processor) == (True, "i5-12400")
    # the NAS is another machine, or nobody knows
    elsewhere = Nas()
    elsewhere.names = frozenset({"other"})
    for others in ((elsewhere,), ()):
        found = await told(hass, Engine([service()], GIVEN), *others, Plex())
        assert found is not None
        assert (found.temp_on, found.idle) == (None, None)
    busy = await told(hass, Engine([service()], GIVEN, 0.9), Nas(), Plex())
    assert busy is not None
    assert busy.idle is False


def inspected(host: dict[str, Any], user: str = "", mounts: Any = None) -> dict[str, Any]:
    """An inspection, as far as it is read."""
    return {"HostConfig": host, "Config": {"User": user}, "Mounts": mounts}


def test_what_a_container_may_do_with_its_chip() -> None:
    folder = [{"Type": "bind", "Source": "/dev/dri", "Destination": "/dev/dri"}]
    for host, user, mounts, hindrance in (
        ({"Devices": [DRI]}, "", None, None),  # its image gives its own user the group
        ({"Devices": [DRI]}, "0:0", None, None),
        ({"Devices": [DRI]}, "568", None, Hindrance.USER),
        ({"Devices": [DRI]}, "1000:1000", None, Hindrance.USER),
        ({"Devices": [DRI]}, "1000:107", None, None),  # which may be the one
        ({"Devices": [DRI], "GroupAdd": ["44", "107"]}, "568:568", None, None),
        ({"Devices": [DRI], "GroupAdd": ["568"]}, "568", None, Hindrance.USER),
        ({"Devices": [DRI], "GroupAdd": None, "Privileged": True}, "568", None, None),
        ({"Devices": [{**DRI, "CgroupPermissions": "r"}]}, "", None, Hindrance.READ),
        ({"Devices": [{**DRI, "CgroupPermissions": ""}]}, "", None, None),  # podman
        ({"Devices": []}, "", folder, Hindrance.FOLDER),
        ({"Devices": None, "DeviceCgroupRules": ["c 226:* rwm"]}, "", folder, None),
        ({"Devices": None, "DeviceCgroupRules": ["c 189:* rwm", "b 226:0 rwm", 5]}, "", folder, Hindrance.FOLDER),
        ({"DeviceRequests": [{"Count": -1}]}, "568", None, None),
        ({"Devices": [{"PathOnHost": "/dev/ttyUSB0"}]}, "568", None, None),
    ):  # fmt: skip
        found = given_in(inspected(host, user, mounts))
        assert found.hindrance is hindrance, (host, user)
        assert found.user == user


def test_what_a_container_is_given() -> None:
    mounts = [
        {"Type": "bind", "Source": "/mnt/tank/media", "Destination": "/data"},
        {
            "Type": "volume",
            "Name": "x",
            "Source": "/var/lib/docker/volumes/x/_data",
            "Destination": "/config",
        },
        {"Type": "tmpfs", "Source": "", "Destination": "/t"},
        {"Type": "bind", "Source": "/dev/shm", "Destination": "/transcode"},
        None,
        {"Source": 5},
    ]
    host = {
        "Devices": [DRI, None, {"PathOnHost": 5}],
        "ShmSize": 67108864,
        "Tmpfs": {"/a": "rw,size=2g", "/b": "", "/c": "size=50%", "/d": 7},
        "Mounts": [{"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1 << 31}}],
    }
    found = given_in(inspected(host, mounts=mounts), "/mnt/fast/docker")
    assert found.devices == {"/dev/dri", "/dev/shm"}
    assert found.mounts["/data"] == "/mnt/tank/media"
    assert found.mounts["/config"] == "/var/lib/docker/volumes/x/_data"
    assert "/t" not in found.mounts
    assert found.memory == {
        "/dev/shm": 64 << 20, "/a": 2 << 30, "/b": None, "/c": None, "/d": None, "/t": 1 << 31, "/transcode": None,
    }  # fmt: skip
    assert found.root == "/mnt/fast/docker"
    assert given_in({"HostConfig": {"Privileged": True, "Devices": None}}).devices == {"/dev"}
    assert given_in({"HostConfig": {"DeviceRequests": [{"Count": -1}]}}).devices == {"nvidia"}
    for damaged in (
        {},
        {"HostConfig": []},
        {"HostConfig": {"Devices": 5, "Tmpfs": [], "Mounts": 3}},
        {"Config": 5},
    ):
        assert given_in(damaged).devices == frozenset()  # type: ignore[arg-type]


def test_where_a_port_is_open() -> None:
    def at(network: str | None, *ports: Port, seen: bool = True) -> Exposure | None:
        made = Container(
            id="c", name="plex", image="plex", image_id=None, state=State.RUNNING, network_mode=network,
            ports=ports, inspected=seen,
        )  # fmt: skip
        return exposure_of(made, 32400)

    everywhere = Port(None, 32400, 32400, "tcp")
    assert at("host") == Exposure(whole_host=True)
    assert at("bridge", everywhere, Port(None, 1900, 1900, "udp")) == OPEN
    assert at("bridge", Port("127.0.0.1", 32400, 32400, "tcp")) == Exposure(addresses=(("127.0.0.1", 32400),))
    assert at("bridge", Port(None, None, 32400, "tcp"), Port(None, 80, 80, "tcp")) == Exposure()
    assert at("bridge", everywhere, seen=False) is None
    wide, narrow = Exposure(whole_host=True), Exposure(addresses=(("192.0.2.20", 32400),))
    assert (wide.everywhere, OPEN.everywhere, narrow.everywhere, Exposure().everywhere) == (
        True,
        True,
        False,
        False,
    )
