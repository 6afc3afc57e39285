"""Notices that the wall clock was put forward or back, by the loop's clock, which only runs forward."""

from typing import Final

from homeassistant.core import HomeAssistant

from ...edge import clock

# seconds that the two may part by between two looks: no clock that is only set right by and by does
JUMP: Final = 60.0


class Jumps:
    """The two clocks, as they were looked at last."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._clocks = (clock.now(), hass.loop.time())

    def look(self) -> float:
        """Return by how many seconds the wall clock went too far since the last look; 0 where it just went on."""
        wall, loop = self._clocks
        self._clocks = (clock.now(), self._hass.loop.time())
        by = (self._clocks[0] - wall) - (self._clocks[1] - loop)
        return by if abs(by) > JUMP else 0.0
