"""The queue of an Arr: one item per download, however many rows it has there.

An interface of version 3 gives one row per episode, each with the size of the whole pack; one of version 5 gives one row
per download. Rows of what is only planned have no download yet.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
import re
from types import MappingProxyType
from typing import Any, Final

from ..records import Row, amount, at, instant, integer, name, text
from .apps import App
from .said import said

# what an item still waits for before there is a download
PLANNED: Final = frozenset({"delay", "fallback", "downloadclientunavailable"})
MESSAGES: Final = 12
# what it belongs to
_ABOVE: Final = ("seriesId", "artistId", "authorId")
_HEALTH: Final[Mapping[str, int]] = MappingProxyType({"warning": 1, "error": 2})
_LEFT = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})")
# older releases, and those of Lidarr and Readarr, say it in other words
_STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "downloadfailed": "failed",
        "downloadfailedpending": "failedpending",
        "importfailed": "importblocked",
        "importfailedpending": "importpending",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One download, or one that is planned.

    key: of the download in lower case, else that of its row; download: the download's id, as the Arr spells it, None where
    there is none yet. rows: ids of its rows, which change when it is added anew. things: what it is for, such as episodes;
    series, season: of a pack. size, left in bytes. status, state, health: of the download in the client, of the import, and
    what the Arr thinks of it, in lower case. messages: why it is not imported, in the words of the Arr. held: it was there
    before imports were held, and the Arr shows it again after that.
    """

    key: str
    title: str
    download: str | None
    rows: tuple[int, ...] = ()
    things: tuple[int, ...] = ()
    series: int | None = None
    season: int | None = None
    size: int = 0
    left: int = 0
    until: timedelta | None = None
    added: datetime | None = None
    status: str = ""
    state: str = ""
    health: str = ""
    protocol: str = ""
    client: str = ""
    indexer: str = ""
    error: str = ""
    quality: str = ""
    messages: tuple[str, ...] = ()
    path: str = ""
    held: bool = False

    @property
    def planned(self) -> bool:
        """Return whether there is nothing yet that could be stuck."""
        return self.download is None

    @property
    def blocked(self) -> bool:
        """Return whether its import did not go through, and waits for somebody."""
        if self.state == "importblocked":
            return True
        # Sonarr 3 and Radarr 5 leave it at "downloading", completed, with a warning
        waits = self.state in ("importpending", "downloading") and self.status == "completed"
        return waits and self.health in ("warning", "error") and bool(self.messages)

    @property
    def failed(self) -> bool:
        """Return whether its download failed."""
        return self.state in ("failed", "failedpending") or self.status == "failed"

    @property
    def loading(self) -> bool:
        """Return whether its client still has something to get."""
        return (
            not self.planned
            and not self.failed
            and self.state == "downloading"
            and self.status != "completed"
        )

    @property
    def orphaned(self) -> bool:
        """Return whether the Arr knows nothing that it is for."""
        return not self.planned and not self.things


@dataclass(frozen=True, slots=True)
class Queue:
    """All items by key; `skipped` rows could not be read; whole: whether it is all that there is."""

    items: Mapping[str, Item] = field(default_factory=lambda: MappingProxyType({}))
    skipped: int = 0
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Brief:
    """What an Arr says in one line of its queue: enough to see that something has changed."""

    total: int = 0
    unknown: int = 0
    errors: bool = False
    warnings: bool = False


def brief(row: Row) -> Brief:
    """Parse `/queue/status`."""
    return Brief(
        total=max(integer(row.get("totalCount")) or 0, 0),
        unknown=max(integer(row.get("unknownCount")) or 0, 0),
        errors=bool(row.get("errors")) or bool(row.get("unknownErrors")),
        warnings=bool(row.get("warnings")) or bool(row.get("unknownWarnings")),
    )


