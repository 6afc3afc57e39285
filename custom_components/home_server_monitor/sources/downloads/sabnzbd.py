"""SABnzbd's API, 4 and 5: the queue and the newest history a cycle, its servers now and then."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
import logging
import time
from types import MappingProxyType
from typing import Any, Final, override

from ...guardian.capabilities_media import DownloadState, Item
from ..errors import BadResponse, CallFailed, NotSupported
from ..records import Row, Rows, at, integer, rows, rows_in_turns
from ..web import Answer
from . import sabnzbd_parse as parse
from .client import Secrets
from .model import Downloader, NewsServer, Product
from .tries import Tries
from .usenet import UsenetClient
from .wire import HostRefused, Wire

_LOGGER = logging.getLogger(__name__)

JOBS: Final = 1000
HISTORY: Final = 60
SERVERS_EVERY: Final = 300.0


class SABnzbd(UsenetClient):
    """One SABnzbd. clock: seconds that only run forward."""

    product = Product.SABNZBD

    def __init__(self, wire: Wire, secrets: Secrets, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(wire, secrets)
        self._clock = clock
        self._tries = Tries("this API key")
        self._history: Rows[Item] = Rows()
        self._mark: int | None = None
        # whether the history could not be read
        self._partial = False
        self._servers: tuple[NewsServer, ...] = ()
        self._servers_at: float | None = None
        self._warnings: int | None = None

    # Reading

    @override
    async def look(self) -> Downloader:
        queue = await self._queue()
        await self._read_history()
        warnings, now = parse.warnings(queue), self._clock()
        # an answer that was refused is a warning as well, so that news of them is a reason to look
        if (
            self._servers_at is None
            or warnings != self._warnings
            or now - self._servers_at >= SERVERS_EVERY
            or any(each.error for each in self._servers)
        ):
            try:
                status = await self._call("status", skip_dashboard=1)
                self._servers = parse.servers(at(status, "status") or {})
            except BadResponse:
                # what it says of its servers is not what its queue depends on
                _LOGGER.debug("What SABnzbd says of its news servers cannot be read")
            self._servers_at, self._warnings = now, warnings
        return await self._assembled(queue)

    async def _assembled(self, queue: Row) -> Downloader:
        pause = parse.pause(queue)
        jobs = await rows_in_turns(queue.get("slots"), partial(parse.queued, paused=pause is not False))
        items = {**self._history.items, **jobs.items}
        line = parse.line(queue)
        self._give_speed(items, line.down)
        reached, left = parse.quota(queue)
        total = integer(queue.get("noofslots_total"))
        skipped = jobs.skipped + self._history.skipped
        self.version = str(queue.get("version") or self.version)[:20]
        return Downloader(
            product=self.product,
            version=self.version,
            line=line,
            limits=parse.limits(queue),
            pause=pause,
            items=MappingProxyType(items),
            servers=self._servers,
            quota_reached=reached,
            quota_left=left,
            warnings=parse.warnings(queue),
            whole=not skipped and not self._partial and (total is None or total <= len(jobs.items)),
            skipped=skipped,
        )

    @staticmethod
    def _give_speed(items: dict[str, Item], speed: int) -> None:
        """Give the first job that downloads the speed of all: the others wait for it, whatever the list says."""
        first = next((each for each in items.values() if each.state is DownloadState.DOWNLOADING), None)
        if first is not None:
            items[first.id] = replace(first, speed=speed)

    async def _queue(self) -> Row:
        found = at(await self._call("queue", start=0, limit=JOBS), "queue")
        if not isinstance(found, dict) or "slots" not in found:
            raise BadResponse("The answer is not one of SABnzbd's")
        return found

    async def _read_history(self) -> None:
        more = {} if self._mark is None else {"last_history_update": self._mark}
        try:
            found = at(await self._call("history", start=0, limit=HISTORY, **more), "history")
            if isinstance(found, dict):
                self._history = rows(found.get("slots"), parse.finished)
                self._mark = integer(found.get("last_history_update"))
            # False: nothing has changed since
            self._partial = found is not False and not isinstance(found, dict)
        except BadResponse:
            self._mark, self._partial = None, True

    @override
    async def look_item(self, item_id: str) -> Item | None:
        queue = await self._queue()
        paused = parse.pause(queue) is not False
        jobs = (await rows_in_turns(queue.get("slots"), partial(parse.queued, paused=paused))).items
        if item_id in jobs:
            return jobs[item_id]
        found = at(await self._call("history", start=0, limit=HISTORY, nzo_ids=item_id), "history", "slots")
        return rows(found, parse.finished).items.get(item_id)

    @override
    async def read_limits(self) -> Mapping[str, int]:
        return parse.limits(await self._queue())

    @override
    async def read_pause(self) -> Any:
        return parse.pause(await self._queue())

    # Writing

    @override
    async def set_kibibytes(self, value: int) -> None:
        # a bare number is a percentage, unless it is large
        await self._order("config", name="speedlimit", value=f"{value}K" if value else "0")

    @override
    async def set_pause(self, value: Any) -> None:
        await self._order("resume" if value is False else "pause")

    @override
    async def remove(self, item_id: str, *, delete_data: bool) -> None:
        delete: dict[str, str | int] = {"name": "delete", "value": item_id, "del_files": int(delete_data)}
        queued = await self._send("queue", delete)
        if at(queued, "status") is True and at(queued, "nzo_ids"):
            return
        # what has left the queue is in the history
        await self._order("history", **delete)

    @override
    async def pause_item(self, item_id: str) -> None:
        await self._order("queue", name="pause", value=item_id)

    @override
    async def resume_item(self, item_id: str) -> None:
        await self._order("queue", name="resume", value=item_id)

    # Requests

    async def _order(self, mode: str, **query: str | int) -> None:
        if at(found := await self._send(mode, query), "status") is False:
            raise CallFailed(mode, str(at(found, "error") or "SABnzbd says no"))

    async def _call(self, mode: str, **query: str | int) -> Any:
        return await self._send(mode, query, reads=True)

    async def _send(self, mode: str, query: Mapping[str, str | int], *, reads: bool = False) -> Any:
        self._tries.ask()
        wanted = {"mode": mode, **query, "output": "json", "apikey": self.secrets.api_key}
        # its orders are GETs as well
        answer = await self.wire.ask("GET", "api", query=wanted, reads=reads)
        self._check(mode, answer)
        found = await self.wire.parsed(answer)
        if at(found, "status") is False and at(found, "error") == "not implemented":
            raise NotSupported(mode)
        return found

    def _check(self, mode: str, answer: Answer) -> None:
        if answer.status == 403 and "api key" in answer.text.lower():
            raise self._tries.refused()
        if answer.status in (401, 403):
            # the name under which it is reached, or an address from outside, is not allowed
            raise HostRefused(self.wire.url.authority)
        if answer.status == 404:
            raise NotSupported(mode)
        if answer.status != 200:
            raise CallFailed(mode, f"status {answer.status}", answer.status)
        self._tries.taken()
