"""What the config flows of all web services share: the address, its certificate, and what went wrong on the way."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
from yarl import URL

from ..const import CONF_FINGERPRINT
from .certificates import certificate_of
from .errors import CannotConnect, CertificateRejected, ClientError
from .kind import FlowError, Probe
from .session import shared_session
from .trust import trust_question

ADDRESS: Any = TextSelector(TextSelectorConfig(autocomplete="url"))
KEY: Any = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """An address that is tested. fingerprint: of the one certificate that is trusted, None for the system's trust."""

    hass: HomeAssistant
    session: aiohttp.ClientSession
    url: URL
    fingerprint: str | None

    @property
    def said(self) -> dict[str, str]:
        """Return the placeholders of what a person is told."""
        return {"host": self.url.authority, "scheme": self.url.scheme}

    def kept(self, **more: Any) -> dict[str, Any]:
        """Return what the entry keeps: the address, the certificate where one is trusted, and `more`."""
        return {CONF_URL: str(self.url), **more} | (
            {CONF_FINGERPRINT: self.fingerprint} if self.fingerprint else {}
        )

    def wrong(self, err: ClientError, otherwise: str) -> FlowError:
        """Return what a person is told where nothing answers, or else that something else does."""
        key = "cannot_connect" if isinstance(err, CannotConnect) else otherwise
        return FlowError(key, self.said, field=CONF_URL)


async def tested(
    hass: HomeAssistant,
    data: Mapping[str, Any],
    *,
    normalise: Callable[[str], URL],
    look: Callable[[Reach], Awaitable[Probe]],
    told: Callable[[ClientError, Reach], FlowError],
) -> Probe:
    """Test what was typed.

    normalise: the address that was meant; raises ValueError. look: connects, and raises ClientError. told: what of that a
    person is told. Raises FlowError and Question.
    """
    try:
        url = normalise(str(data[CONF_URL]))
    except ValueError as err:
        raise FlowError("invalid_url", field=CONF_URL) from err
    fingerprint = data.get(CONF_FINGERPRINT) if url.scheme == "https" else None
    reach = Reach(hass=hass, session=shared_session(hass), url=url, fingerprint=fingerprint)
    try:
        try:
            return await look(reach)
        except CertificateRejected as err:
            certificate = await certificate_of(reach.session, url)
            raise trust_question(certificate, url.authority, err.expected) from err
    except ClientError as err:
        raise told(err, reach) from err
    finally:
        reach.session.detach()
