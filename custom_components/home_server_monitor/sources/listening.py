"""A connection over which a system tells that something has changed: kept for as long as it is wanted.

Polling goes on underneath with its own rhythm. One that cannot be made or kept is tried again ever more rarely.
"""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable
import logging
from typing import Final

import aiohttp

from .errors import ClientError

_LOGGER = logging.getLogger(__name__)

FIRST_RETRY: Final = 15.0
LAST_RETRY: Final = 900.0
# for so long a connection must have held before its end counts as the first
HELD: Final = 300.0


class Listener(ABC):
    """Listens for as long as it runs. heard: is given the feed that there is news of."""

    def __init__(self, heard: Callable[[str], None]) -> None:
        self._heard = heard
        self.connected = False
        self.error = ""

    async def run(self) -> None:
        """Connect, listen, and connect again, until it is cancelled."""
        wait, loop = FIRST_RETRY, asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self.listen()
                self.error = "the connection was closed"
            except (ClientError, aiohttp.ClientError, TimeoutError, OSError, ValueError, TypeError) as err:
                self.error = str(err) or type(err).__name__
            finally:
                self.connected = False
            _LOGGER.debug("No push: %s", self.error)
            wait = FIRST_RETRY if loop.time() - began > HELD else wait
            await asyncio.sleep(wait)
            wait = min(2 * wait, LAST_RETRY)

    @abstractmethod
    async def listen(self) -> None:
        """Listen to one connection until it ends. Raises ClientError, aiohttp.ClientError and TimeoutError."""
