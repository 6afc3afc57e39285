"""How the pools of a NAS stand: which disks they have, which they miss, what is rebuilt, and what is copied of them."""

from collections.abc import Iterator, Mapping

from ...guardian.capabilities import Backup, PoolStand, Resilver
from .memory import Memory
from .model import TrueNas
from .nodes import disk_node
from .redundancy import WELL
from .storage import Pool, Scan, Vdev
from .work import Task, TaskKind

# groups in which one device takes the place of another
TAKING_OVER = frozenset({"replacing", "spare"})


def seats(data: TrueNas) -> Mapping[str, str]:
    """Return the identities of the disks behind the devices of pools, by the guid of the device."""
    by_device = {disk.device: key for key, disk in data.disks.items()}
    return {
        leaf.guid: by_device[leaf.disk]
        for pool in _pools(data)
        for leaf in pool.leaves()
        if leaf.guid and leaf.disk in by_device
    }


def stands_of(data: TrueNas, memory: Memory) -> Mapping[str, PoolStand]:
    """Return the pools by guid."""
    return {pool.guid: _stand(data, memory, pool) for pool in _pools(data)}


def _pools(data: TrueNas) -> list[Pool]:
    return [*data.pools.values(), *([data.boot_pool] if data.boot_pool else [])]


def _stand(data: TrueNas, memory: Memory, pool: Pool) -> PoolStand:
    by_device = {disk.device: disk for disk in data.disks.values()}

    def node(leaf: Vdev) -> str:
        disk = by_device.get(leaf.disk or "")
        identity = disk.identity if disk else memory.identity_of(leaf)
        return disk_node(identity) if identity else f"device:{leaf.guid}"

    snapshots = [
        seen.newest
        for name, seen in data.snapshots.items()
        if _within(name, pool.name) and seen.newest is not None
    ]
    tasks = [*_copying(data, pool)]
    return PoolStand(
        id=pool.guid,
        name=pool.name,
        status=pool.status,
        members=frozenset(
            disk.serial for leaf in pool.leaves() if (disk := by_device.get(leaf.disk or "")) and disk.serial
        ),
        lost=frozenset(node(leaf) for leaf in pool.leaves() if leaf.status not in WELL),
        takes_over={
            node(old): disk.serial
            for group in _taking_over(pool.vdevs)
            for old, new in [(group.children[0], group.children[-1])]
            if (disk := by_device.get(new.disk or "")) and disk.serial
        },
        resilver=_resilver(pool.scan),
        backups=_newest(tasks),
        snapshot=max(snapshots, default=None),
        bare=_bare(data, pool, tasks),
    )


def _taking_over(vdevs: tuple[Vdev, ...]) -> Iterator[Vdev]:
    for vdev in vdevs:
        if vdev.kind in TAKING_OVER and len(vdev.children) > 1:
            yield vdev
        yield from _taking_over(vdev.children)


def _resilver(scan: Scan | None) -> Resilver | None:
    if scan is None or scan.kind != "resilver":
        return None
    going = scan.state == "scanning"
    return Resilver(
        running=going, percent=scan.progress, left=scan.left if going else None, errors=scan.errors
    )


def _within(dataset: str, above: str) -> bool:
    return dataset == above or dataset.startswith(f"{above}/")


def _copying(data: TrueNas, pool: Pool) -> Iterator[Task]:
    """Yield the tasks that copy something of a pool to somewhere else, and are switched on."""
    for task in data.tasks.values():
        copies = task.enabled and task.kind is not TaskKind.SNAPSHOT
        if copies and any(_within(name, pool.name) for name in task.datasets):
            yield task


def _newest(tasks: list[Task]) -> tuple[Backup, ...]:
    found: dict[str, Backup] = {}
    for task in tasks:
        known = found.get(task.kind.value)
        if known is None or (
            task.last_success is not None and (known.last is None or task.last_success > known.last)
        ):
            found[task.kind.value] = Backup(task.kind.value, task.last_success)
    return tuple(found.values())


def _bare(data: TrueNas, pool: Pool, tasks: list[Task]) -> tuple[str, ...]:
    """Return the datasets without children of which no task copies anything."""
    mine = [name for name in data.datasets if _within(name, pool.name)]
    parents = {name.rpartition("/")[0] for name in mine}
    copied = {name for task in tasks for name in task.datasets}
    # of a dataset some folders of which are copied, too
    partly = {above for name in copied for above in _above(name)}
    return tuple(
        name
        for name in mine
        if name not in parents and name not in partly and copied.isdisjoint(_above(name))
    )


def _above(name: str) -> Iterator[str]:
    """Yield a dataset and all that it is in."""
    while name:
        yield name
        name = name.rpartition("/")[0]
