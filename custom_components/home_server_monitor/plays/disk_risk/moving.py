"""Disks that one machine misses and another one lists: they were moved, and are missed no more."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...guardian.capabilities import ForgetsDisks, KnowsDisks, ReadsSmart
from ...guardian.house import House

if TYPE_CHECKING:
    from .play import DiskRisk

MISSING = "disk_missing"


def elsewhere(house: House, missed_by: str, serial: str) -> str | None:
    """Return the name of another machine, of any server, that lists a disk now; None where there is none."""
    for source in house.capable(KnowsDisks):
        if source.id == missed_by or not source.judged or serial not in source.disk_places():
            continue
        # what it listed once is no proof that the disk is there
        if isinstance(source, ReadsSmart) and serial in (source.listed_disks() or ()):
            return source.name
    return None


def _moved(play: DiskRisk) -> Iterator[tuple[ForgetsDisks, str, str]]:
    """Yield the disks that were moved: who misses it, the disk, and where it is."""
    for source in play.mine(ForgetsDisks):
        for serial in source.missed_disks() if source.judged else ():
            if (machine := elsewhere(play.house, source.id, serial)) is not None:
                yield source, serial, machine


async def miss_no_more(play: DiskRisk) -> list[str]:
    """Have disks that were moved missed by nobody; returns their serials."""
    moved = [*_moved(play)]
    for source, serial, machine in moved:
        source.forget_disk(serial)
        named = {"disk": play.label(serial) or serial[-4:], "machine": machine}
        await play.guardian.note("disk_moved", named)
    return [serial for _, serial, _ in moved]
