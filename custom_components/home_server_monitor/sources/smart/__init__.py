"""Scrutiny and its forks: SMART of all drives, read by a collector of its own; nothing here asks a drive."""

from ..kind import ServiceKind
from .coordinator import SmartCoordinator
from .entities import PLATFORMS, TABLES
from .flow import SCHEMA, SECRETS, probe

KIND = ServiceKind(
    key="smart",
    product="Scrutiny",
    schema=SCHEMA,
    secrets=SECRETS,
    probe=probe,
    make=SmartCoordinator,
    platforms=PLATFORMS,
    tables=TABLES,
)
