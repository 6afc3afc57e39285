"""How a session with a TrueNAS is opened: which interface it has, a WebSocket to it, and one login."""

from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from yarl import URL

from ..certificates import pin, translated
from ..errors import (
    AuthFailed,
    BadResponse,
    CallFailed,
    CannotConnect,
    InsecureTransport,
    NotSupported,
    PermissionDenied,
    Standby,
)
from .connection import Connection
from .greeting import Greeting
from .protocol import Ddp, Event, JsonRpc
from .releases import V27, newest_endpoint

# what ends the connection; a frame that is merely too large to parse costs only its own call
MAX_MESSAGE = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Timing:
    """Deadlines in seconds: an attempt to log in, all subscriptions, a call, a question on trial, a WebSocket ping."""

    connect: float = 10.0
    subscribe: float = 3.0
    call: float = 10.0
    trial: float = 5.0
    heartbeat: float = 15.0


class Opening:
    """Opens sessions with one TrueNAS."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: URL,
        api_key: str,
        username: str | None,
        fingerprint: str | None,
        timing: Timing,
    ) -> None:
        self._session = session
        self._url = url
        self._api_key = api_key
        self._username = username
        self._fingerprint = fingerprint
        self._timing = timing

    async def open(
        self, greeting: Greeting, on_event: Callable[[Event], None], on_lost: Callable[[Connection], None]
    ) -> tuple[Connection, str]:
        """Return a connection that is logged in, and the path of its interface. Raises ClientError.

        on_event: gets what is pushed; on_lost: is told of a connection that ended by itself.
        """
        if greeting.endpoints is None:
            path = "websocket"
            dialect: JsonRpc | Ddp = Ddp()
        elif self._url.scheme == "http":
            # the server would revoke a key that arrives over plain http
            raise InsecureTransport("Plain http to 25.04 or newer")
        else:
            # from 27 on a key needs its user's name, which older endpoints of the same server do not ask for
            before = None if self._username else V27
            path = f"api/{newest_endpoint(greeting.endpoints, before)}"
            dialect = JsonRpc()
        with translated(self._fingerprint):
            try:
                socket = await self._session.ws_connect(
                    self._url.with_scheme("wss" if self._url.scheme == "https" else "ws") / path,
                    ssl=pin(self._fingerprint),
                    heartbeat=self._timing.heartbeat,
                    max_msg_size=MAX_MESSAGE,
                )
            except aiohttp.WSServerHandshakeError as err:
                raise BadResponse(f"No TrueNAS interface at this address (HTTP {err.status})") from err
        if socket._response.history:  # noqa: SLF001 - aiohttp follows redirects here and offers no way not to
            await socket.close()
            raise BadResponse("The server sends elsewhere; the key is not sent there")
        connection = Connection(socket, dialect, on_event, lambda: on_lost(connection))
        try:
            await connection.greet(self._timing.call)
            await self._log_in(connection, dialect)
        except BaseException:
            await connection.close()
            raise
        return connection, path

    async def _log_in(self, connection: Connection, dialect: JsonRpc | Ddp) -> None:
        try:
            if self._username and isinstance(dialect, JsonRpc):
                credentials = {
                    "mechanism": "API_KEY_PLAIN",
                    "username": self._username,
                    "api_key": self._api_key,
                }
                answer = await connection.call("auth.login_ex", [credentials], self._timing.call)
                kind = answer.get("response_type") if isinstance(answer, dict) else None
            else:
                answer = await connection.call("auth.login_with_api_key", [self._api_key], self._timing.call)
                kind = "SUCCESS" if answer is True else "AUTH_ERR"
        except (PermissionDenied, CallFailed, NotSupported) as err:
            # busy, still booting, or a standby controller: not a word about the key, which the reason may repeat
            told = NotSupported("login") if isinstance(err, NotSupported) else CallFailed("login", "refused")
            raise CannotConnect("The server does not take logins now") from told
        if kind == "REDIRECT":
            raise Standby("This is the standby controller; use the pair's virtual address")
        if kind != "SUCCESS":
            raise AuthFailed("The key was not accepted", revoked=kind == "EXPIRED")
