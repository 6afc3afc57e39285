"""The registry: every kind of service that can be added, one line each."""

from .sources.arr import KIND as ARR
from .sources.containers import KIND as CONTAINERS
from .sources.downloads import KIND as DOWNLOADS
from .sources.kind import ServiceKind
from .sources.plex import KIND as PLEX
from .sources.smart import KIND as SMART
from .sources.truenas import KIND as TRUENAS
from .sources.ups import KIND as UPS

KINDS: dict[str, ServiceKind] = {
    kind.key: kind for kind in (TRUENAS, CONTAINERS, DOWNLOADS, SMART, ARR, PLEX, UPS)
}
