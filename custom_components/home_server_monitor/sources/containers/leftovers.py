"""The names of what an update keeps beside a container: they carry the Home Assistant that left it there."""

import re

# <name>-hsm-<eight hex digits of the Home Assistant>-<what>[-<time>]
_LEFTOVER = re.compile(r"(?P<name>.+)-hsm-(?P<instance>[0-9a-f]{8})-(?:new|old|failed)(?:-\d+)?")


def leftover(name: str) -> tuple[str, str] | None:
    """Return the name of the container that something was kept from, and whose it is, or None."""
    match = _LEFTOVER.fullmatch(name)
    return (match["name"], match["instance"]) if match else None
