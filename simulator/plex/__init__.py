"""A Plex Media Server of the simulated house, on the media world that download clients and Arrs share."""

from .face import PlexFace
from .theatre import Showing, Theatre

__all__ = ["PlexFace", "Showing", "Theatre"]
