"""Small files that may be lost: what cannot be read begins anew."""

from collections.abc import Callable
import logging
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .history import file_name

_LOGGER = logging.getLogger(__name__)

# another version's file, one that is damaged, or none that may be read
UNREADABLE = (HomeAssistantError, OSError, ValueError, NotImplementedError)


class KeptFile:
    """What is kept of one object. what: the kind of thing, and the folder; pack: returns what is to be written, as JSON.

    delay: seconds that a change may wait to be written.
    """

    def __init__(
        self, hass: HomeAssistant, what: str, of: str, pack: Callable[[], dict[str, Any]], delay: float
    ) -> None:
        self._what = what
        self._pack = pack
        self._delay = delay
        self._store: Store[dict[str, Any]] = Store(hass, 1, f"{DOMAIN}/{what}/{file_name(of)}")

    async def load(self, take: Callable[[dict[str, Any] | None], object]) -> None:
        """Hand what was kept to `take`, None where nothing was; where either fails, it is as if nothing was kept."""
        try:
            take(await self._store.async_load())
        except (*UNREADABLE, AttributeError, LookupError, TypeError):
            # also a file of another shape: it would keep its entry from being set up for ever
            _LOGGER.exception("What was kept (%s) cannot be read, and begins anew", self._what)

    @callback
    def save_soon(self) -> None:
        """Write it in a while; what changes meanwhile puts that off."""
        self._store.async_delay_save(self._pack, self._delay)

    async def save(self) -> None:
        """Write it now."""
        await self._store.async_save(self._pack())
