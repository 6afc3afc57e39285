"""What the config flow asks of an Arr: its address and its key, and the test of both."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
import voluptuous as vol
from yarl import URL

from ...const import CONF_FINGERPRINT
from ..certificates import certificate_of
from ..errors import (
    AuthFailed,
    BadResponse,
    CannotConnect,
    CertificateRejected,
    ClientError,
    NotSupported,
    PermissionDenied,
)
from ..kind import FlowError, Probe, counted
from ..session import shared_session
from ..trust import trust_question
from .address import normalise
from .apps import BAZARR, READARR
from .client import ArrClient
from .transport import Transport

CONF_URL, CONF_API_KEY = "url", "api_key"
SCHEMA = vol.Schema(
    {
        vol.Required(CONF_URL): TextSelector(TextSelectorConfig(autocomplete="url")),
        vol.Required(CONF_API_KEY): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
        ),
    }
)
SECRETS = frozenset({CONF_API_KEY})


async def probe(hass: HomeAssistant, data: Mapping[str, Any], answered: frozenset[str]) -> Probe:
    """Test address, certificate and key. Raises FlowError and Question."""
    try:
        url = normalise(str(data[CONF_URL]))
    except ValueError as err:
        raise FlowError("invalid_url", field=CONF_URL) from err
    fingerprint = data.get(CONF_FINGERPRINT) if url.scheme == "https" else None
    key = str(data.get(CONF_API_KEY) or "").strip()
    session = shared_session(hass)
    transport = Transport(session, url, key, hass.async_add_executor_job, fingerprint)
    try:
        try:
            return await _look_around(ArrClient(transport), url, key, fingerprint)
        except CertificateRejected as err:
            certificate = await certificate_of(session, url)
            raise trust_question(certificate, url.authority, err.expected) from err
    except ClientError as err:
        raise _told(err, url) from err
    finally:
        session.detach()


def _told(err: ClientError, url: URL) -> FlowError:
    """Return what a person is told: a wrong key, a wrong address, or an app that is not known."""
    said = {"host": url.authority, "scheme": url.scheme}
    match err:
        case AuthFailed() | PermissionDenied():
            return FlowError("wrong_arr_key", said, field=CONF_API_KEY)
        case NotSupported():
            return FlowError("unknown_arr", {**said, "found": str(err)}, field=CONF_URL)
        case BadResponse():
            return FlowError("not_an_arr", said, field=CONF_URL)
        case CannotConnect():
            return FlowError("cannot_connect", said, field=CONF_URL)
    return FlowError("not_an_arr", said, field=CONF_URL)


async def _look_around(client: ArrClient, url: URL, key: str, fingerprint: str | None) -> Probe:
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
        data={CONF_URL: str(url), CONF_API_KEY: key}
        | ({CONF_FINGERPRINT: fingerprint} if fingerprint else {}),
        found={
            "product": found.app,
            "name": name,
            "version": found.version,
            "what": what,
            "missing": _said_of(client, found.base, url),
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
