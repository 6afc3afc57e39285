"""What stands on what: which finding explains which, and who suffers when a thing goes away."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
import contextlib
from typing import Any

from .contract import Node

# things that are made of what they need: their own finding tells those of their parts inside
MADE_OF_PARTS = frozenset({"pool", "vdev"})


class Topology:
    """The nodes of all sources as one picture. Nodes that share an id or an alias are one thing. Never changes."""

    def __init__(self, nodes: Iterable[Node] = (), links: Iterable[tuple[str, str]] = ()) -> None:
        """links: what runs on what besides, by id or alias; nodes that no source lists are none by that."""
        self._nodes = tuple(nodes)
        self._parent: dict[str, str] = {}
        for node in self._nodes:
            self._find(node.id)
            for alias in sorted(node.aliases):
                self._join(node.id, alias)
        self._names = self._representatives()
        self._runs_on: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._needs: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._carries: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._wholes: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._hosts: set[str] = set()
        self._hosts_of: dict[tuple[str, str], tuple[str, ...]] = {}
        self._within: dict[tuple[str, str], frozenset[str]] = {}
        self._labels: dict[str, str] = {}
        for node in self._nodes:
            self._draw(node)
        for upper, lower in links:
            self._stand(self.canonical(upper), self.canonical(lower))
        self._above: dict[str, tuple[str, ...]] = {}
        self._ids: defaultdict[str, list[str]] = defaultdict(list)
        for node in self._nodes:
            self._ids[self.canonical(node.id)].append(node.id)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Return the nodes as they were given."""
        return self._nodes

    def canonical(self, node: str) -> str:
        """Return the one id of the thing that an id or alias means; itself where it is unknown."""
        return self._names.get(node, node)

    def ids(self, node: str) -> Sequence[str]:
        """Return the ids that the sources have for a thing; none where it is unknown."""
        return self._ids.get(self.canonical(node), ())

    def label(self, node: str) -> str:
        """Return the words for a thing, or "" where no source has any."""
        return self._labels.get(self.canonical(node), "")

    def ancestors(self, node: str) -> tuple[str, ...]:
        """Return what it runs on, nearest first."""
        start = self.canonical(node)
        return tuple(_walk(start, lambda at: self._runs_on.get(at, {})))[1:]

    def dependants(self, node: str) -> frozenset[str]:
        """Return all that runs on it or needs it, at any distance."""
        start = self.canonical(node)
        return frozenset(_walk(start, lambda at: self._carries.get(at, {}))) - {start}

    def hosts(self, node: str, source: str = "") -> tuple[str, ...]:
        """Return the hosts that carry a thing, nearest first; itself, if it is one.

        A thing that no source lists as a node is taken to be on the host of its own source.
        """
        if (known := self._hosts_of.get((node, source))) is None:
            known = tuple(at for at in self.above(node, source) if at in self._hosts)
            self._hosts_of[node, source] = known
        return known

    def above(self, node: str, source: str = "") -> tuple[str, ...]:
        """Return where what explains a finding at a node can be, nearest first.

        That is itself, the whole that it is part of, and all that it runs on or needs.
        """
        start = self.canonical(node)
        if start not in self._labels and (home := self.canonical(f"host:{source}")) in self._labels:
            return start, *self.above(home)
        if (known := self._above.get(start)) is None:
            stands_on = tuple(
                _walk(start, lambda at: {**self._runs_on.get(at, {}), **self._needs.get(at, {})})
            )
            known = tuple(dict.fromkeys((start, *self._wholes.get(start, {}), *stands_on[1:])))
            self._above[start] = known
        return known

    def within_host(self, node: str, source: str = "") -> frozenset[str]:
        """Return what a thing is, is made of and stands on, short of the hosts and of what those stand on."""
        if (known := self._within.get((node, source))) is None:
            hosts = self.hosts(node, source)
            known = frozenset(self.above(node, source)).difference(*(self.above(host) for host in hosts))
            self._within[node, source] = known
        return known

    def alive_cause(
        self,
        node: str,
        causes: Mapping[str, Iterable[str]],
        counts: Callable[[str], bool] = lambda _: True,
        source: str = "",
    ) -> str | None:
        """Return the nearest finding of `causes` (canonical node → finding ids) that counts for what is at a node."""
        for at in self.above(node, source):
            for finding in causes.get(at, ()):
                if counts(finding):
                    return finding
        return None

    def _find(self, node: str) -> str:
        root = self._parent.setdefault(node, node)
        while root != self._parent[root]:
            root = self._parent[root]
        while self._parent[node] != root:
            self._parent[node], node = root, self._parent[node]
        return root

    def _join(self, one: str, other: str) -> None:
        first, second = self._find(one), self._find(other)
        if first != second:
            self._parent[second] = first

    def _representatives(self) -> dict[str, str]:
        """Return the one id of each id and alias: the smallest of its nodes' ids, so that the order does not matter."""
        smallest: dict[str, str] = {}
        for node in self._nodes:
            root = self._find(node.id)
            smallest[root] = min(smallest.get(root, node.id), node.id)
        return {name: smallest[self._find(name)] for name in self._parent}

    def _draw(self, node: Node) -> None:
        mine = self.canonical(node.id)
        self._labels[mine] = self._labels.get(mine) or node.label
        if node.kind == "host":
            self._hosts.add(mine)
        if node.runs_on:
            self._stand(mine, self.canonical(node.runs_on))
        for need in sorted(node.needs):
            if (part := self.canonical(need)) == mine:
                continue
            self._needs[mine][part] = None
            self._carries[part][mine] = None
            if node.kind in MADE_OF_PARTS:
                self._wholes[part][mine] = None

    def _stand(self, upper: str, lower: str) -> None:
        if upper != lower:
            self._runs_on[upper][lower] = None
            self._carries[lower][upper] = None


def dump(nodes: Iterable[Node]) -> list[dict[str, Any]]:
    """Return nodes as JSON can hold them."""
    return [
        {
            "id": node.id,
            "kind": node.kind,
            "aliases": sorted(node.aliases),
            "runs_on": node.runs_on,
            "needs": sorted(node.needs),
            "label": node.label,
            "booted": node.booted,
        }
        for node in nodes
    ]


def load(stored: object) -> tuple[Node, ...]:
    """Return the nodes that `dump` gave, without what is damaged."""
    nodes: list[Node] = []
    for row in stored if isinstance(stored, list) else ():
        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
            nodes.append(_node(row))
    return tuple(nodes)


def _walk(start: str, following: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """Yield a node and what follows from it, nearest first, each once."""
    seen, queue = {start}, deque((start,))
    while queue:
        yield (at := queue.popleft())
        fresh = [node for node in following(at) if node not in seen]
        seen.update(fresh)
        queue.extend(fresh)


def _node(row: Mapping[str, Any]) -> Node:
    booted = row.get("booted")
    return Node(
        id=_text(row["id"]),
        kind=_text(row["kind"]),
        aliases=frozenset(map(_text, row["aliases"])),
        runs_on=None if row["runs_on"] is None else _text(row["runs_on"]),
        needs=frozenset(map(_text, row["needs"])),
        label=_text(row.get("label", "")),
        booted=None if booted is None else float(booted),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
