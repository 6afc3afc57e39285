"""What a Plex Media Server tells by itself, so that it is asked sooner; what it tells is never believed itself."""

import asyncio
from collections.abc import Callable, Iterator
import contextlib
import json
from typing import Final, override

import aiohttp

from ..listening import Listener
from ..records import at
from ..web import JsonTransport
from .client import PlexClient

# nothing at all for so long is usual: a quiet server is not asked whether it lives, but pinged
PING_EVERY: Final = 30.0
CLOSING: Final = 5.0
# what a message is about, and the feed that is asked sooner
FEEDS: Final = {
    "playing": "streams",
    "transcodeSession.start": "streams",
    "transcodeSession.update": "streams",
    "transcodeSession.end": "streams",
    "activity": "activities",
    "status": "sections",
    "preference": "preferences",
    "reachability": "about",
    "update.statechange": "release",
}
_TEXT, _ENDS = (
    aiohttp.WSMsgType.TEXT,
    (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR),
)


def news(frame: str) -> Iterator[str]:
    """Yield the feed that a message is about; nothing for what is none of ours."""
    try:
        message = json.loads(frame)
    except ValueError, RecursionError:
        return
    kind = at(message, "NotificationContainer", "type")
    if isinstance(kind, str) and (feed := FEEDS.get(kind)):
        yield feed


class Push(Listener):
    """Listens to one Plex Media Server."""

    def __init__(self, transport: JsonTransport, client: PlexClient, heard: Callable[[str], None]) -> None:
        super().__init__(heard)
        self._transport = transport
        self._client = client

    @override
    async def listen(self) -> None:
        socket = await self._transport.socket(self._client.socket_url(), heartbeat=PING_EVERY)
        try:
            self.connected, self.error = True, ""
            # what happened until now nobody told
            self._heard("streams")
            async for message in socket:
                if message.type in _ENDS:
                    return
                if message.type is _TEXT:
                    for feed in news(str(message.data)):
                        self._heard(feed)
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSING):
                    await socket.close()
