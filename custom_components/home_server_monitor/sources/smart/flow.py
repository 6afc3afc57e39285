"""What the config flow asks of Scrutiny: its address, and the test of a connection."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
import voluptuous as vol
from yarl import URL

from ...const import CONF_FINGERPRINT
from ..certificates import certificate_of
from ..errors import AuthFailed, CannotConnect, CertificateRejected, ClientError
from ..kind import FlowError, Probe
from ..session import shared_session
from ..trust import trust_question
from .client import ScrutinyClient, WebPage, normalise

CONF_URL, CONF_TOKEN = "url", "token"
SECRETS = frozenset({CONF_TOKEN})
SCHEMA = vol.Schema(
    {
        vol.Required(CONF_URL): TextSelector(TextSelectorConfig(autocomplete="url")),
        # Scrutiny itself has no accounts; some forks can be told to want a token
        vol.Optional(CONF_TOKEN): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
        ),
    }
)


async def probe(hass: HomeAssistant, data: Mapping[str, Any], answered: frozenset[str]) -> Probe:
    """Test address and certificate. Raises FlowError and Question."""
    try:
        url = normalise(str(data[CONF_URL]))
    except ValueError as err:
        raise FlowError("invalid_url", field=CONF_URL) from err
    fingerprint = data.get(CONF_FINGERPRINT) if url.scheme == "https" else None
    token = str(data.get(CONF_TOKEN) or "").strip() or None
    session = shared_session(hass)
    try:
        client = ScrutinyClient(session, url, hass.async_add_executor_job, fingerprint, token)
        try:
            found = await _look_around(client, url, fingerprint)
            return replace(found, data={**found.data, CONF_TOKEN: token}) if token else found
        except CertificateRejected as err:
            certificate = await certificate_of(session, url)
            raise trust_question(certificate, url.authority, err.expected) from err
    except ClientError as err:
        raise _told(err, url, token) from err
    finally:
        session.detach()


def _told(err: ClientError, url: URL, token: str | None) -> FlowError:
    """Return what a person is told."""
    said = {"host": url.authority, "scheme": url.scheme}
    match err:
        case AuthFailed() if token:
            return FlowError("invalid_token", said, field=CONF_TOKEN)
        case AuthFailed():
            return FlowError("scrutiny_asks_login", said, field=CONF_TOKEN)
        case WebPage():
            return FlowError("scrutiny_web_page", said, field=CONF_URL)
        case CannotConnect():
            return FlowError("cannot_connect", said, field=CONF_URL)
    return FlowError("not_scrutiny", said, field=CONF_URL)


async def _look_around(client: ScrutinyClient, url: URL, fingerprint: str | None) -> Probe:
    found = await client.drives()
    try:
        version = await client.version()
    except CannotConnect:
        raise
    except ClientError:
        # not needed: old releases have no such page
        version = None
    known = {CONF_URL: str(url)} | ({CONF_FINGERPRINT: fingerprint} if fingerprint else {})
    unread = sum(drive.read is None for drive in found.items.values())
    return Probe(
        title="Scrutiny",
        unique_id=None,
        data=known,
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
