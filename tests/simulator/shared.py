"""The vendor's own data, where it is at hand: tests read it and skip, loudly, where it is not."""

import csv
from functools import cache
import json
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "truenas"


def _need(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"NOT CHECKED against the vendor: {path} is not on this machine")
    return path


@cache
def methods_by_version() -> dict[str, dict[str, str]]:
    """Method → release line → cell (`JOB`, roles, `removed_in`; `-` = does not exist)."""
    with _need("methods_by_version.csv").open() as file:
        rows = list(csv.reader(file))
    releases = ("24.04", "24.10", "25.04", "25.10", "26", "27")
    return {row[0]: dict(zip(releases, row[1:], strict=True)) for row in rows[1:]}


@cache
def schemas() -> dict[str, Any]:
    """`core.get_methods` of a real 25.04."""
    found: dict[str, Any] = json.loads(_need("25.04/core.get_methods.json").read_text())
    return found


RECORDED = DATA.parent / "docker" / "recorded"


def recording(engine: str, name: str) -> Any:
    """What a real engine answered."""
    path = RECORDED / engine / name
    if not path.exists():
        pytest.skip(f"NOT CHECKED against a real reply: {path} is not on this machine")
    return json.loads(path.read_text())
