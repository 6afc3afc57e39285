"""`zpool.*`: the leaner view of pools that 26 brought; scan times are plain epoch seconds."""

from typing import Any

from simulator.jobs import Job
from simulator.storage import Pool, Vdev
from simulator.truenas.context import Context
from simulator.truenas.errors import EINVAL, CallError
from simulator.truenas.methods.pools import named_pool, pool_row
from simulator.truenas.methods.scrubs import act
from simulator.truenas.params import Flag, Integer, Items, Key, Param, Record, Text, options
from simulator.truenas.releases import Method, Release, role

type Row = dict[str, Any]


def _scan(pool: Pool) -> Row | None:
    scan = pool.scan
    if scan is None:
        return None
    running = scan.state == "SCANNING"
    return {
        "function": scan.function,
        "state": scan.state,
        "start_time": int(scan.start),
        "end_time": int(scan.end) if scan.end else None,
        "percentage": scan.percentage,
        "bytes_to_process": scan.total,
        "bytes_processed": scan.done,
        "bytes_issued": scan.done,
        "pause": int(scan.paused_at) if scan.paused_at else None,
        "errors": scan.errors,
        "total_secs_left": int((scan.total - scan.done) / scan.rate) if running else None,
    }


def _vdev(vdev: Vdev, name: str, top: int | None) -> Row:
    return {
        "name": name if vdev.children else f"/dev/{vdev.disk.name}1" if vdev.disk else "",
        "vdev_type": vdev.kind.lower(),
        "guid": vdev.guid,
        "state": vdev.status,
        "stats": {
            "read_errors": vdev.read_errors,
            "write_errors": vdev.write_errors,
            "checksum_errors": vdev.checksum_errors,
            "space": vdev.raw_size,
        },
        "children": [_vdev(child, "", top or vdev.guid) for child in vdev.children],
        "top_guid": top,
    }


def _topology(pool: Pool) -> Row:
    groups = [
        _vdev(vdev, f"{vdev.kind.lower()}-{place}", None)
        for place, vdev in enumerate(pool.data)
        if vdev.children
    ]
    single = [_vdev(vdev, "", None) for vdev in pool.data if not vdev.children]
    return {
        "data": groups,
        "stripe": single,
        "log": [],
        "cache": [],
        "spares": [],
        "special": [],
        "dedup": [],
    }


def _properties(ctx: Context, pool: Pool, names: list[str]) -> Row:
    world = ctx.world
    known = {
        "size": pool.size,
        "allocated": world.allocated(pool),
        "free": pool.size - world.allocated(pool),
        "capacity": 100 * world.allocated(pool) // pool.size,
        "fragmentation": pool.fragmentation,
        "health": pool.status,
    }
    for name in names:
        if name not in known:
            raise CallError(f"{name}: no such property", EINVAL)
    return {name: {"raw": str(known[name]), "source": "NONE", "value": known[name]} for name in names}


def zpools(ctx: Context, wanted: Row) -> list[Row]:
    """`zpool.query`: imported pools, the boot pool too; only what was asked for is filled in."""
    found: list[Row] = []
    for pool in [*ctx.world.pools, ctx.world.boot_pool]:
        names = wanted["pool_names"]
        if pool.exported or (names is not None and pool.name not in names):
            continue
        row = pool_row(ctx, pool, {})
        found.append(
            {
                "id": pool.number or None,
                "name": pool.name,
                "guid": pool.guid,
                **{key: row[key] for key in ("status", "healthy", "warning", "status_code", "status_detail")},
                "is_upgraded": True,
                "properties": _properties(ctx, pool, wanted["properties"]) if wanted["properties"] else None,
                "topology": _topology(pool) if wanted["topology"] else None,
                "scan": _scan(pool) if wanted["scan"] else None,
                "expand": None,
                "features": [] if wanted["features"] else None,
            }
        )
    return found


def run_scrub(ctx: Context, wanted: Row) -> Job:
    """`zpool.scrub.run`: the job is over as soon as the order is given, not when the scrub is."""
    pool = named_pool(ctx, wanted["pool_name"])
    if wanted["scan_type"] == "ERRORSCRUB" and not pool.errors():
        return ctx.job(0.1)
    watched = act(ctx, pool, {"START": "START", "PAUSE": "PAUSE", "CANCEL": "STOP"}[wanted["action"]])
    watched.watch = lambda: (100.0, "Scan started", True)
    return watched


_QUERY = options(
    pool_names=(Items(Text(), nullable=True), None),
    properties=(Items(Text(), nullable=True), None),
    topology=(Flag(), False),
    scan=(Flag(), False),
    expand=(Flag(), False),
    features=(Flag(), False),
)
_SCRUB = Record(
    {
        "pool_name": Key(Text()),
        "scan_type": Key(Text(("SCRUB", "ERRORSCRUB")), "SCRUB"),
        "action": Key(Text(("START", "PAUSE", "CANCEL")), "START"),
        "threshold": Key(Integer(low=0), 35),
    }
)

TABLE: tuple[Method, ...] = (
    Method("zpool.query", zpools, role("POOL_READ"), (Param("data", _QUERY, {}),), since=Release.V26),
    Method(
        "zpool.scrub.run",
        run_scrub,
        role("POOL_WRITE"),
        (Param("data", _SCRUB),),
        since=Release.V26,
        job=True,
        write=True,
    ),
)
