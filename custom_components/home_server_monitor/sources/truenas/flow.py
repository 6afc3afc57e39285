"""What the config flow asks of a TrueNAS: its fields, and the test of a connection."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
import contextlib
import re
from typing import Any

import aiohttp
from homeassistant.const import CONF_API_KEY, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol
from yarl import URL

from ...const import CONF_FINGERPRINT
from ..certificates import certificate_of
from ..errors import (
    AuthFailed,
    BadResponse,
    CallFailed,
    CannotConnect,
    CertificateRejected,
    ClientError,
    InsecureTransport,
    NotSupported,
    PermissionDenied,
    Standby,
)
from ..kind import FlowError, Probe, Question, counted
from ..trust import trust_question
from .client import TrueNasClient
from .greeting import Greeting, greet, normalise
from .methods import Operation
from .opening import Timing
from .parse import at, text
from .releases import V25_04
from .rights import READONLY_ADMIN, READS, WRITES, in_words, missing, roles_of

CONF_DISK_TEMPERATURES = "disk_temperatures"

SCHEMA = vol.Schema(
    {
        vol.Required(CONF_URL): TextSelector(
            TextSelectorConfig(type=TextSelectorType.URL, autocomplete="url")
        ),
        vol.Required(CONF_API_KEY): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
        ),
        vol.Optional(CONF_USERNAME): TextSelector(TextSelectorConfig(autocomplete="off")),
    }
)
SECRETS = frozenset({CONF_API_KEY})
OPTIONS = vol.Schema({vol.Required(CONF_DISK_TEMPERATURES, default=True): BooleanSelector()})

TIMING = Timing()
KEY = re.compile(r"[0-9]+-[A-Za-z0-9]{64}")


async def probe(hass: HomeAssistant, data: Mapping[str, Any], answered: frozenset[str]) -> Probe:
    """Test address, certificate, key and rights, in this order: the key leaves only when the first two are good.

    Raises FlowError and Question.
    """
    try:
        url = normalise(data[CONF_URL])
    except ValueError as err:
        raise FlowError("invalid_url", field=CONF_URL) from err
    key: str = data[CONF_API_KEY].strip()
    username: str | None = (data.get(CONF_USERNAME) or "").strip() or None
    if not KEY.fullmatch(key):
        raise FlowError("malformed_key", field=CONF_API_KEY)
    session = async_create_clientsession(hass, auto_cleanup=False, cookie_jar=aiohttp.DummyCookieJar())
    try:
        with _told(url):
            fingerprint = await _meet(session, url, data.get(CONF_FINGERPRINT), answered)
            client = TrueNasClient(
                session, url, key, username=username, fingerprint=fingerprint, timing=TIMING, events=False
            )
            try:
                title, host_id, found = await _explore(client, answered)
            finally:
                await client.close()
    finally:
        session.detach()
    return Probe(
        title=title,
        unique_id=host_id,
        data={CONF_URL: str(url), CONF_API_KEY: key}
        | ({CONF_USERNAME: username} if username else {})
        | ({CONF_FINGERPRINT: fingerprint} if fingerprint else {}),
        found=found,
    )


async def _meet(
    session: aiohttp.ClientSession, url: URL, fingerprint: str | None, answered: frozenset[str]
) -> str | None:
    """Look at what answers, before any key is sent; returns the fingerprint to pin, if any."""
    try:
        greeting, fingerprint = await _greeting(session, url, fingerprint)
    except CertificateRejected as err:
        async with asyncio.timeout(TIMING.connect):
            certificate = await certificate_of(session, url)
        raise trust_question(certificate, _place(url), err.expected) from err
    if url.scheme == "http" and greeting.endpoints is not None:
        raise InsecureTransport("Plain http to 25.04 or newer")
    if greeting.proxy and "proxy_warning" not in answered:
        raise Question("proxy_warning", {"host": _place(url), "signs": _listed(greeting.proxy)})
    return fingerprint


async def _greeting(
    session: aiohttp.ClientSession, url: URL, fingerprint: str | None
) -> tuple[Greeting, str | None]:
    async with asyncio.timeout(TIMING.connect):
        try:
            return await greet(session, url, fingerprint), fingerprint
        except CertificateRejected:
            if fingerprint is None:
                raise
            # one that an authority vouches for may take the place of the pinned one, and needs no pin
            with contextlib.suppress(CertificateRejected):
                return await greet(session, url, None), None
            raise


async def _explore(client: TrueNasClient, answered: frozenset[str]) -> tuple[str, str, dict[str, str]]:
    """Log in and look around: the name, the host id, and what the last page says."""
    try:
        await client.connect()
    except NotSupported as err:
        version = str(err).rpartition(": ")[2]
        raise FlowError("too_old", {"version": version}, field=CONF_URL) from err
    try:
        system = await client.ask(Operation.SYSTEM)
        host_id = await client.ask(Operation.HOST_ID)
    except PermissionDenied as err:
        if client.release < V25_04:
            raise
        raise FlowError("not_allowed", {"role": READONLY_ADMIN}, field=CONF_API_KEY) from err
    if not isinstance(host_id, str) or not re.fullmatch(r"[0-9A-Za-z_-]{1,128}", host_id):
        raise BadResponse("no host id")
    dark = await _rights(client, answered)
    counts = await asyncio.gather(
        *(_count(client, each) for each in (Operation.POOLS, Operation.DISKS, Operation.APPS))
    )
    pools, disks, apps = (count if isinstance(count, int) else "?" for count in counts)
    dark += [f"{count} (not in the key's allowlist)" for count in counts if isinstance(count, str)]
    title = text(at(system, "hostname"), 63) or str(client.url.host)
    found = {
        "name": title,
        "version": client.version.removeprefix("TrueNAS-").removeprefix("SCALE-"),
        "pools": str(pools),
        "disks": str(disks),
        "apps": str(apps),
        "what": f"{counted(pools, 'pool')}, {counted(disks, 'disk')} and {counted(apps, 'app')}",
        "missing": f"Not visible with this key:\n\n{_listed(dark)}"
        if dark
        else "This key can see everything.",
    }
    return title, host_id, found


async def _rights(client: TrueNasClient, answered: frozenset[str]) -> list[str]:
    """Ask whether to go on where the key may read but not act; returns what it may not even read, in words."""
    if client.release < V25_04:
        return []
    with contextlib.suppress(ClientError):
        if (roles := roles_of(await client.ask(Operation.ME))) is not None:
            writes = missing(WRITES, roles, client.release)
            if writes and "limited_rights" not in answered:
                words = [in_words(right, client.release) for right in writes]
                raise Question("limited_rights", {"host": _place(client.url), "missing": _listed(words)})
            return [in_words(right, client.release) for right in missing(READS, roles, client.release)]
    return []


async def _count(client: TrueNasClient, operation: Operation) -> int | str | None:
    """Return how many there are; the name of the call where it is denied; None where nobody knows."""
    try:
        rows = await client.ask(operation)
    except PermissionDenied as err:
        return err.method
    except ClientError:
        return None
    return len(rows) if isinstance(rows, list) else None


def _place(url: URL) -> str:
    """Return host and port as a person typed them."""
    return url.authority


def _listed(lines: Iterable[str]) -> str:
    """Return lines as a list of Markdown."""
    return "\n".join(f"- {line}" for line in lines)


@contextlib.contextmanager
def _told(url: URL) -> Iterator[None]:
    """Turn the client's errors into those of the flow."""
    host = {"host": _place(url)}
    try:
        yield
    except (ClientError, TimeoutError) as err:
        raise _flow_error(err, url, host) from err


