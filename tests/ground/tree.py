"""The files of the integration, and its Python as syntax trees. Nothing here runs the integration."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = "home_server_monitor"
PACKAGE = ROOT / "custom_components" / DOMAIN
ABSOLUTE = ("custom_components", DOMAIN)


@dataclass(frozen=True)
class Module:
    """One Python file; `parts` is its dotted name inside the package, without a trailing `__init__`."""

    path: Path
    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name to print: `sources.truenas.client`, or `__init__` for the package itself."""
        return ".".join(self.parts) or "__init__"

    @property
    def is_package(self) -> bool:
        """Whether the file is a folder's `__init__.py`."""
        return self.path.name == "__init__.py"

    @cached_property
    def syntax(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.path.read_text(encoding="utf-8"), str(self.path))


def modules(package: Path) -> dict[tuple[str, ...], Module]:
    """Return every Python file below `package` by its dotted name."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        found[parts] = Module(path, parts)
    return found


def read_json(path: Path) -> Any:
    """Parse a JSON file, refusing a key that is given twice."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), (
            f"{path.name}: {sorted({k for k in keys if keys.count(k) > 1})} twice"
        )
        return dict(pairs)

    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique)


def existing(path: Path) -> Path:
    """Return `path`, or skip the test with a reason while the file is still to be written."""
    if not path.exists():
        pytest.skip(f"NOT CHECKED: {path.relative_to(ROOT)} does not exist yet")
    return path


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path and the value of everything in nested dicts that is not a dict."""
    if not isinstance(value, dict):
        yield path, value
        return
    for key, inner in value.items():
        yield from leaves(inner, (*path, key))
