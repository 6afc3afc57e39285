"""Property objects of ZFS: {value, rawvalue, parsed, source, source_info}."""

import datetime as dt
from typing import Any

from simulator.storage import Dataset
from simulator.truenas.context import Context
from simulator.truenas.extended_json import stamp

type Row = dict[str, Any]


def size_text(size: float) -> str:
    """1536 → 1.5 KiB, as zfs writes it."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if size < 1024 or unit == "TiB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.2f} {unit}".replace(".00", "")
        size /= 1024
    raise AssertionError


def prop(value: str | None, raw: str, parsed: object, source: str = "NONE") -> Row:
    """A property object."""
    return {"value": value, "rawvalue": raw, "parsed": parsed, "source": source, "source_info": None}


def _size(size: int, source: str = "NONE") -> Row:
    return prop(size_text(size), str(size), size, source)


def _limit(size: int) -> Row:
    """0 is no limit, which the middleware parses as null."""
    return prop(size_text(size) if size else None, str(size), size or None, "LOCAL" if size else "DEFAULT")


def _word(word: str, source: str = "DEFAULT") -> Row:
    return prop(word.upper(), word, word, source)


def _flag(on: bool, source: str = "DEFAULT") -> Row:
    return prop("ON" if on else "OFF", "on" if on else "off", on, source)


def space(ctx: Context, dataset: Dataset) -> Row:
    """How much it uses, may use and has left."""
    world = ctx.world
    pool = world.pool(dataset.pool)
    assert pool is not None
    own = world.own_bytes(dataset)
    used, snaps = world.used(dataset), world.snapshot_bytes(dataset.name)
    available = world.available(pool)
    if dataset.quota:
        available = max(0, min(available, dataset.quota - used))
    return {
        "used": _size(used),
        "available": _size(available),
        "usedbychildren": _size(used - own - snaps),
        "usedbydataset": _size(own),
        "usedbyrefreservation": _size(0),
        "usedbysnapshots": _size(snaps),
        "quota": _limit(dataset.quota),
        "refquota": _limit(0),
        "reservation": _limit(0),
        "refreservation": _limit(0),
    }


def settings(dataset: Dataset) -> Row:
    """Properties that somebody set, or did not."""
    kind = "passphrase" if dataset.encrypted else "none"
    rows: Row = {
        "deduplication": _word("off"),
        "sync": _word("standard"),
        "compression": _word("lz4", "LOCAL"),
        "compressratio": prop(f"{dataset.compression:.2f}x", f"{dataset.compression:.2f}", f"{dataset.compression:.2f}"),
        "origin": prop("", "", ""),
        "copies": prop("1", "1", 1, "DEFAULT"),
        "readonly": _flag(dataset.readonly),
        "checksum": _flag(True),
        "snapdev": _word("hidden"),
        "encryption_algorithm": prop("AES-256-GCM", "aes-256-gcm", "aes-256-gcm") if dataset.encrypted else _word("off"),
        "key_format": prop("PASSPHRASE" if dataset.encrypted else None, kind, kind),
        "pbkdf2iters": prop("350000" if dataset.encrypted else "0", "350000" if dataset.encrypted else "0", 350000 if dataset.encrypted else 0),
        "creation": prop(
            dt.datetime.fromtimestamp(dataset.created, dt.UTC).strftime("%a %b %e %H:%M %Y"),
            str(int(dataset.created)),
            stamp(int(dataset.created)),
        ),
    }  # fmt: skip
    if dataset.volume_size is not None:
        return rows | {
            "volsize": _size(dataset.volume_size, "LOCAL"),
            "volblocksize": prop("16 KiB", "16384", 16384, "DEFAULT"),
        }
    return rows | {
        "aclmode": _word("discard"),
        "acltype": _word("posix"),
        "xattr": prop("SA", "sa", "sa", "LOCAL"),
        "atime": _flag(False, "LOCAL"),
        "casesensitivity": _word("sensitive"),
        "exec": _flag(True),
        "recordsize": prop("128 KiB", "131072", 131072, "DEFAULT"),
        "snapdir": _word("hidden"),
        "special_small_block_size": prop("0", "0", "0", "DEFAULT"),
    }


def thresholds(dataset: Dataset) -> Row:
    """When quotas warn; kept as user properties."""
    rows: Row = {
        "quota_warning": prop(
            str(dataset.quota_warning), str(dataset.quota_warning), dataset.quota_warning, "LOCAL"
        ),
        "quota_critical": prop(
            str(dataset.quota_critical), str(dataset.quota_critical), dataset.quota_critical, "LOCAL"
        ),
        "refquota_warning": prop("80", "80", 80, "LOCAL"),
        "refquota_critical": prop("95", "95", 95, "LOCAL"),
    }
    if dataset.comment:
        rows["comments"] = prop(dataset.comment, dataset.comment, dataset.comment, "LOCAL")
    return rows
