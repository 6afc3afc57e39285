"""Work in lanes: in order within one, at the same time across them, so that what is slow holds up only its own."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
import logging
from typing import Any

_LOGGER = logging.getLogger(__name__)

type Spawn = Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]


class Lanes[T]:
    """Lanes that come with their first item and go with their last.

    spawn: begins a task; work: does one item; width: how many lanes work at the same time, None for all.
    """

    def __init__(
        self, spawn: Spawn, work: Callable[[T], Coroutine[Any, Any, None]], width: int | None = None
    ) -> None:
        self._spawn = spawn
        self._work = work
        self._room = asyncio.Semaphore(width) if width else None
        self._waiting: dict[str, deque[T]] = {}
        self._closed = False

    def put(self, lane: str, item: T) -> None:
        """Have an item done once all before it in its lane are."""
        if self._closed:
            return
        if (queue := self._waiting.get(lane)) is not None:
            queue.append(item)
            return
        self._waiting[lane] = deque((item,))
        self._spawn(self._run(lane))

    def close(self) -> None:
        """Begin no other item."""
        self._closed = True

    async def _run(self, lane: str) -> None:
        queue = self._waiting[lane]
        try:
            while queue and not self._closed:
                # who handed it over goes on first, and a thousand at once let all others have their turn
                await asyncio.sleep(0)
                await self._do(queue.popleft())
        finally:
            del self._waiting[lane]

    async def _do(self, item: T) -> None:
        if self._room is not None:
            async with self._room:
                await self._safely(item)
        else:
            await self._safely(item)

    async def _safely(self, item: T) -> None:
        try:
            await self._work(item)
        except Exception:
            # one that cannot be done keeps no other from it
            _LOGGER.exception("A message could not be made")
