"""What the config flow asks of Plex: its address and a token, typed or given by its owner on Plex's own page."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import instance_id
import voluptuous as vol

from ...const import DOMAIN
from ..errors import AuthFailed, CallFailed, ClientError, PermissionDenied
from ..kind import FlowError, Probe, Question, counted
from ..web import JsonTransport
from ..web_flow import ADDRESS, KEY, Reach, tested
from .address import normalise
from .client import PlexClient, headers_of
from .linking import PAGE, Linking

CONF_CLIENT, CONF_PIN = "client_id", "pin"
LINK = "plex_link"
# without a token its owner is asked on Plex's own page
SCHEMA = vol.Schema({vol.Required(CONF_URL): ADDRESS, vol.Optional(CONF_TOKEN): KEY})
SECRETS = frozenset({CONF_TOKEN})


async def probe(hass: HomeAssistant, data: Mapping[str, Any], answered: frozenset[str]) -> Probe:
    """Test address, certificate and token. Raises FlowError and Question."""
    us = sha256(f"{DOMAIN}:{await instance_id.async_get(hass)}".encode()).hexdigest()[:32]

    async def look(reach: Reach) -> Probe:
        # no token goes to an address that is no Plex
        await _client(reach, None, us).identity()
        token = str(data.get(CONF_TOKEN) or "").strip() or await _linked(reach, us, data.get(CONF_PIN))
        return await _look_around(reach, token, us)

    return await tested(hass, data, normalise=normalise, look=look, told=_told)


def _client(reach: Reach, token: str | None, us: str) -> PlexClient:
    in_thread = reach.hass.async_add_executor_job
    headers = headers_of(token, us)
    return PlexClient(JsonTransport(reach.session, reach.url, headers, in_thread, reach.fingerprint))


async def _linked(reach: Reach, us: str, pin: Any) -> str:
    """Return the token that the owner has given. Raises Question while nobody has, FlowError where that fails."""
    linking = Linking(reach.session, reach.hass.async_add_executor_job, us)
    try:
        if isinstance(pin, dict):
            if token := await linking.token(int(pin["id"])):
                return token
            number, code = int(pin["id"]), str(pin["code"])
        else:
            number, code = await linking.begin()
    except CallFailed:
        # nobody entered the letters in time
        number, code = await _begun(linking)
    except ClientError as err:
        raise FlowError("plex_tv_away", field=CONF_TOKEN) from err
    raise Question(LINK, {"code": code, "page": PAGE}, {CONF_PIN: {"id": number, "code": code}})


async def _begun(linking: Linking) -> tuple[int, str]:
    try:
        return await linking.begin()
    except ClientError as err:
        raise FlowError("plex_tv_away", field=CONF_TOKEN) from err


def _told(err: ClientError, reach: Reach) -> FlowError:
    """Return what a person is told: a wrong token, a wrong address, or something else at it."""
    if isinstance(err, (AuthFailed, PermissionDenied)):
        return FlowError("wrong_plex_token", reach.said, field=CONF_TOKEN)
    return reach.wrong(err, "not_plex")


async def _look_around(reach: Reach, token: str, us: str) -> Probe:
    client = _client(reach, token, us)
    about = await client.about()
    # only the owner's token may read the settings
    await client.preferences()
    libraries = len((await client.sections()).items)
    return Probe(
        title=about.name,
        unique_id=about.machine,
        data=reach.kept(**{CONF_TOKEN: token, CONF_CLIENT: us}),
        found={
            "product": "Plex",
            "name": about.name,
            "version": about.version,
            "what": counted(libraries, "library").replace("librarys", "libraries"),
            "missing": "Its token may do everything: Plex has no other for its owner. Who watches what stays here.",
        },
    )
