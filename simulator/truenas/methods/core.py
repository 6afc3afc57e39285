"""Jobs, subscriptions, options of a connection."""

import asyncio
from typing import Any

from simulator.jobs import Job, JobError
from simulator.truenas.context import Context
from simulator.truenas.dispatch import finished
from simulator.truenas.errors import (
    EACCES,
    EINVAL,
    CallError,
    InvalidError,
    NotFoundError,
    UnknownMethodError,
)
from simulator.truenas.extended_json import stamp
from simulator.truenas.params import Anything, Flag, Integer, Items, Param, Text, options
from simulator.truenas.releases import ANY_USER, FULL, NO_LOGIN, Method, Release, only_query

type Row = dict[str, Any]


def ping(_ctx: Context) -> str:
    """`core.ping`."""
    return "pong"


def job_row(ctx: Context, job: Job) -> Row:
    """One job."""
    key = next((key for key in ctx.world.keys.values() if key.username == job.owner), None)
    credentials = None
    if key is not None:
        data: Row = {"username": key.username, "api_key": {"id": key.number, "name": key.name}}
        if ctx.release.rpc:
            data["login_at"] = stamp(job.started)
        credentials = {"type": "API_KEY", "data": data}
    error = job.error
    return {
        "id": job.number,
        "message_ids": [],
        "method": job.method,
        "arguments": job.arguments,
        "transient": False,
        "description": None,
        "abortable": job.abortable,
        "logs_path": f"/var/log/jobs/{job.number}.log" if job.logs else None,
        "logs_excerpt": _excerpt(job.logs) if job.over else None,
        "progress": {"percent": int(job.percent), "description": job.text, "extra": None},
        "result": job.result,
        "result_encoding_error": None,
        "error": f"[EFAULT] {error.reason}" if error else None,
        "exception": f"CallError: [EFAULT] {error.reason}" if error else None,
        "exc_info": {
            "repr": f"CallError({error.reason!r})",
            "type": "CallError",
            "errno": error.errno,
            "extra": None,
        }
        if error
        else None,
        "state": job.state,
        "time_started": stamp(job.started),
        "time_finished": stamp(job.finished) if job.finished else None,
        "credentials": credentials,
    }


def _excerpt(logs: str | None) -> str | None:
    """The first ten and the last ten lines."""
    if logs is None:
        return None
    lines = logs.splitlines(keepends=True)
    if len(lines) <= 20:
        return logs
    return "".join([*lines[:10], f"... {len(lines) - 20} more lines ...\n", *lines[-10:]])


def jobs(ctx: Context, _extra: Row) -> list[Row]:
    """`core.get_jobs`: all for a full administrator, else one's own."""
    return [
        job_row(ctx, job) for job in ctx.world.jobs.all.values() if ctx.face.sees_job(ctx.session, job.owner)
    ]


def _job(ctx: Context, ident: int) -> Job:
    job = ctx.world.jobs.all.get(ident)
    if job is None:
        raise NotFoundError(f"Job {ident}")
    if not ctx.face.sees_job(ctx.session, job.owner):
        raise CallError(f"Job {ident} is not owned by current session", EACCES)
    return job


def job_abort(ctx: Context, ident: int) -> None:
    """`core.job_abort`."""
    job = _job(ctx, ident)
    if not job.abortable:
        raise CallError("Job is not abortable", EINVAL)
    ctx.world.jobs.abort(job)


def job_wait(ctx: Context, ident: int) -> Job:
    """`core.job_wait`: a job that lasts as long as the other one."""
    job = _job(ctx, ident)

    def result() -> Any:
        if job.error:
            raise JobError(job.error.reason, job.error.errno)
        return job.result

    return ctx.job(0.0, result, watch=lambda: (job.percent, job.text, job.over))


def subscribe(ctx: Context, event: str) -> str:
    """`core.subscribe`."""
    return ctx.face.events.subscribe(ctx.session, event)


