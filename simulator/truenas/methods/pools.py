"""Pools: their rows, the boot pool, and scrubs."""

from typing import Any

from simulator.clock import DAY
from simulator.noise import digest
from simulator.storage import Pool, Vdev
from simulator.truenas.context import Context
from simulator.truenas.errors import NotFoundError
from simulator.truenas.extended_json import stamp
from simulator.truenas.params import Integer, Param
from simulator.truenas.releases import Method, Release, listing, only_query, role
from simulator.world import World

type Row = dict[str, Any]

_FAULTED = "One or more devices are faulted in response to persistent errors."
_ENOUGH = f"{_FAULTED} Sufficient replicas exist for the pool to continue functioning in a degraded state."
_ERRORS = "One or more devices has experienced an unrecoverable error. Applications are unaffected."
_CODES = {
    "ONLINE": ("OK", None),
    "DEGRADED": ("FAULTED_DEV_R", _ENOUGH),
    "FAULTED": ("FAULTED_DEV_NR", _FAULTED),
    "OFFLINE": (None, None),
    "UNAVAIL": ("CORRUPT_POOL", "The pool metadata is corrupted."),
}
_FAILING = ("FAILING_DEV", _ERRORS)


def scan_row(world: World, pool: Pool) -> Row | None:
    """A pool's scan, or null where none ever ran."""
    scan = pool.scan
    if scan is None or pool.exported:
        return None
    left = None
    if scan.state == "SCANNING" and scan.rate:
        left = max(0, int((scan.total - scan.done) / scan.rate))
    return {
        "function": scan.function,
        "state": scan.state,
        "start_time": stamp(scan.start),
        "end_time": stamp(scan.end) if scan.end else None,
        "percentage": scan.percentage,
        "bytes_to_process": scan.total,
        "bytes_processed": scan.done,
        "bytes_issued": scan.done,
        "pause": stamp(scan.paused_at) if scan.paused_at else None,
        "errors": scan.errors,
        "total_secs_left": left,
    }


