"""What is wrong with the downloads of an Arr now, and whether it may be held against any of them.

The client's own word counts, where it is watched as well. Where it is not, only what an Arr's row shows in every language
is judged: bytes that do not come. An outage is nobody's fault: where a client, its VPN or all indexers are away, nothing
that follows from it is held against a download.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ...guardian.capabilities_media import DownloadState, Item as Seen, Line, Trouble
from .model import Arr, Check
from .queue import Item
from .reasons import Reason, Remedy, reason_of, remedy_of


class Kind(StrEnum):
    """What is wrong; names the text `common.cause_stuck_<value>`."""

    IMPORT = "import"
    FAILED = "failed"
    UNREGISTERED = "unregistered"
    MISSING_FILES = "missing_files"
    METADATA = "metadata"
    STALLED = "stalled"
    SLOW = "slow"
    CLIENT_GONE = "client_gone"
    DUPLICATE = "duplicate"
    ORPHANED = "orphaned"


# what is so at once, and what only time tells: for these an outage, a limit or a pause is the likelier reason
BY_TIME: Final = frozenset({Kind.METADATA, Kind.STALLED, Kind.SLOW})
# what may only look so while a client is away; an import that did not go through, and what nobody asked for, stay so
BY_CLIENT: Final = frozenset(Kind) - {Kind.IMPORT, Kind.ORPHANED}
# checks of an Arr that say that its clients, or its indexers, are away
CLIENT_CHECKS: Final = frozenset(
    {"DownloadClientCheck", "DownloadClientStatusCheck", "DownloadClientRootFolderCheck"}
)
INDEXER_CHECKS: Final = frozenset(
    {"IndexerStatusCheck", "IndexerLongTermStatusCheck", "IndexerSearchCheck", "IndexerRssCheck"}
)
# that several stand still at once says more of their client than of them
SEVERAL: Final = 2
# a client that lists nothing at all may only have started
_RESTS: Final = frozenset(
    {DownloadState.QUEUED, DownloadState.PAUSED, DownloadState.CHECKING, DownloadState.MOVING}
)
_BUSY: Final = frozenset({DownloadState.DOWNLOADING, DownloadState.STALLED, DownloadState.METADATA})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is too little. slow: bytes a second, 0 judges none; grace: since it was added; keep: tags, of the client."""

    slow: int = 50_000
    grace: timedelta = timedelta(minutes=30)
    keep: frozenset[str] = frozenset({"keep"})


