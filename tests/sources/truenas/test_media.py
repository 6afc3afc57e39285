"""What a path of a NAS is kept on: one disk that spins makes a pool slow."""

from custom_components.home_server_monitor.guardian.capabilities_streams import Medium
from custom_components.home_server_monitor.sources.truenas.media import medium_of
from custom_components.home_server_monitor.sources.truenas.model import TrueNas
from custom_components.home_server_monitor.sources.truenas.storage import Dataset

from .build import disk, leaf, pool, vdev


def test_what_a_path_is_kept_on() -> None:
    kinds = {"sda": "HDD", "sdb": "HDD", "nvme0n1": "SSD", "nvme1n1": "SSD", "sdz": None}
    pools = {
        "tank": (vdev("mirror", leaf("sda"), leaf("sdb")), vdev("mirror", leaf("nvme0n1"), role="special")),
        "fast": (vdev("mirror", leaf("nvme0n1"), leaf("nvme1n1")), vdev("disk", leaf("sda"), role="log")),
        "mixed": (leaf("nvme0n1"), leaf("sda")),
        "odd": (leaf("sdz"),),
        "gone": (leaf(None),),
    }
    apps = Dataset("fast/ix-apps", "fast", False, 1, 1, None, False, False)
    data = TrueNas(
        pools={name: pool(guid=name, name=name, vdevs=vdevs) for name, vdevs in pools.items()},
        disks={name: disk(name, serial=name, kind=kind) for name, kind in kinds.items()},
        datasets={apps.name: apps},
    )
    for path, found in (
        ("/mnt/tank/media/temp", (Medium.DISKS, "tank")),
        ("/mnt/fast", (Medium.FLASH, "fast")),
        ("/mnt/mixed/x", (Medium.DISKS, "mixed")),
        ("/mnt/.ix-apps/docker/overlay2", (Medium.FLASH, "fast")),
        ("/mnt/odd/x", None),
        ("/mnt/gone/x", None),
        ("/mnt/other/x", None),
        ("/mnt/", None),
        ("/var/lib/docker", None),
        ("", None),
    ):
        assert medium_of(data, path) == found, path
    assert medium_of(TrueNas(), "/mnt/.ix-apps/docker") is None
