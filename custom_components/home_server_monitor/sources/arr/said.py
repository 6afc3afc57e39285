"""What an Arr says in words of its own: shown to everybody, so no key may stand in it."""

from typing import Any

from ..records import at, text
from ..sentence import without_keys


def said(value: Any) -> str | None:
    """Return a one-line text without keys and passwords, or None where there is none."""
    found = text(value, 400)
    return None if found is None else text(without_keys(found))


def wrong_of(row: Any) -> str | None:
    """Return what a test says is wrong, or None where all is well."""
    if not isinstance(row, dict) or row.get("isValid") is not False:
        return None
    return said(at(row, "validationFailures", 0, "errorMessage")) or "it does not say what is wrong"
