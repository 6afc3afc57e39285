"""The media of the simulated house: one world that download clients, Arrs and Plex share."""

from .download import TORRENT, USENET, Client, Disk, Download, Event, Fate, State
from .furnish import add_client, furnish
from .world import MediaWorld

__all__ = [
    "TORRENT",
    "USENET",
    "Client",
    "Disk",
    "Download",
    "Event",
    "Fate",
    "MediaWorld",
    "State",
    "add_client",
    "furnish",
]
