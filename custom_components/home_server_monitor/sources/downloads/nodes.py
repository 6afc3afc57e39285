"""What depends on what around one download client."""

from ...guardian.contract import Node


def client_node(source: str) -> str:
    """Return the node id of a client."""
    return f"downloads:{source}"


def nodes_of(source: str, name: str, place: str) -> tuple[Node, ...]:
    """Return the topology: the client, which is one thing with the container that publishes its port."""
    return (Node(id=client_node(source), kind="service", label=name, aliases=frozenset({place})),)
