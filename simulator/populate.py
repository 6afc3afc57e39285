"""Services, network, certificates and scheduled tasks of the home server."""

from .clock import DAY
from .motion import UNIT_SECONDS, past_run, take_task_snapshot
from .network import Certificate, Interface
from .noise import digest
from .schedule import Schedule
from .tasks import CloudBackup, CloudSync, Cron, Replication, Rsync, SnapshotTask
from .workloads import Service
from .world import World

RUNNING = {"cifs": [2418, 2420], "nfs": [2511], "ssh": [1733], "ups": [1902], "smartd": [1410]}


def add_services(world: World) -> None:
    """The services that a middleware knows; those of one release only are filtered by its face."""
    names = ("cifs", "nfs", "ssh", "ups", "smartd", "iscsitarget", "ftp", "snmp", "nvmet", "webshare")
    for position, name in enumerate(names, start=1):
        pids = RUNNING.get(name, [])
        world.services[name] = Service(position, name, bool(pids), bool(pids), list(pids))


def add_network(world: World) -> None:
    """Two ports, of which the second is a direct link without an address, and two certificates."""
    now = world.clock.now()
    world.interfaces = [
        Interface("enp3s0", "d8:5e:d3:2a:10:44", "192.168.1.10", 24, 2500, 1_900_000, 740_000),
        Interface("enp4s0", "d8:5e:d3:2a:10:45", None, 24, 1000, 0, 0, up=False),
    ]
    world.certificates = [
        Certificate(1, "truenas_default", "localhost", ("DNS:localhost",), now - 500 * DAY, now + 325 * DAY),
        Certificate(
            2,
            "home-lan",
            "nas.home.example",
            ("DNS:nas.home.example",),
            now - 69 * DAY,
            now + 21 * DAY,
            acme=True,
        ),
    ]


def add_tasks(world: World) -> None:
    """Snapshots, replication, cloud sync, rsync, cloud backup, cron; all with a past."""
    now = world.clock.now()
    world.snapshot_tasks = _snapshot_tasks()
    for snapshot_task in world.snapshot_tasks.values():
        _past_snapshots(world, snapshot_task, now)
    _add_copies(world, now)
    world.crons = {
        1: Cron(
            number=1,
            description="power of the rack",
            schedule=Schedule("*/10"),
            command="/mnt/apps/config/power.sh",
            seconds=3,
            output="42.7 W\n",
        ),
    }
    for task in world.tasks():
        task.next_at = task.schedule.after(now)
        if not isinstance(task, SnapshotTask | Replication):
            past_run(world, task, now - 9 * 3600)
    newest = max((s for s in world.snapshots.values() if s.dataset == "tank/photos"), key=lambda s: s.txg)
    past_run(world, world.replications[1], now - 9 * 3600, newest.ident)


def _snapshot_tasks() -> dict[int, SnapshotTask]:
    return {
        1: SnapshotTask(
            number=1,
            description="",
            schedule=Schedule("0", "*"),
            dataset="tank/documents",
            keep=2,
            keep_unit="DAY",
        ),
        2: SnapshotTask(
            number=2,
            description="",
            schedule=Schedule("0", "1"),
            dataset="tank/photos",
            keep=2,
            keep_unit="WEEK",
        ),
        3: SnapshotTask(
            number=3,
            description="",
            schedule=Schedule("30", "3", dow="7"),
            dataset="apps",
            keep=2,
            keep_unit="MONTH",
        ),
    }


def _add_copies(world: World, now: float) -> None:
    daily = Schedule("15", "2")
    world.replications = {
        1: Replication(
            number=1,
            description="photos to media",
            schedule=daily,
            seconds=90,
            sources=["tank/photos"],
            target="media/replica/photos",
            transport="LOCAL",
            snapshot_task=2,
        ),
    }
    world.cloud_syncs = {
        1: CloudSync(
            number=1,
            description="documents to B2",
            schedule=daily,
            path="/mnt/tank/documents",
            bucket="home-documents",
        ),
    }
    world.rsyncs = {
        1: Rsync(
            number=1,
            description="laptops to brother",
            schedule=Schedule("45", "4"),
            path="/mnt/tank/backups/laptops",
            remote="nas2.example",
            remote_path="/volume1/laptops",
        ),
    }
    world.cloud_backups = {
        1: CloudBackup(
            number=1,
            description="photos to Storj",
            schedule=Schedule("0", "5"),
            path="/mnt/tank/photos",
            bucket="photos",
            snapshots=[
                (digest(world.seed, "restic", day)[:64], now - day * DAY - 7200)
                for day in (21, 14, 7, 3, 2, 1)
            ],
        ),
    }


def _past_snapshots(world: World, task: SnapshotTask, now: float) -> None:
    moment = max(now - task.keep * UNIT_SECONDS[task.keep_unit], now - 30 * DAY)
    while (moment := task.schedule.after(moment)) < now:
        take_task_snapshot(world, task, moment)
