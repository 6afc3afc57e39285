"""Download clients: qBittorrent 4.5 to 5.3, SABnzbd 4 and 5, Transmission 3 and 4, NZBGet; which one it is, is probed."""

from ..kind import ServiceKind
from .coordinator import DownloadsCoordinator
from .entities import PLATFORMS, TABLES
from .flow import SCHEMA, SECRETS, probe

KIND = ServiceKind(
    key="downloads",
    product="Download client",
    schema=SCHEMA,
    secrets=SECRETS,
    probe=probe,
    make=DownloadsCoordinator,
    platforms=PLATFORMS,
    tables=TABLES,
    parts=True,
)
