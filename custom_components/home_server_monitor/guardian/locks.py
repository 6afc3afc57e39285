"""One lock for each name, for as long as somebody has it or waits for it."""

import asyncio
from collections.abc import AsyncIterator
import contextlib


class Locks:
    """Locks by name."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @property
    def busy(self) -> bool:
        """Return whether somebody has one."""
        return bool(self._locks)

    @contextlib.asynccontextmanager
    async def of(self, name: str) -> AsyncIterator[None]:
        """Have the lock of a name."""
        lock, users = self._locks.get(name, (asyncio.Lock(), 0))
        self._locks[name] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            _, users = self._locks[name]
            if users == 1:
                del self._locks[name]
            else:
                self._locks[name] = (lock, users - 1)
