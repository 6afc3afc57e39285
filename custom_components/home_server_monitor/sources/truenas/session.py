"""Keeps one NAS's feeds fed through sessions that end: when to log in again, and when rather not."""

import asyncio
import logging
import time

from ..errors import CannotConnect
from ..feeds import Feeds
from .client import TrueNasClient

_LOGGER = logging.getLogger(__name__)

# seconds of one cycle (15): for reading all that is due, for reading it once more after a new login, for a sign of life
READING = 11.0
READING_AGAIN = 7.0
SIGN_OF_LIFE = 3.0
SHORT_SESSION = 20.0
MAX_SHORT_SESSIONS = 2


class Session:
    """What is read over one client, whichever session that is. cycle: seconds from one poll to the next."""

    def __init__(self, client: TrueNasClient, feeds: Feeds, name: str, cycle: float) -> None:
        self._cycle = cycle
        self._client = client
        self._feeds = feeds
        self._name = name
        self._release = client.release
        self._began = 0.0
        self._short = 0

    async def connect(self) -> None:
        """Log in where no session is. Raises ClientError."""
        if self._client.connected:
            return
        await self._client.connect()
        self._feeds.retry()
        self._began = time.monotonic()
        if self._client.release != self._release:
            # another version has other methods, so what was dark may be there now
            _LOGGER.info("%s now runs %s", self._name, self._client.version)
            self._release = self._client.release
            self._feeds.reset()

    async def read(self) -> None:
        """Read all that is due, in a new session where this one ends meanwhile. Raises ClientError."""
        began = time.monotonic()
        try:
            await self._feeds.refresh(self._feeds.due(), READING)
        except CannotConnect:
            if self._client.connected:
                if not await self._client.answers(SIGN_OF_LIFE):
                    # it is connected and answers nothing: a new connection is the only thing left to try
                    await self._client.close()
                    raise
                return
            # the session ended meanwhile (the NAS restarted its middleware): log in once more
            left = self._cycle - (time.monotonic() - began)
            try:
                async with asyncio.timeout(left):
                    await self.connect()
            except TimeoutError as err:
                raise CannotConnect("No answer in time") from err
            if left > READING_AGAIN:
                await self._feeds.refresh(self._feeds.due(), READING_AGAIN)

    def lost(self) -> bool:
        """Note that the session ended; returns whether to connect soon.

        A server that drops each session at once gets a login a tick, not one a second.
        """
        short = time.monotonic() - self._began < SHORT_SESSION
        self._short = self._short + 1 if short else 0
        return self._short <= MAX_SHORT_SESSIONS
