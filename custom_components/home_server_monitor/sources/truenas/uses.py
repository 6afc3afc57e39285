"""What goes on on a NAS and would be interrupted: runs of tasks, scans of pools, updates."""

from collections.abc import Collection, Iterator

from ...guardian.capabilities import Use
from ..errors import NotSupported, PermissionDenied
from .model import TrueNas
from .nodes import app_node, host_node, pool_node, task_node
from .sending import Nas

# states of an app between two others
BUSY_APP = frozenset({"deploying", "stopping"})


def uses(source: str, data: TrueNas | None, nodes: Collection[str]) -> Iterator[Use]:
    """Yield what goes on on these nodes."""
    if data is None:
        return
    for key, task in data.tasks.items():
        if task.running and task_node(source, key) in nodes:
            yield Use(task.kind.value, task.name)
    for guid, pool in data.pools.items():
        if pool.scan and pool.scan.kind and pool.scan.running and pool_node(guid) in nodes:
            yield Use(pool.scan.kind, pool.name)
    for key, app in data.apps.items():
        if app.state in BUSY_APP and app_node(source, key) in nodes:
            yield Use("app", app.title)
    fetched = data.update.progress if data.update else None
    if data.update and fetched is not None and fetched < 100 and host_node(source) in nodes:
        yield Use("update", data.update.available or "TrueNAS")


async def look_in_use(nas: Nas, nodes: Collection[str]) -> list[Use]:
    """Read what tells it, and return what goes on. Raises ClientError.

    Whether an update is being fetched is pushed; asking for it would ask the makers of TrueNAS.
    """
    data = nas.data
    kinds = {node.partition(":")[0] for node in nodes}
    for kind, feed in (("task", "tasks"), ("pool", "pools"), ("app", "apps")):
        if kind in kinds:
            try:
                data = await nas.async_look(feed)
            except PermissionDenied, NotSupported:
                # what the key may not read is not known to be in use
                continue
    return list(uses(nas.id, data, nodes))
