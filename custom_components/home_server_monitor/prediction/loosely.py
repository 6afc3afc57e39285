"""Values out of JSON that may hold anything: what is not what it should be is not known."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

# the counters of NVMe have 128 bits; more than that cannot be shown, nor be turned into a float
_BITS: Final = 128
_LONGEST: Final = 200
# shares and flags come as one byte
_BYTE: Final = 255


def as_map(value: object) -> Mapping[str, Any]:
    """Return an object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> Sequence[Any]:
    """Return a list, an empty one for anything else."""
    return value if isinstance(value, list) else ()


def as_int(value: object) -> int | None:
    """Return a whole number of at most 128 bits. NVMe writes very large ones as strings."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if abs(value) < 1e18 else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 40:
        value = int(value)
    return value if isinstance(value, int) and value.bit_length() <= _BITS else None


def as_count(value: object) -> int | None:
    """Return a whole number that is not negative."""
    found = as_int(value)
    return None if found is None or found < 0 else found


def as_percent(value: object) -> int | None:
    """Return what a drive reports in one byte: a share in percent, which may pass 100, or flags."""
    found = as_count(value)
    return None if found is None or found > _BYTE else found


def as_bool(value: object) -> bool | None:
    """Return whether something is so, None where that is not said."""
    return value if isinstance(value, bool) else None


def as_text(value: object) -> str | None:
    """Return a text of at most 200 characters that can all be printed, None where there is none."""
    if not isinstance(value, str):
        return None
    found = value[:_LONGEST]
    if not found.isprintable():
        found = "".join(each for each in found if each.isprintable())
    return found.strip() or None
