"""Where a UPS stands in the topology: below the hosts that hang on it."""

from ...guardian.contract import Node
from ...guardian.own_path import ups_node


def unit_node(source: str) -> str:
    """Return the node id of the UPS of a source."""
    return f"ups:{source}"


def nodes_of(source: str, label: str, hosts: frozenset[str], port: int, ups: str) -> tuple[Node, ...]:
    """Return its node. hosts: the names and addresses of its upsd, by one of which a NAS says that it hangs on it."""
    aliases = frozenset(ups_node(host, port, ups) for host in hosts)
    return (Node(id=unit_node(source), kind="ups", aliases=aliases, label=label),)
