"""Reading the rows of TrueNAS: what all sources read alike, and this server's property objects and instants."""

from datetime import datetime
from typing import Any

from .. import records
from ..records import MAX_TEXT, Malformed, Row, Rows, at, flag, name, record, rows, text, word
from .wire import instant

__all__ = (
    "MAX_TEXT",
    "Malformed",
    "Row",
    "Rows",
    "at",
    "count",
    "flag",
    "integer",
    "name",
    "number",
    "record",
    "rows",
    "text",
    "when",
    "word",
)


def number(value: Any) -> float | None:
    """Return a finite number from a number or its text; property objects by their parsed or raw value."""
    return records.number(_plain(value))


def integer(value: Any) -> int | None:
    """Return a whole number, or None; property objects by their parsed or raw value."""
    return records.integer(_plain(value))


def count(value: Any) -> int:
    """Return a counter that cannot be negative; 0 where there is none."""
    return records.count(_plain(value))


def when(value: Any) -> datetime | None:
    """Return an instant, or None."""
    return instant(value)


def _plain(value: Any) -> Any:
    while isinstance(value, dict):
        value = value["parsed"] if value.get("parsed") is not None else value.get("rawvalue")
    return value
