"""Small protocols of download clients, for queue rules, tiering and whoever else needs one without knowing which.

What changes something for a while (limits, a pause) is not a method: it is an action of the source, proposed like any
other, whose steps are leases. What `Downloads` writes, only the guardian's runner may call, for an approved step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol, runtime_checkable

from .belonging import JudgedSource, OfServer

# Actions of every source that has the capability of the same name; their target is "" (the client itself).
# params: `down` and `up`, at least one, in bytes a second, and `minutes`. It never loosens a limit that is there.
LIMIT_BANDWIDTH: Final = "limit_bandwidth"
# params: `minutes`. Seeding goes on; what was paused by a person stays so.
PAUSE_DOWNLOADS: Final = "pause_downloads"
# Of `HoldsImports`. params: `minutes`.
HOLD_IMPORTS: Final = "hold_imports"
# Actions on one download; their target is its id. params of the first: `delete_data`.
REMOVE_DOWNLOAD: Final = "remove_download"
PAUSE_DOWNLOAD: Final = "pause_download"
RESUME_DOWNLOAD: Final = "resume_download"
RECHECK_DOWNLOAD: Final = "recheck_download"
MOVE_DOWNLOAD: Final = "move_download"


class DownloadState(StrEnum):
    """What a client does with a download, in words that are the same for all clients.

    stalled: it would run, and no byte comes; completed: all of it is there and it does not seed (any more); failed:
    it cannot go on, or went to the history as failed.
    """

    QUEUED = "queued"
    METADATA = "metadata"
    DOWNLOADING = "downloading"
    STALLED = "stalled"
    PAUSED = "paused"
    CHECKING = "checking"
    MOVING = "moving"
    UNPACKING = "unpacking"
    SEEDING = "seeding"
    COMPLETED = "completed"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def has_all(self) -> bool:
        """Return whether all of it is there."""
        return self in (DownloadState.SEEDING, DownloadState.COMPLETED)


class Trouble(StrEnum):
    """Why a download is not well, where its client tells.

    unregistered: its tracker does not know it; tracker: its tracker does not answer, or refuses; incomplete: articles
    are missing on the news servers; password: an archive that cannot be opened; unpack: unpacking or repairing failed.
    """

    MISSING_FILES = "missing_files"
    NO_SPACE = "no_space"
    PERMISSION = "permission"
    UNREGISTERED = "unregistered"
    TRACKER = "tracker"
    INCOMPLETE = "incomplete"
    PASSWORD = "password"  # noqa: S105 - of an archive
    UNPACK = "unpack"
    DUPLICATE = "duplicate"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One download. `id` is what Arrs call its downloadId: an info-hash in lower case, or an nzo_id, or a number.

    protocol: torrent or usenet. reason: what its client says of it, for people, else "". size and done in bytes of
    what was chosen of it; speed in bytes a second; seeds: of them, connected or known, None where nobody knows.
    tracker: host of its tracker, without its path, which may hold a key. private: None while that is not known.
    active: when a byte of it was moved last, None where nobody knows. limited: it has a limit of its own.
    path: of its files; folder: in which it keeps them, as its client calls it, empty where nobody knows.
    """

    id: str
    name: str
    protocol: str
    state: DownloadState
    category: str = ""
    tags: frozenset[str] = frozenset()
    size: int = 0
    done: int = 0
    speed: int = 0
    trouble: Trouble | None = None
    reason: str = ""
    private: bool | None = None
    tracker: str = ""
    seeds: int | None = None
    availability: float | None = None
    ratio: float | None = None
    path: str = ""
    folder: str = ""
    added: datetime | None = None
    finished: datetime | None = None
    active: datetime | None = None
    limited: bool = False

    @property
    def progress(self) -> float:
        """Return the share that is there, 0 to 1."""
        return min(self.done / self.size, 1.0) if self.size > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How a client as a whole stands, which says whether anything may be held against one of its downloads.

    down, up: bytes a second now; down_limit, up_limit: those that hold now, 0 for none; alternative: whether its second
    set of limits holds; scheduled: it changes its limits by its own clock; paused: nothing is downloaded, because
    somebody said so. connected: None where nobody knows, False where it has no peers or no news server at all.
    free: bytes where it downloads to, None where nobody knows.
    """

    down: int = 0
    up: int = 0
    down_limit: int = 0
    up_limit: int = 0
    alternative: bool = False
    scheduled: bool = False
    paused: bool = False
    connected: bool | None = None
    free: int | None = None


@runtime_checkable
class Downloads(JudgedSource, Protocol):
    """A download client."""

    name: str

    @property
    def protocol(self) -> str:
        """Return `torrent` or `usenet`."""
        ...

    @property
    def places(self) -> frozenset[str]:
        """Return the node ids of the addresses and ports at which it is reached."""
        ...

    @property
    def complete_list(self) -> bool:
        """Return whether what is not listed is surely not there."""
        ...

    def downloads(self) -> Mapping[str, Item]:
        """Return its downloads by id, as they were seen last, without asking; of usenet the newest history, too."""
        ...

    def line(self) -> Line:
        """Return how it stands, as it was seen last, without asking."""
        ...

    async def look_download(self, id: str) -> Item | None:
        """Ask for one download now; None where there is none of that id. Raises ClientError."""
        ...


@runtime_checkable
class LimitsBandwidth(JudgedSource, Protocol):
    """A system with the action `limit_bandwidth`."""

    @property
    def limits_bandwidth(self) -> frozenset[str]:
        """Return what it can limit: down, up, or both."""
        ...

    def line(self) -> Line:
        """Return how it stands, as it was seen last, without asking."""
        ...


@runtime_checkable
class PausesDownloads(JudgedSource, Protocol):
    """A system with the action `pause_downloads`."""

    @property
    def pauses_downloads(self) -> bool:
        """Return whether it can pause all of them now."""
        ...

    def line(self) -> Line:
        """Return how it stands, as it was seen last, without asking."""
        ...


@runtime_checkable
class ShowsMedia(JudgedSource, Protocol):
    """A system of the way that films take, from the queue to who watches, which shows itself at a glance."""

    name: str

    def media(self) -> Mapping[str, Any]:
        """Return its row without asking, or nothing before it has a snapshot.

        part: `apps`, `clients`, `players` or `line`; the rest are numbers and words, bytes and bytes a second. Who
        watches what is never in it, for everybody may read it.
        """
        ...


@runtime_checkable
class UsesDownloads(JudgedSource, Protocol):
    """A system that waits for downloads of its own."""

    name: str

    def uses_download(self, id: str) -> bool:
        """Return whether it waits for a download, by its id in lower case, as it was seen last."""
        ...


@runtime_checkable
class HoldsImports(JudgedSource, Protocol):
    """A system that takes downloads into a library, with the action `hold_imports`."""

    name: str

    @property
    def places(self) -> frozenset[str]:
        """Return the node ids of the addresses and ports at which it is reached."""
        ...

    @property
    def libraries(self) -> frozenset[str]:
        """Return the folders that it imports to, as they are called inside of it."""
        ...

    @property
    def holds_imports(self) -> bool:
        """Return whether it can let completed downloads wait."""
        ...

    async def waiting_imports(self, items: Mapping[str, Item]) -> frozenset[str]:
        """Ask which of these downloads, by id, it has ordered and not imported. Raises ClientError.

        What it cannot import without a person is none of them.
        """
        ...


@runtime_checkable
class KeepsHours(OfServer, Protocol):
    """What knows the hours in which much is written to the disks of a library."""

    @property
    def moves_wait_until(self) -> float | None:
        """Return when moves may begin, seconds since 1970; None where they may now."""
        ...


def limit_params(*, minutes: float, down: float | None = None, up: float | None = None) -> dict[str, Any]:
    """Return the params of `limit_bandwidth`: bytes a second."""
    wanted = {key: round(value) for key, value in (("down", down), ("up", up)) if value is not None}
    return {**wanted, "minutes": minutes}
