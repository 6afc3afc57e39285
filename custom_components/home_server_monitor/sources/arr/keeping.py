"""What is known of an Arr's queue and outlives a restart: strikes, and who failed how often."""

import contextlib
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from ...const import DOMAIN
from ...history import file_name
from .learning import Learned
from .strikes import Strikes

SAVE_DELAY: Final = 30.0
UNREADABLE: Final = (HomeAssistantError, OSError, ValueError, NotImplementedError)


class Keeping:
    """Loads it and writes it; it may be lost, and then begins anew."""

    def __init__(self, hass: HomeAssistant, source: str) -> None:
        self._store: Store[dict[str, object]] = Store(hass, 1, f"{DOMAIN}/queue/{file_name(source)}")
        self.strikes = Strikes()
        self.learned = Learned()

    async def load(self, now: float) -> None:
        """Load what was kept."""
        with contextlib.suppress(*UNREADABLE):
            kept = await self._store.async_load() or {}
            self.strikes.load(kept.get("strikes"), now)
            self.learned.load(kept.get("learned"))

    @callback
    def save_soon(self) -> None:
        """Write it in a while."""
        self._store.async_delay_save(self._packed, SAVE_DELAY)

    async def save(self) -> None:
        """Write it now."""
        await self._store.async_save(self._packed())

    def _packed(self) -> dict[str, object]:
        return {"strikes": self.strikes.dump(), "learned": self.learned.dump()}
