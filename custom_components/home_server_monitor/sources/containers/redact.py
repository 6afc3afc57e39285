"""Words of a server or a container as they may be shown: without what looks like a secret."""

import re

HIDDEN = "•••"
_NAMED = re.compile(
    r"""(?ix)
    ( [\w.-]* (?:passw|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential
      |authorization|cookie|session(?:id)?) [\w.-]* ["']? \s* (?:[=:]|\bis\b) \s* )
    ( "[^"]*" | '[^']*' | (?:(?:bearer|basic)\s+)? [^\s&,;"']+ )
    """
)
_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}")
_IN_URL = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@]+@")
_KEYS = re.compile(r"\b(?:ptr_[A-Za-z0-9+/=_-]{8,}|gh[pousr]_\w{16,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)")
# a made-up word: letters and digits, longer than any name
_RANDOM = re.compile(r"(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{32,}")


def redacted(words: str) -> str:
    """Return the words without what looks like a password, a token or a key; some harmless ids go with them."""
    words = _IN_URL.sub(rf"\1{HIDDEN}@", words)
    words = _NAMED.sub(lambda found: found[1] + HIDDEN, words)
    words = _SCHEME.sub(lambda found: f"{found[1]} {HIDDEN}", words)
    words = _KEYS.sub(HIDDEN, words)
    return _RANDOM.sub(HIDDEN, words)
