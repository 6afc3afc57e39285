"""What an Arr is asked, and how often: few calls a minute, and only what its app has."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from ..feeds import Feed
from .apps import BAZARR
from .client import ArrClient
from .model import Airing, Indexer
from .queue import Brief, Queue

MINUTE, HOUR = 60.0, 3600.0
# a queue of so few is read at once; of a longer one it is asked first whether anything has changed
SHORT: Final = 50
# what is left of each download is shown no older than that
ANEW: Final = 270.0
AHEAD: Final = timedelta(days=30)
BEHIND: Final = timedelta(days=1)


class Reading:
    """Reads one Arr. clock: seconds that only go on; now: the instant that it is."""

    def __init__(self, client: ArrClient, clock: Callable[[], float], now: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._now = now
        self._queue: Queue | None = None
        self._brief: Brief | None = None
        self._read = 0.0
        # something was told since the queue was read
        self.news = False

    async def queue(self) -> Queue:
        """Return the queue, as it was read last where nothing has changed. Raises ClientError."""
        if self._queue is not None and len(self._queue.items) > SHORT and not self.news:
            brief = await self._client.queue_brief()
            if brief == self._brief and self._clock() - self._read < ANEW:
                return self._queue
            self._brief = brief
        self.news = False
        try:
            self._queue = await self._client.queue()
        except BaseException:
            self.news = True
            raise
        self._read = self._clock()
        return self._queue

    async def calendar(self) -> tuple[Airing, ...]:
        """Return what comes out soon. Raises ClientError."""
        now = self._now()
        return await self._client.calendar(now - BEHIND, now + AHEAD)

    async def indexers(self) -> dict[str, Indexer]:
        """Return Prowlarr's indexers, with which of them fail. Raises ClientError."""
        listed, failures = await asyncio.gather(self._client.indexers(), self._client.failures())
        found = {}
        for key, each in listed.items.items():
            until, since = failures.get(key, (None, None))
            found[key] = Indexer(key, each.name, each.enabled, each.protocol, until, since)
        return found


def feeds_of(client: ArrClient, reading: Reading) -> list[Feed]:
    """Return what is asked of the app that answers."""
    app = client.app
    found = [
        Feed(key="status", fetch=client.status, every=15 * MINUTE),
        # what is asked nothing else for minutes is asked this, so that it is seen soon that it is away
        Feed(key="health", fetch=client.health, every=(5 if app.queue else 1) * MINUTE, base=True),
    ]
    if app is BAZARR:
        return [*found, Feed(key="wanted", fetch=client.wanted, every=15 * MINUTE)]
    found += [
        Feed(key="backup", fetch=client.backup, every=HOUR),
        Feed(key="release", fetch=client.release, every=12 * HOUR),
    ]
    if app.indexers:
        found.append(Feed(key="indexers", fetch=reading.indexers, every=5 * MINUTE, base=True))
    if app.queue:
        found += [
            Feed(key="queue", fetch=reading.queue, every=MINUTE, base=True),
            Feed(key="roots", fetch=client.roots, every=15 * MINUTE),
            Feed(key="wanted", fetch=client.wanted, every=15 * MINUTE),
            Feed(key="calendar", fetch=reading.calendar, every=HOUR),
            Feed(key="history", fetch=client.history, every=10 * MINUTE),
        ]
    return found
