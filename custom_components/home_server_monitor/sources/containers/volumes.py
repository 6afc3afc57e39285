"""Which mounts a container is created anew with, so that every volume comes along, also those without a name."""

import posixpath
from typing import Any

from ...guardian.contract import Refusal, Refused
from .raw import Json, name_of, table, tables, text, words

_DATA = "_data"


def volume_name(mount: Json) -> str:
    """Return the name of a mounted volume.

    Docker 28 leaves it out for a volume that came of a bind with a target only; it stands in the path then.
    """
    if name := text(mount.get("Name")):
        return name
    parent, last = posixpath.split(text(mount.get("Source")))
    return posixpath.basename(parent) if last == _DATA else ""


def mounts(inspect: Json) -> dict[str, Any]:
    """Return `Binds` and `Mounts` of a create body. Raises Refused where a volume's name is not known."""
    host = table(inspect.get("HostConfig"))
    named = {
        _clean(each.get("Destination")): each
        for each in tables(inspect.get("Mounts"))
        if each.get("Type") == "volume"
    }
    # a bind of a target only asks for a new volume; the volume that came of it is mounted by its name instead
    binds = [each for each in words(host.get("Binds")) if ":" in each]
    kept = [
        {**each, "Source": _name(inspect, named[target])} if _is_new(each) and target in named else each
        for each in tables(host.get("Mounts"))
        if (target := _clean(each.get("Target")))
    ]
    placed = {_clean(each.split(":")[1]) for each in binds}
    placed |= {_clean(each.get("Target")) for each in kept}
    placed |= {_clean(path) for path in table(host.get("Tmpfs"))}
    kept += [
        {
            "Type": "volume",
            "Source": _name(inspect, mount),
            "Target": target,
            "ReadOnly": mount.get("RW") is False,
        }
        for target, mount in named.items()
        if target not in placed
    ]
    return {"Binds": binds, "Mounts": kept}


def _is_new(mount: Json) -> bool:
    """Whether the engine would make a volume for it."""
    return mount.get("Type") == "volume" and not mount.get("Source")


def _name(inspect: Json, mount: Json) -> str:
    if found := volume_name(mount):
        return found
    path = text(mount.get("Destination"))
    raise Refused(Refusal("volume_unknown", {"target": name_of(inspect), "path": path}))


def _clean(path: Any) -> str:
    return posixpath.normpath(text(path))
