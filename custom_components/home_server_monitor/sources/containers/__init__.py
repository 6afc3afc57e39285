"""Container engines: Docker from 20.10 on, directly, through a socket proxy or through Portainer; Podman is read."""

from ..kind import ServiceKind
from .coordinator import ContainersCoordinator
from .entities import PLATFORMS, TABLES
from .flow import SCHEMA, SECRETS, probe
from .options import OPTIONS, options_of, wrong_options

KIND = ServiceKind(
    key="containers",
    product="Containers",
    schema=SCHEMA,
    secrets=SECRETS,
    probe=probe,
    make=ContainersCoordinator,
    platforms=PLATFORMS,
    tables=TABLES,
    options=OPTIONS,
    options_of=options_of,
    wrong_options=wrong_options,
)
