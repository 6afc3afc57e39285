"""What an Arr says in words of its own: shown to everybody, so no key may stand in it."""

import re
from typing import Any, Final

from ..records import text

# indexers and trackers take their keys in addresses, and errors quote addresses
_SECRET: Final = re.compile(
    r"(?i)\b(api_?key|pass_?key|auth_?key|torrent_pass|access_token|token|rsskey|secret|r|key)=[^&\s'\"<>]{6,}"
)
_LOGIN: Final = re.compile(r"(?i)(https?://)[^/\s:@]+:[^/\s@]+@")
_HIDDEN: Final = "…"


def said(value: Any) -> str | None:
    """Return a one-line text without keys and passwords, or None where there is none."""
    found = text(value, 400)
    if found is None:
        return None
    return text(_LOGIN.sub(rf"\1{_HIDDEN}@", _SECRET.sub(rf"\1={_HIDDEN}", found)))
