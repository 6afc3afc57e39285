"""What a plan reaches in the topology: what it is done to, what that is a part of, what stands on it, and where."""

from collections.abc import Iterator
from dataclasses import dataclass

from .contract import Plan
from .topology import Topology

# what an action's target may be: an identity of its own, or one inside its source
_GLOBAL = ("pool", "disk")
_OF_A_SOURCE = ("app", "task", "service", "machine", "dataset", "member", "stack", "download")


def named(source: str, target: str) -> tuple[str, ...]:
    """Return the node ids that an action's target may have, the likeliest first."""
    if not target:
        return ()
    return (
        target,
        *(f"{kind}:{target}" for kind in _GLOBAL),
        *(f"{kind}:{source}:{target}" for kind in _OF_A_SOURCE),
    )


@dataclass(frozen=True, slots=True)
class Reach:
    """The canonical nodes that a plan reaches.

    itself: what it is done to, and what loses service at once; around: what that is a part of, and all that stands
    on it; hosts: the machines that it happens on, nearest first; aim: what it is done to, where a source lists that.
    """

    itself: frozenset[str]
    around: frozenset[str] = frozenset()
    hosts: tuple[str, ...] = ()
    aim: frozenset[str] = frozenset()


def reach_of(topology: Topology, source: str, plan: Plan) -> Reach:
    """Return what a plan of a source reaches; a snapshot is a part of its dataset, and that of those above it."""
    dataset = plan.target.partition("@")[0]
    mine = (*named(source, plan.target), *named(source, dataset), *plan.touches)
    itself = frozenset(map(topology.canonical, mine))
    whole = frozenset(_wholes(topology, source, dataset))
    stands_on_it = frozenset[str]().union(*map(topology.dependants, itself))
    home = topology.canonical(f"host:{source}")
    hosts = (host for node in sorted(itself) for host in topology.hosts(node, source))
    aim = frozenset(topology.canonical(node) for node in named(source, plan.target) if topology.ids(node))
    return Reach(itself, (whole | stands_on_it) - itself, tuple(dict.fromkeys((home, *hosts))), aim)


def _wholes(topology: Topology, source: str, dataset: str) -> Iterator[str]:
    """Yield the datasets above a dataset, and the pools that they are on."""
    above = ""
    for part in dataset.split("/"):
        above = f"{above}/{part}" if above else part
        node = topology.canonical(f"dataset:{source}:{above}")
        yield node
        yield from (each for each in topology.ancestors(node) if each.startswith("pool:"))
