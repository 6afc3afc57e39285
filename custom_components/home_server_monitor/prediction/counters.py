"""The SMART counters that the disk model reads, and what of a raw value is a count."""

from collections.abc import Mapping
from typing import Final

# ATA attribute ids. The first four grow while a drive dies; any-of-these is the usual rule of thumb.
GROWING: Final = (5, 187, 197, 198)
COUNTERS: Final = (5, 187, 188, 197, 198, 10, 196)

_WORD: Final = 0xFFFF
# Vendors pack other numbers above the count: 5 is raw16(raw16) in smartctl's default presets, and Seagate's 188 is
# three 16-bit words (all time-outs | those over 5 s | those over 7.5 s).
_PACKED: Final = frozenset({5, 188})


def count(attribute: int, raw: float | None) -> float | None:
    """Return the count in a raw value, or None where there is none (elsewhere 48 bits hold packed junk)."""
    if raw is None or not 0 <= raw < 1 << 64:
        return None
    if attribute in _PACKED:
        return float(int(raw) & _WORD)
    return float(raw) if raw <= _WORD else None


def counts(raw: Mapping[int, float | None]) -> tuple[float | None, ...]:
    """Return the counts in the order of COUNTERS."""
    return tuple(count(attribute, raw.get(attribute)) for attribute in COUNTERS)
