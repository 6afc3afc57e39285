"""Plex Media Server: what is played and how it is converted, and how it is set."""

from ..kind import ServiceKind
from .coordinator import PlexCoordinator
from .entities import PLATFORMS, TABLES
from .flow import SCHEMA, SECRETS, probe

KIND = ServiceKind(
    key="plex",
    product="Plex",
    schema=SCHEMA,
    secrets=SECRETS,
    probe=probe,
    make=PlexCoordinator,
    platforms=PLATFORMS,
    tables=TABLES,
)
