"""What the engine keeps on its disk."""

from collections.abc import Callable
from typing import Any

from simulator.engine import Container, Engine
from simulator.engine.images import users_of
from simulator.engine.model import Doc
from simulator.engine.releases import Api

from .images import image_row
from .rows import container_row
from .volumes import volume_row

KINDS = ("image", "container", "volume", "build-cache")


def disk_use(engine: Engine, api: Api, kinds: frozenset[str], *, verbose: bool) -> Doc:
    """`GET /system/df`; `kinds` is what was asked for, from 1.42 on. 1.52 tells it in two ways."""
    wanted = kinds if kinds and api >= (1, 42) else frozenset(KINDS)
    if api < (1, 52):
        return _lists(engine, api, wanted)
    sums = {
        f"{name}Usage": _sum(engine, api, kind, verbose=verbose)
        for kind, name in zip(KINDS, ("Image", "Container", "Volume", "BuildCache"), strict=True)
        if kind in wanted
    }
    return sums if verbose or api >= (1, 53) else {**_lists(engine, api, wanted), **sums}


def _lists(engine: Engine, api: Api, wanted: frozenset[str]) -> Doc:
    makers: dict[str, Callable[[], Any]] = {
        "Images": lambda: _images(engine, api),
        "Containers": lambda: _containers(engine, api),
        "Volumes": lambda: _volumes(engine),
        "BuildCache": lambda: [] if engine.release.modern else None,
    }
    row: Doc = {"LayersSize": layers_size(engine) if "image" in wanted else 0}
    for kind, (name, make) in zip(KINDS, makers.items(), strict=True):
        row[name] = make() if kind in wanted else None
    return row if engine.release.modern else row | {"BuilderSize": 0}


def layers_size(engine: Engine) -> int:
    """Bytes of all layers, each counted once."""
    return sum(
        {layer.digest: layer.size for image in engine.images.values() for layer in image.layers}.values()
    )


def _images(engine: Engine, api: Api) -> list[Doc]:
    return [image_row(engine, image, api, counted=True) for image in engine.images.values()]


def _containers(engine: Engine, api: Api) -> list[Doc]:
    rows = [container_row(engine, container, api, size=True) for container in newest_first(engine)]
    for row in rows:
        row.pop("ImageManifestDescriptor", None)
    return rows


def _volumes(engine: Engine) -> list[Doc]:
    users: dict[str, int] = {}
    for container in engine.containers.values():
        for mount in container.mounts:
            if mount.name:
                users[mount.name] = users.get(mount.name, 0) + 1
    return [
        volume_row(engine, volume)
        | {"UsageData": {"RefCount": users.get(volume.name, 0), "Size": volume.size}}
        for volume in engine.volumes.values()
    ]


def _sum(engine: Engine, api: Api, kind: str, *, verbose: bool) -> Doc:
    """How many, how many of them in use, how large, and how much of that could go."""
    match kind:
        case "image":
            used = [image for image in engine.images.values() if users_of(engine, image)]
            free = sum(image.size for image in engine.images.values() if image not in used)
            row = _totals(len(used), len(engine.images), free, layers_size(engine))
            items = _images(engine, api) if verbose else []
        case "container":
            all_of_them = engine.containers.values()
            free = sum(each.size_rw for each in all_of_them if not each.alive)
            active = sum(each.alive for each in all_of_them)
            row = _totals(active, len(all_of_them), free, sum(each.size_rw for each in all_of_them))
            items = _containers(engine, api) if verbose else []
        case "volume":
            volumes = _volumes(engine)
            idle = [volume["UsageData"]["Size"] for volume in volumes if not volume["UsageData"]["RefCount"]]
            size = sum(volume["UsageData"]["Size"] for volume in volumes)
            row = _totals(len(volumes) - len(idle), len(volumes), sum(idle), size)
            items = volumes if verbose else []
        case _:
            row, items = _totals(0, 0, 0, 0), []
    return row | ({"Items": items} if verbose else {})


def _totals(active: int, total: int, reclaimable: int, size: int) -> Doc:
    return {"ActiveCount": active, "TotalCount": total, "Reclaimable": reclaimable, "TotalSize": size}


def newest_first(engine: Engine) -> list[Container]:
    """As listings show them."""
    return sorted(engine.containers.values(), key=lambda each: each.created, reverse=True)
