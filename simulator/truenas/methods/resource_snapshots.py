"""`zfs.resource.snapshot.*`: the snapshots of 26 and later, one record as parameter each."""

from collections.abc import Callable
from typing import Any

from simulator.storage import Snapshot
from simulator.truenas.context import Context
from simulator.truenas.errors import EINVAL, InvalidError
from simulator.truenas.methods.datasets import visible
from simulator.truenas.methods.snapshots import (
    ROLLBACK,
    destroy,
    family,
    make_clone,
    named_snapshot,
    roll_back,
    snapshot_properties,
    take,
)
from simulator.truenas.params import Flag, Integer, Items, Key, Param, Record, Text
from simulator.truenas.releases import Method, Release, role

type Row = dict[str, Any]


def _resource(ctx: Context, snap: Snapshot, wanted: Row) -> Row:
    names = wanted["properties"]
    properties: Row | None = None
    if names is not None:
        properties = {
            name: {
                "raw": row["rawvalue"],
                "value": int(row["rawvalue"]) if str(row["rawvalue"]).isdigit() else row["rawvalue"],
                "source": {"type": row["source"], "value": None} if wanted["get_source"] else None,
            }
            for name, row in snapshot_properties(ctx, snap).items()
            if ":" not in name and (not names or name in names)
        }
    return {
        "createtxg": snap.txg,
        "guid": ctx.world.guid(snap.ident),
        "name": snap.ident,
        "pool": snap.dataset.split("/", 1)[0],
        "dataset": snap.dataset,
        "snapshot_name": snap.name,
        "type": "SNAPSHOT",
        "holds": sorted(snap.holds) if wanted["get_holds"] else None,
        "properties": properties,
        "user_properties": dict(snap.properties) if wanted["get_user_properties"] else None,
    }


def _within(ctx: Context, wanted: Row) -> list[Snapshot]:
    names = {dataset.name for dataset in visible(ctx)}

    def asked(snap: Snapshot) -> bool:
        paths = wanted["paths"]
        if snap.dataset not in names:
            return False
        return not paths or any(
            path in (snap.dataset, snap.ident)
            or (wanted["recursive"] and snap.dataset.startswith(f"{path}/"))
            for path in paths
        )

    return [snap for snap in ctx.world.snapshots.values() if asked(snap)]


def resource_query(ctx: Context, wanted: Row) -> list[Row]:
    """`zfs.resource.snapshot.query`."""
    high = wanted["max_txg"]
    return [
        _resource(ctx, snap, wanted)
        for snap in _within(ctx, wanted)
        if snap.txg >= wanted["min_txg"] and (not high or snap.txg <= high)
    ]


def resource_count(ctx: Context, wanted: Row) -> dict[str, int]:
    """`zfs.resource.snapshot.count`: dataset → how many."""
    counts: dict[str, int] = {}
    for snap in _within(ctx, wanted):
        counts[snap.dataset] = counts.get(snap.dataset, 0) + 1
    return counts


def resource_create(ctx: Context, wanted: Row) -> Row:
    """`zfs.resource.snapshot.create`."""
    snap = take(
        ctx,
        wanted["dataset"],
        wanted["name"],
        wanted["recursive"],
        wanted["exclude"],
        wanted["user_properties"],
    )
    return _resource(
        ctx, snap, {"properties": [], "get_source": False, "get_holds": False, "get_user_properties": True}
    )


def resource_destroy(ctx: Context, wanted: Row) -> None:
    """`zfs.resource.snapshot.destroy`."""
    if wanted["all_snapshots"]:
        for snap in [snap for snap in ctx.world.snapshots.values() if snap.dataset == wanted["path"]]:
            destroy(ctx, snap.ident, False, wanted["defer"])
        return
    destroy(ctx, wanted["path"], wanted["recursive"], wanted["defer"])


def resource_hold(ctx: Context, wanted: Row) -> None:
    """`zfs.resource.snapshot.hold`."""
    for snap in family(ctx, wanted["path"], wanted["recursive"]):
        snap.holds.add(wanted["tag"])


