"""A download client as it was seen: one immutable snapshot, whichever client it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from ...guardian.capabilities_media import DownloadState, Item, Line

# the limits that a client may have: while the alternative ones hold, the second two
DOWN, UP, ALT_DOWN, ALT_UP = "down", "up", "alt_down", "alt_up"
TORRENT, USENET = "torrent", "usenet"
_WANTING = (DownloadState.DOWNLOADING, DownloadState.STALLED, DownloadState.METADATA)


class Product(StrEnum):
    """Which client it is."""

    QBITTORRENT = "qbittorrent"
    SABNZBD = "sabnzbd"
    TRANSMISSION = "transmission"
    NZBGET = "nzbget"

    @property
    def label(self) -> str:
        """Return its name."""
        return _TITLES[self]

    @property
    def protocol(self) -> str:
        """Return what it downloads from: torrent or usenet."""
        return TORRENT if self in (Product.QBITTORRENT, Product.TRANSMISSION) else USENET


_TITLES = {
    Product.QBITTORRENT: "qBittorrent",
    Product.SABNZBD: "SABnzbd",
    Product.TRANSMISSION: "Transmission",
    Product.NZBGET: "NZBGet",
}


@dataclass(frozen=True, slots=True)
class NewsServer:
    """A news server that is used; error: what the client says of it, "" while it is well."""

    name: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloader:
    """One snapshot. limits: bytes a second by the names above, 0 for none, as far as this client has them.

    pause: the value that makes it pause or not, as its setting knows it. connection: connected, firewalled (no port is
    open for peers) or disconnected; None where nobody knows. quota_left: bytes. warnings: how many it shows.
    whole: every download that it has is among `items`; skipped: how many could not be read.
    """

    product: Product
    version: str
    line: Line = field(default_factory=Line)
    limits: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    pause: Any = False
    items: Mapping[str, Item] = field(default_factory=lambda: MappingProxyType({}))
    connection: str | None = None
    servers: tuple[NewsServer, ...] = ()
    quota_reached: bool = False
    quota_left: int | None = None
    warnings: int | None = None
    whole: bool = True
    skipped: int = 0

    def count(self, *states: DownloadState) -> int:
        """Return how many downloads are in one of these states."""
        return sum(each.state in states for each in self.items.values())

    @property
    def wanting(self) -> tuple[Item, ...]:
        """Return the downloads that would take bytes now."""
        return tuple(each for each in self.items.values() if each.state in _WANTING)

    @property
    def left(self) -> int:
        """Return the bytes that are still to come, of what is neither paused nor failed."""
        open_states = (*_WANTING, DownloadState.QUEUED)
        return sum(each.size - each.done for each in self.items.values() if each.state in open_states)
