"""The time zone in which a NAS reads its schedules."""

from datetime import UTC, tzinfo

from homeassistant.util import dt as dt_util

from .system import System


class Zone:
    """Follows what the NAS says; UTC while it says nothing, or what nobody knows."""

    def __init__(self) -> None:
        self.now: tzinfo = UTC
        self._name = ""

    async def learn(self, system: System | None) -> bool:
        """Take in what the NAS says; returns whether it is another one now."""
        if system is None or not system.timezone or system.timezone == self._name:
            return False
        self._name = system.timezone
        try:
            self.now = await dt_util.async_get_time_zone(self._name) or UTC
        except ValueError, OSError:
            self.now = UTC
        return True
