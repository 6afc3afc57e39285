"""Items, snapshots and clients of tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from custom_components.home_server_monitor.guardian.capabilities_media import (
    DownloadState,
    Item as Seen,
    Line,
)
from custom_components.home_server_monitor.sources.arr.model import About, Arr, Check
from custom_components.home_server_monitor.sources.arr.queue import Item, Queue
from custom_components.home_server_monitor.sources.arr.signals import Watched

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
GIB = 1 << 30


def item(key: str = "aa", **more: Any) -> Item:
    """A torrent that runs well."""
    usual: dict[str, Any] = {
        "title": f"Release {key}",
        "download": key.upper(),
        "rows": (1,),
        "things": (int(key, 16) if all(c in "0123456789abcdef" for c in key) else 1,),
        "size": 4 * GIB,
        "left": GIB,
        "added": NOW - timedelta(hours=5),
        "status": "downloading",
        "state": "downloading",
        "health": "ok",
        "protocol": "torrent",
        "client": "qbittorrent",
        "indexer": "Harbour Index",
    }
    return Item(key=key, **(usual | more))


def arr(*items: Item, checks: tuple[Check, ...] = (), **more: Any) -> Arr:
    """A Radarr with this queue."""
    return Arr(
        about=About("Radarr", "5.27.5"),
        queue=Queue({each.key: each for each in items}),
        checks={each.key: each for each in checks},
        **more,
    )


def seen(key: str = "aa", state: DownloadState = DownloadState.DOWNLOADING, **more: Any) -> Seen:
    """The same in its client."""
    usual: dict[str, Any] = {
        "name": key,
        "protocol": "torrent",
        "size": 4 * GIB,
        "done": 3 * GIB,
        "private": False,
    }
    return Seen(id=key, state=state, **(usual | more))


def client(*downloads: Seen, answers: bool = True, limited: bool = False, **line: Any) -> Watched:
    """A client that has these."""
    return Watched(
        "qbittorrent", answers, Line(**line), {each.id: each for each in downloads}, limited=limited
    )
