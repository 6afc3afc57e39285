"""What depends on what around one download client."""

from ...guardian.contract import Node
from ...guardian.own_path import endpoint_node


def client_node(source: str) -> str:
    """Return the node id of a client."""
    return f"downloads:{source}"


def nodes_of(source: str, name: str, place: str) -> tuple[Node, ...]:
    """Return the topology: the client, which is one thing with the container that publishes its port."""
    return (Node(id=client_node(source), kind="service", label=name, aliases=frozenset({place})),)


def place_of(host: str | None, port: int | None) -> str:
    """Return the node id of where a client answers."""
    return endpoint_node(host or "", port or 80)
