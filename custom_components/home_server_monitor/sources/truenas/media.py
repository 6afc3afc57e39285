"""What a path of a NAS is kept on: a pool of disks that spin, or one of flash."""

from ...guardian.capabilities_streams import Medium
from .model import TrueNas
from .storage import Pool

# where apps and the engine are mounted that TrueNAS runs itself, whichever pool they are on
OWN = ".ix-apps"
_APPS = ("ix-apps", "ix-applications")


def medium_of(data: TrueNas, path: str) -> tuple[Medium, str] | None:
    """Return what a path is kept on, and the name of its pool; None where it is on none, or its disks are not known.

    One disk that spins makes a pool as slow as that; a cache or a log beside it changes nothing of what is written
    and read again within a minute.
    """
    if not path.startswith("/mnt/"):
        return None
    name = path.removeprefix("/mnt/").partition("/")[0]
    if name == OWN:
        name = next(
            (each.pool for each in data.datasets.values() if each.name.rpartition("/")[2] in _APPS), ""
        )
    pool = next((each for each in data.pools.values() if each.name == name), None)
    medium = _medium(data, pool) if pool is not None else None
    return (medium, name) if medium is not None else None


def _medium(data: TrueNas, pool: Pool) -> Medium | None:
    kinds = {disk.device: disk.kind for disk in data.disks.values()}
    leaves = [leaf for vdev in pool.vdevs if vdev.role == "data" for leaf in vdev.leaves()]
    found = {kinds.get(leaf.disk or "") for leaf in leaves}
    if "HDD" in found:
        return Medium.DISKS
    return Medium.FLASH if found == {"SSD"} else None
