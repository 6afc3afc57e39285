"""What depends on what in a Plex Media Server: its address, and its settings that are told of."""

from yarl import URL

from ...guardian.contract import Node
from ..places import host_node, place_of


def setting_node(source: str, key: str) -> str:
    """Return the node id of a setting, or of what a check is about."""
    return f"setting:{source}:{key}"


def nodes_of(source: str, name: str, url: URL) -> tuple[Node, ...]:
    """Return the topology of one server."""
    return (Node(id=host_node(source), kind="service", label=name, aliases=frozenset({place_of(url)})),)
