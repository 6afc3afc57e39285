"""How the data of an entry becomes a client: which address, which key, which certificate."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
import ssl
from typing import Any

import aiohttp

from ..errors import AuthFailed, BadResponse, CallFailed, NotSupported, PermissionDenied
from ..records import at, text
from .address import Address, normalise
from .client import EngineClient
from .portainer import PortainerClient
from .registry import RegistryClient
from .sessions import client_context, open_session
from .transport import Timing, Transport

CONF_URL, CONF_API_KEY, CONF_FINGERPRINT = "url", "api_key", "fingerprint"
CONF_ENVIRONMENT = "environment"
CONF_TLS, CONF_CA, CONF_CERT, CONF_KEY = "tls", "ca", "client_cert", "client_key"

type InThread = Callable[..., Awaitable[Any]]
type Shared = Callable[[], aiohttp.ClientSession]


@dataclass(slots=True)
class Access:
    """An open way to one engine. machine: the name or address of the engine's machine, None where nobody knows.

    environment: which one of Portainer's, where it leads through Portainer.
    """

    session: aiohttp.ClientSession
    # to the address itself, without a key
    bare: Transport
    transport: Transport
    client: EngineClient
    registry: RegistryClient
    portainer: PortainerClient | None
    environment: int | None
    machine: str | None
    page: str | None
    outside: aiohttp.ClientSession
    # whether the session to the engine has a connector of its own
    own: bool

    async def instance(self) -> str | None:
        """Return the id of the Portainer at this address, or None where none is. Raises ClientError."""
        try:
            found = await self.bare.get("/api/system/status")
        except CallFailed, BadResponse, PermissionDenied, NotSupported, AuthFailed:
            return None
        return text(at(found, "InstanceID"))

    async def close(self) -> None:
        """End our connections; those of Home Assistant's connector are let go of."""
        if self.own:
            await self.session.close()
        else:
            self.session.detach()
        self.outside.detach()


def address_of(data: Mapping[str, Any]) -> Address:
    """Return the address that was typed. Raises ValueError."""
    return normalise(str(data[CONF_URL]), tls=bool(certificates(data)))


def certificates(data: Mapping[str, Any]) -> tuple[str | None, str, str] | None:
    """Return authority, client certificate and key as PEM, or None where there is no client certificate."""
    tls = data.get(CONF_TLS) or {}
    if not tls.get(CONF_CERT) and not tls.get(CONF_KEY):
        return None
    return tls.get(CONF_CA) or None, tls.get(CONF_CERT) or "", tls.get(CONF_KEY) or ""


async def trust_of(data: Mapping[str, Any], in_thread: InThread) -> ssl.SSLContext | None:
    """Return what shows the client certificate. Raises ValueError where it is none."""
    found = certificates(data)
    return (
        None
        if found is None
        else await in_thread(partial(client_context, *found, pinned=bool(data.get(CONF_FINGERPRINT))))
    )


async def open_access(
    data: Mapping[str, Any], in_thread: InThread, shared: Shared, timing: Timing | None = None
) -> Access:
    """Return the way to an engine; nothing is sent yet. Raises ValueError on data that cannot be used.

    shared: makes a session over Home Assistant's own connector.
    """
    address = address_of(data)
    trust = await trust_of(data, in_thread)
    chosen = data.get(CONF_ENVIRONMENT)
    environment = int(chosen) if chosen is not None else None
    # Home Assistant's connector reaches neither a socket nor compares a fingerprint beside a client certificate
    own = address.socket is not None or trust is not None
    session = open_session(address, data.get(CONF_FINGERPRINT)) if own else shared()
    more: dict[str, Any] = {"trust": trust, "fingerprint": data.get(CONF_FINGERPRINT), "timing": timing}
    bare = Transport(session, address, **more)
    # registries are elsewhere, also where the engine is behind a socket
    outside = shared()
    registry = RegistryClient(outside)
    if (key := data.get(CONF_API_KEY)) is None:
        machine = None if address.socket else address.url.host
        return Access(
            session, bare, bare, EngineClient(bare), registry, None, None, machine, None, outside, own
        )
    portainer = PortainerClient(Transport(session, address, headers={"X-API-Key": str(key)}, **more))
    client = portainer.engine(environment or 0)
    page = str(address.url)
    return Access(
        session, bare, client.transport, client, registry, portainer, environment, None, page, outside, own
    )
