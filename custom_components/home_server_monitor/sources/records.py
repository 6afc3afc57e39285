"""Reading records that may be anything: one bad record is skipped and counted, never more."""

import asyncio
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
import html
import math
import re
import time
from types import MappingProxyType
from typing import Any

from .errors import BadResponse

_TAGS = re.compile(r"<[^>]{0,200}>")
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]+"
)
MAX_TEXT = 200
# more of one kind than anybody has at home would only hold up everything else
MAX_ROWS = 5000
# seconds of parsing in one go
TURN = 0.005
# what JSON writers and databases take
MAX_INTEGER = 2**63 - 1
FIRST_YEAR, LAST_YEAR = 1970, 2200
# more than any download has; thousands of them still sum up to what JSON writers take
MAX_AMOUNT = 2**50

type Row = dict[str, Any]


class Malformed(ValueError):
    """A record lacks what identifies it or has another shape."""


@dataclass(frozen=True, slots=True)
class Rows[T]:
    """Parsed records by their identity; `skipped` counts those that could not be read."""

    items: Mapping[str, T] = field(default_factory=lambda: MappingProxyType({}))
    skipped: int = 0


def rows[T](raw: Any, parse: Callable[[Row], tuple[str, T]]) -> Rows[T]:
    """Parse a list row by row. Raises BadResponse where it is not a list."""
    steps = _parsing(raw, parse)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Rows[T] = end.value
            return found


async def rows_in_turns[T](raw: Any, parse: Callable[[Row], tuple[str, T]]) -> Rows[T]:
    """Parse a long list row by row, without holding the event loop. Raises BadResponse where it is not a list."""
    steps = _parsing(raw, parse)
    until = time.monotonic() + TURN
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Rows[T] = end.value
            return found
        if time.monotonic() > until:
            await asyncio.sleep(0)
            until = time.monotonic() + TURN


def _parsing[T](raw: Any, parse: Callable[[Row], tuple[str, T]]) -> Generator[None, None, Rows[T]]:
    """Parse one row a step."""
    if not isinstance(raw, list):
        raise BadResponse("Expected a list")
    items: dict[str, T] = {}
    skipped = 0
    skipped += max(len(raw) - MAX_ROWS, 0)
    for row in raw[:MAX_ROWS]:
        try:
            key, item = parse(record(row))
        except BadResponse, KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError:
            skipped += 1
        else:
            # two records with one identity: the first stands, and nobody may think the list whole
            skipped += key in items
            items.setdefault(key, item)
        yield
    return Rows(MappingProxyType(items), skipped)


def record(raw: Any) -> Row:
    """Return an object. Raises BadResponse for anything else."""
    if not isinstance(raw, dict):
        raise BadResponse("Expected an object")
    return raw


def at(row: Any, *path: str | int) -> Any:
    """Return the value at a path through objects and lists, or None where any part is missing."""
    for part in path:
        if isinstance(row, dict) and isinstance(part, str):
            row = row.get(part)
        elif isinstance(row, list) and isinstance(part, int) and -len(row) <= part < len(row):
            row = row[part]
        else:
            return None
    return row


def readable[T](found: Rows[T]) -> Rows[T]:
    """Return what was read of a listing. Raises BadResponse where there are rows and none of them could be read."""
    if found.skipped and not found.items:
        raise BadResponse("Nothing of it can be read")
    return found


def number(value: Any) -> float | None:
    """Return a finite number from a number or its text, or None."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = float(value)
    except TypeError, ValueError, OverflowError:
        return None
    return found if math.isfinite(found) else None


def positive(value: Any) -> float | None:
    """Return a number that is not below zero, else None."""
    found = number(value)
    return found if found is not None and found >= 0 else None


def integer(value: Any) -> int | None:
    """Return a whole number, or None."""
    found = value if isinstance(value, int) and not isinstance(value, bool) else number(value)
    return None if found is None or abs(found) > MAX_INTEGER else int(found)


def count(value: Any) -> int:
    """Return a counter that cannot be negative; 0 where there is none."""
    return max(integer(value) or 0, 0)


def amount(value: Any, unit: int = 1) -> int:
    """Return bytes, or bytes a second, of something that is loaded, given in `unit`; 0 for what none can be."""
    found = (number(value) or 0.0) * unit
    return round(found) if 0 < found <= MAX_AMOUNT else 0


def text(value: Any, limit: int = MAX_TEXT) -> str | None:
    """Return a one-line text without markup, control or direction characters, or None where there is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    cleaned = _CONTROL.sub(" ", _TAGS.sub("", html.unescape(str(value)[: limit * 8]))).strip()
    return cleaned[:limit] or None


def name(value: Any) -> str:
    """Return a text that identifies something. Raises Malformed where there is none."""
    if (found := text(value)) is None:
        raise Malformed("no name")
    return found


def flag(value: Any) -> bool | None:
    """Return a truth value, or None where it is not one."""
    return value if isinstance(value, bool) else None


def instant(value: Any) -> datetime | None:
    """Return a UTC instant from ISO text or from seconds since 1970, else None.

    What lies outside 1970 to 2200 is no instant that a server means; Go writes year 1 where there is none.
    """
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value[:60])
            found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
            found = datetime.fromtimestamp(value, UTC)
        else:
            return None
    except ValueError, OverflowError, OSError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def word(value: Any, known: frozenset[str], other: str | None = None) -> str | None:
    """Return a lower-case state that is one of `known`, else `other`."""
    found = value.lower() if isinstance(value, str) else None
    return found if found in known else other
