"""Where the ledger of a UPS is kept."""

from typing import Any, Final, override

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ...edge import power_settings
from ...kept import KeptFile
from .ledger import HOLD_OFF, Ledger

SAVE_DELAY: Final = 10.0


def hold_off(guardian: Any) -> float:
    """Return for how many seconds an outage tells nobody, as the options of the home say; guardian: None without one."""
    found = guardian.entry.options.get(power_settings.HOLD_OFF) if guardian is not None else None
    if isinstance(found, bool) or not isinstance(found, int | float) or found < 0:
        return HOLD_OFF
    return float(found)


class Keeping(KeptFile):
    """Loads it and writes it."""

    def __init__(self, hass: HomeAssistant, source: str) -> None:
        self.ledger = Ledger()
        super().__init__(hass, "ups", source, self.ledger.dump, SAVE_DELAY)
        self._loaded = False

    async def load_once(self) -> None:
        """Load what was kept, once."""
        if not self._loaded:
            self._loaded = True
            await self.load(self._take)

    def _take(self, stored: dict[str, Any] | None) -> None:
        if isinstance(stored, dict):
            self.ledger.load(stored, dt_util.utcnow().timestamp())

    @override
    async def save(self) -> None:
        if self.ledger.since is not None:
            await super().save()
