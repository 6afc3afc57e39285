"""The names in an alert of the NAS: of pools, devices and disks."""

import re
from typing import Any

_KEYS = frozenset({"volume", "pool", "pool_name", "device", "disk", "name", "serial"})
_IN_TEXT = re.compile(r"\b[Pp]ool '?([\w.:-]+)'?|/dev/(\w+)|\bserial:? ([\w-]+)")


def names_in(args: Any, text: str) -> frozenset[str]:
    """Return what the arguments and the text of an alert name."""
    found = {args} if isinstance(args, str) else set()
    if isinstance(args, dict):
        found = {value for key, value in args.items() if key in _KEYS and isinstance(value, str)}
    found |= {name for match in _IN_TEXT.finditer(text) for name in match.groups() if name}
    return frozenset(name.removeprefix("/dev/")[:200] for name in found)
