"""What goes wrong with a download, from the words of clients, trackers and news servers.

Clients do not translate these; trackers write what they like, so that what is not known stays `tracker`.
"""

from typing import Any

from yarl import URL

from ...guardian.capabilities_media import Trouble

_UNREGISTERED = (
    "unregistered",
    "not registered",
    "not found",
    "not exist",
    "unknown torrent",
    "torrent has been deleted",
    "has been nuked",
    "trumped",
    "infohash not",
    "info hash not",
    "invalid infohash",
    "torrent is deleted",
    "complete season uploaded",
)
_LOCAL = (
    (Trouble.MISSING_FILES, ("no data found", "no such file", "missing files", "file not found")),
    (
        Trouble.NO_SPACE,
        ("no space", "disk full", "not enough space", "diskspace", "disk space", "quota exceeded"),
    ),
    (Trouble.PERMISSION, ("permission denied", "access denied", "read-only file system")),
)
_USENET = (
    (Trouble.PASSWORD, ("password", "encrypted")),
    (Trouble.INCOMPLETE, ("cannot be completed", "articles were missing", "not-complete", "health")),
    (Trouble.DUPLICATE, ("duplicate",)),
    (Trouble.UNPACK, ("unpack", "repair", "par2", "crc", "rar", "extract", "verif")),
)


def of_tracker(said: str) -> Trouble | None:
    """Return what a tracker's message means; None for none."""
    text = said.lower()
    if not text:
        return None
    return Trouble.UNREGISTERED if any(each in text for each in _UNREGISTERED) else Trouble.TRACKER


def of_disk(said: str) -> Trouble:
    """Return what a local error of a torrent means."""
    text = said.lower()
    return next((trouble for trouble, marks in _LOCAL if any(each in text for each in marks)), Trouble.OTHER)


def of_usenet(said: str) -> Trouble:
    """Return why usenet failed."""
    text = said.lower()
    if (local := of_disk(text)) is not Trouble.OTHER:
        return local
    return next((trouble for trouble, marks in _USENET if any(each in text for each in marks)), Trouble.OTHER)


def host_of(tracker: Any) -> str:
    """Return the host of a tracker's address, without a path, which may hold a key."""
    try:
        return URL(str(tracker or "")[:500]).host or ""
    except ValueError:
        return ""
