"""Snapshots: `zfs.snapshot.*` up to 25.04, `pool.snapshot.*` from 25.10, `zfs.resource.snapshot.*` from 26."""

from collections.abc import Callable
import datetime as dt
from typing import Any

from simulator.motion import UNIT_SECONDS
from simulator.storage import Dataset, Snapshot
from simulator.truenas.context import Context
from simulator.truenas.errors import EINVAL, CallError, InvalidError, NotFoundError
from simulator.truenas.extended_json import stamp
from simulator.truenas.methods.datasets import named_dataset, visible
from simulator.truenas.methods.properties import prop, size_text
from simulator.truenas.params import Flag, Items, Key, Param, Record, Text, options
from simulator.truenas.releases import FULL, Method, Release, listing, role

type Row = dict[str, Any]


def snapshot_properties(ctx: Context, snap: Snapshot) -> Row:
    """What zfs knows of a snapshot."""
    created = dt.datetime.fromtimestamp(snap.created, dt.UTC)
    size = {"used": snap.used, "referenced": snap.referenced, "written": snap.used}
    return {
        "creation": prop(
            created.strftime("%a %b %e %H:%M %Y"), str(int(snap.created)), stamp(int(snap.created))
        ),
        "createtxg": prop(str(snap.txg), str(snap.txg), str(snap.txg)),
        "guid": prop(
            str(ctx.world.guid(snap.ident)), str(ctx.world.guid(snap.ident)), str(ctx.world.guid(snap.ident))
        ),
        **{name: prop(size_text(value), str(value), value) for name, value in size.items()},
        **{name: prop(value, value, value, "LOCAL") for name, value in snap.properties.items()},
    }


def _retention(ctx: Context, snap: Snapshot) -> Row | None:
    for task in ctx.world.snapshot_tasks.values():
        if task.dataset == snap.dataset and snap.name.startswith(task.naming.split("%", 1)[0]):
            end = snap.created + task.keep * UNIT_SECONDS[task.keep_unit]
            return {
                "datetime": stamp(end),
                "source": "periodic_snapshot_task",
                "periodic_snapshot_task_id": task.number,
            }
    return None


def snapshot_row(ctx: Context, snap: Snapshot, extra: Row) -> Row:
    """One snapshot; holds and retention only where asked for."""
    wanted = extra.get("properties")
    properties = snapshot_properties(ctx, snap)
    row: Row = {
        "id": snap.ident,
        "name": snap.ident,
        "pool": snap.dataset.split("/", 1)[0],
        "type": "SNAPSHOT",
        "snapshot_name": snap.name,
        "dataset": snap.dataset,
        "createtxg": str(snap.txg),
        "properties": properties
        if wanted is None
        else {name: properties[name] for name in wanted if name in properties},
    }
    if extra.get("holds"):
        row["holds"] = dict.fromkeys(sorted(snap.holds), 1)
    if extra.get("retention"):
        row["retention"] = _retention(ctx, snap)
    return row


def snapshots(ctx: Context, extra: Row) -> list[Row]:
    """The listing."""
    low, high = extra.get("min_txg") or 0, extra.get("max_txg") or 0
    names = {dataset.name for dataset in visible(ctx)}
    return [
        snapshot_row(ctx, snap, extra)
        for snap in ctx.world.snapshots.values()
        if snap.dataset in names and snap.txg >= low and (not high or snap.txg <= high)
    ]


def named_snapshot(ctx: Context, ident: str) -> Snapshot:
    """A snapshot that must exist."""
    snap = ctx.world.snapshots.get(ident)
    if snap is None:
        raise NotFoundError(f"Snapshot {ident}")
    return snap


def family(ctx: Context, ident: str, recursive: bool) -> list[Snapshot]:
    """The snapshot, with those of the same name in child datasets where asked for."""
    first = named_snapshot(ctx, ident)
    below = [
        snap
        for snap in ctx.world.snapshots.values()
        if snap.name == first.name and snap.dataset.startswith(f"{first.dataset}/")
    ]
    return [first, *below] if recursive else [first]


def take(
    ctx: Context, dataset: str, name: str, recursive: bool, exclude: list[str], properties: dict[str, str]
) -> Snapshot:
    """Take one, and of child datasets too where asked for."""
    named_dataset(ctx, dataset)
    if f"{dataset}@{name}" in ctx.world.snapshots:
        raise CallError(f"Failed to snapshot {dataset}@{name}: snapshot already exists", EINVAL)
    now = ctx.world.clock.now()
    snap = ctx.world.add_snapshot(dataset, name, now)
    snap.properties.update({key: str(value) for key, value in properties.items()})
    if recursive:
        for other in visible(ctx):
            if other.name.startswith(f"{dataset}/") and other.name not in exclude:
                ctx.world.add_snapshot(other.name, name, now)
    return snap


def create(ctx: Context, wanted: Row) -> Row:
    """`*.snapshot.create`: a name or a naming schema, not both."""
    if (wanted["name"] is None) == (wanted["naming_schema"] is None):
        raise InvalidError(
            [("snapshot_create.naming_schema", "Either name or naming schema must be specified", EINVAL)]
        )
    name = wanted["name"]
    if name is None:
        name = dt.datetime.fromtimestamp(ctx.world.clock.now(), dt.UTC).strftime(wanted["naming_schema"])
    snap = take(ctx, wanted["dataset"], name, wanted["recursive"], wanted["exclude"], wanted["properties"])
    return snapshot_row(ctx, snap, {})


