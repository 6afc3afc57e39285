"""A small tree of files: datasets, and the snapshots below `.zfs`."""

from typing import Any

from simulator.noise import number
from simulator.storage import Dataset
from simulator.truenas.context import Context
from simulator.truenas.errors import ENOENT, CallError
from simulator.truenas.methods.datasets import visible
from simulator.truenas.params import FILTERS, OPTIONS, Param, Text
from simulator.truenas.query import run
from simulator.truenas.releases import Method, Release, role

type Row = dict[str, Any]

_FILES = (("index.json", 48_213), ("letter.pdf", 88_214), ("sentinel.txt", 42))
_BLOCK = 131_072


def _mounted(ctx: Context) -> dict[str, Dataset]:
    return {
        f"/mnt/{dataset.name}": dataset
        for dataset in visible(ctx)
        if dataset.volume_size is None and not dataset.locked
    }


def _entries(ctx: Context, path: str) -> list[tuple[str, str, int]]:
    """(name, type, size) of what is in a directory; raises ENOENT."""
    mounted = _mounted(ctx)
    if path == "/mnt":
        return [(name.removeprefix("/mnt/"), "DIRECTORY", 3) for name in mounted if name.count("/") == 2]
    if path in mounted:
        below = [name.rsplit("/", 1)[1] for name in mounted if name.rsplit("/", 1)[0] == path]
        return [*((name, "DIRECTORY", 3) for name in below), *((name, "FILE", size) for name, size in _FILES)]
    head, found, rest = path.partition("/.zfs/snapshot")
    if found and head in mounted:
        names = [
            snap.name for snap in ctx.world.snapshots.values() if snap.dataset == head.removeprefix("/mnt/")
        ]
        if not rest:
            return [(name, "DIRECTORY", 3) for name in names]
        if rest.removeprefix("/") in names:
            return [(name, "FILE", size) for name, size in _FILES]
    raise CallError(f"Path {path} not found", ENOENT)


def _entry(ctx: Context, path: str) -> tuple[str, int]:
    """(type, size); raises ENOENT."""
    if path in ("/", "/mnt") or path in _mounted(ctx):
        return "DIRECTORY", 3
    if path.endswith("/.zfs/snapshot"):
        _entries(ctx, path)
        return "DIRECTORY", 3
    head, _, name = path.rpartition("/")
    for found, kind, size in _entries(ctx, head):
        if found == name:
            return kind, size
    raise CallError(f"Path {path} not found", ENOENT)


def stat(ctx: Context, path: str) -> Row:
    """`filesystem.stat`."""
    path = path.rstrip("/") or "/"
    kind, size = _entry(ctx, path)
    at = ctx.world.booted + number(ctx.world.seed, "mtime", path, bits=20)
    row: Row = {
        "realpath": path,
        "type": kind,
        "size": size,
        "allocation_size": max(512, size),
        "mode": 0o40755 if kind == "DIRECTORY" else 0o100644,
        "mount_id": 321,
        "uid": 0,
        "gid": 0,
        "atime": at,
        "mtime": at,
        "ctime": at,
        "btime": at,
        "dev": 71,
        "inode": number(ctx.world.seed, "inode", path, bits=31),
        "nlink": 2 if kind == "DIRECTORY" else 1,
        "acl": False,
        "is_mountpoint": path in _mounted(ctx),
        "is_ctldir": "/.zfs" in path,
        "attributes": ["MOUNT_ROOT"] if path in _mounted(ctx) else [],
        "user": "root",
        "group": "root",
    }
    if ctx.release < Release.V25_04:
        del row["mount_id"]
    return row


def statfs(ctx: Context, path: str) -> Row:
    """`filesystem.statfs`."""
    _entry(ctx, path.rstrip("/") or "/")
    mounted = _mounted(ctx)
    home = max(
        (name for name in mounted if path == name or path.startswith(f"{name}/")), key=len, default=None
    )
    if home is None:
        raise CallError(f"Path {path} not found", ENOENT)
    dataset = mounted[home]
    pool = ctx.world.pool(dataset.pool)
    assert pool is not None
    free = ctx.world.available(pool)
    total = free + ctx.world.own_bytes(dataset)
    sizes = {"total": total, "free": free, "avail": free}
    return {
        "flags": ["RW", "NOATIME", "XATTR", "POSIXACL", "CASESENSITIVE"],
        "fsid": f"{number(ctx.world.seed, 'fsid', home, bits=32):x}",
        "fstype": "zfs",
        "source": dataset.name,
        "dest": home,
        "blocksize": _BLOCK,
        **{f"{name}_blocks": size // _BLOCK for name, size in sizes.items()},
        **{f"{name}_blocks_str": str(size // _BLOCK) for name, size in sizes.items()},
        "files": free // 512,
        "free_files": free // 512,
        "name_max": 255,
        **{f"{name}_bytes": size for name, size in sizes.items()},
        **{f"{name}_bytes_str": str(size) for name, size in sizes.items()},
    }


def listdir(ctx: Context, path: str, filters: list[Any], wanted: Row) -> Any:
    """`filesystem.listdir`."""
    path = path.rstrip("/")
    rows: list[Row] = []
    for name, kind, size in _entries(ctx, path):
        row: Row = {
            "name": name,
            "path": f"{path}/{name}",
            "realpath": f"{path}/{name}",
            "type": kind,
            "size": size,
            "allocation_size": max(512, size),
            "mode": 0o40755 if kind == "DIRECTORY" else 0o100644,
            "acl": False,
            "uid": 0,
            "gid": 0,
            "is_mountpoint": f"{path}/{name}" in _mounted(ctx),
            "is_ctldir": "/.zfs" in path,
            "attributes": [],
            "xattrs": [],
            "zfs_attrs": ["ARCHIVE"],
        }
        if ctx.release >= Release.V25_04:
            row["mount_id"] = 321
        rows.append(row)
    return run(rows, filters, wanted)


_READ = role("FILESYSTEM_ATTRS_READ")
_PATH = Param("path", Text())

TABLE: tuple[Method, ...] = (
    Method("filesystem.stat", stat, _READ, (_PATH,)),
    Method("filesystem.statfs", statfs, _READ, (_PATH,)),
    Method("filesystem.listdir", listdir, _READ, (_PATH, FILTERS, OPTIONS)),
)
