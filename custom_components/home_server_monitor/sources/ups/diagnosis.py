"""What of a UPS's variables may be told to others: nothing that names the device, its place or its owner."""

from collections.abc import Mapping
import re
from typing import Final

# serials, contacts, places, free texts, and how the driver reaches the device
_PRIVATE: Final = re.compile(
    r"serial|contact|location|^driver\.parameter|\.id$|^ups\.id|desc|macaddr|\bname$|user|password|usb",
    re.IGNORECASE,
)


def told_of(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that help to find a fault."""
    return {name: value[:80] for name, value in sorted(variables.items()) if not _PRIVATE.search(name)}
