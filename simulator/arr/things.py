"""What a simulated Arr keeps records of."""

from dataclasses import dataclass
from typing import Any

from simulator.media import Fate


@dataclass(slots=True, kw_only=True)
class Thing:
    """A film, an episode of a series, an album of an artist, a book of an author. airs: seconds since 1970."""

    id: int
    title: str
    series: int | None = None
    series_title: str = ""
    season: int = 1
    episode: int = 1
    airs: float = 0.0
    has_file: bool = False
    monitored: bool = True


@dataclass(slots=True, kw_only=True)
class Release:
    """What an indexer offers. refused: a key of REFUSALS, where its import will not go through."""

    title: str
    things: tuple[int, ...]
    client: str
    size: int = 4 << 30
    indexer: str = "Harbour Index"
    group: str = "NTb"
    fate: Fate = Fate.FINE
    refused: str = ""
    private: bool = False
    known: bool = True


@dataclass(slots=True, kw_only=True)
class Tracked:
    """A download that the Arr follows, or a release that waits for its delay (then without a download)."""

    row: int
    release: Release
    download: str | None
    added: float
    state: str = "downloading"
    message: str = ""
    things: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True)
class Entry:
    """A line of the history."""

    id: int
    kind: str
    at: float
    release: Release
    download: str | None
    thing: int
    message: str = ""


@dataclass(slots=True)
class Command:
    """A command that was ordered; it ends once it was asked about."""

    id: int
    name: str
    body: dict[str, Any]
    asked: int = 0
    failed: str = ""

    @property
    def status(self) -> str:
        """How it stands."""
        if self.asked < 2:
            return ("queued", "started")[self.asked]
        return "failed" if self.failed else "completed"
