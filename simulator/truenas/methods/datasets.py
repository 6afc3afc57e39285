"""Datasets: rows with children, locking, and the leaner `zfs.resource.query`."""

from typing import Any

from simulator.jobs import Job, JobError
from simulator.storage import Dataset
from simulator.truenas.context import Context
from simulator.truenas.errors import CallError, NotFoundError
from simulator.truenas.methods.properties import prop, settings, space, thresholds
from simulator.truenas.params import Anything, Flag, Items, Key, Param, Record, Text, options
from simulator.truenas.releases import Method, Release, listing, role

type Row = dict[str, Any]


def dataset_row(ctx: Context, dataset: Dataset, extra: Row) -> Row:
    """One dataset with its children; `extra.properties` names the properties that are wanted."""
    world = ctx.world
    row: Row = {
        "id": dataset.name,
        "type": "VOLUME" if dataset.volume_size is not None else "FILESYSTEM",
        "name": dataset.name,
        "pool": dataset.pool,
        "encrypted": dataset.encrypted,
        "encryption_root": dataset.name if dataset.encrypted else None,
        "key_loaded": dataset.encrypted and not dataset.locked,
        "locked": dataset.locked,
        "mountpoint": None if dataset.volume_size is not None else f"/mnt/{dataset.name}",
        "children": [],
        "user_properties": {},
    }
    if ctx.release >= Release.V24_10 and dataset.volume_size is None:
        row["managedby"] = prop(None, "", None)
    properties = space(ctx, dataset) | settings(dataset)
    wanted = extra.get("properties")
    row |= properties if wanted is None else {name: properties[name] for name in wanted if name in properties}
    row |= thresholds(dataset)
    if extra.get("snapshots_count") or extra.get("snapshots"):
        mine = [snap for snap in world.snapshots.values() if snap.dataset == dataset.name]
        if extra.get("snapshots_count"):
            row["snapshot_count"] = len(mine)
        if extra.get("snapshots"):
            row["snapshots"] = [
                {"id": snap.ident, "name": snap.ident, "snapshot_name": snap.name} for snap in mine
            ]
    if extra.get("retrieve_children", True):
        row["children"] = [dataset_row(ctx, child, extra) for child in world.children(dataset.name)]
    return row


def visible(ctx: Context) -> list[Dataset]:
    """Every dataset of an imported pool."""
    pools = {pool.name for pool in ctx.world.pools if not pool.exported}
    return [dataset for dataset in ctx.world.datasets.values() if dataset.pool in pools]


def datasets(ctx: Context, extra: Row) -> list[Row]:
    """`pool.dataset.query`: flat unless told otherwise, and then still with children inside."""
    found = visible(ctx)
    if not extra.get("flat", True):
        found = [dataset for dataset in found if dataset.parent is None]
    return [dataset_row(ctx, dataset, extra) for dataset in found]


def _detail(ctx: Context, dataset: Dataset) -> Row:
    row = dataset_row(ctx, dataset, {"retrieve_children": False, "snapshots_count": True})
    row |= {
        "thick_provisioned": False,
        "nfs_shares": [],
        "smb_shares": [],
        "iscsi_shares": [],
        "vms": [],
        "apps": [],
        "replication_tasks_count": sum(
            dataset.name in task.sources for task in ctx.world.replications.values()
        ),
        "snapshot_tasks_count": sum(
            task.dataset == dataset.name for task in ctx.world.snapshot_tasks.values()
        ),
        "cloudsync_tasks_count": 0,
        "rsync_tasks_count": 0,
        "children": [_detail(ctx, child) for child in ctx.world.children(dataset.name)],
    }
    return row


def details(ctx: Context) -> list[Row]:
    """`pool.dataset.details`."""
    return [_detail(ctx, dataset) for dataset in visible(ctx) if dataset.parent is None]


def named_dataset(ctx: Context, name: str) -> Dataset:
    """A dataset that must exist."""
    for dataset in visible(ctx):
        if dataset.name == name:
            return dataset
    raise NotFoundError(f"Dataset {name}")


def snapshot_count(ctx: Context, name: str) -> int:
    """`pool.dataset.snapshot_count`."""
    named_dataset(ctx, name)
    return sum(snap.dataset == name for snap in ctx.world.snapshots.values())


