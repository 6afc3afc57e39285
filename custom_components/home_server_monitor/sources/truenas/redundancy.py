"""How much a pool can still lose."""

from collections.abc import Iterator

from .storage import Pool, Vdev

# losing one of these loses the pool; caches, spares and logs do not
HOLDS_DATA = frozenset({"data", "special", "dedup"})
SPARE = {"raidz1": 1, "raidz2": 2, "raidz3": 3, "draid": 1, "draid1": 1, "draid2": 2, "draid3": 3}
WELL = frozenset({"online", "unknown"})


def vital(pool: Pool) -> Iterator[Vdev]:
    """Yield the vdevs without which the pool is lost."""
    return (vdev for vdev in pool.vdevs if vdev.role in HOLDS_DATA)


def lost(vdev: Vdev) -> int:
    """Return how many devices of a vdev are not there or not well."""
    return sum(leaf.status not in WELL for leaf in vdev.leaves())


def spare(vdev: Vdev) -> int:
    """Return how many more devices a vdev can lose without losing data; negative where it is too late."""
    allowed = len(vdev.children) - 1 if vdev.kind == "mirror" else SPARE.get(vdev.kind, 0)
    return allowed - lost(vdev)


def next_fault_is_fatal(pool: Pool) -> bool:
    """Return whether a damaged vdev can lose no more."""
    return any(lost(vdev) and spare(vdev) <= 0 for vdev in vital(pool))


def redundant(pool: Pool) -> bool:
    """Return whether each vdev that holds plain data has more than one device."""
    return all(vdev.children for vdev in pool.vdevs if vdev.role == "data")


def keeper(vdev: Vdev) -> str:
    """Return what repairs errors in a vdev, in words."""
    if not vdev.children:
        return "pool"
    return "mirror" if vdev.kind == "mirror" else vdev.kind.upper().replace("RAIDZ", "RAID-Z")
