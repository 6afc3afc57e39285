"""What the config flow asks of a download client: its address, how to get in, and the test of a connection."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_API_KEY, CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
import voluptuous as vol

from ..errors import AuthFailed, BadResponse, CannotConnect, ClientError, NotSupported, PermissionDenied
from ..kind import FlowError, Probe, counted
from ..web_flow import ADDRESS, Reach, tested
from .address import normalise
from .client import DownloadClient, Secrets
from .making import MADE, which
from .model import Downloader, Product
from .wire import HostRefused, LockedOut, Wire

CONF_PRODUCT = "product"
_SECRET: Any = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
SCHEMA = vol.Schema(
    {
        vol.Required(CONF_URL): ADDRESS,
        vol.Optional(CONF_USERNAME): TextSelector(TextSelectorConfig(autocomplete="username")),
        vol.Optional(CONF_PASSWORD): _SECRET,
        vol.Optional(CONF_API_KEY): _SECRET,
    }
)
SECRETS = frozenset({CONF_PASSWORD, CONF_API_KEY})


def secrets_of(data: Mapping[str, Any]) -> Secrets:
    """Return what the client is shown, out of the data of an entry."""
    return Secrets(
        username=str(data.get(CONF_USERNAME) or ""),
        password=str(data.get(CONF_PASSWORD) or ""),
        api_key=str(data.get(CONF_API_KEY) or ""),
    )


async def probe(hass: HomeAssistant, data: Mapping[str, Any], answered: frozenset[str]) -> Probe:
    """Test address, certificate and credentials. Raises FlowError and Question."""
    return await tested(
        hass, data, normalise=normalise, look=lambda reach: _look_around(reach, data), told=_told
    )


def _told(err: ClientError, reach: Reach) -> FlowError:
    """Return what a person is told."""
    match err:
        case LockedOut():
            return FlowError("locked_out", {**reach.said, "reason": str(err)})
        case HostRefused():
            return FlowError("host_refused", reach.said, field=CONF_URL)
        case PermissionDenied():
            return FlowError("login_lacks_right", {**reach.said, "right": err.method})
        case CannotConnect() | NotSupported() | BadResponse():
            return reach.wrong(err, "not_download_client")
    return FlowError("invalid_login", reach.said, field=CONF_PASSWORD)


async def _look_around(reach: Reach, data: Mapping[str, Any]) -> Probe:
    wire = Wire(reach.session, reach.url, reach.hass.async_add_executor_job, reach.fingerprint)
    product = await which(wire)
    said = {"product": product.label, "host": wire.url.authority}
    if product is Product.SABNZBD and not data.get(CONF_API_KEY):
        raise FlowError("sabnzbd_wants_key", said, field=CONF_API_KEY)
    refused: AuthFailed | None = None
    for names, secrets in _ways(product, data):
        client = MADE[product](wire, secrets)
        try:
            seen = await client.look()
        except AuthFailed as err:
            refused = err
            continue
        shown = {name: data[name] for name in names if data.get(name)}
        return _found(client, seen, reach.kept(**{CONF_PRODUCT: product.value}, **shown))
    by_key = product is Product.SABNZBD or (data.get(CONF_API_KEY) and not data.get(CONF_PASSWORD))
    field = CONF_API_KEY if by_key else CONF_PASSWORD
    nothing = not any(data.get(name) for name in (CONF_API_KEY, CONF_PASSWORD, CONF_USERNAME))
    raise FlowError("login_wanted" if nothing else "invalid_login", said, field=field) from refused


def _ways(product: Product, data: Mapping[str, Any]) -> list[tuple[tuple[str, ...], Secrets]]:
    """Return the ways to get in, each with the fields that it uses: a key that was typed anew may be for nothing."""
    by_key = ((CONF_API_KEY,), Secrets(api_key=str(data.get(CONF_API_KEY) or "")))
    login = secrets_of({name: data.get(name) for name in (CONF_USERNAME, CONF_PASSWORD)})
    by_login = ((CONF_USERNAME, CONF_PASSWORD), login)
    match product:
        case Product.SABNZBD:
            return [by_key]
        case Product.QBITTORRENT if data.get(CONF_API_KEY):
            return [by_key, by_login] if data.get(CONF_PASSWORD) else [by_key]
    return [by_login]


def _found(client: DownloadClient, seen: Downloader, known: dict[str, Any]) -> Probe:
    kind = "torrent" if client.product.protocol == "torrent" else "job"
    return Probe(
        title=client.product.label,
        unique_id=None,
        data=known,
        found={
            "product": client.product.label,
            "name": client.product.label,
            "version": seen.version,
            "what": counted(len(seen.items), kind),
            "missing": _limits_of(client, seen),
        },
    )


def _limits_of(client: DownloadClient, seen: Downloader) -> str:
    if seen.line.scheduled:
        return (
            f"{client.product.label} changes its speed limits by a schedule of its own. That goes on; limits that are "
            "set from here for a while hold in both."
        )
    return "It is only read, until you or something that you allowed sets a limit, pauses it or removes a download."
