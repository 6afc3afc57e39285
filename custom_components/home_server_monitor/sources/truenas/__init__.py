"""TrueNAS, 24.04 and newer."""

from ..kind import ServiceKind
from .coordinator import TrueNasCoordinator
from .entities import PLATFORMS, TABLES
from .flow import OPTIONS, SCHEMA, SECRETS, probe

KIND = ServiceKind(
    key="truenas",
    product="TrueNAS",
    schema=SCHEMA,
    secrets=SECRETS,
    probe=probe,
    make=TrueNasCoordinator,
    platforms=PLATFORMS,
    tables=TABLES,
    options=OPTIONS,
)
