"""What the config flow asks of Scrutiny: its address, and the test of a connection."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
import voluptuous as vol

from ..errors import AuthFailed, CannotConnect, ClientError
from ..kind import FlowError, Probe
from ..web_flow import ADDRESS, KEY, Reach, tested
from .address import normalise
from .client import ScrutinyClient, WebPage

# Scrutiny itself has no accounts; some forks can be told to want a token
SCHEMA = vol.Schema({vol.Required(CONF_URL): ADDRESS, vol.Optional(CONF_TOKEN): KEY})
SECRETS = frozenset({CONF_TOKEN})


async def probe(hass: HomeAssistant, data: Mapping[str, Any], answered: frozenset[str]) -> Probe:
    """Test address and certificate. Raises FlowError and Question."""
    token = str(data.get(CONF_TOKEN) or "").strip() or None

    def told(err: ClientError, reach: Reach) -> FlowError:
        match err:
            case AuthFailed():
                key = "invalid_token" if token else "scrutiny_asks_login"
                return FlowError(key, reach.said, field=CONF_TOKEN)
            case WebPage():
                return FlowError("scrutiny_web_page", reach.said, field=CONF_URL)
        return reach.wrong(err, "not_scrutiny")

    return await tested(
        hass, data, normalise=normalise, look=lambda reach: _look_around(reach, token), told=told
    )


async def _look_around(reach: Reach, token: str | None) -> Probe:
    in_thread = reach.hass.async_add_executor_job
    client = ScrutinyClient(reach.session, reach.url, in_thread, reach.fingerprint, token)
    found = await client.drives()
    try:
        version = await client.version()
    except CannotConnect:
        raise
    except ClientError:
        # not needed: old releases have no such page
        version = None
    unread = sum(drive.read is None for drive in found.items.values())
    return Probe(
        title="Scrutiny",
        unique_id=None,
        data=reach.kept(**({CONF_TOKEN: token} if token else {})),
        found={
            "name": "Scrutiny",
            "version": version or "",
            "what": f"{len(found.items)} drives",
            "missing": _said_of(len(found.items), unread),
        },
    )


def _said_of(drives: int, unread: int) -> str:
    if not drives:
        return "Its collector has not found a drive yet: give its container the drives, or wait for its first run."
    if unread:
        return f"Drives without a reading yet: {unread}. Its collector reads once a day by default."
    return "All of them were read. Nothing is asked of a drive from here: sleeping drives sleep on."
