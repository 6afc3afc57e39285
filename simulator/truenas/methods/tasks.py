"""Backup tasks of all kinds: their rows with state and last job, and how to run them."""

from collections.abc import Callable
import datetime as dt
from typing import Any

from simulator.jobs import Job, JobError
from simulator.motion import start_task, take_task_snapshot
from simulator.schedule import Schedule
from simulator.tasks import Replication, SnapshotTask, Task
from simulator.truenas.context import Context
from simulator.truenas.errors import EINVAL, CallError, NotFoundError
from simulator.truenas.extended_json import stamp
from simulator.truenas.methods.core import job_row
from simulator.truenas.params import Integer, Items, Key, Param, Record, Text
from simulator.truenas.releases import Method, Release, listing, role

type Row = dict[str, Any]


def schedule_row(schedule: Schedule, *, window: bool = False) -> Row:
    """The five fields; snapshot tasks have a window of the day too."""
    row = {
        "minute": schedule.minute,
        "hour": schedule.hour,
        "dom": schedule.dom,
        "month": schedule.month,
        "dow": schedule.dow,
    }
    return row | {"begin": dt.time(0, 0), "end": dt.time(23, 59)} if window else row


def last_job(ctx: Context, task: Task) -> Row | None:
    """The last job since the server started; null after a reboot."""
    if task.last is None or task.last.job is None:
        return None
    job = ctx.world.jobs.all.get(task.last.job)
    return job_row(ctx, job) if job else None


def _state(task: Task) -> Row:
    """`state` of snapshot tasks and replications; one that never ran is just PENDING."""
    run = task.last
    if isinstance(task, Replication) and task.hold:
        return {"state": "HOLD", "datetime": stamp(run.at) if run else None, "reason": task.hold}
    if run is None:
        return {"state": "PENDING"}
    if run.state == "RUNNING":
        return {"state": "RUNNING", "datetime": stamp(run.at)}
    if run.state in ("FAILED", "ABORTED"):
        return {"state": "ERROR", "datetime": stamp(run.at), "error": run.error or "Aborted"}
    row: Row = {"state": "FINISHED", "datetime": stamp(run.at), "warnings": []}
    if run.snapshot:
        row["last_snapshot"] = run.snapshot
    return row


def snapshot_task_row(_ctx: Context, task: SnapshotTask) -> Row:
    """One periodic snapshot task."""
    return {
        "id": task.number,
        "dataset": task.dataset,
        "recursive": task.recursive,
        "lifetime_value": task.keep,
        "lifetime_unit": task.keep_unit,
        "enabled": task.enabled,
        "exclude": [],
        "naming_schema": task.naming,
        "allow_empty": True,
        "schedule": schedule_row(task.schedule, window=True),
        "vmware_sync": False,
        "state": _state(task),
    }


def snapshot_tasks(ctx: Context, _extra: Row) -> list[Row]:
    """`pool.snapshottask.query`."""
    return [snapshot_task_row(ctx, task) for task in ctx.world.snapshot_tasks.values()]


def found_task[T: Task](tasks: dict[int, T], ident: int) -> T:
    """A task that must exist."""
    if ident not in tasks:
        raise NotFoundError(f"Task {ident}")
    return tasks[ident]


def run_snapshot_task(ctx: Context, ident: int) -> None:
    """`pool.snapshottask.run` up to 26."""
    task = found_task(ctx.world.snapshot_tasks, ident)
    take_task_snapshot(ctx.world, task, ctx.world.clock.now())


def run_snapshot_task_as_job(ctx: Context, ident: int) -> Job:
    """`pool.snapshottask.run` in 27."""
    task = found_task(ctx.world.snapshot_tasks, ident)

    def done() -> None:
        take_task_snapshot(ctx.world, task, ctx.world.clock.now())
        if task.failing:
            raise JobError(task.failing)

    return ctx.job(1.0, done)


def replications(ctx: Context, _extra: Row) -> list[Row]:
    """`replication.query`."""
    found: list[Row] = []
    for task in ctx.world.replications.values():
        bound = ctx.world.snapshot_tasks.get(task.snapshot_task)
        periodic = [snapshot_task_row(ctx, bound)] if bound else []
        for row in periodic:
            row.pop("state")
            row.pop("vmware_sync")
        found.append(
            {
                "id": task.number,
                "name": task.description,
                "direction": "PUSH",
                "transport": task.transport,
                "ssh_credentials": None,
                **dict.fromkeys(
                    (
                        "netcat_active_side",
                        "netcat_active_side_listen_address",
                        "netcat_active_side_port_min",
                        "netcat_active_side_port_max",
                        "netcat_passive_side_connect_address",
                    )
                ),
                "sudo": False,
                "source_datasets": task.sources,
                "target_dataset": task.target,
                "recursive": True,
                "exclude": [],
                "properties": True,
                "properties_exclude": [],
                "properties_override": {},
                "replicate": False,
                "encryption": False,
                "encryption_inherit": None,
                "encryption_key": None,
                "encryption_key_format": None,
                "encryption_key_location": None,
                "periodic_snapshot_tasks": periodic,
                "naming_schema": [],
                "also_include_naming_schema": [],
                "name_regex": None,
                "auto": True,
                "schedule": schedule_row(task.schedule, window=True),
                "restrict_schedule": None,
                "only_matching_schedule": False,
                "allow_from_scratch": False,
                "readonly": "SET",
                "hold_pending_snapshots": False,
                "retention_policy": "SOURCE",
                "lifetime_value": None,
                "lifetime_unit": None,
                "lifetimes": [],
                "compression": None,
                "speed_limit": None,
                "large_block": True,
                "embed": False,
                "compressed": True,
                "retries": 5,
                "logging_level": None,
                "enabled": task.enabled,
                "state": _state(task),
                "job": last_job(ctx, task),
                "has_encrypted_dataset_keys": False,
            }
        )
    return found


