"""What depends on what in an Arr: its address, what it complains of, and the downloads that something is wrong with."""

from yarl import URL

from ...guardian.contract import Node
from ..places import host_node, place_of
from .model import Arr

# downloads that are told of by name; a queue may have thousands
NAMED = 100


def download_node(source: str, key: str) -> str:
    """Return the node id of a download."""
    return f"download:{source}:{key}"


def check_node(source: str, key: str) -> str:
    """Return the node id of something that the Arr complains of."""
    return f"check:{source}:{key}"


def nodes_of(source: str, name: str, url: URL, data: Arr | None) -> tuple[Node, ...]:
    """Return the topology of one Arr."""
    here = host_node(source)
    itself = Node(id=here, kind="service", label=name, aliases=frozenset({place_of(url)}))
    if data is None:
        return (itself,)
    wrong = [key for key in data.suspects if key in data.queue.items][:NAMED]
    return (
        itself,
        *(
            Node(
                id=download_node(source, key),
                kind="download",
                label=data.queue.items[key].title,
                runs_on=here,
            )
            for key in wrong
        ),
    )
