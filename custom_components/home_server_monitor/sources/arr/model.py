"""What an Arr shows, as immutable values, parsed one record at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from ..records import Row, at, count, flag, instant, integer, name, text, word
from .queue import Queue
from .said import said

_ABOVE: Final = (("series", "title"), ("artist", "artistName"), ("author", "authorName"))
LEVELS: Final = frozenset({"ok", "notice", "warning", "error"})
# what becomes of a release in the history, by the names of all releases and apps
_EVENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "grabbed": "grabbed",
        "downloadfolderimported": "imported",
        "downloadimported": "imported",
        "trackfileimported": "imported",
        "bookfileimported": "imported",
        "downloadfailed": "failed",
        "albumimportincomplete": "incomplete",
    }
)


@dataclass(frozen=True, slots=True)
class About:
    """What it says of itself. branch: which releases it follows; docker: whether its image is what is updated."""

    app: str
    version: str
    instance: str = ""
    base: str = ""
    branch: str = ""
    docker: bool = False
    started: datetime | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Something that it complains of itself. key: the name of its check, which no language changes."""

    key: str
    level: str
    message: str
    page: str | None = None


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that it imports into; free, size in bytes, as they are seen from inside its container."""

    path: str
    free: int | None
    accessible: bool | None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Airing:
    """Something that comes out. begins: an instant; a day where only that is known."""

    key: str
    title: str
    begins: datetime
    whole_day: bool
    has_file: bool
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that it made of itself."""

    made: datetime
    size: int | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """What is newer than what runs; None where nothing is."""

    latest: str | None


@dataclass(frozen=True, slots=True)
class Indexer:
    """An indexer of Prowlarr. until: since it fails it is not asked before then."""

    key: str
    name: str
    enabled: bool
    protocol: str = ""
    until: datetime | None = None
    since: datetime | None = None

    def fails(self, now: datetime) -> bool:
        """Return whether it is not asked now because it failed."""
        return self.enabled and self.until is not None and self.until > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that became of a release. what: grabbed, imported, failed, incomplete, else empty."""

    id: int
    at: datetime
    what: str
    kind: str
    title: str
    download: str = ""
    things: tuple[int, ...] = ()
    indexer: str = ""
    client: str = ""
    group: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much is missing, and how much is there in a lower quality than wanted."""

    missing: int | None = None
    cutoff: int | None = None


@dataclass(frozen=True, slots=True)
class Arr:
    """The snapshot of one Arr. suspects: keys of downloads that are stuck, with why; advice: how many suggestions there are."""

    about: About
    queue: Queue = field(default_factory=Queue)
    checks: Mapping[str, Check] = field(default_factory=dict)
    roots: Mapping[str, Root] = field(default_factory=dict)
    airings: tuple[Airing, ...] = ()
    wanted: Wanted = Wanted()
    backup: Backup | None = None
    release: Release | None = None
    indexers: Mapping[str, Indexer] = field(default_factory=dict)
    failing: int = 0
    suspects: Mapping[str, str] = field(default_factory=dict)
    advice: int = 0
    stale: frozenset[str] = frozenset()
    complete: frozenset[str] = frozenset()

    @property
    def downloading(self) -> int:
        """Return how many bytes its queue still has to get."""
        return sum(each.left for each in self.queue.items.values() if each.loading)

    @property
    def stuck(self) -> int:
        """Return how many downloads do not go on by themselves."""
        return len(self.suspects.keys() | {key for key, each in self.queue.items.items() if each.blocked})

    @property
    def failed(self) -> int:
        """Return how many downloads failed."""
        return sum(each.failed for each in self.queue.items.values())


def about(row: Row) -> About:
    """Parse `/system/status`. Raises BadResponse and Malformed."""
    return About(
        app=name(row.get("appName")),
        version=name(row.get("version")),
        instance=text(row.get("instanceName")) or "",
        base=text(row.get("urlBase")) or "",
        branch=text(row.get("branch")) or "",
        docker=flag(row.get("isDocker")) is True,
        started=instant(row.get("startTime")),
    )


def check(row: Row) -> tuple[str, Check]:
    """Parse one row of `/health`."""
    key = name(row.get("source"))
    message = said(row.get("message")) or key
    # one check may complain of several things
    page = text(row.get("wikiUrl"))
    level = word(row.get("type"), LEVELS, "warning") or "warning"
    return f"{key} {message}"[:200], Check(
        key, level, message, page if page and page.startswith("https://") else None
    )


