"""Whether a newer image is a new major version: read from versions, from tags, and never guessed."""

import re

from .reference import parsed

# `4`, `4.1.2`, `v2.3`, `16-alpine`; a word, a date without a dot or a digest is no version
_VERSION = re.compile(r"v?(\d{1,4})(?:[.+_-].*)?", re.ASCII | re.IGNORECASE)


def major(version: str | None) -> int | None:
    """Return the first number of a version, or None where it is none."""
    found = _VERSION.fullmatch(version or "")
    return int(found[1]) if found else None


def is_major(reference: str, installed: str | None, latest: str | None) -> bool | None:
    """Return whether the newest image under a reference is of another major version; None where nobody says.

    installed, latest: the versions in the labels of both images. Two images of one version tell nothing: the label
    may be that of the system that they are built on. Then a tag that begins with a version tells that it keeps to it.
    """
    before, after = major(installed), major(latest)
    if before is not None and after is not None and installed != latest:
        return before != after
    named = parsed(reference)
    return None if named is None or major(named.tag) is None else False
