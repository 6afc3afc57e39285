"""NZBGet's JSON-RPC, 21 and the newer fork: three calls a cycle."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final, override

from ...guardian.capabilities_media import DownloadState, Item
from ..errors import BadResponse, CallFailed, NotSupported, PermissionDenied
from ..records import Row, at, rows_in_turns
from ..web import Answer
from . import nzbget_parse as parse
from .client import Secrets
from .model import Downloader, Product
from .tries import Tries
from .usenet import UsenetClient
from .wire import Wire

PATH: Final = "jsonrpc"
# the newest of the history, of which all is sent
HISTORY: Final = 60
READS: Final = frozenset({"version", "status", "listgroups", "history"})


class NZBGet(UsenetClient):
    """One NZBGet."""

    product = Product.NZBGET

    def __init__(self, wire: Wire, secrets: Secrets) -> None:
        super().__init__(wire, secrets)
        self._tries = Tries("this user and password")

    # Reading

    @override
    async def look(self) -> Downloader:
        if not self.version:
            self.version = str(await self._call("version"))[:20]
        status = await self._status()
        pause = parse.pause(status)
        items, skipped = await self._items(paused=pause is not False)
        return Downloader(
            product=self.product,
            version=self.version,
            line=parse.line(status),
            limits=parse.limits(status),
            pause=pause,
            items=MappingProxyType(items),
            servers=parse.servers(status),
            quota_reached=status.get("QuotaReached") is True,
            whole=not skipped,
            skipped=skipped,
        )

    async def _items(self, *, paused: bool) -> tuple[dict[str, Item], int]:
        jobs = await rows_in_turns(await self._call("listgroups", 0), partial(parse.queued, paused=paused))
        past = await self._call("history", False)
        if not isinstance(past, list):
            raise BadResponse("The answer is not one of NZBGet's")
        done = await rows_in_turns(past[:HISTORY], parse.finished)
        return {**done.items, **jobs.items}, jobs.skipped + done.skipped

    async def _status(self) -> Row:
        found = await self._call("status")
        if not isinstance(found, dict) or "DownloadPaused" not in found:
            raise BadResponse("The answer is not one of NZBGet's")
        return found

    @override
    async def look_item(self, item_id: str) -> Item | None:
        return (await self._items(paused=False))[0].get(item_id)

    @override
    async def read_limits(self) -> Mapping[str, int]:
        return parse.limits(await self._status())

    @override
    async def read_pause(self) -> Any:
        return parse.pause(await self._status())

    # Writing

    @override
    async def set_kibibytes(self, value: int) -> None:
        await self._order("rate", value)

    @override
    async def set_pause(self, value: Any) -> None:
        await self._order("resumedownload" if value is False else "pausedownload")

    @override
    async def remove(self, item_id: str, *, delete_data: bool) -> None:
        found = await self.look_item(item_id)
        over = found is not None and found.state in (DownloadState.COMPLETED, DownloadState.FAILED)
        if over:
            await self._edit("HistoryFinalDelete" if delete_data else "HistoryDelete", item_id)
        else:
            await self._edit("GroupFinalDelete" if delete_data else "GroupParkDelete", item_id)

    @override
    async def pause_item(self, item_id: str) -> None:
        await self._edit("GroupPause", item_id)

    @override
    async def resume_item(self, item_id: str) -> None:
        await self._edit("GroupResume", item_id)

    # Requests

    async def _edit(self, command: str, item_id: str) -> None:
        if not item_id.isdecimal():
            raise CallFailed(command, "no such download")
        await self._order("editqueue", command, "", [int(item_id)])

    async def _order(self, method: str, *params: Any) -> None:
        if await self._call(method, *params) is not True:
            raise CallFailed(method, "NZBGet says no")

    async def _call(self, method: str, *params: Any) -> Any:
        self._tries.ask()
        answer = await self.wire.ask(
            "POST",
            PATH,
            document={"method": method, "params": params, "id": 1},
            auth=self.secrets.login,
            reads=method in READS,
        )
        self._check(method, answer)
        found = await self.wire.parsed(answer)
        if isinstance(error := at(found, "error"), dict):
            raise CallFailed(method, str(error.get("message") or "error"))
        if not isinstance(found, dict) or "result" not in found:
            raise BadResponse("The answer is not one of NZBGet's")
        return found["result"]

    def _check(self, method: str, answer: Answer) -> None:
        match answer.status:
            case 200:
                self._tries.taken()
            case 401:
                raise self._tries.refused()
            case 403:
                # users with fewer rights, of which it knows two kinds
                raise PermissionDenied(method)
            case 404:
                raise NotSupported(method)
            case _:
                raise CallFailed(method, f"status {answer.status}", answer.status)
