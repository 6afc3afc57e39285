"""What is known of an engine and outlives a restart: what was updated, offered, moved and accepted."""

from collections.abc import Callable, Iterable
import contextlib
import time
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...history import file_name
from .accepting import Acceptances
from .aftermath import Aftermath
from .model import Container, Usage
from .traffic import Traffic

# what was moved in so many seconds is lost where Home Assistant is killed
COUNTED = 900.0
REMEMBER_DELAY = 1.0
SAVE_DELAY = 30.0
UNREADABLE = (HomeAssistantError, OSError, ValueError, NotImplementedError)


class Keeping:
    """Loads it and writes it. offers: returns what is to be kept of what is offered."""

    def __init__(self, hass: HomeAssistant, source: str, offers: Callable[[], dict[str, Any]]) -> None:
        def store(what: str) -> Store[dict[str, Any]]:
            return Store(hass, 1, f"{DOMAIN}/{what}/{file_name(source)}")

        self._traffic, self._updates = store("traffic"), store("updates")
        self._offers, self._audit = store("offers"), store("audit")
        self._what_is_offered = offers
        self.traffic = Traffic(lambda: dt_util.now().date().isoformat())
        self._traffic_due = 0.0
        self.aftermath = Aftermath(self._remember, lambda: dt_util.utcnow().timestamp())
        self.accepted = Acceptances(lambda rows: self._audit.async_save({"accepted": rows}))

    async def load(self) -> None:
        """Load all but the offers. Raises HomeAssistantError where what was accepted cannot be read."""
        # these may be lost: another version's file, or one that cannot be read
        with contextlib.suppress(*UNREADABLE):
            self.aftermath.load(await self._updates.async_load())
        with contextlib.suppress(*UNREADABLE):
            self.traffic.load(await self._traffic.async_load())
        self.accepted.load((await self._audit.async_load() or {}).get("accepted"))

    async def load_offers(self, *take: Callable[[dict[str, Any]], None]) -> None:
        """Load what was offered, and hand it to those who take it; it may be lost as well."""
        with contextlib.suppress(*UNREADABLE):
            kept = await self._offers.async_load() or {}
            for each in take:
                each(kept)

    @callback
    def save_offers_soon(self) -> None:
        """Write what is offered, in a while."""
        self._offers.async_delay_save(self._what_is_offered, SAVE_DELAY)

    @callback
    def count(self, container: Container, used: Usage) -> None:
        """Add what a container moved to its day."""
        new = self.traffic.note(container.name, container.id, used.rx_total, used.tx_total)
        # a store that is asked again and again would put the writing off each time
        if new and (now := time.monotonic()) >= self._traffic_due:
            self._traffic_due = now + COUNTED
            self._traffic.async_delay_save(self.traffic.pack, SAVE_DELAY)

    @callback
    def _remember(self) -> None:
        self._updates.async_delay_save(self.aftermath.dump, REMEMBER_DELAY)

    async def save(self, present: Iterable[str] | None) -> None:
        """Write what was updated and moved now. present: the containers by name, None where nobody knows them."""
        await self._updates.async_save(self.aftermath.dump())
        if present is not None:
            self.traffic.forget(present)
        await self._traffic.async_save(self.traffic.pack())

    async def save_offers(self) -> None:
        """Write what is offered now."""
        await self._offers.async_save(self._what_is_offered())
