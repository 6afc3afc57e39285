"""`query-filters` and `query-options`: how every listing can be narrowed, sorted, cut and counted."""

from collections.abc import Callable, Iterable
import re
from typing import Any

from .errors import EINVAL, CallError, NotFoundError

type Row = dict[str, Any]

_MISSING = object()

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    ">": lambda left, right: left is not None and left > right,
    ">=": lambda left, right: left is not None and left >= right,
    "<": lambda left, right: left is not None and left < right,
    "<=": lambda left, right: left is not None and left <= right,
    "in": lambda left, right: left in right,
    "nin": lambda left, right: left not in right,
    "rin": lambda left, right: left is not None and right in left,
    "rnin": lambda left, right: left is not None and right not in left,
    "~": lambda left, right: left is not None and re.match(right, left) is not None,
    "^": lambda left, right: left is not None and left.startswith(right),
    "!^": lambda left, right: left is not None and not left.startswith(right),
    "$": lambda left, right: left is not None and left.endswith(right),
    "!$": lambda left, right: left is not None and not left.endswith(right),
}


def value_at(row: Row, path: str) -> Any:
    """The value at a dotted path; a missing one is `_MISSING`."""
    if path in row:
        return row[path]
    value: Any = row
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return _MISSING
    return value


def matches(row: Row, condition: Any) -> bool:
    """Whether a row meets one filter; `["OR", [filters]]` meets any."""
    if not isinstance(condition, list):
        raise CallError(f"Invalid filter {condition!r}", EINVAL)
    if len(condition) == 2 and condition[0] == "OR":
        return any(
            all(matches(row, part) for part in branch)
            if branch and isinstance(branch[0], list)
            else matches(row, branch)
            for branch in condition[1]
        )
    if len(condition) != 3:
        raise CallError(f"Invalid filter {condition!r}", EINVAL)
    path, operator, wanted = condition
    if operator not in OPERATORS:
        raise CallError(f"Invalid operation: {operator}", EINVAL)
    found = value_at(row, path)
    if found is _MISSING:
        return False
    try:
        return OPERATORS[operator](found, wanted)
    except TypeError as error:
        raise CallError(f"{path} cannot be compared with {wanted!r}", EINVAL) from error


def _selected(row: Row, select: list[str | list[str]]) -> Row:
    picked: Row = {}
    for item in select:
        path, name = (item, item) if isinstance(item, str) else (item[0], item[1])
        value = value_at(row, path)
        if value is _MISSING:
            continue
        if isinstance(item, str) and "." in path and path not in row:
            target = picked
            *parents, leaf = path.split(".")
            for parent in parents:
                target = target.setdefault(parent, {})
            target[leaf] = value
        else:
            picked[name] = value
    return picked


def _ordered(rows: list[Row], order_by: list[str]) -> list[Row]:
    for item in reversed(order_by):
        nulls_first, nulls_last = item.startswith("nulls_first:"), item.startswith("nulls_last:")
        key = item.split(":", 1)[1] if nulls_first or nulls_last else item
        backwards = key.startswith("-")
        path = key.removeprefix("-")
        known = [row for row in rows if value_at(row, path) not in (None, _MISSING)]
        empty = [row for row in rows if value_at(row, path) in (None, _MISSING)]
        known.sort(key=lambda row: value_at(row, path), reverse=backwards)
        rows = [*known, *empty] if nulls_last or (backwards and not nulls_first) else [*empty, *known]
    return rows


def run(rows: Iterable[Row], filters: Iterable[Any], options: dict[str, Any]) -> Any:
    """Rows, a count, or one row, as the options say."""
    conditions = list(filters)
    found = [row for row in rows if all(matches(row, condition) for condition in conditions)]
    if options.get("count"):
        return len(found)
    found = _ordered(found, options.get("order_by") or [])
    offset, limit = options.get("offset") or 0, options.get("limit") or 0
    found = found[offset : offset + limit] if limit else found[offset:]
    select = options.get("select") or []
    if select:
        found = [_selected(row, select) for row in found]
    if options.get("get"):
        if not found:
            raise NotFoundError("Item")
        return found[0]
    return found
