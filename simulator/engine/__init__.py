"""A container engine as it is inside: the state, and the rules by which it changes. No HTTP here."""

from .behaviour import Behaviour
from .engine import Engine
from .errors import EngineError, NotModifiedError
from .model import Container, Image, Network, Volume
from .references import Reference
from .releases import RELEASES, EngineRelease, release_named
from .store import Published, Store

__all__ = [
    "RELEASES",
    "Behaviour",
    "Container",
    "Engine",
    "EngineError",
    "EngineRelease",
    "Image",
    "Network",
    "NotModifiedError",
    "Published",
    "Reference",
    "Store",
    "Volume",
    "release_named",
]
