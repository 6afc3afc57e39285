"""Where a service that answers over HTTP stands in the topology: itself, and its address and port."""

from yarl import URL

from ..guardian.own_path import endpoint_node


def host_node(source: str) -> str:
    """Return the node id of the service itself."""
    return f"host:{source}"


def place_of(url: URL) -> str:
    """Return the node id of its address and port."""
    return endpoint_node(url.host or "", url.port or 80)
