"""qBittorrent's WebAPI, 4.5 to 5.3: one call a cycle, which tells what has changed."""

import asyncio
from collections.abc import Callable, Mapping
import json
import time
from types import MappingProxyType
from typing import Any, Final, override

from ...guardian.capabilities_media import Item
from ..errors import BadResponse, CallFailed, NotSupported
from ..records import MAX_ROWS, Malformed, Row, at, flag, text
from ..web import Answer
from . import qbittorrent_parse as parse
from .client import ALL_FOUR, DownloadClient, Secrets
from .model import ALT_DOWN, ALT_UP, DOWN, UP, Downloader, Product
from .qbittorrent_login import Session
from .qbittorrent_parse import Asked
from .wire import Wire

_NAMES = {DOWN: "dl_limit", UP: "up_limit", ALT_DOWN: "alt_dl_limit", ALT_UP: "alt_up_limit"}
PREFERENCES_EVERY: Final = 300.0
TRACKERS_EVERY: Final = 600.0
# questions about single torrents, a cycle
QUESTIONS: Final = 4
# torrents that are read in one go
TURN: Final = 100


class QBittorrent(DownloadClient):
    """One qBittorrent. clock: seconds that only run forward."""

    product = Product.QBITTORRENT
    limits = ALL_FOUR
    alternative = True
    checks_files = True
    moves = shows_moves = True

    def __init__(self, wire: Wire, secrets: Secrets, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(wire, secrets)
        self.session = Session(wire, secrets, clock)
        self.session.on_new = self._begin_anew
        self._clock = clock
        self._rid = 0
        self._rows: dict[str, Row] = {}
        self._items: dict[str, Item] = {}
        self._state: Row = {}
        self._skipped: set[str] = set()
        self._preferences: Row = {}
        self._preferences_at: float | None = None
        self._written = 0
        self._told: tuple[Any, ...] = ()
        # by torrent: what a question told, and when its trackers were asked last
        self._asked: dict[str, tuple[Asked, float]] = {}

    def _begin_anew(self) -> None:
        self._rid = 0
        self._preferences_at = None
        self.version = ""

    # Reading

    @override
    async def look(self) -> Downloader:
        await self._learn_version()
        await self._take(await self._get("sync/maindata", rid=self._rid))
        told = tuple(
            self._state.get(key) for key in ("dl_rate_limit", "up_rate_limit", "use_alt_speed_limits")
        )
        now = self._clock()
        if (
            self._preferences_at is None
            or told != self._told
            or now - self._preferences_at > PREFERENCES_EVERY
        ):
            try:
                await self._read_preferences()
                self._told = told
            except BadResponse:
                # the torrents are worth more than the limits, which are asked for again with the next look
                self._preferences_at = None
        await self._ask_about_some()
        return self._assembled()

    async def _learn_version(self) -> None:
        """Ask for the version, unless it is known: a new session may be with a newer one."""
        if not self.version:
            self.version = (await self._get_text("app/version")).lstrip("v")[:20]

    def _assembled(self) -> Downloader:
        # what could not be read is not "no limit"
        known = bool(self._preferences)
        pause = parse.queue(self._preferences) if known else None
        return Downloader(
            product=self.product,
            version=self.version,
            line=parse.line(self._state, self._preferences, paused=self.is_paused(pause)),
            limits=parse.limits(self._preferences) if known else MappingProxyType({}),
            pause=pause,
            items=MappingProxyType(dict(self._items)),
            connection=text(self._state.get("connection_status")),
            whole=not self._skipped and len(self._rows) <= MAX_ROWS,
            skipped=len(self._skipped),
        )

    async def _take(self, raw: Any) -> None:
        """Take what has changed since the last answer, or all."""
        if not isinstance(raw, dict) or not isinstance(raw.get("rid"), int):
            raise BadResponse("The answer is not one of qBittorrent's")
        self._rid = raw["rid"]
        if raw.get("full_update") is True:
            self._rows, self._items, self._state = {}, {}, {}
            self._skipped.clear()
        removed = raw.get("torrents_removed")
        for key in removed if isinstance(removed, list) else ():
            self._forget(str(key).lower())
        if isinstance(state := raw.get("server_state"), dict):
            self._state |= {key: state[key] for key in parse.LINE if key in state}
        torrents = raw.get("torrents")
        for place, (key, row) in enumerate((torrents if isinstance(torrents, dict) else {}).items()):
            if isinstance(row, dict) and (len(self._rows) < MAX_ROWS or key.lower() in self._rows):
                self._rows.setdefault(key.lower(), {}).update(row)
                self._parse(key.lower())
            elif len(self._skipped) < MAX_ROWS:
                self._skipped.add(str(key).lower())
            if place % TURN == TURN - 1:
                await asyncio.sleep(0)

    def _forget(self, key: str) -> None:
        for book in (self._rows, self._items, self._asked):
            book.pop(key, None)
        self._skipped.discard(key)

    def _parse(self, key: str) -> None:
        asked, _ = self._asked.get(key, (Asked(), 0.0))
        try:
            self._items[key] = parse.item(key, self._rows[key], asked)
        except Malformed, TypeError, ValueError, AttributeError, OverflowError:
            self._items.pop(key, None)
            self._skipped.add(key)
        else:
            self._skipped.discard(key)

    async def _ask_about_some(self) -> None:
        """Ask what only a question about one torrent tells, a few of them a cycle, those that are stuck first."""
        now, wanted = self._clock(), []
        for key, row in self._rows.items():
            asked, when = self._asked.get(key, (Asked(), -TRACKERS_EVERY))
            suspect = parse.is_suspect(row)
            if asked.said and not suspect:
                # it works again
                self._asked[key] = (Asked(asked.private), when)
                self._parse(key)
            unknown = asked.private is None and flag(row.get("private")) is None and row.get("size")
            if (suspect and now - when >= TRACKERS_EVERY) or (unknown and "has_metadata" not in row):
                wanted.append((not suspect, when, key))
        for _, _, key in sorted(wanted)[:QUESTIONS]:
            try:
                await self._ask_about(key, now)
            except CallFailed, NotSupported, BadResponse:
                # it has gone meanwhile, or cannot say: it is asked again later
                self._asked[key] = (self._asked.get(key, (Asked(), 0.0))[0], now)

    async def _ask_about(self, key: str, now: float) -> None:
        row, (asked, when) = self._rows[key], self._asked.get(key, (Asked(), 0.0))
        private, said = asked.private, asked.said
        if private is None and flag(row.get("private")) is None:
            found = await self._get("torrents/properties", hash=key)
            answer = at(found, "is_private")
            private = answer if isinstance(answer, bool) else False
        if parse.is_suspect(row):
            said, when = parse.said_by(await self._get("torrents/trackers", hash=key)), now
        if key in self._rows:
            self._asked[key] = (Asked(private, said), when)
            self._parse(key)

    async def _read_preferences(self) -> Row:
        written = self._written
        found = await self._get("app/preferences")
        if not isinstance(found, dict):
            raise BadResponse("The answer is not one of qBittorrent's")
        # what was asked while they were written may be from before
        self._preferences, self._preferences_at = found, self._clock() if written == self._written else None
        return found

    @override
    async def look_item(self, item_id: str) -> Item | None:
        found = await self._get("torrents/info", hashes=item_id)
        if not isinstance(found, list):
            raise BadResponse("The answer is not one of qBittorrent's")
        rows = [row for row in found if isinstance(row, dict) and row.get("hash") == item_id]
        asked = self._asked.get(item_id, (Asked(), 0.0))[0]
        return parse.item(item_id, rows[0], asked) if rows else None

    @override
    async def read_limits(self) -> Mapping[str, int]:
        return parse.limits(await self._read_preferences())

    @override
    async def read_alternative(self) -> bool:
        return await self._get_text("transfer/speedLimitsMode") == "1"

    @override
    async def read_pause(self) -> Any:
        return parse.queue(await self._read_preferences())

    @override
    def is_paused(self, value: Any) -> bool:
        return isinstance(value, dict) and bool(value.get("queueing")) and value.get("downloads") == 0

    @override
    def paused_from(self, value: Any) -> Any:
        # torrents wait in the queue then: none of them is stopped, and what is added meanwhile waits as well
        wanted = {**value, "queueing": True, "downloads": 0, "slow_apart": False}
        # without a queue nothing limited what seeds, and nothing is to
        return wanted if value.get("queueing") else {**wanted, "uploads": -1, "torrents": -1}

    @override
    def same_pause(self, left: Any, seen: Any) -> bool:
        # how many may seed is not what pauses it: whoever sets that meanwhile does not want it paused for ever
        return isinstance(left, dict) and isinstance(seen, dict) and _pauses(left) == _pauses(seen)

    @override
    def returned(self, value: Any, seen: Any) -> Any:
        left = self.paused_from(value)
        return {**value, **{key: seen[key] for key in ("uploads", "torrents") if seen[key] != left[key]}}

    # Writing

    @override
    async def set_limit(self, name: str, value: int) -> None:
        await self._prefer({_NAMES[name]: self.kept(value)})

    @override
    async def set_alternative(self, on: bool) -> None:
        await self._post("transfer/setSpeedLimitsMode", mode="1" if on else "0")

    @override
    async def set_pause(self, value: Any) -> None:
        await self._prefer(
            {
                "queueing_enabled": bool(value["queueing"]),
                "max_active_downloads": int(value["downloads"]),
                "max_active_uploads": int(value["uploads"]),
                "max_active_torrents": int(value["torrents"]),
                "dont_count_slow_torrents": bool(value["slow_apart"]),
            }
        )

    async def _prefer(self, wanted: Mapping[str, Any]) -> None:
        try:
            await self._post("app/setPreferences", json=json.dumps(wanted))
        finally:
            self._preferences_at = None
            self._written += 1

    @override
    async def remove(self, item_id: str, *, delete_data: bool) -> None:
        await self._post("torrents/delete", hashes=item_id, deleteFiles="true" if delete_data else "false")

    @override
    async def pause_item(self, item_id: str) -> None:
        await self._learn_version()
        await self._post("torrents/stop" if self._stops else "torrents/pause", hashes=item_id)

    @override
    async def resume_item(self, item_id: str) -> None:
        await self._learn_version()
        await self._post("torrents/start" if self._stops else "torrents/resume", hashes=item_id)

    @override
    async def check_files(self, item_id: str) -> None:
        await self._post("torrents/recheck", hashes=item_id)

    @override
    async def move(self, item_id: str, folder: str) -> None:
        await self._post("torrents/setLocation", hashes=item_id, location=folder)

    @property
    def _stops(self) -> bool:
        """Return whether pausing is called stopping, as it is since 5.0."""
        return not self.version.startswith("4.")

    # Requests

    async def _get(self, path: str, **query: str | int) -> Any:
        answer = await self.session.send("GET", path, query=query, reads=True)
        return await self.wire.parsed(self._good(path, answer))

    async def _get_text(self, path: str) -> str:
        return self._good(path, await self.session.send("GET", path, reads=True)).text

    async def _post(self, path: str, **form: str) -> None:
        self._good(path, await self.session.send("POST", path, form=form))

    @staticmethod
    def _good(path: str, answer: Answer) -> Answer:
        if answer.status == 404:
            raise NotSupported(path)
        # what was done is looked at, not read: answers to writes differ from release to release
        if answer.status not in (200, 202, 204):
            raise CallFailed(path, f"status {answer.status}", answer.status)
        return answer


def _pauses(value: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what of a queue's settings lets nothing be downloaded."""
    return tuple(value.get(key) for key in ("queueing", "downloads", "slow_apart"))
