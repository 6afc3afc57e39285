"""Where a container is reached from here: by its ports, at an address of its own, or not at all, which then is not offered."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.capabilities import Way
from custom_components.home_server_monitor.guardian.own_path import endpoint_node
from custom_components.home_server_monitor.sources.containers.model import (
    Container,
    Containers,
    Network,
    Port,
    State,
    Watched,
)
from custom_components.home_server_monitor.sources.containers.nodes import nodes_of
from custom_components.home_server_monitor.sources.containers.parse_engine import network
from custom_components.home_server_monitor.sources.containers.services import Standpoint, services_of

from .shared import ENGINES, recorded

BRIDGE = Network(name="bridge", driver="bridge", subnets=("172.17.0.0/16",))
LAN = Network(name="lan", driver="macvlan", parent="eth0", mode="bridge", subnets=("192.168.1.0/24",))
HOME = Container(id="h" * 64, name="homeassistant", image="ha", image_id=None, state=State.RUNNING)


def snapshot(*networks: Network, **more: Any) -> Containers:
    """One container, and the networks of its engine."""
    known: dict[str, Any] = {"id": "a" * 64, "name": "web", "image": "web", "image_id": None}
    one = Container(**known | {"state": State.RUNNING} | more)
    return Containers(
        containers={"web": one},
        shown=MappingProxyType({"web": Watched(one)}),
        networks={each.name: each for each in (BRIDGE, *networks)},
    )


def reached(data: Containers, host: str | None, **more: Any) -> tuple[list[tuple[str, int]], str | None]:
    """Return where the container's ports and all of it are reached."""
    (found,) = services_of(data, Standpoint(host, **more))
    return [(way.host, way.port) for way in found.ways], found.host


@pytest.mark.parametrize(
    ("bound", "host", "same", "found"),
    [
        (None, "nas.lan", False, ["nas.lan"]),
        (None, "127.0.0.1", True, ["127.0.0.1"]),
        # only on its machine
        ("127.0.0.1", "nas.lan", False, []),
        ("127.0.0.1", "127.0.0.1", True, ["127.0.0.1"]),
        ("127.0.0.1", None, True, []),
        # bound to one address: nowhere else does it answer, not even at loopback
        ("192.168.1.9", "127.0.0.1", True, ["192.168.1.9"]),
        ("192.168.1.9", "nas.lan", False, ["192.168.1.9"]),
        ("192.168.1.9", None, False, ["192.168.1.9"]),
        ("172.17.0.1", "nas.lan", False, []),
        ("172.17.0.1", "127.0.0.1", True, ["172.17.0.1"]),
        ("169.254.3.4", "nas.lan", False, []),
        ("fe80::1", "nas.lan", False, []),
        ("\u202ehost", "nas.lan", False, []),
    ],
)
def test_a_port_is_reached_where_it_is_bound(
    bound: str | None, host: str | None, same: bool, found: list[str]
) -> None:
    data = snapshot(
        ports=(Port(bound, 8080, 80, "tcp"), Port(bound, 53, 53, "udp"), Port(None, None, 99, "tcp"))
    )
    assert reached(data, host, same=same)[0] == [(each, 8080) for each in found]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, "192.168.1.50"),
        ({"driver": "ipvlan", "mode": "l2"}, "192.168.1.50"),
        # leads nowhere, or only where somebody set a route
        ({"parent": None}, None),
        ({"internal": True}, None),
        ({"driver": "ipvlan", "mode": "l3"}, None),
        ({"driver": "bridge", "parent": None}, None),
    ],
)
def test_an_address_of_its_own_is_where_all_of_it_is_reached(
    changed: dict[str, Any], found: str | None
) -> None:
    lan = replace(LAN, **changed)
    data = snapshot(
        lan, networks={"lan": ("fd00::50", "192.168.1.50")}, ports=(Port(None, None, 8989, "tcp"),)
    )
    assert reached(data, "nas.lan") == ([], found)
    # the kernel lets nobody reach it from its own machine
    assert reached(data, "127.0.0.1", same=True) == ([], None)
    assert reached(data, None, own=HOME, same=True) == ([], None)
    aliases = next(each.aliases for each in nodes_of("engine", data, "nas.lan") if each.kind == "container")
    assert (endpoint_node("192.168.1.50", 8989) in aliases) == (found is not None)


def test_who_is_in_the_same_network_is_reached_by_its_name() -> None:
    own = replace(HOME, networks={"lan": ("192.168.1.60",)})
    data = snapshot(LAN, networks={"lan": ("192.168.1.50",)}, ports=(Port(None, None, 8989, "tcp"),))
    assert reached(data, None, own=own, same=True)[0] == [("web", 8989)]
    assert Way(8989, "web", 8989) in services_of(data, Standpoint(None, own, True))[0].ways


def test_what_rests_is_named_and_says_so() -> None:
    (found,) = services_of(snapshot(state=State.EXITED), Standpoint("nas.lan"))
    assert not found.running


@pytest.mark.parametrize("engine", ENGINES)
def test_networks_of_real_engines(engine: str) -> None:
    found = dict(map(network, recorded(engine, "networks_list")))
    first = next(each for each in found.values() if each.driver == "bridge")
    assert not first.on_lan
    assert first.subnets


def test_how_a_macvlan_is_written() -> None:
    """As Docker writes it, and as podman does."""
    row = {
        "Name": "lan",
        "Driver": "macvlan",
        "IPAM": {"Config": [{"Subnet": "192.168.1.0/24"}]},
        "Options": {"parent": "eth0", "macvlan_mode": "bridge"},
    }
    assert network(row) == ("lan", LAN)
    assert network({**row, "Options": {"parent": "eth0", "mode": "bridge"}}) == ("lan", LAN)
    assert network({"Name": "odd", "Options": [], "IPAM": {"Config": None}})[1].subnets == ()
