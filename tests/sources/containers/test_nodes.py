"""What depends on what on an engine."""

from collections.abc import Sequence

import pytest

from custom_components.home_server_monitor.guardian.contract import Node
from custom_components.home_server_monitor.guardian.own_path import (
    RUNS_IN,
    OwnPath,
    address_node,
    container_node,
    endpoint_node,
    named_node,
)
from custom_components.home_server_monitor.guardian.topology import Topology
from custom_components.home_server_monitor.sources.containers.model import (
    Container,
    Containers,
    Mount,
    Port,
    Stack,
    State,
)
from custom_components.home_server_monitor.sources.containers.nodes import (
    engine_node,
    joined_to,
    machine_node,
    member_node,
    nodes_of,
    stack_node,
    touched,
)

SOURCE = "engine-1"


def one(name: str, **more: object) -> Container:
    """Return a running container."""
    values = {
        "id": f"id-{name}",
        "name": name,
        "image": "x:1",
        "image_id": "sha256:1",
        "state": State.RUNNING,
    }
    return Container(**values | more)  # type: ignore[arg-type]


VPN = one("vpn", ports=(Port(None, 8080, 8080, "tcp"), Port(None, None, 9, "udp")))
TORRENT = one("torrent", joins=("vpn",), network_mode="container:vpn")
HELPER = one("helper", joins=("torrent",))
DATABASE = one("db", project="photos", service="postgres")
PHOTOS = one("photos", project="photos", service="app", depends_on=("postgres", "unknown"))
OTHER = one("other", project="else", service="app", depends_on=("postgres",))
DATA = Containers(
    containers={each.name: each for each in (VPN, TORRENT, HELPER, DATABASE, PHOTOS, OTHER)},
    stacks={"photos": Stack(id=1, name="photos", kind="compose", status="active", project="photos")},
)


def test_everything_runs_on_the_engine_and_the_engine_on_its_host() -> None:
    """An engine that is gone explains its containers, a host that is gone its engine."""
    topology = Topology(nodes_of(SOURCE, DATA, "nas.lan"))
    host = topology.canonical(machine_node(SOURCE))
    assert topology.ancestors(member_node(SOURCE, "db")) == (engine_node(SOURCE), host)
    assert topology.dependants(address_node("nas.lan")) >= {
        member_node(SOURCE, name) for name in DATA.containers
    }
    assert stack_node(SOURCE, "photos") in topology.dependants(engine_node(SOURCE))
    assert nodes_of(SOURCE, None, None) == ()


def test_what_a_container_needs() -> None:
    """Those whose namespace it uses, and the services of its own project that it names."""
    topology = Topology(nodes_of(SOURCE, DATA, None))
    assert topology.dependants(member_node(SOURCE, "vpn")) == {
        member_node(SOURCE, "torrent"),
        member_node(SOURCE, "helper"),
    }
    assert topology.dependants(member_node(SOURCE, "db")) == {member_node(SOURCE, "photos")}


def test_a_container_is_the_same_thing_by_its_id_and_by_its_published_port() -> None:
    """So a service that is reached at that port, or an app that lists that id, is joined with it."""
    topology = Topology(nodes_of(SOURCE, DATA, "NAS.lan"))
    wanted = topology.canonical(member_node(SOURCE, "vpn"))
    assert topology.canonical(container_node("id-vpn")) == wanted
    assert topology.canonical(endpoint_node("nas.lan", 8080)) == wanted
    without = Topology(nodes_of(SOURCE, DATA, None))
    assert without.canonical(endpoint_node("nas.lan", 8080)) == endpoint_node("nas.lan", 8080)


def test_what_stands_still_with_a_container() -> None:
    """It and all inside its namespaces, by every name that Home Assistant's own path may know."""
    assert joined_to(DATA, "vpn") == ("torrent", "helper")
    found = touched(SOURCE, DATA, "vpn", "nas.lan")
    assert {container_node("id-helper"), named_node("torrent"), endpoint_node("nas.lan", 8080)} <= found
    assert container_node("id-db") not in found


def test_a_container_needs_the_storage_of_its_folders() -> None:
    """What is wrong with that is found above it; a volume is the engine's own."""
    mounts = (
        Mount("bind", "/mnt/tank/photos", None, "/data", writable=False),
        Mount("volume", "/var/lib/docker/volumes/x/_data", "x", "/cache", writable=True),
    )
    asked: list[str] = []

    def storage(paths: Sequence[str]) -> frozenset[str]:
        asked.extend(paths)
        return frozenset({"dataset:nas:tank/photos"} if paths else ())

    data = Containers(containers={"photos": one("photos", mounts=mounts), "db": DATABASE})
    topology = Topology(
        (
            *nodes_of(SOURCE, data, None, storage),
            Node(id="dataset:nas:tank/photos", kind="dataset", runs_on="pool:1"),
            Node(id="pool:1", kind="pool", needs=frozenset({"disk:A"})),
        )
    )
    assert asked == ["/mnt/tank/photos"]
    assert {"pool:1", "disk:A"} <= {*topology.above(member_node(SOURCE, "photos"))}
    assert "disk:A" not in topology.above(member_node(SOURCE, "db"))


@pytest.mark.parametrize(
    ("known", "refused"),
    [
        # as mountinfo and cgroup tell it, as the hostname does, by the container whose network it shares, by the options
        (container_node("ab" * 32), {"home", "vpn"}),
        (container_node("ab" * 6), {"home", "vpn"}),
        (container_node("cd" * 32), {"home", "vpn"}),
        (named_node("home"), {"home", "vpn"}),
        (container_node("ef" * 32), {"other"}),
    ],
)
def test_the_container_that_home_assistant_runs_in_is_never_taken_away(known: str, refused: set[str]) -> None:
    image = "ghcr.io/home-assistant/home-assistant:stable"
    home = one("home", id="ab" * 32, image=image, joins=("vpn",), network_mode="container:vpn")
    beside = one("beside", id="12" * 32, joins=("vpn",), network_mode="container:vpn")
    members = (home, beside, one("vpn", id="cd" * 32), one("other", id="ef" * 32))
    data = Containers(containers={each.name: each for each in members})
    path = OwnPath(frozenset({(known, RUNS_IN)}))
    found = {each.name for each in members if path.stands_on(touched(SOURCE, data, each.name, "nas.lan"))}
    assert found == refused
