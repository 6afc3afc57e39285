"""The download clients of the media world, as they answer over HTTP."""

from .base import ClientFace
from .nzbget import NZBGetFace
from .qbittorrent import QBittorrentFace
from .sabnzbd import SABnzbdFace
from .transmission import TransmissionFace

FACES: dict[str, type[ClientFace]] = {
    "qbittorrent": QBittorrentFace,
    "sabnzbd": SABnzbdFace,
    "transmission": TransmissionFace,
    "nzbget": NZBGetFace,
}

__all__ = [
    "FACES",
    "ClientFace",
    "NZBGetFace",
    "QBittorrentFace",
    "SABnzbdFace",
    "TransmissionFace",
]