def resource_holds(ctx: Context, wanted: Row) -> list[str]:
    """`zfs.resource.snapshot.holds`."""
    return sorted(named_snapshot(ctx, wanted["path"]).holds)


def resource_release(ctx: Context, wanted: Row) -> None:
    """`zfs.resource.snapshot.release`: one tag, or all."""
    for snap in family(ctx, wanted["path"], wanted["recursive"]):
        if wanted["tag"] is None:
            snap.holds.clear()
        else:
            snap.holds.discard(wanted["tag"])


def resource_rename(ctx: Context, wanted: Row) -> None:
    """`zfs.resource.snapshot.rename`."""
    snap = named_snapshot(ctx, wanted["current_name"])
    dataset, _, name = wanted["new_name"].partition("@")
    if dataset != snap.dataset or not name or wanted["new_name"] in ctx.world.snapshots:
        raise InvalidError(
            [("zfs.resource.snapshot.rename.new_name", "Not a free name in the same dataset", EINVAL)]
        )
    del ctx.world.snapshots[snap.ident]
    snap.name = name
    ctx.world.snapshots[snap.ident] = snap


def resource_rollback(ctx: Context, wanted: Row) -> None:
    """`zfs.resource.snapshot.rollback`."""
    roll_back(ctx, wanted["path"], wanted)


def resource_clone(ctx: Context, wanted: Row) -> None:
    """`zfs.resource.snapshot.clone`."""
    make_clone(ctx, wanted["snapshot"], wanted["dataset"])


_READ, _WRITE, _DELETE = role("SNAPSHOT_READ"), role("SNAPSHOT_WRITE"), role("SNAPSHOT_DELETE")


def _resource_method(
    name: str,
    handler: Callable[..., Any],
    roles: frozenset[str],
    keys: dict[str, Key],
    *,
    required: bool = True,
    write: bool = True,
) -> Method:
    param = Param("data", Record(keys)) if required else Param("data", Record(keys), {})
    return Method(f"zfs.resource.snapshot.{name}", handler, roles, (param,), since=Release.V26, write=write)


_PATHS = {"paths": Key(Items(Text()), []), "recursive": Key(Flag(), False)}


_PATH = {"path": Key(Text()), "recursive": Key(Flag(), False)}


_QUERY = {
    **_PATHS,
    "properties": Key(Items(Text(), nullable=True), []),
    "get_user_properties": Key(Flag(), False),
    "get_source": Key(Flag(), False),
    "get_holds": Key(Flag(), False),
    "min_txg": Key(Integer(), 0),
    "max_txg": Key(Integer(), 0),
}


_NEW = {
    "dataset": Key(Text()),
    "name": Key(Text()),
    "recursive": Key(Flag(), False),
    "exclude": Key(Items(Text()), []),
    "user_properties": Key(Record(free=True), {}),
}


TABLE: tuple[Method, ...] = (
    _resource_method("query", resource_query, _READ, _QUERY, required=False, write=False),
    _resource_method("count", resource_count, _READ, _PATHS, required=False, write=False),
    _resource_method("create", resource_create, _WRITE, _NEW),
    _resource_method("destroy", resource_destroy, _DELETE, {**_PATH, "all_snapshots": Key(Flag(), False), "defer": Key(Flag(), False)}),
    _resource_method("hold", resource_hold, _WRITE, {**_PATH, "tag": Key(Text(), "truenas")}),
    _resource_method("holds", resource_holds, _READ, {"path": Key(Text())}, write=False),
    _resource_method("release", resource_release, _WRITE, {**_PATH, "tag": Key(Text(nullable=True), None)}),
    _resource_method("rename", resource_rename, _WRITE, {"current_name": Key(Text()), "new_name": Key(Text()), "recursive": Key(Flag(), False)}),
    _resource_method("rollback", resource_rollback, _WRITE, {"path": Key(Text()), **{name: Key(Flag(), False) for name in ROLLBACK}}),
    _resource_method("clone", resource_clone, _WRITE, {"snapshot": Key(Text()), "dataset": Key(Text()), "properties": Key(Record(free=True), {})}),
)  # fmt: skip