def lock(ctx: Context, name: str, _options: Row) -> Job:
    """`pool.dataset.lock`."""
    dataset = named_dataset(ctx, name)
    if not dataset.encrypted or dataset.locked:
        raise CallError(f"{name} is not encrypted, or is locked already")

    def done() -> bool:
        dataset.locked = True
        ctx.world.changed("dataset", "changed", name)
        return True

    return ctx.job(1.0, done)


def unlock(ctx: Context, name: str, wanted: Row) -> Job:
    """`pool.dataset.unlock`: the passphrase here is `correct horse`."""
    dataset = named_dataset(ctx, name)
    given = {item["name"]: item.get("passphrase") for item in wanted["datasets"]}

    def done() -> Row:
        if not dataset.locked:
            raise JobError(f"{name} is not locked")
        if given.get(name) != "correct horse":
            return {"unlocked": [], "failed": {name: {"error": "Invalid Key", "skipped": []}}}
        dataset.locked = False
        ctx.world.changed("dataset", "changed", name)
        return {"unlocked": [name], "failed": {}}

    return ctx.job(1.0, done)


def _resource(ctx: Context, dataset: Dataset, wanted: Row) -> Row:
    rows = space(ctx, dataset) | settings(dataset)
    names = wanted["properties"]
    properties: Row | None = None
    if names is not None:
        properties = {
            name: {
                "raw": row["rawvalue"],
                "value": int(row["rawvalue"]) if str(row["rawvalue"]).isdigit() else row["parsed"],
                "source": {"type": row["source"], "value": None} if wanted["get_source"] else None,
            }
            for name, row in rows.items()
            if (not names or name in names) and not name.startswith(("key_", "encryption_"))
        }
    return {
        "createtxg": 100 + len(dataset.name),
        "guid": ctx.world.guid("dataset", dataset.name),
        "name": dataset.name,
        "pool": dataset.pool,
        "properties": properties,
        "type": "VOLUME" if dataset.volume_size is not None else "FILESYSTEM",
        "user_properties": {} if wanted["get_user_properties"] else None,
        "children": None,
    }


def resources(ctx: Context, wanted: Row) -> list[Row]:
    """`zfs.resource.query` (25.10 and later)."""
    paths = wanted["paths"]
    found: list[Row] = []
    for dataset in visible(ctx):
        below = any(dataset.name.startswith(f"{path}/") for path in paths)
        asked = dataset.name in paths if paths else dataset.parent is None
        if asked or (wanted["get_children"] and (below or not paths)):
            found.append(_resource(ctx, dataset, wanted))
    return found


_UNLOCK = options(
    force=(Flag(), False),
    key_file=(Flag(), False),
    recursive=(Flag(), False),
    toggle_attachments=(Flag(), True),
    datasets=(
        Items(
            Record(
                {
                    "name": Key(Text()),
                    "force": Key(Flag(), False),
                    "key": Key(Text(), None),
                    "passphrase": Key(Text(), None),
                    "recursive": Key(Flag(), False),
                }
            )
        ),
        [],
    ),
)
_RESOURCE = options(
    paths=(Items(Text()), []),
    properties=(Items(Text(), nullable=True), []),
    get_user_properties=(Flag(), False),
    get_source=(Flag(), True),
    get_children=(Flag(), False),
    nest_results=(Flag(), False),
    exclude_internal_paths=(Anything(), True),
)
_ID = Param("id", Text())

TABLE: tuple[Method, ...] = (
    *listing("pool.dataset.query", datasets, role("DATASET_READ")),
    Method("pool.dataset.details", details, role("DATASET_READ")),
    Method("pool.dataset.snapshot_count", snapshot_count, role("DATASET_READ"), (Param("dataset", Text()),)),
    Method(
        "pool.dataset.lock",
        lock,
        role("DATASET_WRITE"),
        (_ID, Param("options", options(force_umount=(Flag(), False)), {})),
        job=True,
        write=True,
    ),
    Method(
        "pool.dataset.unlock",
        unlock,
        role("DATASET_WRITE"),
        (_ID, Param("options", _UNLOCK, {})),
        job=True,
        write=True,
    ),
    Method(
        "zfs.resource.query",
        resources,
        role("ZFS_RESOURCE_READ"),
        (Param("data", _RESOURCE, {}),),
        since=Release.V25_10,
    ),
)
