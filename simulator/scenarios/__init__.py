"""Things that can happen to the server, each with a way back where that makes sense."""

from .ageing import AGED
from .base import Scenario
from .containers import CONTAINERS
from .disks import DISKS
from .downloads import DOWNLOADS
from .engine import ENGINE
from .media import MEDIA
from .network import NETWORK
from .plex import OF_PLEX
from .pools import POOLS
from .power import POWER
from .replacement import REPLACED
from .system import SYSTEM

SCENARIOS: dict[str, type[Scenario]] = {
    kind.name: kind
    for kind in (
        *DISKS,
        *AGED,
        *REPLACED,
        *POOLS,
        *SYSTEM,
        *NETWORK,
        *POWER,
        *CONTAINERS,
        *ENGINE,
        *MEDIA,
        *OF_PLEX,
        *DOWNLOADS,
    )
}

__all__ = ["SCENARIOS", "Scenario"]
