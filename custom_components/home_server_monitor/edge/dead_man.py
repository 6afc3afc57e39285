"""The dead-man ping: an address outside that is called while all is well, and raises the alarm when it is not called."""

import asyncio
import logging
from typing import TYPE_CHECKING

from homeassistant.helpers.aiohttp_client import async_get_clientsession

if TYPE_CHECKING:
    from .guardian import Guardian

_LOGGER = logging.getLogger(__name__)

PING_EVERY = 300.0
PING_WITHIN = 10.0


class DeadMan:
    """Calls the address of one guardian."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian
        self._pinged = 0.0

    async def ping(self, now: float) -> None:
        """Call the dead-man address while all is well: nothing critical is open and the journal can be written."""
        url = self._of.settings.dead_man
        if not url or now - self._pinged < PING_EVERY or not self._of.is_well:
            return
        self._pinged = now
        try:
            async with asyncio.timeout(PING_WITHIN):
                async with async_get_clientsession(self._of.hass).get(url, allow_redirects=False):
                    pass
        except Exception as err:  # noqa: BLE001 - whatever it is, the next one comes; the address may hold a secret
            _LOGGER.debug("The dead-man address did not answer: %s", type(err).__name__)