def root(row: Row) -> tuple[str, Root]:
    """Parse one row of `/rootfolder`."""
    path = name(row.get("path"))
    size = integer(row.get("totalSpace"))
    return path, Root(path, integer(row.get("freeSpace")), flag(row.get("accessible")), size)


def mount(row: Row) -> tuple[str, int]:
    """Parse one row of `/diskspace`: a path, and the size of what is mounted there."""
    return name(row.get("path")), count(row.get("totalSpace"))


def airing(row: Row) -> tuple[str, Airing] | None:
    """Parse one row of `/calendar` of any app. Raises Malformed."""
    key = name(row.get("id"))
    begins = instant(row.get("airDateUtc"))
    whole = begins is None
    begins = begins or min((each for each in map(instant, _days(row)) if each is not None), default=None)
    if begins is None:
        return None
    return key, Airing(
        key=key,
        title=_title(row),
        begins=begins,
        whole_day=whole,
        has_file=flag(row.get("hasFile")) is True,
        minutes=count(row.get("runtime")),
    )


def above_of(row: Row) -> str | None:
    """Return the title of a series or the name of an artist or author that a record belongs to, where it is told."""
    return next((found for path in _ABOVE if (found := text(at(row, *path)))), None)


def _days(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(key) for key in ("digitalRelease", "physicalRelease", "inCinemas", "releaseDate"))


def _title(row: Row) -> str:
    """Return `Series S01E02 Title`, `Artist Album`, `Author Book`, `Film`, as far as it is told."""
    above = above_of(row)
    season, episode = integer(row.get("seasonNumber")), integer(row.get("episodeNumber"))
    place = f"S{season:02d}E{episode:02d}" if season is not None and episode is not None else None
    return " ".join(part for part in (above, place, text(row.get("title"))) if part) or "?"


def backups(rows: Any) -> Backup | None:
    """Return the newest of `/system/backup`."""
    found = [
        Backup(made, integer(row.get("size")), text(row.get("type")) or "")
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and (made := instant(row.get("time"))) is not None
    ]
    return max(found, key=lambda each: each.made, default=None)


def release(rows: Any) -> Release:
    """Return what is newer, of `/update`."""
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("latest") is True and row.get("installed") is not True:
            return Release(text(row.get("version")))
    return Release(None)


def indexer(row: Row) -> tuple[str, Indexer]:
    """Parse one row of Prowlarr's `/indexer`."""
    key = name(row.get("id"))
    protocol = text(row.get("protocol")) or ""
    return key, Indexer(key, name(row.get("name")), flag(row.get("enable")) is not False, protocol.lower())


def failure(row: Row) -> tuple[str, tuple[datetime | None, datetime | None]]:
    """Parse one row of `/indexerstatus`: until when it is not asked, and since when it fails."""
    since = instant(row.get("initialFailure")) or instant(row.get("mostRecentFailure"))
    return name(row.get("indexerId")), (instant(row.get("disabledTill")), since)


def event(thing: str, row: Row) -> tuple[str, Event]:
    """Parse one row of `/history`. Raises Malformed."""
    key, kind = integer(row.get("id")), text(row.get("eventType")) or ""
    made = instant(row.get("date"))
    if key is None or made is None:
        raise ValueError("no event")
    data = row.get("data") if isinstance(row.get("data"), dict) else {}
    of = integer(row.get(thing)) if thing else None
    return str(key), Event(
        id=key,
        at=made,
        what=_EVENTS.get(kind.lower(), ""),
        kind=kind,
        title=text(row.get("sourceTitle")) or text(at(data, "query")) or "?",
        download=(text(row.get("downloadId")) or "").lower(),
        things=(of,) if of else (),
        indexer=text(at(data, "indexer")) or "",
        client=text(at(data, "downloadClientName")) or text(at(data, "downloadClient")) or "",
        group=text(at(data, "releaseGroup"), 60) or "",
        message=said(at(data, "message")) or said(at(data, "reason")) or "",
    )


def with_size(folder: Root, mounts: Mapping[str, int]) -> Root:
    """Return a folder with the size of the mount that holds it: of those above it, the longest path."""
    if folder.size:
        return folder
    above = [path for path in mounts if folder.path.startswith(path.rstrip("/") + "/") or folder.path == path]
    size = mounts[max(above, key=len)] if above else None
    return Root(folder.path, folder.free, folder.accessible, size or None)
