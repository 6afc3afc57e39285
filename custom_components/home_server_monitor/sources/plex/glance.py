"""A Plex Media Server at a glance, for the dashboard: counts and rates, never who plays what."""

from collections.abc import Mapping
from typing import Any

from .model import Plex


def glance(data: Plex) -> Mapping[str, Any]:
    """Return how much is watched, how it is converted, and what that takes."""
    playing = [each for each in data.streams.values() if each.plays]
    return {
        "part": "players",
        "streams": len(data.streams),
        "playing": len(playing),
        "remote": sum(each.remote for each in playing),
        "transcodes": len(data.transcoding),
        "on_hardware": data.on_hardware,
        "local_rate": data.bandwidth(remote=False),
        "remote_rate": data.bandwidth(remote=True),
        "scanning": data.scanning,
    }