@dataclass(frozen=True, slots=True)
class Watched:
    """A download client that is watched as well, as it was seen last. answers: whether that is of now."""

    name: str
    answers: bool
    line: Line
    downloads: Mapping[str, Seen] = field(default_factory=dict)
    whole: bool = True
    limited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What is wrong with one download. reason: of an import; said: in the words of who says it; private, kept: in its client."""

    kind: Kind
    reason: Reason | None = None
    said: str = ""
    private: bool | None = None
    kept: bool = False

    @property
    def remedy(self) -> Remedy:
        """Return what helps."""
        if self.reason is not None:
            return remedy_of(self.reason)
        if self.kind in (Kind.ORPHANED, Kind.DUPLICATE):
            return Remedy.DROP
        return Remedy.REPLACE


@dataclass(frozen=True, slots=True)
class Look:
    """What one look shows. frozen: downloads of which nothing may be said now; outage: why, in one word."""

    signals: Mapping[str, Signal] = field(default_factory=lambda: MappingProxyType({}))
    frozen: frozenset[str] = frozenset()
    outage: str = ""


def clients_down(checks: Iterable[Check]) -> bool:
    """Return whether the Arr itself says that its clients, or one of them, do not answer."""
    return any(each.key in CLIENT_CHECKS for each in checks)


def indexers_down(checks: Iterable[Check]) -> bool:
    """Return whether it says that no indexer answers: it complains of some with a warning, of all with an error."""
    return any(each.key in INDEXER_CHECKS and each.level == "error" for each in checks)


def found_at(item: Item, clients: Collection[Watched]) -> tuple[Watched, Seen] | None:
    """Return the client that has a download, and the download there."""
    for client in clients:
        if (seen := client.downloads.get(item.key)) is not None:
            return client, seen
    return None


def look(
    data: Arr, clients: Collection[Watched], limits: Limits, now: datetime, moved: Mapping[str, float | None]
) -> Look:
    """Return what is wrong with each download. moved: bytes a second that each got since long enough ago, else None."""
    outage = _outage(data)
    signals: dict[str, Signal] = {}
    frozen: set[str] = set()
    still, firsts = _idle(data, clients), _firsts(data)
    client_away = clients_down(data.checks.values()) or any(not each.answers for each in clients)
    for key, item in data.queue.items.items():
        if item.planned:
            continue
        at = found_at(item, clients)
        found = _Case(item, at, limits, moved.get(key), _doubled(item, firsts)).signal()
        new = item.added is not None and now - item.added < limits.grace
        if outage or (at is not None and _is_out(at[0])):
            frozen.add(key)
        elif found is not None:
            excused = (found.kind in BY_CLIENT and client_away) or (
                found.kind in BY_TIME and (new or key in still)
            )
            if excused:
                frozen.add(key)
            else:
                signals[key] = found
    return Look(MappingProxyType(signals), frozenset(frozen), outage)


def _outage(data: Arr) -> str:
    """Return what is away that everything hangs on, or nothing."""
    if indexers_down(data.checks.values()):
        return "indexers"
    if {"queue", "health"} & data.stale:
        return "arr"
    return ""


def _is_out(client: Watched) -> bool:
    """Return whether nothing of a client may be judged: it is silent, or its own way to the world is."""
    return not client.answers or client.line.connected is False


def _idle(data: Arr, clients: Collection[Watched]) -> frozenset[str]:
    """Return the downloads of clients that stand still as a whole, rest, or are held back: that is not their fault."""
    found: set[str] = set()
    for client in clients:
        busy = [each for each in client.downloads.values() if each.state in _BUSY]
        none_moves = len(busy) >= SEVERAL and not any(each.speed > 0 for each in busy)
        if client.line.paused or none_moves:
            found |= client.downloads.keys()
    for rows in _by_client(data, clients).values():
        # nobody but the Arr sees it: standing still together is all that can be told from an outage
        loading = [each for each in rows if each.loading]
        if len(loading) >= SEVERAL and all(each.health != "ok" for each in loading):
            found |= {each.key for each in rows}
    return frozenset(found)


def _by_client(data: Arr, clients: Collection[Watched]) -> Mapping[str, list[Item]]:
    """Return the downloads that no watched client shows, by the name that the Arr has for theirs."""
    found: dict[str, list[Item]] = {}
    for item in data.queue.items.values():
        if not item.planned and found_at(item, clients) is None:
            found.setdefault(item.client, []).append(item)
    return found


def _firsts(data: Arr) -> Mapping[int, str]:
    """Return, for what is downloaded more than once, the key of the one that stays: the one that is furthest."""
    found: dict[int, Item] = {}
    twice: set[int] = set()
    for item in data.queue.items.values():
        if item.planned or item.failed or item.blocked:
            continue
        for thing in item.things:
            if (other := found.setdefault(thing, item)) is not item:
                twice.add(thing)
                if _share(item) > _share(other):
                    found[thing] = item
    return {thing: found[thing].key for thing in twice}


def _share(item: Item) -> float:
    return 1 - item.left / item.size if item.size else 0.0


@dataclass(frozen=True, slots=True)
class _Case:
    """One download under judgement. at: the client that has it, and what it is there; doubled: it comes twice."""

    item: Item
    at: tuple[Watched, Seen] | None
    limits: Limits
    moved: float | None
    doubled: bool

    def signal(self) -> Signal | None:
        """Return what weighs most of what is wrong with it."""
        seen = self.at[1] if self.at is not None else None
        # clients of news servers know no tags: there a category of that name protects
        tags = {tag.lower() for tag in (*seen.tags, seen.category) if tag} if seen else set()
        for kind, reason, said in self._wrongs(seen):
            return Signal(
                kind=kind,
                reason=reason,
                said=said,
                private=seen.private if seen else None,
                kept=bool(tags & self.limits.keep),
            )
        return None

    def _wrongs(self, seen: Seen | None) -> Iterator[tuple[Kind, Reason | None, str]]:
        item = self.item
        if item.blocked:
            reason = reason_of(item.messages)
            # time helps: nothing is wrong
            if remedy_of(reason) is not Remedy.WAIT:
                yield Kind.IMPORT, reason, item.messages[0] if item.messages else ""
        elif item.failed or (seen and seen.state is DownloadState.FAILED and seen.protocol == "usenet"):
            yield Kind.FAILED, None, (seen.reason if seen else "") or item.error
        elif item.orphaned:
            yield Kind.ORPHANED, None, ""
        elif seen is None:
            yield from self._unseen()
        elif seen.trouble is Trouble.UNREGISTERED and not seen.state.has_all:
            yield Kind.UNREGISTERED, None, seen.reason
        elif seen.trouble is Trouble.MISSING_FILES:
            yield Kind.MISSING_FILES, None, seen.reason
        elif self.doubled:
            yield Kind.DUPLICATE, None, ""
        elif item.loading and seen.state not in _RESTS and seen.protocol == "torrent":
            # a news server decides by itself how fast it is
            yield from self._too_little(seen)

    def _unseen(self) -> Iterator[tuple[Kind, Reason | None, str]]:
        """Yield what is wrong with a download that no watched client shows."""
        item = self.item
        if item.status == "downloadclientunavailable":
            yield Kind.CLIENT_GONE, None, item.client
        elif (
            item.protocol == "torrent"
            and item.loading
            and item.size > 0
            and self.moved == 0.0
            and item.status in ("warning", "downloading")
        ):
            yield Kind.STALLED, None, item.error

    def _too_little(self, seen: Seen) -> Iterator[tuple[Kind, Reason | None, str]]:
        """Yield that nothing comes, or too little."""
        if seen.state is DownloadState.METADATA:
            yield Kind.METADATA, None, seen.reason
        elif seen.state is DownloadState.STALLED and not self.moved:
            yield Kind.STALLED, None, seen.reason
        elif (
            seen.state is DownloadState.DOWNLOADING
            and self.moved is not None
            and self.moved < self.limits.slow
            # at its limit, or held back by somebody, slow is what it was told to be
            and not (self.at and self.at[0].limited)
            and not seen.limited
        ):
            yield (Kind.SLOW if self.moved > 0 else Kind.STALLED), None, seen.reason


def _doubled(item: Item, firsts: Mapping[int, str]) -> bool:
    """Return whether all that it is for comes with other downloads that are further."""
    # hardly anything ever comes twice
    return (
        bool(firsts) and item.loading and all(firsts.get(each, item.key) != item.key for each in item.things)
    )
