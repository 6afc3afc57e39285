"""What the config flow asks of an Arr: its address and its key, and the test of both."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_API_KEY, CONF_URL
from homeassistant.core import HomeAssistant
import voluptuous as vol
from yarl import URL

from ..errors import AuthFailed, ClientError, NotSupported, PermissionDenied
from ..kind import FlowError, Probe, counted
from ..web_flow import ADDRESS, KEY, Reach, tested
from .address import normalise
from .apps import BAZARR, READARR
from .client import ArrClient
from .options import CONF_APP
from .transport import Transport

SCHEMA = vol.Schema({vol.Required(CONF_URL): ADDRESS, vol.Required(CONF_API_KEY): KEY})
SECRETS = frozenset({CONF_API_KEY})


async def probe(hass: HomeAssistant, data: Mapping[str, Any], answered: frozenset[str]) -> Probe:
    """Test address, certificate and key. Raises FlowError and Question."""
    key = str(data.get(CONF_API_KEY) or "").strip()
    return await tested(
        hass, data, normalise=normalise, look=lambda reach: _look_around(reach, key), told=_told
    )


def _told(err: ClientError, reach: Reach) -> FlowError:
    """Return what a person is told: a wrong key, a wrong address, or an app that is not known."""
    match err:
        case AuthFailed() | PermissionDenied():
            return FlowError("wrong_arr_key", reach.said, field=CONF_API_KEY)
        case NotSupported():
            return FlowError("unknown_arr", {**reach.said, "found": str(err)}, field=CONF_URL)
    return reach.wrong(err, "not_an_arr")


async def _look_around(reach: Reach, key: str) -> Probe:
    transport = Transport(reach.session, reach.url, key, reach.hass.async_add_executor_job, reach.fingerprint)
    client = ArrClient(transport)
    found = await client.meet()
    what = "its health"
    if client.app.indexers:
        what = counted(len((await client.indexers()).items), "indexer")
    elif client.app.queue:
        what = counted((await client.queue_brief()).total, "download") + " in its queue"
    name = found.instance if found.instance and found.instance != found.app else found.app
    return Probe(
        title=name,
        unique_id=None,
        data=reach.kept(**{CONF_API_KEY: key, CONF_APP: found.app}),
        found={
            "product": found.app,
            "name": name,
            "version": found.version,
            "what": what,
            "missing": _said_of(client, found.base, reach.url),
        },
    )


def _said_of(client: ArrClient, base: str, url: URL) -> str:
    if client.app is READARR:
        return "Readarr is retired by its makers: it is shown, and nothing is ordered from here."
    if client.app is BAZARR:
        return "Of Bazarr its health and what it misses are shown; nothing is ordered from here."
    if client.app.indexers:
        return "Its key may do everything: an Arr has no other."
    if base.strip("/") != url.path.strip("/"):
        return "Its key may do everything: an Arr has no other. It answers without its URL base, through a proxy."
    return (
        "Its key may do everything: an Arr has no other. Connect its download clients as well: only they know which "
        "downloads stand still, and which trackers are private."
    )
