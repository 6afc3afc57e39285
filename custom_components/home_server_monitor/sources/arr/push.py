"""SignalR: an Arr tells that something has changed, so that it is asked sooner. What it tells is never believed itself.

Polling goes on underneath with its own rhythm. A connection that cannot be made or kept is tried again ever more rarely.
"""

import asyncio
from collections.abc import Callable, Iterator
import contextlib
import json
from typing import Any, Final, override

import aiohttp

from ..listening import Listener
from ..records import at
from ..web import below
from .transport import Transport

# each message ends with it
END: Final = "\x1e"
HELLO: Final = '{"protocol":"json","version":1}' + END
PING: Final = '{"type":6}' + END
# the server hangs up on who is silent for 30 s
PING_EVERY: Final = 15.0
# it pings itself every 15 s: nothing for so long means that nobody is there
SILENCE: Final = 60.0
HANDSHAKE: Final = 10.0
# what a message is about, and the feed that is asked sooner
FEEDS: Final = {
    "queue": "queue",
    "queue/details": "queue",
    "queue/status": "queue",
    "health": "health",
    "rootfolder": "roots",
    "wanted/missing": "wanted",
    "wanted/cutoff": "wanted",
    "calendar": "calendar",
    "indexer": "indexers",
}
INVOCATION, CLOSE = 1, 7


def news(frame: str) -> Iterator[str]:
    """Yield the feeds that the messages of a frame are about; what is none of ours is passed over."""
    for part in frame.split(END):
        try:
            message = json.loads(part) if part.strip() else None
        except ValueError, RecursionError:
            continue
        if at(message, "type") != INVOCATION or at(message, "target") != "receiveMessage":
            continue
        told = at(message, "arguments", 0)
        # some wrap the argument in a list once more
        told = told[0] if isinstance(told, list) and told else told
        name = at(told, "name")
        if isinstance(name, str) and (feed := FEEDS.get(name)):
            yield feed


def closes(frame: str) -> bool:
    """Return whether the server says goodbye."""
    return f'"type":{CLOSE}' in frame.replace(" ", "")


class Push(Listener):
    """Listens to one Arr."""

    def __init__(self, transport: Transport, heard: Callable[[str], None]) -> None:
        super().__init__(heard)
        self._transport = transport

    @override
    async def listen(self) -> None:
        answer = await self._transport.send("POST", "signalr/messages/negotiate", {"negotiateVersion": 1})
        token = at(answer, "connectionToken") or at(answer, "connectionId")
        if not isinstance(token, str):
            raise TypeError("no token")
        url = below(self._transport.url, "signalr/messages").update_query({"id": token})
        socket = await self._transport.socket(url)
        pinging: asyncio.Task[None] | None = None
        try:
            await self._greet(socket)
            pinging = asyncio.create_task(self._ping(socket), name="arr ping")
            self.connected, self.error = True, ""
            # what happened until now nobody told
            self._heard("queue")
            while (frame := await self._frame(socket, SILENCE)) is not None and not closes(frame):
                for feed in dict.fromkeys(news(frame)):
                    self._heard(feed)
        finally:
            if pinging is not None:
                pinging.cancel()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HANDSHAKE):
                    await socket.close()

    async def _greet(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await socket.send_str(HELLO)
        said = await self._frame(socket, HANDSHAKE)
        if said is None or at(_first(said), "error"):
            raise ValueError("the greeting was refused")

    @staticmethod
    async def _ping(socket: aiohttp.ClientWebSocketResponse) -> None:
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            while True:
                await asyncio.sleep(PING_EVERY)
                await socket.send_str(PING)

    @staticmethod
    async def _frame(socket: aiohttp.ClientWebSocketResponse, silence: float) -> str | None:
        """Return the next text, or None at the end. Raises TimeoutError."""
        async with asyncio.timeout(silence):
            while True:
                message = await socket.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    return str(message.data)
                if message.type in (
                    aiohttp.WSMsgType.CLOSE,
                    aiohttp.WSMsgType.CLOSING,
                    aiohttp.WSMsgType.CLOSED,
                    aiohttp.WSMsgType.ERROR,
                ):
                    return None


def _first(frame: str) -> Any:
    try:
        return json.loads(frame.split(END, 1)[0] or "{}")
    except ValueError, RecursionError:
        return None
