"""Whose names on a server are: what we leave there carries 8 hex digits of the Home Assistant that left it."""

import re

_MARK = re.compile(r"(?:^|-)hsm-([0-9a-f]{8})(?:-|$)")


def left_by(name: str) -> str | None:
    """Return the 8 hex digits of the Home Assistant that left something of this name, or None for anybody else's."""
    found = _MARK.search(name)
    return found[1] if found else None
