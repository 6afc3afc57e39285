"""What is wrong with disks."""

from collections.abc import Iterator

from ...guardian.contract import Finding, Severity
from .case import Case, Rule
from .disk import Disk
from .nodes import disk_node, pool_node
from .redundancy import WELL
from .storage import Vdev

HOT = {"HDD": (50.0, 57.0), "SSD": (65.0, 72.0)}
NVME_HOT = (72.0, 80.0)
# a disk that is warm is cleared only this many degrees below
COOLED = 3.0


def same_batch(case: Case) -> Iterator[Finding]:
    """Two disks of one model with neighbouring serials in one mirror wear and fail together."""
    by_device = {disk.device: disk for disk in case.data.disks.values()}
    for pool in case.data.pools.values():
        for vdev in pool.vdevs:
            members = [by_device[leaf.disk] for leaf in vdev.leaves() if leaf.disk and leaf.disk in by_device]
            pairs = ((one, two) for index, one in enumerate(members) for two in members[index + 1 :])
            if vdev.kind == "mirror" and (pair := next((pair for pair in pairs if _batch(*pair)), None)):
                yield case.make(
                    rule="same_batch",
                    object=pool_node(pool.guid),
                    severity=Severity.INFO,
                    placeholders={"pool": pool.name, "first": pair[0].title, "second": pair[1].title},
                )


def _batch(one: Disk, two: Disk) -> bool:
    if not one.serial or not two.serial or one.model != two.model or len(one.serial) != len(two.serial):
        return False
    # vendors count up at the end of a serial: the same but for the last three characters is one production run
    return len(one.serial) >= 8 and one.serial[:-3] == two.serial[:-3]


def disk_missing(case: Case) -> Iterator[Finding]:
    """A disk that was there and is not listed any more."""
    if "disks" not in case.data.complete:
        return
    for identity, shown in case.memory.disks.items():
        if identity not in case.data.disks:
            yield case.make(
                rule="disk_missing",
                object=disk_node(identity),
                severity=Severity.HIGH,
                placeholders={"disk": shown, "where": case.where(identity)},
            )


def marks(disk: Disk) -> tuple[float, float]:
    """Return from how many degrees a disk is too warm, and far too warm."""
    return NVME_HOT if disk.device.startswith("nvme") else HOT.get(disk.kind or "", HOT["HDD"])


def disk_hot(case: Case) -> Iterator[Finding]:
    """A disk above what its maker would sign."""
    for identity, disk in case.data.disks.items():
        warm, hot = marks(disk)
        if disk.temperature is not None and disk.temperature > warm - COOLED:
            yield case.make(
                rule="disk_hot",
                object=disk_node(identity),
                severity=Severity.HIGH if disk.temperature >= hot else Severity.WARNING,
                placeholders={
                    "disk": disk.title,
                    "temperature": f"{disk.temperature:.0f}",
                    "where": case.where(identity),
                },
                holds=disk.temperature < warm,
            )


def self_test_failed(case: Case) -> Iterator[Finding]:
    """A self-test of the disk itself failed; one that runs now or was ended early takes nothing back."""
    for identity, disk in case.data.disks.items():
        if disk.last_test in ("failed", "running", "aborted"):
            yield case.make(
                rule="self_test_failed",
                object=disk_node(identity),
                severity=Severity.HIGH,
                placeholders={"disk": disk.title, "where": case.where(identity)},
                holds=disk.last_test != "failed",
            )


def in_doubt(case: Case, leaf: Vdev) -> bool:
    """Return whether a device of a pool is gone, makes errors, failed its own test or is far too hot."""
    if leaf.status not in WELL or leaf.errors:
        return True
    disk, stale = case.disk_of(leaf), case.data.stale
    if disk is None:
        return False
    hot = "temperatures" not in stale and disk.temperature is not None and disk.temperature >= marks(disk)[1]
    return hot or ("smart_tests" not in stale and disk.last_test == "failed")


# each with the feeds without which it is not judged
DISK_RULES: tuple[tuple[tuple[str, ...], Rule], ...] = (
    (("pools",), same_batch),
    (("disks",), disk_missing),
    (("temperatures",), disk_hot),
    (("smart_tests",), self_test_failed),
)