def destroy(ctx: Context, ident: str, recursive: bool, defer: bool) -> None:
    """Delete; one that is held is busy."""
    members = family(ctx, ident, recursive)
    for snap in members:
        if snap.holds and not defer:
            raise CallError(f"Failed to delete snapshot: cannot destroy '{snap.ident}': dataset is busy", 16)
    for snap in members:
        del ctx.world.snapshots[snap.ident]


def delete(ctx: Context, ident: str, wanted: Row) -> bool:
    """`*.snapshot.delete`."""
    destroy(ctx, ident, wanted["recursive"], wanted["defer"])
    return True


def hold(ctx: Context, ident: str, wanted: Row) -> None:
    """`*.snapshot.hold`."""
    for snap in family(ctx, ident, wanted["recursive"]):
        snap.holds.add("truenas")


def release(ctx: Context, ident: str, wanted: Row) -> None:
    """`*.snapshot.release`."""
    for snap in family(ctx, ident, wanted["recursive"]):
        snap.holds.clear()


def make_clone(ctx: Context, source: str, target: str) -> None:
    """A new dataset in the same pool."""
    snap = named_snapshot(ctx, source)
    if target in ctx.world.datasets:
        raise CallError(f"Failed to clone snapshot: dataset '{target}' already exists", EINVAL)
    parent = target.rsplit("/", 1)[0]
    if (
        "/" not in target
        or parent not in ctx.world.datasets
        or target.split("/", maxsplit=1)[0] != snap.dataset.split("/")[0]
    ):
        raise CallError(f"Failed to clone snapshot: parent of '{target}' does not exist in this pool", EINVAL)
    ctx.world.datasets[target] = Dataset(target, 12288, created=ctx.world.clock.now())
    ctx.world.changed("dataset", "added", target)


def clone(ctx: Context, wanted: Row) -> bool:
    """`*.snapshot.clone`."""
    make_clone(ctx, wanted["snapshot"], wanted["dataset_dst"])
    return True


def roll_back(ctx: Context, ident: str, wanted: Row) -> None:
    """The dataset is as it was; newer snapshots must be allowed to go."""
    members = family(ctx, ident, wanted["recursive_rollback"])
    for snap in members:
        newer = [
            other
            for other in ctx.world.snapshots.values()
            if other.dataset == snap.dataset and other.txg > snap.txg
        ]
        if newer and not (wanted["recursive"] or wanted["recursive_clones"]):
            raise CallError(f"cannot rollback to '{snap.ident}': more recent snapshots or bookmarks exist")
        for other in newer:
            del ctx.world.snapshots[other.ident]
        dataset = ctx.world.datasets[snap.dataset]
        dataset.own += snap.referenced - ctx.world.own_bytes(dataset)


def rollback(ctx: Context, ident: str, wanted: Row) -> None:
    """`*.snapshot.rollback`."""
    roll_back(ctx, ident, wanted)


_READ, _WRITE, _DELETE = role("SNAPSHOT_READ"), role("SNAPSHOT_WRITE"), role("SNAPSHOT_DELETE")
_ID = Param("id", Text())
_RECURSIVE = Param("options", options(recursive=(Flag(), False)), {})
_CREATE: dict[str, Key] = {
    "dataset": Key(Text()),
    "name": Key(Text(), None),
    "naming_schema": Key(Text(), None),
    "recursive": Key(Flag(), False),
    "exclude": Key(Items(Text()), []),
    "vmware_sync": Key(Flag(), False),
    "properties": Key(Record(free=True), {}),
}
_CLONE = Record(
    {"snapshot": Key(Text()), "dataset_dst": Key(Text()), "dataset_properties": Key(Record(free=True), {})}
)
ROLLBACK: dict[str, tuple[Flag, bool]] = {
    name: (Flag(), False) for name in ("recursive", "recursive_clones", "force", "recursive_rollback")
}


def _family_of(
    prefix: str, since: Release, until: Release, special: dict[str, frozenset[str]]
) -> tuple[Method, ...]:
    span: dict[str, Any] = {"since": since, "until": until}
    create_keys = dict(_CREATE)
    if until <= Release.V25_04:
        create_keys["suspend_vms"] = Key(Flag(), False)

    def writes(name: str, handler: Callable[..., Any], params: tuple[Param, ...]) -> Method:
        return Method(f"{prefix}.{name}", handler, special.get(name, _WRITE), params, write=True, **span)

    return (
        *listing(f"{prefix}.query", snapshots, _READ, **span),
        writes("create", create, (Param("data", Record(create_keys)),)),
        writes(
            "delete",
            delete,
            (_ID, Param("options", options(defer=(Flag(), False), recursive=(Flag(), False)), {})),
        ),
        writes("hold", hold, (_ID, _RECURSIVE)),
        writes("release", release, (_ID, _RECURSIVE)),
        writes("clone", clone, (Param("data", _CLONE),)),
        writes("rollback", rollback, (_ID, Param("options", options(**ROLLBACK), {}))),
    )


_FULL_UP_TO_25_04 = {"hold": FULL, "release": FULL, "clone": FULL, "rollback": FULL, "delete": _DELETE}
_FROM_25_10 = {
    "delete": _DELETE,
    "clone": role("SNAPSHOT_WRITE", "DATASET_WRITE"),
    "rollback": role("SNAPSHOT_WRITE", "POOL_WRITE"),
}

TABLE: tuple[Method, ...] = (
    *_family_of("zfs.snapshot", Release.V24_04, Release.V25_04, _FULL_UP_TO_25_04),
    *_family_of("pool.snapshot", Release.V25_10, Release.V27, _FROM_25_10),
)  # fmt: skip
