"""The network links of a NAS: how fast they are, and what they move."""

from collections.abc import Sequence
import re

from ...guardian.capabilities import Link
from .model import TrueNas

# `1000baseT`, `10Gbase-SR`, `2500Base-T`
_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*(g?)\s*base", re.IGNORECASE)
_MBIT, _GBIT = 125_000.0, 125_000_000.0


def speed_of(said: str | None) -> float | None:
    """Return bytes a second of what a NAS calls the medium of an interface, or None where it says no number."""
    found = _SPEED.search(said or "")
    return float(found[1]) * (_GBIT if found[2] else _MBIT) if found else None


def links_of(data: TrueNas) -> Sequence[Link]:
    """Return the links that are up; bridges and bonds have no speed of their own, and what they are made of has."""
    rates = data.realtime.interfaces if data.realtime else {}
    return tuple(
        Link(
            name,
            speed_of(each.speed),
            rates[name].received if name in rates else None,
            rates[name].sent if name in rates else None,
        )
        for name, each in data.interfaces.items()
        if each.up
    )
