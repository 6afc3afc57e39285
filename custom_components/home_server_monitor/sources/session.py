"""Home Assistant's connections, for what is reached as anything else is reached from there."""

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_create_clientsession

from .guarded import stay


def shared_session(hass: HomeAssistant) -> aiohttp.ClientSession:
    """Return a session over Home Assistant's connector, which keeps no cookie and follows nobody elsewhere; the caller detaches it."""
    return async_create_clientsession(
        hass, auto_cleanup=False, cookie_jar=aiohttp.DummyCookieJar(), middlewares=(stay,)
    )