def unsubscribe(ctx: Context, ident: str) -> None:
    """`core.unsubscribe`."""
    ctx.face.events.unsubscribe(ctx.session, ident)


def set_options(ctx: Context, wanted: Row) -> None:
    """`core.set_options`."""
    if wanted["legacy_jobs"] is not None:
        ctx.session.legacy_jobs = wanted["legacy_jobs"]


def bulk(ctx: Context, method: str, calls: list[list[Any]], _description: str | None) -> Job:
    """`core.bulk`: one job that makes many calls and reports each."""
    outcome: list[Row] = []
    total = max(1, len(calls))

    async def work() -> None:
        for params in calls:
            try:
                value = await ctx.face.call(ctx.session, method, params)
                if ctx.session.legacy_jobs and ctx.face.is_job(ctx.session, method):
                    value = await finished(ctx.world.jobs.wait(ctx.world.jobs.all[value]))
                outcome.append({"job_id": None, "error": None, "result": value})
            except (CallError, InvalidError, UnknownMethodError) as error:
                outcome.append({"job_id": None, "error": str(error), "result": None})

    task = asyncio.ensure_future(work())
    ctx.session.tasks.add(task)
    task.add_done_callback(ctx.session.tasks.discard)
    return ctx.job(0.0, lambda: outcome, watch=lambda: (100.0 * len(outcome) / total, method, task.done()))


def get_methods(ctx: Context, *_unused: object) -> Row:
    """`core.get_methods` (25.10 and later, small here): name → roles and job."""
    found: Row = {}
    for name in sorted(ctx.face.table.names(ctx.server)):
        row = ctx.face.table.find(name, ctx.server, ctx.session.endpoint)
        if row and not row.hidden:
            found[name] = {"job": row.job, "roles": sorted(row.roles - {"*"}), "filterable": row.listing}
    return found


def get_services(ctx: Context, *_unused: object) -> Row:
    """`core.get_services` (25.10 and later)."""
    names = {name.rpartition(".")[0] for name in ctx.face.table.names(ctx.server)}
    return {name: {"config": None, "type": "service"} for name in sorted(names)}


_OPTIONS = options(legacy_jobs=(Flag(), None), private_methods=(Flag(), False), py_exceptions=(Flag(), False))
_ID = (Param("id", Integer()),)
_TARGET = Param("target", Text(("WS", "REST", "CLI")), "WS")
_RPC: dict[str, Any] = {"since": Release.V25_04}

TABLE: tuple[Method, ...] = (
    Method("core.ping", ping, FULL, until=Release.V24_04),
    Method("core.ping", ping, ANY_USER, since=Release.V24_10, until=Release.V25_04),
    Method("core.ping", ping, NO_LOGIN, since=Release.V25_10),
    only_query("core.get_jobs", jobs, ANY_USER),
    Method("core.job_abort", job_abort, ANY_USER, _ID, write=True),
    Method("core.job_wait", job_wait, ANY_USER, _ID, job=True),
    Method("core.subscribe", subscribe, ANY_USER, (Param("event", Text()),), **_RPC),
    Method("core.unsubscribe", unsubscribe, ANY_USER, (Param("id_", Text()),), **_RPC),
    Method("core.set_options", set_options, NO_LOGIN, (Param("options", _OPTIONS),), **_RPC),
    Method(
        "core.bulk",
        bulk,
        ANY_USER,
        (
            Param("method", Text()),
            Param("params", Items(Items(Anything()))),
            Param("description", Text(nullable=True), None),
        ),
        job=True,
        write=True,
    ),
    Method(
        "core.get_methods",
        get_methods,
        ANY_USER,
        (Param("service", Text(nullable=True), None), _TARGET),
        since=Release.V25_10,
    ),
    Method("core.get_services", get_services, ANY_USER, (_TARGET,), since=Release.V25_10),
)
