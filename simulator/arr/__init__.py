"""Sonarr, Radarr and Prowlarr of the simulated house, on the media world that download clients and Plex share."""

from .face import ArrFace
from .house import furnish
from .indexers import Prowlarr
from .library import Library, Release, Thing, Tracked
from .prowlarr import ProwlarrFace

__all__ = ["ArrFace", "Library", "Prowlarr", "ProwlarrFace", "Release", "Thing", "Tracked", "furnish"]
