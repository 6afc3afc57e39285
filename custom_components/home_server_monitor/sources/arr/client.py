"""Speaks the interfaces of the Arrs, versions 1, 3 and 5, and as much of Bazarr's as its health."""

from collections.abc import Mapping, Sequence
from datetime import datetime
import itertools
from typing import Any, Final

from ..errors import BadResponse, CallFailed, NotSupported
from ..records import Malformed, Row, Rows, at, integer, readable, record, rows, rows_in_turns, text
from ..web import Query
from .apps import APPS, BAZARR, App
from .counted import counted, total
from .model import (
    About,
    Airing,
    Backup,
    Check,
    Event,
    Indexer,
    Release,
    Root,
    Wanted,
    about,
    airing,
    backups,
    check,
    event,
    failure,
    indexer,
    mount,
    release,
    root,
    with_size,
)
from .queue import Brief, Item, Queue, brief, joined, row_of
from .said import said, wrong_of
from .transport import Transport

# rows in one answer: a row is a kilobyte, with its custom formats two
PAGE: Final = 500
# more than that is nobody's queue, and would be read for minutes
PAGES: Final = 12
EVENTS: Final = 100


class ArrClient:
    """One Arr, once it has said which one it is. stranger: what answers at its address instead, empty while nothing does."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.app: App
        self.about: About
        self.api = ""
        self.stranger = ""

    @property
    def calls(self) -> int:
        """Return how many requests were sent."""
        return self.transport.calls

    async def meet(self) -> About:
        """Find out which Arr answers, and which version of its interface it wants. Raises ClientError."""
        try:
            versions = record(await self.transport.get("api"))
        except CallFailed, BadResponse:
            # no Servarr, or one that is older than this question
            return await self._meet_other()
        offered = [text(versions.get("current")), *(versions.get("deprecated") or ())]
        known = [each for each in ("v3", "v1", "v5") if each in offered]
        if not known:
            raise NotSupported(f"interface {text(versions.get('current')) or '?'}")
        return await self._take(known[0])

    async def _meet_other(self) -> About:
        """Ask what the answer to the first question did not say."""
        try:
            self.about = await self._bazarr()
            self.app, self.api = BAZARR, ""
        except CallFailed:
            pass
        else:
            return self.about
        for version in ("v3", "v1"):
            try:
                return await self._take(version)
            except CallFailed as err:
                if err.code != 404:
                    raise
        raise BadResponse("None of the Arrs answers here")

    async def _bazarr(self) -> About:
        """Return what a Bazarr says of itself. Raises ClientError."""
        data = record(await self.transport.get("api/system/status")).get("data")
        if not isinstance(data, dict) or "bazarr_version" not in data:
            raise CallFailed("api/system/status", "it is no Bazarr")
        return About(app=BAZARR.name, version=text(data.get("bazarr_version")) or "unknown")

    async def _take(self, version: str) -> About:
        found = await self._status(version)
        app = APPS.get(found.app.lower())
        if app is None or version not in app.api:
            raise NotSupported(f"{found.app} {found.version}")
        self.app, self.api, self.about = app, version, found
        return found

    async def _status(self, version: str) -> About:
        try:
            return about(record(await self.transport.get(f"api/{version}/system/status")))
        except Malformed as err:
            raise BadResponse("The status names no app") from err

    async def status(self) -> About:
        """Ask it again what it is. Raises ClientError."""
        found = await (self._bazarr() if self.app is BAZARR else self._status(self.api))
        self.stranger = "" if found.app.lower() == self.app.name.lower() else found.app
        if self.stranger:
            raise BadResponse(f"{self.stranger} answers there now, and not {self.app.name}")
        self.about = found
        return found

    async def ping(self) -> bool:
        """Ask whether it answers; that needs no key. Raises ClientError."""
        if self.app is BAZARR:
            return bool(await self._bazarr())
        return bool(at(await self.transport.get("ping"), "status") == "OK")

    # What it shows

    async def queue_brief(self) -> Brief:
        """Return its queue in one line. Raises ClientError."""
        return brief(record(await self._get("queue/status")))

    async def queue(self) -> Queue:
        """Return its whole queue, with what it knows no title of. Raises ClientError."""
        items: list[Item] = []
        skipped, numbered = 0, itertools.count()
        for page in range(1, PAGES + 1):
            answer = record(
                await self._get("queue", {"page": page, "pageSize": PAGE, self.app.unknown: True})
            )
            # a pack has one row per episode, and planned ones may share an id: each row counts
            found: Rows[Item] = readable(
                await rows_in_turns(
                    answer.get("records"), lambda row: (str(next(numbered)), row_of(self.app, row))
                )
            )
            items += found.items.values()
            skipped += found.skipped
            read, all_of_them = len(found.items) + found.skipped, total(answer) or 0
            if not read and all_of_them > len(items) + skipped:
                raise BadResponse("It says that there is more than it shows")
            if read < PAGE or page * PAGE >= all_of_them:
                return Queue(joined(items), skipped, whole=len(items) + skipped >= all_of_them)
        return Queue(joined(items), skipped, whole=False)

    async def health(self) -> Rows[Check]:
        """Return what it complains of. Raises ClientError."""
        if self.app is BAZARR:
            answer = record(await self.transport.get("api/system/health"))
            return readable(rows(answer.get("data"), _bazarr_check))
        return readable(rows(await self._get("health"), check))

    async def roots(self) -> Rows[Root]:
        """Return the folders that it imports into, with the size of what they are on. Raises ClientError."""
        found = readable(rows(await self._get("rootfolder"), root))
        mounts = rows(await self._get("diskspace"), mount).items
        sized = {key: with_size(each, mounts) for key, each in found.items.items()}
        return Rows(sized, found.skipped)

    async def wanted(self) -> Wanted:
        """Return how much is missing, and how much is not good enough yet. Raises ClientError."""
        if self.app is BAZARR:
            row = record(await self.transport.get("api/badges"))
            counts = [integer(row.get(key)) for key in ("episodes", "movies")]
            return Wanted(missing=sum(each for each in counts if each is not None))
        one: Query = {"page": 1, "pageSize": 1, "monitored": True}
        missing = counted(record(await self._get("wanted/missing", one)))
        return Wanted(missing, counted(record(await self._get("wanted/cutoff", one))))

    async def wanted_rows(self, kind: str, most: int) -> list[Row]:
        """Return records of what is wanted, as they come. kind: missing or cutoff. Raises ClientError."""
        query: dict[str, Any] = {"page": 1, "pageSize": most, "monitored": True}
        if self.app.include and self.api != "v5":
            query[self.app.include] = True
        found = record(await self._get(f"wanted/{kind}", query)).get("records")
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    async def calendar(self, start: datetime, end: datetime) -> tuple[Airing, ...]:
        """Return what comes out between two instants, the first first. Raises ClientError."""
        query: dict[str, Any] = {"start": _stamp(start), "end": _stamp(end)}
        if self.api != "v5":
            # what is not said is false in all of them; the name is another one in version 5
            query |= {self.app.include: True} if self.app.include else {}
        answer = await self._get("calendar", query)
        found = rows(answer, lambda row: airing(row) or _undated())
        return tuple(sorted(found.items.values(), key=lambda each: (each.begins, each.title)))

    async def backup(self) -> Backup | None:
        """Return its newest backup. Raises ClientError."""
        return backups(await self._get("system/backup"))

    async def release(self) -> Release:
        """Return what is newer than what runs. Raises ClientError."""
        return release(await self._get("update"))

    async def indexers(self) -> Rows[Indexer]:
        """Return Prowlarr's indexers. Raises ClientError."""
        return readable(rows(await self._get("indexer"), indexer))

    async def failures(self) -> Mapping[str, tuple[datetime | None, datetime | None]]:
        """Return which of Prowlarr's indexers fail, by their ids. Raises ClientError."""
        return rows(await self._get("indexerstatus"), failure).items

    async def history(self, most: int = EVENTS, download: str = "") -> tuple[Event, ...]:
        """Return the newest events, or those of one download, the newest first. Raises ClientError."""
        query: dict[str, Any] = {
            "page": 1,
            "pageSize": most,
            "sortKey": "date",
            "sortDirection": "descending",
        }
        if download:
            query["downloadId"] = download
        answer = record(await self._get("history", query))
        found = rows(answer.get("records"), lambda row: event(self.app.thing, row))
        return tuple(sorted(found.items.values(), key=lambda each: (each.at, each.id), reverse=True))

    async def handling(self) -> Row:
        """Return how it handles downloads, as it comes. Raises ClientError."""
        return record(await self._get("config/downloadclient"))

    async def manual_import(self, download: str) -> list[Row]:
        """Return the files of a completed download, each with what it takes it for, as they come. Raises ClientError."""
        found = await self._get("manualimport", {"downloadId": download, "filterExistingFiles": True})
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    # What may be ordered; only the guardian's runner calls these

    async def set_handling(self, row: Row) -> None:
        """Set how it handles downloads: the row that was read, with what is changed in it. Raises ClientError."""
        await self.transport.send("PUT", self._path(f"config/downloadclient/{integer(row['id'])}"), body=row)

    async def remove(self, row: int, *, from_client: bool, blocklist: bool) -> None:
        """Remove a download of the queue by one of its rows. Raises ClientError.

        Nothing is left to its defaults: `removeFromClient` is true where it is not said, and deletes the data. Nothing is
        searched for: that is an order of its own, whose end can be seen.
        """
        query = {
            "removeFromClient": from_client,
            "blocklist": blocklist,
            "skipRedownload": True,
            "changeCategory": False,
        }
        await self.transport.send("DELETE", self._path(f"queue/{row}"), query)

    async def grab(self, row: int) -> None:
        """Take a release now that would wait for its delay. Raises ClientError."""
        await self.transport.send("POST", self._path(f"queue/grab/{row}"))

    async def command(self, name: str, **arguments: Any) -> int | None:
        """Order a command, and return its id. Raises ClientError."""
        answer = await self.transport.send("POST", self._path("command"), body={"name": name, **arguments})
        return integer(at(answer, "id"))

    async def command_state(self, number: int) -> tuple[str, str]:
        """Return how a command stands, and what it says. Raises ClientError."""
        row = record(await self._get(f"command/{number}"))
        message = said(row.get("message")) or said(row.get("exception")) or ""
        return str(row.get("status") or "").lower(), message

    async def test_all(self, what: str) -> Sequence[str]:
        """Have all indexers or download clients tested; return what is wrong, in words. Raises ClientError."""
        # that something is wrong is its answer, and comes with the status of a failure
        answer = await self.transport.send("POST", self._path(f"{what}/testall"), also=400)
        listed = answer if isinstance(answer, list) else ()
        return tuple(filter(None, (wrong_of(each) for each in listed)))

    async def _get(self, path: str, query: Query | None = None) -> Any:
        return await self.transport.get(self._path(path), query)

    def _path(self, path: str) -> str:
        return f"api/{self.api}/{path}"


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _undated() -> tuple[str, Airing]:
    raise Malformed("no day")


def _bazarr_check(row: Row) -> tuple[str, Check]:
    message = f"{said(row.get('object')) or '?'}: {said(row.get('issue')) or '?'}"
    return message, Check("Bazarr", "warning", message)
