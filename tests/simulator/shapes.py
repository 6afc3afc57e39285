"""Whether two JSON documents have the same shape: the same keys, the same types."""

from collections.abc import Iterator
from typing import Any

# maps whose keys are names, not properties
BY_NAME = {
    "Networks",
    "networks",
    "Labels",
    "Attributes",
    "ExposedPorts",
    "Ports",
    "PortBindings",
    "IndexConfigs",
    "Volumes",
    "Tmpfs",
    "Options",
    "Runtimes",
}
# null and this type are the same thing to an engine: nothing was set
EMPTY = (list, dict)


def differences(mine: Any, real: Any, path: str = "") -> Iterator[str]:
    """Every place where mine is not like the real one."""
    name = path.rpartition(".")[2]
    if isinstance(real, dict) and isinstance(mine, dict):
        if name in BY_NAME:
            yield from _by_name(mine, real, path)
            return
        for key in real.keys() - mine.keys():
            yield f"{path}.{key} is missing"
        for key in mine.keys() - real.keys():
            yield f"{path}.{key} is not in the real one"
        for key in real.keys() & mine.keys():
            yield from differences(mine[key], real[key], f"{path}.{key}")
    elif isinstance(real, list) and isinstance(mine, list):
        yield from _of_lists(mine, real, path)
    elif _kind(mine) is not _kind(real):
        if real is None and isinstance(mine, EMPTY) and mine:
            return
        yield f"{path} is {mine!r:.60} and was {real!r:.60}"


def _key(row: Any) -> Any:
    """What a row of a listing is known by."""
    for name in ("Name", "Names", "Destination"):
        if isinstance(row, dict) and row.get(name):
            return row[name][0] if isinstance(row[name], list) else row[name]
    return None


def _of_lists(mine: list[Any], real: list[Any], path: str) -> Iterator[str]:
    """Rows of the same name, or else the first of each."""
    known = {_key(row): row for row in mine if _key(row) is not None}
    pairs = [(known[_key(row)], row) for row in real if _key(row) in known]
    for one, other in pairs or list(zip(mine[:1], real[:1], strict=False)):
        yield from differences(one, other, f"{path}[]")


def _by_name(mine: dict[str, Any], real: dict[str, Any], path: str) -> Iterator[str]:
    if mine and real:
        yield from differences(next(iter(mine.values())), next(iter(real.values())), f"{path}{{}}")


def _kind(value: Any) -> type:
    return type(value)
