"""What is known of an engine and outlives a restart: what was updated, offered, moved and accepted."""

from collections.abc import Callable, Iterable
import time
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...history import file_name
from ...kept import KeptFile
from .accepting import Acceptances
from .aftermath import Aftermath
from .model import Container, Usage
from .traffic import Traffic

# what was moved in so many seconds is lost where Home Assistant is killed
COUNTED = 900.0
REMEMBER_DELAY = 1.0
SAVE_DELAY = 30.0


class Keeping:
    """Loads it and writes it. offers: returns what is to be kept of what is offered."""

    def __init__(self, hass: HomeAssistant, source: str, offers: Callable[[], dict[str, Any]]) -> None:
        self.traffic = Traffic(lambda: dt_util.now().date().isoformat())
        self._traffic = KeptFile(hass, "traffic", source, self.traffic.pack, SAVE_DELAY)
        self._traffic_due = 0.0
        self.aftermath = Aftermath(self._remember, lambda: dt_util.utcnow().timestamp())
        self._updates = KeptFile(hass, "updates", source, self.aftermath.dump, REMEMBER_DELAY)
        self._offers = KeptFile(hass, "offers", source, offers, SAVE_DELAY)
        # what a person decided: that is not lost without a word
        self._audit: Store[dict[str, Any]] = Store(hass, 1, f"{DOMAIN}/audit/{file_name(source)}")
        self.accepted = Acceptances(lambda rows: self._audit.async_save({"accepted": rows}))

    async def load(self) -> None:
        """Load all but the offers. Raises HomeAssistantError where what was accepted cannot be read."""
        await self._updates.load(self.aftermath.load)
        await self._traffic.load(self.traffic.load)
        self.accepted.load((await self._audit.async_load() or {}).get("accepted"))

    async def load_offers(self, *take: Callable[[dict[str, Any]], None]) -> None:
        """Load what was offered, and hand it to those who take it."""

        def hand(kept: dict[str, Any] | None) -> None:
            for each in take:
                each(kept or {})

        await self._offers.load(hand)

    @callback
    def save_offers_soon(self) -> None:
        """Write what is offered, in a while."""
        self._offers.save_soon()

    @callback
    def count(self, container: Container, used: Usage) -> None:
        """Add what a container moved to its day."""
        new = self.traffic.note(container.name, container.id, used.rx_total, used.tx_total)
        # a store that is asked again and again would put the writing off each time
        if new and (now := time.monotonic()) >= self._traffic_due:
            self._traffic_due = now + COUNTED
            self._traffic.save_soon()

    @callback
    def _remember(self) -> None:
        self._updates.save_soon()

    async def save(self, present: Iterable[str] | None) -> None:
        """Write what was updated and moved now. present: the containers by name, None where nobody knows them."""
        await self._updates.save()
        if present is not None:
            self.traffic.forget(present)
        await self._traffic.save()

    async def save_offers(self) -> None:
        """Write what is offered now."""
        await self._offers.save()
