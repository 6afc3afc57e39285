"""The media of the simulated house: one world that download clients, Arrs and Plex share."""

from .download import TORRENT, USENET, Client, Disk, Download, Event, Fate, State
from .world import MediaWorld

__all__ = ["TORRENT", "USENET", "Client", "Disk", "Download", "Event", "Fate", "MediaWorld", "State"]
