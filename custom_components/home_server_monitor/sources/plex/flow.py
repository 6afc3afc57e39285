"""What the config flow asks of Plex: its address and a token, typed or given by its owner on Plex's own page."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers import instance_id
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
import voluptuous as vol
from yarl import URL

from ...const import CONF_FINGERPRINT, DOMAIN
from ..certificates import certificate_of
from ..errors import (
    AuthFailed,
    BadResponse,
    CallFailed,
    CannotConnect,
    CertificateRejected,
    ClientError,
    PermissionDenied,
)
from ..kind import FlowError, Probe, Question, counted
from ..session import shared_session
from ..trust import trust_question
from ..web import JsonTransport
from .address import normalise
from .client import PlexClient, headers_of
from .linking import PAGE, Linking

CONF_URL, CONF_TOKEN, CONF_CLIENT, CONF_PIN = "url", "token", "client_id", "pin"
LINK = "plex_link"
SCHEMA = vol.Schema(
    {
        vol.Required(CONF_URL): TextSelector(TextSelectorConfig(autocomplete="url")),
        # without one its owner is asked on Plex's own page
        vol.Optional(CONF_TOKEN): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
        ),
    }
)
SECRETS = frozenset({CONF_TOKEN})


async def probe(hass: HomeAssistant, data: Mapping[str, Any], answered: frozenset[str]) -> Probe:
    """Test address, certificate and token. Raises FlowError and Question."""
    try:
        url = normalise(str(data[CONF_URL]))
    except ValueError as err:
        raise FlowError("invalid_url", field=CONF_URL) from err
    fingerprint = data.get(CONF_FINGERPRINT) if url.scheme == "https" else None
    client = sha256(f"{DOMAIN}:{await instance_id.async_get(hass)}".encode()).hexdigest()[:32]
    session = shared_session(hass)
    try:
        try:
            anybody = JsonTransport(
                session, url, headers_of(None, client), hass.async_add_executor_job, fingerprint
            )
            # no token goes to an address that is no Plex
            await PlexClient(anybody).identity()
            token = str(data.get(CONF_TOKEN) or "").strip() or await _linked(
                hass, session, client, data.get(CONF_PIN)
            )
            transport = JsonTransport(
                session, url, headers_of(token, client), hass.async_add_executor_job, fingerprint
            )
            return await _look_around(PlexClient(transport), token, client, fingerprint)
        except CertificateRejected as err:
            certificate = await certificate_of(session, url)
            raise trust_question(certificate, url.authority, err.expected) from err
    except ClientError as err:
        raise _told(err, url) from err
    finally:
        session.detach()


async def _linked(hass: HomeAssistant, session: aiohttp.ClientSession, client: str, pin: Any) -> str:
    """Return the token that the owner has given. Raises Question while nobody has, FlowError where that fails."""
    linking = Linking(session, hass.async_add_executor_job, client)
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


def _told(err: ClientError, url: URL) -> FlowError:
    """Return what a person is told: a wrong token, a wrong address, or something else at it."""
    said = {"host": url.authority, "scheme": url.scheme}
    match err:
        case AuthFailed() | PermissionDenied():
            return FlowError("wrong_plex_token", said, field=CONF_TOKEN)
        case BadResponse():
            return FlowError("not_plex", said, field=CONF_URL)
        case CannotConnect():
            return FlowError("cannot_connect", said, field=CONF_URL)
    return FlowError("not_plex", said, field=CONF_URL)


async def _look_around(client: PlexClient, token: str, identifier: str, fingerprint: str | None) -> Probe:
    about = await client.about()
    # only the owner's token may read the settings
    await client.preferences()
    libraries = len((await client.sections()).items)
    return Probe(
        title=about.name,
        unique_id=about.machine,
        data={CONF_URL: str(client.url).rstrip("/"), CONF_TOKEN: token, CONF_CLIENT: identifier}
        | ({CONF_FINGERPRINT: fingerprint} if fingerprint else {}),
        found={
            "product": "Plex",
            "name": about.name,
            "version": about.version,
            "what": counted(libraries, "library").replace("librarys", "libraries"),
            "missing": "Its token may do everything: Plex has no other for its owner. Who watches what stays here.",
        },
    )
