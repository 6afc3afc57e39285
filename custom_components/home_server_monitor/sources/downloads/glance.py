"""A download client at a glance, for the dashboard: out of the snapshot, so that looking at it asks nothing."""

from collections.abc import Mapping
from typing import Any

from ...guardian.capabilities_media import DownloadState
from .model import Downloader

_AT_WORK = (DownloadState.DOWNLOADING, DownloadState.METADATA, DownloadState.UNPACKING)


def glance(data: Downloader) -> Mapping[str, Any]:
    """Return its speeds, the limits that hold now, and how many downloads do what."""
    line = data.line
    return {
        "part": "clients",
        "product": data.product.label,
        "down": line.down,
        "up": line.up,
        "down_limit": line.down_limit or None,
        "up_limit": line.up_limit or None,
        "paused": line.paused,
        "free": line.free,
        "active": data.count(*_AT_WORK),
        "queued": data.count(DownloadState.QUEUED),
        "stalled": data.count(DownloadState.STALLED),
        "failed": data.count(DownloadState.FAILED),
        "seeding": data.count(DownloadState.SEEDING),
    }
