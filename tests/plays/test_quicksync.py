"""Whether a chip is passed into the container of a Plex, as its engine tells."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.guardian.capabilities import Service, Way
from custom_components.home_server_monitor.guardian.house import House
from custom_components.home_server_monitor.guardian.own_path import endpoint_node
from custom_components.home_server_monitor.plays.quicksync import QuickSync
from custom_components.home_server_monitor.sources.containers.passed import devices_in
from custom_components.home_server_monitor.sources.errors import CannotConnect

HOST = "192.0.2.20"


class Engine:
    """An engine that knows its containers."""

    id, server, judged = "engine", "home", True

    def __init__(self, services: list[Service], devices: Any) -> None:
        self._services, self._devices = services, devices
        self.asked = 0

    def services(self) -> list[Service]:
        return self._services

    async def devices_of(self, container: str) -> frozenset[str]:
        self.asked += 1
        if isinstance(self._devices, Exception):
            raise self._devices
        return frozenset(self._devices)


class Plex:
    """A Plex that is told."""

    id, server = "plex", "home"
    places = frozenset({endpoint_node(HOST, 32400)})
    chip: bool | None = None

    def take_chip(self, passed: bool | None) -> None:
        self.chip = passed


def service(name: str = "plex", image: str = "plexinc/pms-docker", **more: Any) -> Service:
    """A container with the port of a Plex."""
    fields = {"ways": (Way(32400, HOST, 32400),), **more}
    return Service(name, (image,), containers=frozenset({name * 3}), **fields)


@pytest.mark.parametrize(
    ("services", "devices", "chip"),
    [
        ([service()], ["/dev/dri"], True),
        ([service()], ["/dev/dri/renderD128", "/dev/ttyUSB0"], True),
        ([service()], ["/dev"], True),
        ([service()], ["nvidia"], True),
        ([service()], ["/dev/ttyUSB0"], False),
        ([service()], [], False),
        ([service(ways=(), host=HOST)], [], False),  # it shares the network of its host
        ([service(image="nginx", ways=(), host=HOST)], [], None),
        ([service(ways=(Way(32400, HOST, 32401),))], ["/dev/dri"], None),
        ([service(), service("other")], ["/dev/dri"], None),
        ([service()], CannotConnect("away"), None),
        ([], [], None),
    ],
)
async def test_the_chip(
    hass: HomeAssistant, services: list[Service], devices: Any, chip: bool | None
) -> None:
    house, engine, plex = House(), Engine(services, devices), Plex()
    for each in (engine, plex):
        house.attach(each)  # type: ignore[arg-type]
    play = QuickSync(hass, MockConfigEntry(unique_id="home"), house)
    for _ in range(3):
        await play.async_look()
    assert plex.chip is chip
    # a container is asked about once
    assert engine.asked == (3 if isinstance(devices, Exception) else chip is not None)


def test_what_a_container_is_given() -> None:
    dri = {"PathOnHost": "/dev/dri", "PathInContainer": "/dev/dri"}
    assert devices_in({"HostConfig": {"Devices": [dri, None, {"PathOnHost": 5}]}}) == {"/dev/dri"}
    assert devices_in({"HostConfig": {"Privileged": True, "Devices": None}}) == {"/dev"}
    assert devices_in({"HostConfig": {"DeviceRequests": [{"Count": -1}]}}) == {"nvidia"}
    mounts = [{"Source": "/dev/dri"}, {"Source": "/mnt/tank/media"}, {"Source": "/devil"}]
    assert devices_in({"HostConfig": {}, "Mounts": mounts}) == {"/dev/dri"}
    for damaged in ({}, {"HostConfig": []}, {"HostConfig": {"Devices": 5}}):
        assert devices_in(damaged) == frozenset()  # type: ignore[arg-type]
