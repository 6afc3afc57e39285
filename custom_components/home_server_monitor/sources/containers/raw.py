"""Reading the engine's JSON as it is, where any part may be missing, null or of another type."""

from collections.abc import Mapping
from typing import Any

type Json = Mapping[str, Any]

SHORT_ID = 12


def table(value: Any) -> dict[str, Any]:
    """Return an object, or an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """Return a list, or an empty one where there is none."""
    return value if isinstance(value, list) else []


def words(value: Any) -> list[str]:
    """Return the texts of a list; podman and old images write a single text where a list is meant."""
    if isinstance(value, str):
        return [value]
    return [each for each in items(value) if isinstance(each, str)]


def tables(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    return [each for each in items(value) if isinstance(each, dict)]


def text(value: Any) -> str:
    """Return a text as it is, or an empty one."""
    return value if isinstance(value, str) else ""


def whole(value: Any) -> int:
    """Return a whole number, or 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def name_of(inspect: Json) -> str:
    """Return the name of a container, without the slash that the engine puts before it."""
    return text(inspect.get("Name")).removeprefix("/")


def short_id(inspect: Json) -> str:
    """Return what the engine makes a host name and an alias of."""
    return text(inspect.get("Id"))[:SHORT_ID]


def is_podman(version: Json) -> bool:
    """Return whether `GET /version` comes from podman."""
    return any("podman" in text(each.get("Name")).lower() for each in tables(version.get("Components")))


def api_number(version: str) -> tuple[int, int]:
    """Return an API version such as 1.44 for comparing; (0, 0) where it is none."""
    major, _, minor = version.partition(".")
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else (0, 0)
