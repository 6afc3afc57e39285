"""What a Plex Media Server tells by itself, so that it is asked sooner; what it tells is never believed itself."""

import asyncio
from collections.abc import Callable, Iterator
import contextlib
import json
import logging
from typing import Final

import aiohttp

from ..errors import ClientError
from ..records import at
from ..web import JsonTransport
from .client import PlexClient

_LOGGER = logging.getLogger(__name__)

# nothing at all for so long is usual: a quiet server is not asked whether it lives, but pinged
PING_EVERY: Final = 30.0
FIRST_RETRY: Final = 15.0
LAST_RETRY: Final = 900.0
# for so long a connection must have held before its end counts as the first
HELD: Final = 300.0
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


class Push:
    """Listens for as long as it runs. heard: is given the feed that there is news of."""

    def __init__(self, transport: JsonTransport, client: PlexClient, heard: Callable[[str], None]) -> None:
        self._transport = transport
        self._client = client
        self._heard = heard
        self.connected = False
        self.error = ""

    async def run(self) -> None:
        """Connect, listen, and connect again, until it is cancelled."""
        wait, loop = FIRST_RETRY, asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._listen()
                self.error = "the connection was closed"
            except (ClientError, aiohttp.ClientError, TimeoutError, OSError, ValueError, TypeError) as err:
                self.error = str(err) or type(err).__name__
            finally:
                self.connected = False
            _LOGGER.debug("No push: %s", self.error)
            wait = FIRST_RETRY if loop.time() - began > HELD else wait
            await asyncio.sleep(wait)
            wait = min(2 * wait, LAST_RETRY)

    async def _listen(self) -> None:
        """Listen to one connection until it ends. Raises ClientError, aiohttp.ClientError and TimeoutError."""
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
