"""The Arrs of the simulated house, on the media world that download clients and Plex share."""

from .bazarr import BazarrFace
from .face import ArrFace
from .house import furnish, furnish_others
from .indexers import Prowlarr
from .library import Library
from .prowlarr import ProwlarrFace
from .things import Release, Thing, Tracked

__all__ = [
    "ArrFace",
    "BazarrFace",
    "Library",
    "Prowlarr",
    "ProwlarrFace",
    "Release",
    "Thing",
    "Tracked",
    "furnish",
    "furnish_others",
]
