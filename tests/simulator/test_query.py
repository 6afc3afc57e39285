"""Filters and options of listings."""

from typing import Any

import pytest

from simulator.truenas.errors import CallError
from simulator.truenas.query import run

ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "tank", "size": 40, "tags": ["a"], "deep": {"x": 1}, "none": None},
    {"id": 2, "name": "media", "size": 80, "tags": ["a", "b"], "deep": {"x": 3}, "none": 5},
    {"id": 3, "name": "apps", "size": 10, "tags": [], "deep": {"x": 2}, "none": None},
]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ([["name", "=", "tank"]], [1]),
        ([["name", "!=", "tank"]], [2, 3]),
        ([["size", ">", 10], ["size", "<", 80]], [1]),
        ([["size", ">=", 40]], [1, 2]),
        ([["size", "<=", 10]], [3]),
        ([["name", "in", ["tank", "apps"]]], [1, 3]),
        ([["name", "nin", ["tank", "apps"]]], [2]),
        ([["tags", "rin", "b"]], [2]),
        ([["name", "~", ".*a$"]], [2]),
        ([["name", "^", "me"]], [2]),
        ([["name", "$", "k"]], [1]),
        ([["deep.x", "=", 2]], [3]),
        ([["OR", [["name", "=", "tank"], ["size", "=", 10]]]], [1, 3]),
        ([["missing", "=", None]], []),
        ([["none", ">", 1]], [2]),
    ],
)
def test_filters(filters: list[Any], ids: list[int]) -> None:
    assert [row["id"] for row in run(ROWS, filters, {})] == ids


def test_options() -> None:
    assert run(ROWS, [], {"count": True}) == 3
    assert [row["id"] for row in run(ROWS, [], {"order_by": ["-size"]})] == [2, 1, 3]
    assert [row["id"] for row in run(ROWS, [], {"order_by": ["id"], "offset": 1, "limit": 1})] == [2]
    assert run(ROWS, [["id", "=", 1]], {"get": True, "select": ["name", ["deep.x", "x"]]}) == {
        "name": "tank",
        "x": 1,
    }
    assert run(ROWS, [["id", "=", 1]], {"select": ["deep.x"]}) == [{"deep": {"x": 1}}]
    with pytest.raises(CallError, match="does not exist"):
        run(ROWS, [["id", "=", 9]], {"get": True})
    with pytest.raises(CallError, match="Invalid"):
        run(ROWS, [["id", "like", 9]], {})
