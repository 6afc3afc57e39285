"""Where the ledger of a UPS is kept."""

import contextlib
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...history import file_name
from .ledger import Ledger

SAVE_DELAY: Final = 10.0
UNREADABLE: Final = (HomeAssistantError, OSError, ValueError, NotImplementedError)


class Keeping:
    """Loads it and writes it; it may be lost, and then begins anew."""

    def __init__(self, hass: HomeAssistant, source: str) -> None:
        self._store: Store[dict[str, object]] = Store(hass, 1, f"{DOMAIN}/ups/{file_name(source)}")
        self.ledger = Ledger()
        self._loaded = False

    async def load(self) -> None:
        """Load what was kept, once."""
        if not self._loaded:
            self._loaded = True
            with contextlib.suppress(*UNREADABLE):
                stored = await self._store.async_load()
                if isinstance(stored, dict):
                    self.ledger.load(stored, dt_util.utcnow().timestamp())

    @callback
    def save_soon(self) -> None:
        """Write it in a moment."""
        self._store.async_delay_save(self.ledger.dump, SAVE_DELAY)

    async def save(self) -> None:
        """Write it now, where there is something."""
        if self.ledger.since is not None:
            await self._store.async_save(self.ledger.dump())
