"""What outlives a restart: by day, how many streams were converted which way."""

import contextlib
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from ...const import DOMAIN
from ...history import file_name
from .converting import Conversions

SAVE_DELAY: Final = 300.0
UNREADABLE: Final = (HomeAssistantError, OSError, ValueError, NotImplementedError)


class Keeping:
    """Loads it and writes it; it may be lost, and then begins anew."""

    def __init__(self, hass: HomeAssistant, source: str) -> None:
        self._store: Store[dict[str, object]] = Store(hass, 1, f"{DOMAIN}/plex/{file_name(source)}")
        self.conversions = Conversions()
        self._loaded = False

    async def load(self) -> None:
        """Load what was kept, once."""
        if not self._loaded:
            self._loaded = True
            with contextlib.suppress(*UNREADABLE):
                self.conversions.load((await self._store.async_load() or {}).get("days"))

    @callback
    def save_soon(self) -> None:
        """Write it in a while."""
        self._store.async_delay_save(self._packed, SAVE_DELAY)

    async def save(self) -> None:
        """Write it now, where there is something."""
        if self.conversions.days:
            await self._store.async_save(self._packed())

    def _packed(self) -> dict[str, object]:
        return {"days": self.conversions.dump()}
