"""What the media world is made of: downloads, the clients that fetch them, the disks that they land on.

Bytes and seconds everywhere; a limit of 0 is none; instants are seconds since 1970 of the world's clock.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

TORRENT, USENET = "torrent", "usenet"


class State(StrEnum):
    """What a client does with a download. Faces translate: a torrent that is `SEEDING` without peers is `stalledUP`.

    `COMPLETED`: all of it is there and it does not seed: a stopped torrent, or usenet that was unpacked. `FAILED` is
    usenet that went to the history as failed, `ERRORED` a torrent that cannot go on (files gone, disk full).
    What an Arr makes of it (import pending, blocked, imported) is the Arr's own.
    """

    QUEUED = "queued"
    METADATA = "metadata"
    DOWNLOADING = "downloading"
    STALLED = "stalled"
    PAUSED = "paused"
    CHECKING = "checking"
    MOVING = "moving"
    SEEDING = "seeding"
    COMPLETED = "completed"
    ERRORED = "errored"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        """Whether no byte will come any more by itself."""
        return self in (State.SEEDING, State.COMPLETED, State.ERRORED, State.FAILED)


class Fate(StrEnum):
    """What becomes of a download when it is `Download.turns_at` (a share) through.

    `STALLS`: nobody has the rest. `METADATA`: a magnet whose metadata never comes. `UNREGISTERED`: its tracker does
    not know it (any more). `TRACKER_DOWN`: its tracker does not answer. `FAILS`: usenet, articles are missing.
    `PASSWORD`: usenet, it cannot be unpacked. `LOSES_FILES`: somebody deleted its files. `SLOW`: 12 KiB a second.
    """

    FINE = "fine"
    STALLS = "stalls"
    METADATA = "metadata"
    UNREGISTERED = "unregistered"
    TRACKER_DOWN = "tracker_down"
    FAILS = "fails"
    PASSWORD = "password"  # noqa: S105 - an archive's
    LOSES_FILES = "loses_files"
    SLOW = "slow"


@dataclass(slots=True)
class Download:
    """One download in one client. `id` is what that client and its Arr know it by: info-hash or nzo_id.

    done: bytes of `size`; uploaded: bytes since it was added; cap: bytes a second that its sources give at most;
    wanted: bytes a second that others would take of it while it seeds; error: what its client says of it;
    tracker_error: what its tracker says; `about` belongs to whoever grabbed it (an Arr's ids), nobody else reads it;
    imported: where an Arr put it, None while none did; moved: its files went there and are not here any more.
    """

    id: str
    client: str
    name: str
    protocol: str
    category: str
    size: int
    added: float
    save_path: str
    state: State = State.QUEUED
    done: float = 0.0
    uploaded: float = 0.0
    fate: Fate = Fate.FINE
    turns_at: float = 0.4
    cap: float = 30e6
    wanted: float = 150e3
    private: bool = False
    tracker: str = ""
    tags: list[str] = field(default_factory=list)
    error: str = ""
    tracker_error: str = ""
    indexer: str = ""
    seeds: int = 14
    forced: bool = False
    finished: float | None = None
    last_byte: float | None = None
    about: Any = None
    imported: str | None = None
    moved: bool = False
    # bytes a second, as the last step left them
    down: float = 0.0
    up: float = 0.0

    @property
    def left(self) -> float:
        """Bytes that are not there yet."""
        return max(self.size - self.done, 0.0)

    @property
    def path(self) -> str:
        """Where its content is."""
        return f"{self.save_path}/{self.name}"


@dataclass(slots=True)
class Client:
    """One download client. `kind`: qbittorrent, sabnzbd, transmission or nzbget.

    Limits are bytes a second; while `alt_on`, those named `alt_` hold. `paused`: all downloads rest (usenet);
    max_active: how many may download at once, -1 any number, 0 none. connection: connected, firewalled (no port is
    open) or disconnected (no network: nothing moves). categories: path by name. servers: of news, down or not.
    """

    name: str
    kind: str
    version: str
    save_path: str
    down_limit: int = 0
    up_limit: int = 0
    alt_down: int = 10 << 20
    alt_up: int = 2 << 20
    alt_on: bool = False
    paused: bool = False
    max_active: int = -1
    # of the queue as well: how many may seed, and how many may run in all
    max_seeding: int = 3
    max_running: int = 5
    connection: str = "connected"
    categories: dict[str, str] = field(default_factory=dict)
    quota: int = 0
    quota_used: float = 0.0
    warnings: list[str] = field(default_factory=list)
    # name of each news server: what is wrong with it, "" while it is well
    servers: dict[str, str] = field(default_factory=dict)

    @property
    def protocol(self) -> str:
        """What it downloads from: torrent or usenet."""
        return TORRENT if self.kind in ("qbittorrent", "transmission") else USENET

    @property
    def limit(self) -> int:
        """The download limit that holds now."""
        return self.alt_down if self.alt_on else self.down_limit

    @property
    def upload_limit(self) -> int:
        """The upload limit that holds now."""
        return self.alt_up if self.alt_on else self.up_limit


@dataclass(slots=True)
class Disk:
    """A file system: everything below `path` is on it. `other`: bytes that are not downloads."""

    path: str
    size: int
    other: float = 0.0


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a download: grabbed, finished, failed, errored, imported or removed."""

    kind: str
    download: Download
    at: float
