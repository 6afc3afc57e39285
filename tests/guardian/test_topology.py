"""What stands on what, whatever the sources say of it."""

import json
import time

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.home_server_monitor.guardian.contract import Node
from custom_components.home_server_monitor.guardian.links import Link, links_of, wrong
from custom_components.home_server_monitor.guardian.topology import Topology, dump, load

from .home import NODES

TOPOLOGY = Topology(NODES)


def test_ancestors_are_what_it_runs_on_nearest_first() -> None:
    assert TOPOLOGY.ancestors("app:plex") == ("host:nas", "ups:one")
    assert TOPOLOGY.ancestors("unheard:of") == ()


def test_dependants_are_all_that_would_suffer() -> None:
    assert TOPOLOGY.dependants("disk:a") == {"pool:tank", "app:plex"}
    assert TOPOLOGY.dependants("ups:one") == {"host:nas", "pool:tank", "disk:a", "disk:b", "app:plex"}
    assert TOPOLOGY.dependants("app:plex") == set()


@pytest.mark.parametrize("reverse", [False, True])
def test_nodes_that_share_an_alias_are_one_thing(reverse: bool) -> None:
    nodes = [
        Node(
            id="app:nas:sonarr",
            kind="app",
            aliases=frozenset({"container:1"}),
            runs_on="host:nas",
            label="Sonarr",
        ),
        Node(id="container:1", kind="container", runs_on="engine:1"),
        Node(id="arr:1", kind="service", aliases=frozenset({"endpoint:nas:8989"})),
        Node(id="container:2", kind="container", aliases=frozenset({"endpoint:nas:8989", "container:1"})),
        Node(id="engine:1", kind="engine", runs_on="host:nas"),
        Node(id="host:nas", kind="host"),
    ]
    topology = Topology(reversed(nodes) if reverse else nodes)
    names = ("app:nas:sonarr", "container:1", "arr:1", "container:2", "endpoint:nas:8989")
    assert {topology.canonical(name) for name in names} == {"app:nas:sonarr"}
    assert set(topology.ancestors("arr:1")) == {"host:nas", "engine:1"}
    assert topology.label("container:2") == "Sonarr"
    assert topology.dependants("host:nas") == {"app:nas:sonarr", "engine:1"}


def test_nodes_are_never_joined_by_name() -> None:
    topology = Topology([Node(id="a:1", kind="app", label="plex"), Node(id="b:1", kind="app", label="plex")])
    assert topology.canonical("a:1") != topology.canonical("b:1")


def test_a_pool_tells_of_its_disks_but_a_service_not_of_its_database() -> None:
    assert TOPOLOGY.above("disk:a")[:2] == ("disk:a", "pool:tank")
    topology = Topology(
        [Node(id="app", kind="app", needs=frozenset({"database"})), Node(id="database", kind="app")]
    )
    assert "app" not in topology.above("database")
    assert "database" in topology.above("app")


def test_the_nearest_cause_that_counts() -> None:
    causes = {"ups:one": ["power"], "host:nas": ["lost"], "pool:tank": ["degraded"]}
    assert TOPOLOGY.alive_cause("app:plex", {"ups:one": ["power"]}) == "power"
    assert TOPOLOGY.alive_cause("disk:b", causes) == "degraded"
    assert TOPOLOGY.alive_cause("disk:b", causes, lambda key: key == "power") == "power"
    assert TOPOLOGY.alive_cause("app:dns", causes) is None


def test_what_is_no_node_is_on_the_host_of_its_source() -> None:
    topology = Topology([Node(id="host:nas", kind="host")])
    assert topology.hosts("task:nas:1", "nas") == ("host:nas",)
    assert topology.hosts("task:nas:1", "other") == ()
    assert topology.alive_cause("task:nas:1", {"host:nas": ["lost"]}, source="nas") == "lost"


