"""What depends on what inside a NAS: host, pools, disks, apps."""

from ...guardian.contract import Node
from ...guardian.own_path import container_node
from .model import TrueNas


def host_node(source: str) -> str:
    """Return the node id of the NAS."""
    return f"host:{source}"


def pool_node(guid: str) -> str:
    """Return the node id of a pool."""
    return f"pool:{guid}"


def disk_node(identity: str) -> str:
    """Return the node id of a disk."""
    return f"disk:{identity}"


def app_node(source: str, name: str) -> str:
    """Return the node id of an app."""
    return f"app:{source}:{name}"


def task_node(source: str, key: str) -> str:
    """Return the node id of a scheduled task."""
    return f"task:{source}:{key}"


def nodes_of(source: str, data: TrueNas | None) -> tuple[Node, ...]:
    """Return the topology of one NAS: pools need their disks, apps run on the host."""
    if data is None:
        return ()
    host = host_node(source)
    by_device = {disk.device: key for key, disk in data.disks.items()}
    pools = tuple(
        Node(
            id=pool_node(guid),
            kind="pool",
            runs_on=host,
            needs=frozenset(
                disk_node(by_device[leaf.disk])
                for leaf in pool.leaves()
                if leaf.disk and leaf.disk in by_device
            ),
        )
        for guid, pool in data.pools.items()
    )
    disks = tuple(Node(id=disk_node(key), kind="disk", runs_on=host) for key in data.disks)
    apps = tuple(
        Node(
            id=app_node(source, key),
            kind="app",
            aliases=frozenset(container_node(container) for container in app.containers),
            runs_on=host,
        )
        for key, app in data.apps.items()
    )
    return (Node(id=host, kind="host"), *pools, *disks, *apps)
