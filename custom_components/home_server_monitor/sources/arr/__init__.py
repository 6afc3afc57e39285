"""The Arrs: Sonarr, Radarr, Lidarr and Prowlarr; Readarr is only read, and of Bazarr its health."""

from ..kind import ServiceKind
from .coordinator import ArrCoordinator
from .entities import PLATFORMS, TABLES
from .flow import SCHEMA, SECRETS, probe
from .options import OPTIONS, has_options, options_of

KIND = ServiceKind(
    key="arr",
    product="Arr",
    schema=SCHEMA,
    secrets=SECRETS,
    probe=probe,
    make=ArrCoordinator,
    platforms=PLATFORMS,
    tables=TABLES,
    parts=True,
    options=OPTIONS,
    options_of=options_of,
    has_options=has_options,
)