def test_rings_end() -> None:
    topology = Topology(
        [
            Node(id="a", kind="host", runs_on="b", needs=frozenset({"c"})),
            Node(id="b", kind="pool", runs_on="a", needs=frozenset({"a", "b"})),
            Node(id="c", kind="pool", runs_on="c", needs=frozenset({"b"})),
        ]
    )
    assert topology.ancestors("a") == ("b",)
    assert topology.dependants("a") == {"b", "c"}
    assert set(topology.above("a")) == {"a", "b", "c"}


def test_it_is_stored_and_damage_costs_only_what_is_damaged() -> None:
    stored = json.loads(json.dumps(dump(TOPOLOGY.nodes)))
    assert load(stored) == TOPOLOGY.nodes
    stored[0] = {"id": 3}
    stored.append("nonsense")
    del stored[2]["needs"]
    assert len(load(stored)) == len(NODES) - 2
    assert load({"a": 1}) == ()


def test_what_people_add_counts_as_what_sources_say() -> None:
    joined = Topology(NODES, [("host:pi", "container:1"), ("app:dns", "gone:1")])
    assert joined.ancestors("app:dns") == ("host:pi", "gone:1", "app:plex", "host:nas", "ups:one")
    assert "app:dns" in joined.dependants("disk:a")
    assert joined.alive_cause("app:dns", {"host:nas": ["lost"]}) == "lost"
    # it makes nothing known that no source lists
    assert joined.label("gone:1") == ""
    assert joined.above("unheard:of") == ("unheard:of",)


@pytest.mark.parametrize(
    ("upper", "lower", "why"),
    [
        ("host:pi", "host:nas", None),
        ("app:plex", "host:nas", None),
        ("app:dns", "app:plex", None),
        ("host:nas", "host:nas", "same_object"),
        ("app:plex", "container:1", "same_object"),
        ("host:nas", "container:1", "runs_in_a_ring"),
        ("disk:a", "app:plex", "runs_in_a_ring"),
        ("host:nas", "host:pi", "runs_in_a_ring"),
    ],
)
def test_nothing_is_added_that_makes_a_ring(upper: str, lower: str, why: str | None) -> None:
    link = Link(upper, lower)
    assert wrong(link, Topology(NODES, [("host:pi", "container:1")])) == why
    assert Link.of(str(link)) == link


@pytest.mark.parametrize("text", ["", "host:nas", " > ", "host:nas > ", 3, None])
def test_a_damaged_link_is_none(text: object) -> None:
    assert links_of([text, "a:1 > b:1"]) == (Link("a:1", "b:1"),)


def test_many_nodes_take_no_time() -> None:
    nodes = [Node(id="host:0", kind="host")]
    nodes += [
        Node(id=f"app:{number}", kind="app", runs_on="host:0", aliases=frozenset({f"container:{number}"}))
        for number in range(20_000)
    ]
    before = time.process_time()
    topology = Topology(nodes)
    assert len(topology.dependants("host:0")) == 20_000
    assert time.process_time() - before < 2.0


NAMES = st.sampled_from([f"{kind}:{number}" for kind in ("host", "pool", "app") for number in range(4)])


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.lists(
        st.builds(
            Node,
            id=NAMES,
            kind=st.sampled_from(["host", "pool", "app"]),
            aliases=st.frozensets(NAMES, max_size=2),
            runs_on=st.none() | NAMES,
            needs=st.frozensets(NAMES, max_size=3),
        ),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_any_picture_is_one_picture(nodes: list[Node], chance: object) -> None:
    topology = Topology(nodes)
    shuffled = list(nodes)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    other = Topology(shuffled)
    for node in nodes:
        name = topology.canonical(node.id)
        assert topology.canonical(name) == name == other.canonical(node.id)
        assert all(topology.canonical(alias) == name for alias in node.aliases)
        assert topology.dependants(node.id) == other.dependants(node.id)
        assert topology.above(node.id)[0] == name
        assert set(topology.ancestors(node.id)) <= set(topology.above(node.id))
        assert all(
            name in topology.dependants(below) for below in topology.ancestors(node.id) if below != name
        )
