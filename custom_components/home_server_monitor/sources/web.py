"""JSON over HTTP: one request, its deadline, and what an answer must be to be believed."""

import asyncio
from collections.abc import Callable, Mapping
import json
from typing import Any, Final

import aiohttp
from yarl import URL

from .certificates import pin, translated
from .errors import AuthFailed, BadResponse, CallFailed, CannotConnect, PermissionDenied
from .records import at, text

KIB, MIB = 1 << 10, 1 << 20
CONNECT: Final = 5.0
# a first look into a large library takes small machines seconds
CALL: Final = 10.0
LARGEST: Final = 2 * MIB
# what is larger is parsed beside the event loop
INLINE: Final = 64 * KIB
AT_ONCE: Final = 2

type Query = Mapping[str, str | int | bool]


def below(base: URL, path: str) -> URL:
    """Return the address of a path behind a base; both without a slash between them."""
    return base.with_path(f"{base.path.rstrip('/')}/{path}")


class JsonTransport:
    """The way to one service that answers in JSON.

    headers: sent with each request, so that no key stands in an address: addresses end in logs. in_thread: runs a
    function beside the event loop and returns what it returns. Redirects are not followed: keys go nowhere else.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: URL,
        headers: Mapping[str, str],
        in_thread: Callable[..., Any],
        fingerprint: str | None = None,
    ) -> None:
        self.url = url
        self.calls = 0
        self._session = session
        self._headers = {"Accept": "application/json", **headers}
        self._in_thread = in_thread
        self._fingerprint = fingerprint
        self._places = asyncio.Semaphore(AT_ONCE)

    async def get(self, path: str, query: Query | None = None) -> Any:
        """Ask; a lost connection is tried once more. Raises ClientError."""
        try:
            return await self._ask("GET", path, query)
        except CannotConnect as err:
            if not isinstance(err.__cause__, (aiohttp.ServerDisconnectedError, ConnectionResetError)):
                raise
        # it had closed a connection that was kept open
        return await self._ask("GET", path, query)

    async def send(
        self, verb: str, path: str, query: Query | None = None, body: Any = None, *, also: int = 200
    ) -> Any:
        """Order something, once: any status from 200 to 299 says that it was taken. Raises ClientError.

        also: another status that is an answer and no failure.
        """
        return await self._ask(verb, path, query, body, also)

    async def socket(self, url: URL, *, heartbeat: float | None = None) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket; heartbeat: seconds between two pings, one without answer ends it. Raises CannotConnect."""
        with translated(self._fingerprint):
            return await self._session.ws_connect(
                url,
                headers=self._headers,
                ssl=pin(self._fingerprint),
                max_msg_size=4 * MIB,
                heartbeat=heartbeat,
                timeout=aiohttp.ClientWSTimeout(ws_close=CONNECT),
            )

    async def _ask(self, verb: str, path: str, query: Query | None, body: Any = None, also: int = 200) -> Any:
        url = below(self.url, path).update_query({k: _spelled(v) for k, v in (query or {}).items()})
        async with self._places:
            self.calls += 1
            raw = await self._read(verb, path, url, body, also)
        try:
            if not raw.strip():
                # a DELETE may be answered with nothing; a question may not
                return _nothing(verb)
            return await self._in_thread(json.loads, raw) if len(raw) > INLINE else json.loads(raw)
        except (ValueError, RecursionError) as err:
            raise BadResponse("The answer is not JSON") from err

    async def _read(self, verb: str, path: str, url: URL, body: Any, also: int) -> bytes:
        try:
            async with asyncio.timeout(CALL):
                with translated(self._fingerprint):
                    async with self._session.request(
                        verb,
                        url,
                        json=body,
                        headers=self._headers,
                        ssl=pin(self._fingerprint),
                        allow_redirects=False,
                        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
                    ) as response:
                        return await self._body(path, response, also)
        except TimeoutError as err:
            raise CannotConnect("No answer in time") from err

    async def _body(self, path: str, response: aiohttp.ClientResponse, also: int) -> bytes:
        status = response.status
        if status == 401:
            raise AuthFailed("The key is not accepted")
        if status == 403:
            raise PermissionDenied(path or "/")
        if 300 <= status < 400:
            # to its login, or to its URL base: the key goes nowhere else
            raise BadResponse("It leads to another address")
        if status in (502, 503, 504):
            raise CannotConnect(f"It is not ready (status {status})")
        raw = await _whole(response)
        if status == 404:
            # a proxy says so, too, while what is behind it starts: it is no proof that there is no such thing
            raise CallFailed(path, "it is not there", status)
        if not 200 <= status < 300 and status != also:
            raise CallFailed(path, _reason(raw) or f"status {status}", status)
        if raw.strip() and "json" not in response.content_type:
            raise BadResponse("The answer is a page and not JSON")
        return raw


def _nothing(verb: str) -> Any:
    if verb == "GET":
        raise BadResponse("The answer is empty")
    return None


def _spelled(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    pieces, size = [], 0
    async for piece in response.content.iter_chunked(64 * KIB):
        size += len(piece)
        if size > LARGEST:
            raise BadResponse("The answer is too large")
        pieces.append(piece)
    return b"".join(pieces)


def _reason(raw: bytes) -> str | None:
    """Return what an error says of itself: a message, or what is wrong with each field."""
    try:
        body = json.loads(raw)
    except ValueError, RecursionError:
        return None
    return text(at(body, "message")) or text(at(body, 0, "errorMessage"))
