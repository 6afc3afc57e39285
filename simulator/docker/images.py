"""How images look."""

from simulator.engine import Engine, Image
from simulator.engine.images import users_of
from simulator.engine.model import Doc
from simulator.engine.releases import Api
from simulator.noise import digest

from .times import moment

_OLD_CONFIG: Doc = {
    "Hostname": "",
    "Domainname": "",
    "User": "",
    "AttachStdin": False,
    "AttachStdout": False,
    "AttachStderr": False,
    "Tty": False,
    "OpenStdin": False,
    "StdinOnce": False,
    "Env": None,
    "Cmd": None,
    "Image": "",
    "Volumes": None,
    "WorkingDir": "",
    "Entrypoint": None,
    "OnBuild": None,
    "Labels": None,
}
_CONFIG: Doc = {"Cmd": None, "Entrypoint": None, "Env": None, "Labels": None, "OnBuild": None, "User": "", "Volumes": None, "WorkingDir": ""}  # fmt: skip


def _descriptor(image: Image) -> Doc:
    return {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": image.ident, "size": 1609}


def image_row(engine: Engine, image: Image, api: Api, *, counted: bool = False) -> Doc:
    """A row of the listing; `counted` as disk use tells it, with its containers and the shared size."""
    modern = engine.release.modern
    count = len(users_of(engine, image)) if counted or modern else -1
    row: Doc = {
        "Containers": count,
        "Created": int(image.created),
        "Id": image.ident,
        "Labels": image.config.get("Labels"),
        "ParentId": "",
    }
    if engine.release.store == "containerd":
        row["Descriptor"] = _descriptor(image)
    row |= {
        "RepoDigests": list(image.digests) or ([] if modern else None),
        "RepoTags": list(image.tags) or ([] if modern else None),
        "SharedSize": 0 if counted else -1,
        "Size": image.size,
    }
    return row if api >= (1, 44) else row | {"VirtualSize": image.size}


def inspect_image(engine: Engine, image: Image, api: Api) -> Doc:
    """`GET /images/{name}/json`."""
    graph = engine.release.store == "graph"
    row: Doc = {
        "Id": image.ident,
        "RepoTags": list(image.tags),
        "RepoDigests": list(image.digests),
        "Parent": "",
        "Comment": "buildkit.dockerfile.v0",
        "Created": moment(image.created),
    }
    if api < (1, 44):
        row |= {"Container": "", "ContainerConfig": dict(_OLD_CONFIG)}
    row |= {
        "DockerVersion": "",
        "Author": "",
        "Config": {**(_OLD_CONFIG if api < (1, 44) else _CONFIG), **image.config},
        "Architecture": "amd64",
        "Os": "linux",
        "Size": image.size,
    }
    if api < (1, 44):
        row["VirtualSize"] = image.size
    folder = f"{engine.root}/overlay2/{digest(engine.seed, 'ro', image.ident)}"
    data = {"MergedDir": f"{folder}/merged", "UpperDir": f"{folder}/diff", "WorkDir": f"{folder}/work"}
    row |= {
        "GraphDriver": {"Data": data if graph else None, "Name": engine.release.driver},
        "RootFS": {
            "Type": "layers",
            "Layers": [f"sha256:{digest(engine.seed, 'diff', layer.digest)}" for layer in image.layers],
        },
        "Metadata": {"LastTagTime": moment(image.tagged_at or None)},
    }
    if not graph:
        row["Descriptor"] = _descriptor(image)
    return _without_nothing(row) if api >= (1, 52) else row


def _without_nothing(row: Doc) -> Doc:
    """Since 1.52 what is not set is not there."""
    config = {key: value for key, value in row["Config"].items() if value}
    return {
        key: value for key, value in (row | {"Config": config}).items() if value or key not in _WHERE_EMPTY
    }


_WHERE_EMPTY = ("Parent", "Comment", "DockerVersion", "Author")
