"""How the world moves: scans, jobs, what fills up, and tasks, on schedule or by order."""

import datetime as dt
from typing import TYPE_CHECKING, Literal

from . import ageing
from .jobs import Job, JobError
from .noise import digest
from .storage import Pool, Scan
from .tasks import CloudBackup, CloudSync, Cron, Replication, Rsync, Run, SnapshotTask, Task

if TYPE_CHECKING:
    from .world import World

# the job that runs a kind of task: its method, and what its progress says
JOBS = {
    Replication: ("replication.run", "Sending snapshots"),
    CloudSync: ("cloudsync.sync", "Transferring files"),
    Rsync: ("rsynctask.run", "Transferring files"),
    CloudBackup: ("cloud_backup.sync", "Backing up"),
    Cron: ("cronjob.run", "Executing command"),
}
UNIT_SECONDS = {
    "HOUR": 3600.0,
    "DAY": 86400.0,
    "WEEK": 7 * 86400.0,
    "MONTH": 30 * 86400.0,
    "YEAR": 365 * 86400.0,
}


def tick(world: World) -> None:
    """Bring everything up to the present: scans, jobs, what fills up, schedules."""
    now = world.clock.now()
    elapsed = now - world.filled_at
    world.filled_at = now
    for pool in [*world.pools, world.boot_pool]:
        if pool.fill:
            world.root(pool).own += int(pool.fill * elapsed)
        move_scan(world, pool, now)
    ageing.grow(world)
    world.jobs.tick()
    if world.clock.moving:
        _run_schedules(world, now)


def move_scan(world: World, pool: Pool, now: float) -> None:
    """Where a running scan is by now; a resilver that ends heals its pool."""
    scan = pool.scan
    if scan is None or scan.state != "SCANNING" or scan.paused_at is not None:
        return
    before = int(scan.percentage)
    scan.done = min(scan.total, int((now - scan.start - scan.resumed_at) * scan.rate))
    if scan.done >= scan.total:
        scan.state = "FINISHED"
        scan.end = now
        if scan.function == "RESILVER":
            pool.data = [vdev.settle() for vdev in pool.data]
            for leaf in pool.leaves():
                if leaf.disk is not None and leaf.disk.present:
                    leaf.state = "ONLINE"
                    leaf.read_errors = leaf.write_errors = leaf.checksum_errors = 0
            if pool.status == "ONLINE":
                world.clear_alerts("VolumeStatus")
            world.changed("pool", "changed", pool.number)
    if int(scan.percentage) != before or scan.state == "FINISHED":
        world.changed("scan", "changed", pool.name)


def _run_schedules(world: World, now: float) -> None:
    for task in world.tasks():
        rounds = 0
        while task.enabled and task.next_at <= now and rounds < 200:
            due, task.next_at = task.next_at, task.schedule.after(task.next_at)
            rounds += 1
            if isinstance(task, SnapshotTask):
                take_task_snapshot(world, task, due)
            elif task.next_at > now:
                start_task(world, task, owner=None)


def take_task_snapshot(world: World, task: SnapshotTask, at: float) -> None:
    """What a snapshot task does when it is due: take, note, prune."""
    name = dt.datetime.fromtimestamp(at, dt.UTC).strftime(task.naming)
    names = [task.dataset]
    if task.recursive:
        names += [other for other in world.datasets if other.startswith(f"{task.dataset}/")]
    if task.failing:
        task.last = Run("FAILED", at, error=task.failing)
    else:
        for dataset in names:
            if f"{dataset}@{name}" not in world.snapshots and not world.datasets[dataset].locked:
                world.add_snapshot(dataset, name, at)
        task.last = Run("SUCCESS", at, snapshot=f"{task.dataset}@{name}")
        oldest = at - task.keep * UNIT_SECONDS[task.keep_unit]
        for snap in list(world.snapshots.values()):
            if snap.dataset in names and snap.created < oldest and not snap.holds:
                del world.snapshots[snap.ident]
    world.changed("snapshot_task", "changed", task.number)


def start_scan(world: World, pool: Pool, function: Literal["SCRUB", "RESILVER"], rate: float = 165e6) -> Scan:
    """Begin a scrub or resilver; it reads what is allocated at `rate` bytes per second."""
    total = world.allocated(pool)
    pool.scan = Scan(function, "SCANNING", world.clock.now(), total, rate * len(pool.data))
    world.changed("scan", "changed", pool.name)
    return pool.scan


def past_run(world: World, task: Task, at: float, snapshot: str | None = None) -> None:
    """Let a task have run well: a server that has been up for weeks remembers the job."""
    job = world.jobs.past(JOBS[type(task)][0], [task.number], at, task.seconds)
    task.last = Run("SUCCESS", at + task.seconds, job.number, snapshot=snapshot)


def start_task(world: World, task: Task, owner: str | None, session: str | None = None) -> Job:
    """Run a task now, as the middleware does it: as a job."""
    method, text = JOBS[type(task)]
    started = world.clock.now()

    def done() -> None:
        if task.failing:
            task.last = Run("FAILED", world.clock.now(), job.number, task.failing)
            world.changed(method.split(".", 1)[0], "changed", task.number)
            raise JobError(task.failing)
        snapshot = None
        if isinstance(task, Replication):
            newest = max(
                (snap for snap in world.snapshots.values() if snap.dataset == task.sources[0]),
                key=lambda snap: snap.txg,
                default=None,
            )
            snapshot = newest.ident if newest else None
        if isinstance(task, CloudBackup):
            task.snapshots.append((digest(world.seed, "restic", task.number, started)[:64], started))
        task.last = Run("SUCCESS", world.clock.now(), job.number, snapshot=snapshot)
        world.changed(method.split(".", 1)[0], "changed", task.number)

    def aborted() -> None:
        task.last = Run("ABORTED", world.clock.now(), job.number)

    job = world.jobs.start(
        method,
        [task.number],
        task.seconds,
        done,
        text=text,
        owner=owner,
        session=session,
        abortable=True,
        on_abort=aborted,
        logs=task.output if isinstance(task, Cron) else None,
    )
    task.last = Run("RUNNING", started, job.number)
    world.changed(method.split(".", 1)[0], "changed", task.number)
    return job
