"""Numbers that a NAS pushes: of a flood of them only the newest are read, and they are shown together."""

import asyncio
from collections.abc import Callable, Mapping
import logging
import time
from typing import Any

from ..errors import ClientError
from .app import AppStats, app_stats
from .protocol import Event
from .realtime import Realtime, realtime

_LOGGER = logging.getLogger(__name__)

COLLECTIONS = frozenset({"reporting.realtime", "app.stats"})
# they come every 30 s; older than this they are not shown any more
PUSH_AGE = 120.0
SHOW_DELAY = 0.5


class PushedNumbers:
    """The newest numbers of one NAS. show: called when there is something new to show."""

    def __init__(self, loop: asyncio.AbstractEventLoop, show: Callable[[], None]) -> None:
        self._loop = loop
        self._show = show
        # as they came, by collection, until they are shown together
        self._waiting: dict[str, Any] = {}
        self._showing: asyncio.TimerHandle | None = None
        self._realtime: tuple[float, Realtime] | None = None
        self._stats: tuple[float, Mapping[str, AppStats]] | None = None

    @property
    def realtime(self) -> Realtime | None:
        """Return load, memory and traffic, None where they are old."""
        return _recent(self._realtime)

    @property
    def stats(self) -> Mapping[str, AppStats] | None:
        """Return what apps use, None where that is old."""
        return _recent(self._stats)

    def take(self, event: Event) -> None:
        """Take numbers that are shown soon."""
        self._waiting[event.collection] = event.fields
        if self._showing is None:
            self._showing = self._loop.call_later(SHOW_DELAY, self._read)

    def drop(self) -> None:
        """Forget all: what is from before an outage is not shown after it."""
        self._realtime = self._stats = None
        self._waiting.clear()

    def stop(self) -> None:
        """Show nothing more."""
        if self._showing is not None:
            self._showing.cancel()
            self._showing = None

    def _read(self) -> None:
        self._showing = None
        waiting, self._waiting = self._waiting, {}
        for collection, fields in waiting.items():
            try:
                if collection == "reporting.realtime":
                    self._realtime = (time.monotonic(), realtime(fields))
                else:
                    self._stats = (time.monotonic(), app_stats(fields))
            except (ClientError, TypeError, ValueError, AttributeError) as err:
                _LOGGER.debug("Skipped an event of %s: %s", collection, err)
        self._show()


def _recent[T](pushed: tuple[float, T] | None) -> T | None:
    return pushed[1] if pushed and time.monotonic() - pushed[0] < PUSH_AGE else None