def left_of(value: Any) -> timedelta | None:
    """Return a time that is left, from `d.hh:mm:ss`; None where it is not known."""
    found = _LEFT.match(value) if isinstance(value, str) else None
    if not found:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=min(days, 3650), hours=hours, minutes=minutes, seconds=seconds)


def row_of(app: App, row: Row) -> Item:
    """Parse one row. Raises Malformed and BadResponse."""
    number_of_row = integer(row.get("id"))
    download = text(row.get("downloadId"))
    state = _word(row.get("trackedDownloadState"))
    return Item(
        key=download.lower() if download else f"row-{number_of_row}",
        title=name(row.get("title")),
        download=download,
        rows=() if number_of_row is None else (number_of_row,),
        things=tuple(_things(app, row)),
        series=next((each for key in _ABOVE if (each := integer(row.get(key)))), None),
        season=_season(row),
        size=amount(row.get("size")),
        left=amount(row.get("sizeleft", row.get("sizeLeft"))),
        until=left_of(row.get("timeleft", row.get("timeLeft"))),
        added=instant(row.get("added")),
        status=_word(row.get("status")),
        state=_STATES.get(state, state),
        health=_word(row.get("trackedDownloadStatus")),
        protocol=_word(row.get("protocol")),
        client=text(row.get("downloadClient")) or "",
        indexer=text(row.get("indexer")) or "",
        error=said(row.get("errorMessage")) or "",
        quality=text(at(row, "quality", "quality", "name")) or "",
        messages=tuple(_messages(row.get("statusMessages"))),
        path=text(row.get("outputPath")) or "",
    )


def _word(value: Any) -> str:
    """Return a state in lower case: releases differ in their capitals."""
    return value[:40].lower() if isinstance(value, str) else ""


def _season(row: Row) -> int | None:
    seasons = row.get("seasonNumbers")
    if isinstance(seasons, list):
        return integer(seasons[0]) if len(seasons) == 1 else None
    return integer(row.get("seasonNumber"))


def _things(app: App, row: Row) -> Iterable[int]:
    listed = row.get(app.things) if app.things else None
    found = listed if isinstance(listed, list) else [row.get(app.thing)]
    # 0 is what it calls what it does not know
    return (each for value in found if (each := integer(value)))


def _messages(value: Any) -> Iterable[str]:
    """Yield why it is not imported; a group without reasons is its own, as `One or more episodes expected in this …`."""
    for group in value[:MESSAGES] if isinstance(value, list) else ():
        listed = at(group, "messages")
        reasons = [
            found for each in (listed if isinstance(listed, list) else ())[:MESSAGES] if (found := said(each))
        ]
        title = said(at(group, "title"))
        yield from reasons or ([title] if title else [])


def joined(rows: Iterable[Item]) -> dict[str, Item]:
    """Return the rows as one item per download; a pack has its size once, not once per episode."""
    groups: dict[str, list[Item]] = {}
    for each in rows:
        groups.setdefault(each.key, []).append(each)
    return {key: _one(group) for key, group in groups.items()}


def _one(group: Sequence[Item]) -> Item:
    first = group[0]
    if len(group) == 1:
        return first
    seasons = {each.season for each in group}
    states = [each.state for each in group if each.blocked or each.failed]
    return replace(
        first,
        rows=tuple(row for each in group for row in each.rows),
        things=tuple(dict.fromkeys(thing for each in group for thing in each.things)),
        series=first.series if len({each.series for each in group}) == 1 else None,
        season=first.season if len(seasons) == 1 else None,
        size=max(each.size for each in group),
        left=max(each.left for each in group),
        added=min((each.added for each in group if each.added), default=None),
        # the row that says most of what is wrong speaks for all
        state=states[0] if states else first.state,
        health=max((each.health for each in group), key=lambda word: _HEALTH.get(word, 0)),
        error=next((each.error for each in group if each.error), ""),
        messages=tuple(dict.fromkeys(told for each in group for told in each.messages))[:MESSAGES],
    )