def _flow_error(err: ClientError | TimeoutError, url: URL, host: dict[str, str]) -> FlowError:
    match err:
        case InsecureTransport():
            return FlowError("insecure_http", host, field=CONF_URL)
        case AuthFailed(revoked=True):
            return FlowError("key_revoked", host, field=CONF_API_KEY)
        case AuthFailed():
            return FlowError("invalid_auth", host, field=CONF_API_KEY)
        case PermissionDenied(method=method):
            return FlowError("method_not_allowed", host | {"method": method}, field=CONF_API_KEY)
        case Standby():
            return FlowError("standby_controller", host, field=CONF_URL)
        case TimeoutError() | CannotConnect(__cause__=TimeoutError()):
            return FlowError("timeout_connect", host, field=CONF_URL)
        case CannotConnect(__cause__=NotSupported()):
            # from 27 on there is no login without the name of the key's user
            return FlowError("username_required", host, field=CONF_USERNAME)
        case CannotConnect(__cause__=PermissionDenied() | CallFailed()):
            return FlowError("not_ready", host)
        case CannotConnect():
            return FlowError("cannot_connect", host | {"scheme": url.scheme}, field=CONF_URL)
        case BadResponse(__cause__=aiohttp.WSServerHandshakeError()):
            return FlowError("not_truenas", host, field=CONF_URL)
    return FlowError("bad_response", host | {"reason": str(err)})
