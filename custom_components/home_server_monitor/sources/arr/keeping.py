"""What is known of an Arr's queue and outlives a restart: strikes, and who failed how often."""

from typing import Any, Final

from homeassistant.core import HomeAssistant

from ...kept import KeptFile
from .learning import Learned
from .strikes import Strikes

SAVE_DELAY: Final = 30.0


class Keeping(KeptFile):
    """Loads it and writes it."""

    def __init__(self, hass: HomeAssistant, source: str) -> None:
        super().__init__(hass, "queue", source, self._packed, SAVE_DELAY)
        self.strikes = Strikes()
        self.learned = Learned()

    async def load_at(self, now: float) -> None:
        """Load what was kept. now: seconds since 1970."""

        def take(stored: dict[str, Any] | None) -> None:
            kept = stored or {}
            self.strikes.load(kept.get("strikes"), now)
            self.learned.load(kept.get("learned"))

        await self.load(take)

    def _packed(self) -> dict[str, Any]:
        return {"strikes": self.strikes.dump(), "learned": self.learned.dump()}
