"""Words of a server as they may be shown: without what looks like a secret."""

import re

HIDDEN = "•••"
_NAMED = re.compile(
    r"""(?P<name>[\w.-]*(?:passw|passphrase|secret|token|api[_-]?key|private[_-]?key|credential|authorization)[\w.-]*
        ["']?\s*[=:]\s*)(?P<value>"[^"]*"|'[^']*'|(?:Bearer\s+|Basic\s+)?[^\s,;&"']+)""",
    re.IGNORECASE | re.VERBOSE,
)
_IN_URL = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9+/_.=-]{8,}", re.IGNORECASE)
_KEYS = re.compile(r"\b(?:ptr_[A-Za-z0-9+/=_-]{8,}|gh[pousr]_\w{16,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)")


def redacted(words: str) -> str:
    """Return the words with the values of secret-looking names, passwords in addresses, and keys hidden."""
    words = _NAMED.sub(lambda found: found["name"] + HIDDEN, words)
    words = _IN_URL.sub(HIDDEN, words)
    words = _BEARER.sub(lambda found: f"{found[1]} {HIDDEN}", words)
    return _KEYS.sub(HIDDEN, words)
