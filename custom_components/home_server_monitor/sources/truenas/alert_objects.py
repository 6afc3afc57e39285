"""Which pools and disks an alert of the NAS is about: by what it names, never by a guess."""

from collections.abc import Iterable

from .model import TrueNas
from .system import Alert


def pools_of(data: TrueNas, alert: Alert) -> list[str]:
    """Return the guids of the pools that an alert names."""
    return [guid for guid, pool in data.pools.items() if pool.name in alert.named]


def disks_of(data: TrueNas, remembered: Iterable[str], alert: Alert) -> list[str]:
    """Return the identities of the disks that an alert names, of those that are gone by their serial."""
    here = [
        key for key, disk in data.disks.items() if not alert.named.isdisjoint({key, disk.device, disk.serial})
    ]
    return here + [key for key in remembered if key in alert.named and key not in data.disks]
