"""Disks: rows, details, what is unused."""

from typing import Any

from simulator.storage import Disk
from simulator.truenas.context import Context
from simulator.truenas.params import OPTIONS, Flag, Param, Text, options
from simulator.truenas.query import run
from simulator.truenas.releases import Method, Release, only_query, role

type Row = dict[str, Any]


def disk_row(ctx: Context, disk: Disk, extra: Row) -> Row:
    """One disk; `pool` only where `extra.pools` asks for it."""
    leaf = ctx.world.leaf_of(disk)
    pool = ctx.world.pool_of(disk) if extra.get("pools") else None
    nvme = disk.bus == "NVME"
    row: Row = {
        "identifier": disk.identifier,
        "name": disk.name,
        "subsystem": "nvme" if nvme else "scsi",
        "number": 66305 if nvme else 2048 + 16 * (sum(map(ord, disk.name)) % 4096),
        "serial": disk.serial,
        "lunid": disk.lunid,
        "size": disk.size,
        "description": "",
        "transfermode": "Auto",
        "hddstandby": str(disk.standby_minutes) if disk.standby_minutes else "ALWAYS ON",
        "advpowermgmt": "DISABLED",
        "expiretime": None,
        "model": disk.model,
        "rotationrate": disk.rotation,
        "type": disk.kind,
        "zfs_guid": str(leaf.guid) if leaf else None,
        "bus": "NVME" if nvme else "ATA",
        "devname": disk.name,
        "enclosure": None,
        "pool": pool.name if pool else None,
    }
    if ctx.release <= Release.V25_04:
        row |= {
            "togglesmart": True,
            "smartoptions": "",
            "critical": None,
            "difference": None,
            "informational": None,
        }
        if extra.get("supports_smart"):
            row["supports_smart"] = True
    if ctx.release >= Release.V26:
        row |= {"sed": False, "sed_status": "UNSUPPORTED"}
    if extra.get("passwords"):
        row |= {"passwd": "", "kmip_uid": None}
    return row


def disks(ctx: Context, extra: Row) -> list[Row]:
    """`disk.query`."""
    return [disk_row(ctx, disk, extra) for disk in ctx.world.present_disks()]


def disk_instance(ctx: Context, ident: str, wanted: Row) -> Any:
    """`disk.get_instance`, by identifier."""
    return run(disks(ctx, wanted["extra"]), [["identifier", "=", ident]], {**wanted, "get": True})


def details(ctx: Context, wanted: Row) -> Row | list[Row]:
    """`disk.details`."""
    used: list[Row] = []
    unused: list[Row] = []
    for disk in ctx.world.present_disks():
        pool = ctx.world.pool_of(disk)
        row = disk_row(ctx, disk, {"pools": True})
        row |= {
            "sectorsize": 512,
            "dif": False,
            "imported_zpool": pool.name if pool else None,
            "exported_zpool": None,
            "unsupported_md_devices": None,
            "duplicate_serial": [],
        }
        if wanted["join_partitions"]:
            row["partitions"] = []
        (used if pool else unused).append(row)
    if wanted["type"] == "USED":
        return used
    return unused if wanted["type"] == "UNUSED" else {"used": used, "unused": unused}


def unused_disks(ctx: Context, _join: bool) -> list[Row]:
    """`disk.get_unused` (24.x)."""
    return [disk_row(ctx, disk, {}) for disk in ctx.world.present_disks() if ctx.world.pool_of(disk) is None]


_REPORTING = role("REPORTING_READ")

TABLE: tuple[Method, ...] = (
    only_query("disk.query", disks, role("DISK_READ")),
    Method("disk.get_instance", disk_instance, role("DISK_READ"), (Param("id", Text()), OPTIONS)),
    Method(
        "disk.details",
        details,
        _REPORTING,
        (
            Param(
                "data",
                options(join_partitions=(Flag(), False), type=(Text(("USED", "UNUSED", "BOTH")), "BOTH")),
                {},
            ),
        ),
        since=Release.V24_10,
    ),
    Method(
        "disk.get_unused", unused_disks, _REPORTING, (Param("join", Flag(), False),), until=Release.V24_10
    ),
)