def _stats(world: World, vdev: Vdev, top: bool) -> Row:
    reads, writes = 0, 0
    for leaf in vdev.leaves():
        if leaf.disk:
            read, written = world.disk_counters(leaf.disk)
            reads += read
            writes += written
    size = vdev.raw_size if top else 0
    return {
        "timestamp": int(world.uptime() * 1e9),
        "read_errors": vdev.read_errors,
        "write_errors": vdev.write_errors,
        "checksum_errors": vdev.checksum_errors,
        "ops": [0, reads // 65536, writes // 32768, 0, 0, 0, 0],
        "bytes": [0, reads, writes, 0, 0, 0, 0],
        "size": size,
        "allocated": 0,
        "fragmentation": 0,
        "self_healed": 0,
        "configured_ashift": 12,
        "logical_ashift": 9,
        "physical_ashift": 12,
    }


def _unavailable(vdev: Vdev) -> Row | None:
    disk = vdev.disk
    if disk is None or disk.present:
        return None
    return {
        "identifier": disk.identifier,
        "name": disk.name,
        "serial": disk.serial,
        "model": disk.model,
        "size": disk.size,
        "type": disk.kind,
        "devname": disk.name,
    }


def vdev_row(world: World, vdev: Vdev, index: int, top: bool = True) -> Row:
    """A node of the topology; a missing member has no `disk` and says which one is gone."""
    guid = str(vdev.guid)
    if vdev.children:
        return {
            "name": f"{vdev.kind.lower()}-{index}",
            "type": vdev.kind,
            "path": None,
            "guid": guid,
            "status": vdev.status,
            "stats": _stats(world, vdev, top),
            "children": [vdev_row(world, child, place, False) for place, child in enumerate(vdev.children)],
            "unavail_disk": None,
        }
    disk = vdev.disk
    assert disk is not None
    part = digest(world.seed, "partition", disk.serial)
    uuid = f"{part[:8]}-{part[8:12]}-4{part[13:16]}-8{part[17:20]}-{part[20:32]}"
    return {
        "name": uuid if disk.present else guid,
        "type": "DISK",
        "path": f"/dev/disk/by-partuuid/{uuid}",
        "guid": guid,
        "status": vdev.status,
        "stats": _stats(world, vdev, top),
        "children": [],
        "device": (f"{disk.name}p1" if disk.bus == "NVME" else f"{disk.name}1") if disk.present else None,
        "disk": disk.name if disk.present else None,
        "unavail_disk": _unavailable(vdev),
    }


def pool_row(ctx: Context, pool: Pool, extra: Row) -> Row:
    """One pool; an exported one has nulls for numbers and topology."""
    world = ctx.world
    known = not pool.exported
    code, detail = _CODES[pool.status]
    if pool.status == "ONLINE" and pool.errors():
        code, detail = _FAILING
    size = pool.size if known else None
    allocated = world.allocated(pool) if known else None
    free = pool.size - world.allocated(pool) if known else None
    freeing = 0 if known else None
    row: Row = {
        "id": pool.number,
        "name": pool.name,
        "guid": str(pool.guid),
        "path": f"/mnt/{pool.name}",
        "status": pool.status,
        "scan": scan_row(world, pool),
        "topology": {
            "data": [vdev_row(world, vdev, place) for place, vdev in enumerate(pool.data)],
            **{kind: [] for kind in ("log", "cache", "spare", "special", "dedup")},
        }
        if known
        else None,
        "healthy": pool.status == "ONLINE",
        "warning": pool.status == "ONLINE" and pool.errors() > 0,
        "status_code": code,
        "status_detail": detail,
        "size": size,
        "allocated": allocated,
        "free": free,
        "freeing": freeing,
        "fragmentation": str(pool.fragmentation) if known else None,
        **{
            f"{name}_str": None if value is None else str(value)
            for name, value in (
                ("size", size),
                ("allocated", allocated),
                ("free", free),
                ("freeing", freeing),
            )
        },
        "autotrim": {
            "value": "on" if pool.autotrim else "off",
            "rawvalue": "on" if pool.autotrim else "off",
            "parsed": "on" if pool.autotrim else "off",
            "source": "LOCAL" if pool.autotrim else "DEFAULT",
        },
    }
    if ctx.release >= Release.V24_10:
        row["expand"] = None
    if ctx.release >= Release.V25_04:
        row["dedup_table_size"] = 0 if known else None
        row["dedup_table_quota"] = "auto" if known else None
    if ctx.release >= Release.V26:
        row["all_sed"] = False
    if extra.get("is_upgraded"):
        row["is_upgraded"] = True
    return row


def pools(ctx: Context, extra: Row) -> list[Row]:
    """`pool.query`."""
    return [pool_row(ctx, pool, extra) for pool in ctx.world.pools]


def boot_state(ctx: Context) -> Row:
    """`boot.get_state`: shaped as a pool, without id and guid."""
    row = pool_row(ctx, ctx.world.boot_pool, {"is_upgraded": True})
    row["path"] = "/"
    del row["id"], row["guid"]
    return row


def boot_environments(ctx: Context, _extra: Row) -> list[Row]:
    """`boot.environment.query`."""
    return [
        {
            "id": version,
            "dataset": f"boot-pool/ROOT/{version}",
            "active": active,
            "activated": active,
            "created": stamp(ctx.world.clock.now() - age * DAY),
            "used_bytes": size,
            "used": f"{size / (1 << 30):.2f} GiB",
            "keep": False,
            "can_activate": True,
        }
        for version, active, age, size in _environments(ctx)
    ]


def _environments(ctx: Context) -> list[tuple[str, bool, int, int]]:
    now = ctx.version.rpartition("-")[2] if "BETA" not in ctx.version else ctx.version.split("-", 1)[1]
    return [(now, True, 41, 2_910_000_000), ("24.04.2", False, 400, 2_610_000_000)]


def old_boot_environments(ctx: Context, _extra: Row) -> list[Row]:
    """`bootenv.query` (24.x)."""
    return [
        {
            "id": version,
            "realname": version,
            "name": version,
            "active": "NR" if active else "",
            "activated": active,
            "can_activate": True,
            "mountpoint": "/" if active else "-",
            "space": f"{size / (1 << 30):.2f}G",
            "created": stamp(ctx.world.clock.now() - age * DAY),
            "keep": False,
            "rawspace": size,
        }
        for version, active, age, size in _environments(ctx)
    ]


def named_pool(ctx: Context, name: str) -> Pool:
    """A pool that is imported."""
    pool = ctx.world.pool(name)
    if pool is None or pool.exported:
        raise NotFoundError(f"Pool {name}")
    return pool


def is_upgraded(ctx: Context, ident: int) -> bool:
    """`pool.is_upgraded`."""
    if not any(pool.number == ident for pool in ctx.world.pools):
        raise NotFoundError(f"Pool {ident}")
    return True


TABLE: tuple[Method, ...] = (
    *listing("pool.query", pools, role("POOL_READ")),
    Method("boot.get_state", boot_state, role("READONLY_ADMIN")),
    only_query("boot.environment.query", boot_environments, role("BOOT_ENV_READ"), since=Release.V25_04),
    only_query("bootenv.query", old_boot_environments, role("READONLY_ADMIN"), until=Release.V24_10),
    Method(
        "pool.is_upgraded", is_upgraded, role("POOL_READ"), (Param("id", Integer()),), gone_on=Release.V26
    ),
)
