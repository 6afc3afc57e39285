"""What the config flow asks of Scrutiny: its address, and the test of a connection."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig
import voluptuous as vol
from yarl import URL

from ...const import CONF_FINGERPRINT
from ..certificates import certificate_of
from ..errors import (
    BadResponse,
    CannotConnect,
    CertificateRejected,
    ClientError,
    NotSupported,
    PermissionDenied,
)
from ..kind import FlowError, Probe
from ..session import shared_session
from ..trust import trust_question
from .client import ScrutinyClient, normalise

CONF_URL = "url"
SCHEMA = vol.Schema({vol.Required(CONF_URL): TextSelector(TextSelectorConfig(autocomplete="url"))})


async def probe(hass: HomeAssistant, data: Mapping[str, Any], answered: frozenset[str]) -> Probe:
    """Test address and certificate. Raises FlowError and Question."""
    try:
        url = normalise(str(data[CONF_URL]))
    except ValueError as err:
        raise FlowError("invalid_url", field=CONF_URL) from err
    fingerprint = data.get(CONF_FINGERPRINT) if url.scheme == "https" else None
    session = shared_session(hass)
    try:
        client = ScrutinyClient(session, url, hass.async_add_executor_job, fingerprint)
        try:
            return await _look_around(client, url, fingerprint)
        except CertificateRejected as err:
            certificate = await certificate_of(session, url)
            raise trust_question(certificate, url.authority, err.expected) from err
    except ClientError as err:
        raise _told(err, url) from err
    finally:
        session.detach()


def _told(err: ClientError, url: URL) -> FlowError:
    """Return what a person is told."""
    said = {"host": url.authority, "scheme": url.scheme}
    match err:
        case PermissionDenied():
            return FlowError("scrutiny_asks_login", said, field=CONF_URL)
        case NotSupported() | BadResponse():
            return FlowError("not_scrutiny", said, field=CONF_URL)
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
