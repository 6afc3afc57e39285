"""Scrubs: their schedule, and starting, pausing and stopping them."""

from typing import Any

from simulator.clock import DAY
from simulator.jobs import Job
from simulator.motion import start_scan
from simulator.storage import Pool, Scan
from simulator.truenas.context import Context
from simulator.truenas.errors import EBUSY, EINVAL, CallError, NotFoundError
from simulator.truenas.methods.pools import named_pool
from simulator.truenas.params import Integer, Param, Text
from simulator.truenas.releases import FULL, Method, Release, only_query, role

type Row = dict[str, Any]


def scrub_tasks(ctx: Context, _extra: Row) -> list[Row]:
    """`pool.scrub.query`: the schedule of each pool's scrub."""
    return [
        {
            "id": pool.number,
            "pool": pool.number,
            "pool_name": pool.name,
            "threshold": pool.scrub_days,
            "description": "",
            "schedule": {"minute": "00", "hour": "00", "dom": "*", "month": "*", "dow": "7"},
            "enabled": True,
        }
        for pool in ctx.world.pools
    ]


def _follow(ctx: Context, pool: Pool, scan: Scan) -> Job:
    def watch() -> tuple[float, str, bool]:
        mine = pool.scan is scan and scan.state == "SCANNING" and scan.paused_at is None
        return scan.percentage, "Scrubbing" if mine else "Scrub finished", not mine

    return ctx.job(0.0, watch=watch, text="Scrubbing")


def act(ctx: Context, pool: Pool, action: str) -> Job:
    """Start, stop or pause. The job of a start lasts as long as the scrub."""
    world = ctx.world
    scan = pool.scan
    now = world.clock.now()
    if pool.status not in ("ONLINE", "DEGRADED"):
        raise CallError(f"Pool {pool.name} is {pool.status}", EINVAL)
    if scan is not None and scan.state == "SCANNING" and scan.function == "RESILVER":
        raise CallError(f"Pool {pool.name} is resilvering", EBUSY)
    if action == "START":
        if scan is not None and scan.state == "SCANNING":
            if scan.paused_at is None:
                raise CallError(f"Pool {pool.name} is already being scanned", EINVAL)
            scan.resumed_at += now - scan.paused_at
            scan.paused_at = None
            return _follow(ctx, pool, scan)
        return _follow(ctx, pool, start_scan(world, pool, "SCRUB"))
    if scan is None or scan.state != "SCANNING":
        raise CallError("There is no active scrub", EINVAL)
    if action == "PAUSE":
        if scan.paused_at is not None:
            raise CallError("Scrub is already paused", EINVAL)
        scan.paused_at = now
    else:
        scan.state, scan.end, scan.paused_at = "CANCELED", now, None
    world.changed("scan", "changed", pool.name)
    return ctx.job(0.1)


def scrub(ctx: Context, name: str, action: str) -> Job:
    """`pool.scrub.scrub`."""
    return act(ctx, named_pool(ctx, name), action)


def scrub_by_id(ctx: Context, ident: int, action: str) -> Job:
    """`pool.scrub`."""
    for pool in ctx.world.pools:
        if pool.number == ident:
            return act(ctx, named_pool(ctx, pool.name), action)
    raise NotFoundError(f"Pool {ident}")


def scrub_if_due(ctx: Context, name: str, threshold: int) -> None:
    """`pool.scrub.run`: does nothing, and says nothing, while the last scrub is younger than that."""
    pool = named_pool(ctx, name)
    scan = pool.scan
    if pool.scanning:
        return
    if scan and scan.end and ctx.world.clock.now() - scan.end < (threshold - 1) * DAY:
        return
    start_scan(ctx.world, pool, "SCRUB")


def boot_scrub(ctx: Context) -> Job:
    """`boot.scrub`."""
    return act(ctx, ctx.world.boot_pool, "START")


def resilver_config(_ctx: Context) -> Row:
    """`pool.resilver.config`."""
    return {"id": 1, "begin": "18:00", "end": "9:00", "enabled": True, "weekday": [1, 2, 3, 4, 5, 6, 7]}


_ACTIONS = ("START", "STOP", "PAUSE")


_ACTION = Param("action", Text(_ACTIONS))


_WRITE: dict[str, Any] = {"job": True, "write": True}


TABLE: tuple[Method, ...] = (
    only_query("pool.scrub.query", scrub_tasks, role("POOL_SCRUB_READ")),
    Method(
        "pool.scrub.scrub",
        scrub,
        role("POOL_WRITE"),
        (Param("name", Text()), Param("action", Text(_ACTIONS), "START")),
        **_WRITE,
    ),
    Method("pool.scrub", scrub_by_id, role("POOL_WRITE"), (Param("id", Integer()), _ACTION), **_WRITE),
    Method(
        "pool.scrub.run",
        scrub_if_due,
        role("POOL_WRITE"),
        (Param("name", Text()), Param("threshold", Integer(low=0), 35)),
        write=True,
    ),
    Method("boot.scrub", boot_scrub, FULL, until=Release.V25_04, **_WRITE),
    Method("boot.scrub", boot_scrub, role("BOOT_ENV_WRITE"), since=Release.V25_10, **_WRITE),
    Method("pool.resilver.config", resilver_config, role("POOL_READ")),
)
