"""What outlives a restart: by day, how many streams were converted which way."""

from typing import Any, Final, override

from homeassistant.core import HomeAssistant

from ...kept import KeptFile
from .converting import Conversions

SAVE_DELAY: Final = 300.0


class Keeping(KeptFile):
    """Loads it and writes it."""

    def __init__(self, hass: HomeAssistant, source: str) -> None:
        super().__init__(hass, "plex", source, self._packed, SAVE_DELAY)
        self.conversions = Conversions()
        self._loaded = False

    async def load_once(self) -> None:
        """Load what was kept, once."""
        if not self._loaded:
            self._loaded = True
            await self.load(lambda kept: self.conversions.load((kept or {}).get("days")))

    @override
    async def save(self) -> None:
        if self.conversions.days:
            await super().save()

    def _packed(self) -> dict[str, Any]:
        return {"days": self.conversions.dump()}
