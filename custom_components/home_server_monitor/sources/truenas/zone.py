"""The time zone in which a NAS reads its schedules."""

from collections.abc import Awaitable, Callable
from datetime import UTC, tzinfo

from .system import System


class Zone:
    """Follows what the NAS says; UTC while it says nothing, or what nobody knows.

    find: looks up a time zone by its name.
    """

    def __init__(self, find: Callable[[str], Awaitable[tzinfo | None]]) -> None:
        self.now: tzinfo = UTC
        self._find = find
        self._name = ""

    async def learn(self, system: System | None) -> bool:
        """Take in what the NAS says; returns whether it is another one now."""
        if system is None or not system.timezone or system.timezone == self._name:
            return False
        self._name = system.timezone
        try:
            self.now = await self._find(self._name) or UTC
        except ValueError, OSError:
            self.now = UTC
        return True
