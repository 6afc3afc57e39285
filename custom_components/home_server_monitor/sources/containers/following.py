"""Following the events of an engine: a hint that something happened, never the truth about it."""

import asyncio
from collections.abc import Awaitable, Callable
import random

from ..errors import ClientError, NotSupported, PermissionDenied
from .client import EngineClient

FIRST_WAIT, LAST_WAIT = 2.0, 60.0
# a proxy that ends each stream at once is asked ever more rarely
SHORT = 5.0


class Following:
    """Follows one engine until it is stopped; what was missed between two streams is asked for."""

    def __init__(
        self,
        client: EngineClient,
        heard: Callable[[str], None],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._heard = heard
        self._sleep = sleep
        self._since: int | None = None
        self._wait = FIRST_WAIT
        self._stopped = False
        self.denied = False

    def stop(self) -> None:
        """Follow no more once the stream that is open ends."""
        self._stopped = True

    async def run(self) -> None:
        """Follow, and begin again after each end, until this is denied."""
        while not self._stopped:
            began = asyncio.get_running_loop().time()
            try:
                async with self._client.events(since=self._since) as events:
                    async for event in events:
                        self._since = max(event.at + 1, self._since or 0)
                        self._heard(event.id)
            except PermissionDenied, NotSupported:
                self.denied = True
                return
            except ClientError:
                pass
            lasted = asyncio.get_running_loop().time() - began
            self._wait = FIRST_WAIT if lasted > SHORT else min(self._wait * 2, LAST_WAIT)
            await self._sleep(self._wait * random.uniform(0.8, 1.2))  # noqa: S311 - spreads, guards nothing
