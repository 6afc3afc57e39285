"""How pools stand: their disks, what they miss, what takes whose place, and what is copied of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from custom_components.home_server_monitor.guardian.capabilities import Backup
from custom_components.home_server_monitor.sources.truenas.disk import disk as parsed
from custom_components.home_server_monitor.sources.truenas.listings import SmartReading
from custom_components.home_server_monitor.sources.truenas.memory import Memory
from custom_components.home_server_monitor.sources.truenas.model import TrueNas
from custom_components.home_server_monitor.sources.truenas.smart import places_of, readings_of
from custom_components.home_server_monitor.sources.truenas.stands import seats, stands_of
from custom_components.home_server_monitor.sources.truenas.storage import Dataset, Snapshots
from custom_components.home_server_monitor.sources.truenas.work import TaskKind

from .build import NOW, disk, leaf, pool, scan, task, vdev

A, B, NEW = disk("sda", "SERIAL-A"), disk("sdb", "SERIAL-B"), disk("sdc", "SERIAL-N")


def nas(*members: Any, disks: tuple[Any, ...] = (A, B, NEW), **more: Any) -> TrueNas:
    """A NAS with one pool."""
    found = pool(vdevs=members, **{key: more.pop(key) for key in ("scan", "status") if key in more})
    return TrueNas(pools={"1": found}, disks={each.identity: each for each in disks}, **more)


def test_a_device_that_is_gone_is_known_by_what_was_behind_it() -> None:
    """The newest TrueNAS does not always say which disk a missing device was."""
    memory = Memory()
    memory.meet({each.identity: each.title for each in (A, B)})
    memory.seat(seats(nas(vdev("mirror", leaf("sda"), leaf("sdb")))))
    gone = replace(leaf("sda", "offline"), disk=None)
    data = nas(vdev("mirror", gone, leaf("sdb")), disks=(B,), status="degraded")
    assert stands_of(data, memory)["1"].lost == {"disk:SERIAL-A"}
    assert stands_of(data, memory)["1"].members == {"SERIAL-B"}
    # after a restart, too; one that was never seen is none of ours
    again = Memory()
    again.load(memory.save())
    assert stands_of(data, again)["1"].lost == {"disk:SERIAL-A"}
    assert stands_of(data, Memory())["1"].lost == {"device:g-sda"}


def test_what_takes_whose_place() -> None:
    gone = replace(leaf("sda", "offline"), disk=None, missing="SERIAL-A")
    memory = Memory(disks={"SERIAL-A": "A"})
    group = vdev("replacing", gone, leaf("sdc"), status="degraded")
    running = scan(kind="resilver", state="scanning", progress=41.0, left=7200, errors=0)
    data = nas(vdev("mirror", group, leaf("sdb")), disks=(B, NEW), status="degraded", scan=running)
    found = stands_of(data, memory)["1"]
    assert found.takes_over == {"disk:SERIAL-A": "SERIAL-N"}
    assert found.lost == {"disk:SERIAL-A"}
    assert found.resilver is not None
    assert (found.resilver.running, found.resilver.percent, found.resilver.left) == (True, 41.0, 7200)
    # a scrub is no rebuild
    assert stands_of(nas(vdev("mirror", leaf("sda"), leaf("sdb")), scan=scan()), memory)["1"].resilver is None


def test_what_is_copied_of_a_pool_and_what_is_not() -> None:
    names = ("tank", "tank/a", "tank/a/b", "tank/c", "tank/d", "tanker/x")
    datasets = {name: Dataset(name, name.split("/")[0], False, 1, 1, None, False, None) for name in names}
    hour, day = NOW - timedelta(hours=1), NOW - timedelta(days=1)
    tasks = (
        task(key="replication_1", kind=TaskKind.REPLICATION, datasets=("tank/a",), last_success=day),
        task(key="replication_2", kind=TaskKind.REPLICATION, datasets=("tank/a",), last_success=hour),
        task(key="cloud_sync_1", kind=TaskKind.CLOUD_SYNC, datasets=("tank/c/films",), last_success=None),
        task(key="rsync_1", kind=TaskKind.RSYNC, datasets=("tank/d",), enabled=False),
        task(key="rsync_2", kind=TaskKind.RSYNC, datasets=("tanker/x",)),
        task(key="snapshot_1", datasets=("tank",)),
    )
    data = nas(
        vdev("mirror", leaf("sda"), leaf("sdb")),
        datasets=datasets,
        tasks={each.key: each for each in tasks},
        snapshots={"tank/a": Snapshots(3, day, day), "tank/c": Snapshots(1, hour, hour)},
    )
    found = stands_of(data, Memory())["1"]
    assert found.backups == (Backup("replication", hour), Backup("cloud_sync", None))
    assert found.bare == ("tank/d",)
    assert found.snapshot == hour


def test_the_slot_where_the_machine_tells_it() -> None:
    row = {"name": "sda", "serial": "SERIAL-A", "identifier": "{serial}SERIAL-A"}
    for enclosure, slot in (
        ({"number": 0, "slot": 4}, "slot 4"),
        ({"number": 2, "slot": 11}, "slot 11 of enclosure 2"),
        (None, None),
        ("?", None),
    ):
        assert parsed({**row, "enclosure": enclosure})[1].slot == slot
    there = replace(A, slot="slot 4")
    place = places_of("nas", nas(vdev("mirror", leaf("sda"), leaf("sdb")), disks=(there, B, NEW)))["SERIAL-A"]
    assert (place.slot, place.pool_id, place.status, place.loses, place.spares) == (
        "slot 4",
        "1",
        "online",
        1,
        0,
    )


def test_a_serial_that_a_usb_box_gives_all_its_disks_is_nobodys() -> None:
    one, two = replace(A, identity="lun1"), replace(B, serial=A.serial, identity="lun2")
    data = nas(vdev("mirror", leaf("sda"), leaf("sdb")), disks=(one, two, NEW))
    assert set(places_of("nas", data)) == {"SERIAL-N"}
    told = {
        each: SmartReading(each, NOW, "nas", [{"id": 5, "raw": {"value": 3}}])
        for each in ("SERIAL-A", "SERIAL-N")
    }
    assert set(readings_of(data, told, "nas")) == {"SERIAL-N"}
