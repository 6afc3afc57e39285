"""The downloads of a client as rows of a response."""

from collections.abc import Mapping
from typing import Any

from ...guardian.capabilities_media import DownloadState, Item
from .model import Downloader

# what needs somebody first
_ORDER = (
    DownloadState.FAILED,
    DownloadState.STALLED,
    DownloadState.METADATA,
    DownloadState.DOWNLOADING,
    DownloadState.UNPACKING,
    DownloadState.MOVING,
    DownloadState.CHECKING,
    DownloadState.QUEUED,
    DownloadState.PAUSED,
    DownloadState.SEEDING,
    DownloadState.COMPLETED,
    DownloadState.UNKNOWN,
)


def listing(data: Downloader, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return at most `limit` downloads, those of `state` where one is given."""
    wanted = fields.get("state")
    found = [each for each in data.items.values() if wanted is None or each.state == wanted]
    found.sort(key=lambda each: (_ORDER.index(each.state), each.name))
    return [_row(each) for each in found[: fields.get("limit", 100)]]


def _row(each: Item) -> dict[str, Any]:
    return {
        "id": each.id,
        "name": each.name,
        "state": each.state.value,
        "trouble": each.trouble.value if each.trouble else None,
        "reason": each.reason or None,
        "category": each.category or None,
        "size": each.size,
        "progress": round(each.progress, 4),
        "speed": each.speed,
        "seeds": each.seeds,
        "ratio": None if each.ratio is None else round(each.ratio, 2),
        "private": each.private,
        "tracker": each.tracker or None,
        "added": each.added.isoformat() if each.added else None,
        "finished": each.finished.isoformat() if each.finished else None,
    }