def start(ctx: Context, task: Task) -> Job:
    """Run a task now; refused where it is off, on hold, or running."""
    if not task.enabled:
        raise CallError("Task is not enabled", EINVAL)
    if task.last is not None and task.last.state == "RUNNING":
        raise CallError("Task is already running", EINVAL)
    if isinstance(task, Replication) and task.hold:
        raise CallError("Task is on hold", EINVAL)
    job = start_task(ctx.world, task, ctx.owner, ctx.session.ident)
    job.arguments = ctx.params
    return job


def run_replication(ctx: Context, ident: int, *_options: object) -> Job:
    """`replication.run`."""
    return start(ctx, found_task(ctx.world.replications, ident))


def unmatched(
    ctx: Context, _direction: str, sources: list[str], target: str, *_more: object
) -> dict[str, list[str]]:
    """`replication.target_unmatched_snapshots`: nothing on the target that the source lacks."""
    if not sources or any(source not in ctx.world.datasets for source in sources):
        raise NotFoundError("Source dataset")
    return {target: []}


def eligible(ctx: Context, wanted: Row) -> dict[str, int]:
    """`replication.count_eligible_manual_snapshots`."""
    mine = [snap for snap in ctx.world.snapshots.values() if snap.dataset in wanted["datasets"]]
    heads = [schema.split("%", 1)[0] for schema in wanted["naming_schema"]]
    return {
        "total": len(mine),
        "eligible": sum(any(snap.name.startswith(head) for head in heads) for snap in mine),
    }


def list_datasets(ctx: Context, _transport: str, _ssh: int | None) -> list[str]:
    """`replication.list_datasets`."""
    return sorted(ctx.world.datasets)


def work(
    name: str, handler: Callable[..., Any], roles: frozenset[str], *params: Param, **span: Release
) -> Method:
    """A row of a method that is a job."""
    return Method(
        name,
        handler,
        roles,
        params,
        job=True,
        write=True,
        since=span.get("since", Release.V24_04),
        until=span.get("until", Release.V27),
    )


_ID = Param("id", Integer())
_V25_04, _V25_10, _V26, _V27 = Release.V25_04, Release.V25_10, Release.V26, Release.V27
_TRANSPORT = Param("transport", Text(("SSH", "SSH+NETCAT", "LOCAL", "LEGACY")))
_SSH = Param("ssh_credentials", Integer(nullable=True), None)
_ELIGIBLE = Record(
    {
        "datasets": Key(Items(Text()), []),
        "naming_schema": Key(Items(Text()), []),
        "name_regex": Key(Text(nullable=True), None),
        "transport": Key(Text(("SSH", "SSH+NETCAT", "LOCAL"))),
        "ssh_credentials": Key(Integer(nullable=True), None),
    }
)


_REPLICATE = role("REPLICATION_TASK_WRITE")

TABLE: tuple[Method, ...] = (
    *listing("pool.snapshottask.query", snapshot_tasks, role("SNAPSHOT_TASK_READ")),
    Method("pool.snapshottask.run", run_snapshot_task, role("SNAPSHOT_TASK_WRITE"), (_ID,), until=_V26, write=True),
    work("pool.snapshottask.run", run_snapshot_task_as_job, role("SNAPSHOT_TASK_WRITE"), _ID, since=_V27),
    *listing("replication.query", replications, role("REPLICATION_TASK_READ")),
    work("replication.run", run_replication, _REPLICATE, _ID, until=_V25_10),
    work("replication.run", run_replication, _REPLICATE, _ID, Param("options", Record(), {}), since=_V26),
    Method("replication.target_unmatched_snapshots", unmatched, _REPLICATE,
           (Param("direction", Text(("PUSH", "PULL"))), Param("source_datasets", Items(Text())), Param("target_dataset", Text()), _TRANSPORT, _SSH)),
    Method("replication.count_eligible_manual_snapshots", eligible, _REPLICATE, (Param("data", _ELIGIBLE),)),
    Method("replication.list_datasets", list_datasets, _REPLICATE, (_TRANSPORT, _SSH)),
)  # fmt: skip
