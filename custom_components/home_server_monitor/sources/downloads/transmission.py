"""Transmission's RPC, 3 and 4: two calls a cycle.

Each request carries an id that the server hands out with 409; that is no login. Release 4 counts wrong passwords of
everybody, and from a number on answers 403 to everybody, until it is started anew: so two wrong ones are the most.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, override

from ...guardian.capabilities_media import Item
from ..errors import BadResponse, CallFailed, NotSupported
from ..records import Row, amount, at, rows_in_turns
from ..web import Answer
from . import transmission_parse as parse
from .client import ALL_FOUR, DownloadClient, Secrets
from .model import ALT_DOWN, ALT_UP, DOWN, UP, Downloader, Product
from .transmission_parse import KB, NOTHING
from .tries import Tries
from .wire import LockedOut, Wire

PATH: Final = "transmission/rpc"
SESSION_ID: Final = "X-Transmission-Session-Id"
_NAMES = {DOWN: "speed-limit-down", UP: "speed-limit-up", ALT_DOWN: "alt-speed-down", ALT_UP: "alt-speed-up"}
LOCKED = "It takes no login from anybody after too many wrong passwords, until it is started anew"


class Transmission(DownloadClient):
    """One Transmission."""

    product = Product.TRANSMISSION
    limits = ALL_FOUR
    step = KB
    alternative = True
    checks_files = True
    # it names the new folder at once, whatever is still under way
    moves = True
    pauses_by_limits = True

    def __init__(self, wire: Wire, secrets: Secrets) -> None:
        super().__init__(wire, secrets)
        self._session_id = ""
        self._tries = Tries("this user and password")

    # Reading

    @override
    async def look(self) -> Downloader:
        session = await self._session()
        raw = at(await self._call("torrent-get", fields=parse.FIELDS), "torrents")
        found = await rows_in_turns(raw, parse.item)
        paused = self.is_paused(_paused(session))
        up = sum(amount(at(row, "rateUpload")) for row in raw)
        return Downloader(
            product=self.product,
            version=self.version,
            line=parse.line(session, found.items.values(), paused=paused, up=up),
            limits=parse.limits(session),
            pause=_paused(session),
            items=found.items,
            whole=not found.skipped,
            skipped=found.skipped,
        )

    async def _session(self) -> Row:
        found = await self._call("session-get", fields=parse.SESSION)
        if not isinstance(found, dict) or "speed-limit-down" not in found:
            raise BadResponse("The answer is not one of Transmission's")
        self.version = str(found.get("version") or "").partition(" ")[0][:20]
        return found

    @override
    async def look_item(self, item_id: str) -> Item | None:
        found = at(await self._call("torrent-get", ids=[item_id], fields=parse.FIELDS), "torrents")
        return (await rows_in_turns(found, parse.item)).items.get(item_id)

    @override
    async def read_limits(self) -> Mapping[str, int]:
        return MappingProxyType(dict(parse.limits(await self._session())))

    @override
    async def read_alternative(self) -> bool:
        return (await self._session()).get("alt-speed-enabled") is True

    @override
    async def read_pause(self) -> Any:
        return _paused(await self._session())

    @override
    def is_paused(self, value: Any) -> bool:
        return value is True

    @override
    def paused_from(self, value: Any) -> Any:
        return True

    # Writing

    @override
    def kept(self, value: float) -> int:
        return NOTHING if 0 < value < KB else super().kept(value)

    @override
    async def set_limit(self, name: str, value: int) -> None:
        key = _NAMES[name]
        if name in (ALT_DOWN, ALT_UP):
            if value <= 0:
                raise NotSupported("no alternative limit")
            await self._call("session-set", **{key: value // KB})
        else:
            more = {key: value // KB} if value > 0 else {}
            await self._call("session-set", **more, **{f"{key}-enabled": value > 0})

    @override
    async def set_alternative(self, on: bool) -> None:
        await self._call("session-set", **{"alt-speed-enabled": on})

    @override
    async def set_pause(self, value: Any) -> None:
        raise NotSupported("It has no pause of its own")

    @override
    async def remove(self, item_id: str, *, delete_data: bool) -> None:
        await self._call("torrent-remove", **{"ids": [item_id], "delete-local-data": delete_data})

    @override
    async def pause_item(self, item_id: str) -> None:
        await self._call("torrent-stop", ids=[item_id])

    @override
    async def resume_item(self, item_id: str) -> None:
        await self._call("torrent-start", ids=[item_id])

    @override
    async def check_files(self, item_id: str) -> None:
        await self._call("torrent-verify", ids=[item_id])

    @override
    async def move(self, item_id: str, folder: str) -> None:
        await self._call("torrent-set-location", ids=[item_id], location=folder, move=True)

    # Requests

    async def _call(self, method: str, **arguments: Any) -> Any:
        self._tries.ask()
        answer = await self._send(method, arguments)
        if answer.status == 409:
            self._session_id = answer.headers.get(SESSION_ID, "")
            answer = await self._send(method, arguments)
        self._check(method, answer)
        found = await self.wire.parsed(answer)
        if (said := at(found, "result")) != "success":
            if not isinstance(said, str):
                raise BadResponse("The answer is not one of Transmission's")
            raise CallFailed(method, said)
        return found.get("arguments")

    async def _send(self, method: str, arguments: Mapping[str, Any]) -> Answer:
        return await self.wire.ask(
            "POST",
            PATH,
            document={"method": method, "arguments": arguments},
            headers={SESSION_ID: self._session_id} if self._session_id else None,
            auth=self.secrets.login,
            reads=method.endswith("-get"),
        )

    def _check(self, method: str, answer: Answer) -> None:
        match answer.status:
            case 200:
                self._tries.taken()
            case 401:
                raise self._tries.refused()
            case 403:
                raise LockedOut(LOCKED)
            case 404 | 405:
                raise NotSupported(method)
            case _:
                raise CallFailed(method, f"status {answer.status}", answer.status)


def _paused(session: Row) -> bool:
    """Return whether the limit that holds lets nothing through."""
    found = parse.limits(session)
    return found[ALT_DOWN if session.get("alt-speed-enabled") is True else DOWN] == NOTHING
