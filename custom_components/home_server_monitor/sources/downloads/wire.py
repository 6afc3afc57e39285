"""One request to a download client: with a deadline, a cap on what is read, and errors in the family's words."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
import json
from typing import Any, Final

import aiohttp
from yarl import URL

from ..certificates import pin, translated
from ..errors import BadResponse, CannotConnect, PermissionDenied

MIB: Final = 1 << 20
CONNECT, CALL = 5.0, 10.0
# a few thousand torrents
LARGEST: Final = 16 * MIB
# what is larger is parsed beside the event loop
INLINE: Final = 128 * 1024
AT_ONCE: Final = 4


class LockedOut(CannotConnect):
    """It refuses this address after too many wrong passwords, so nothing more is sent to it but a rare look."""


class HostRefused(PermissionDenied):
    """It does not take the name or address under which it is reached; credentials have nothing to do with it."""

    def __init__(self, host: str) -> None:
        super().__init__(f"as {host}")
        self.host = host


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered; `cookies` as one header, "" where none was set."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    cookies: str = ""

    @property
    def text(self) -> str:
        """Return the beginning of a text."""
        return self.body[:4096].decode("utf-8", "replace").strip()


class Wire:
    """All requests to one client. `in_thread` runs a function beside the event loop and returns what it returns."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: URL,
        in_thread: Callable[..., Any],
        fingerprint: str | None = None,
    ) -> None:
        self.url = url
        self.calls = 0
        self._session = session
        self._in_thread = in_thread
        self._fingerprint = fingerprint
        self._places = asyncio.Semaphore(AT_ONCE)

    async def send(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        form: Mapping[str, str] | None = None,
        document: Any = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        reads: bool = False,
    ) -> Answer:
        """Send one request and return its answer, whatever its status. Raises CannotConnect, BadResponse.

        reads: a POST that changes nothing, so that it is sent again where the server had closed the connection.
        """
        url = (self.url / path).update_query(query or {})
        more: dict[str, Any] = {"data": form} if form is not None else {}
        if document is not None:
            more["json"] = document
        more |= {"headers": headers, "auth": aiohttp.BasicAuth(*auth, encoding="utf-8") if auth else None}
        async with self._places:
            try:
                async with asyncio.timeout(CALL):
                    with translated(self._fingerprint):
                        try:
                            return await self._once(verb, url, more)
                        except aiohttp.ServerDisconnectedError:
                            # between two questions it closed what was kept open; a write is never sent again
                            if not reads:
                                raise
                            return await self._once(verb, url, more)
            except TimeoutError as err:
                raise CannotConnect("No answer in time") from err

    async def _once(self, verb: str, url: URL, more: Mapping[str, Any]) -> Answer:
        self.calls += 1
        async with self._session.request(
            verb,
            url,
            ssl=pin(self._fingerprint),
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
            **more,
        ) as response:
            return await _answer(response)

    async def parsed(self, answer: Answer) -> Any:
        """Return the JSON of an answer. Raises BadResponse."""
        try:
            if len(answer.body) > INLINE:
                return await self._in_thread(json.loads, answer.body)
            return json.loads(answer.body)
        except (ValueError, RecursionError) as err:
            raise BadResponse("The answer is not JSON") from err


async def _answer(response: aiohttp.ClientResponse) -> Answer:
    if 300 <= response.status < 400:
        raise BadResponse("It sends elsewhere, as a login page in front of it does")
    pieces, size = [], 0
    async for piece in response.content.iter_chunked(64 * 1024):
        size += len(piece)
        if size > LARGEST:
            raise BadResponse("The answer is too large")
        pieces.append(piece)
    cookies = "; ".join(f"{name}={each.value}" for name, each in response.cookies.items())
    return Answer(response.status, b"".join(pieces), response.headers, cookies)


def normalise(typed: str) -> URL:
    """Return the address that a person typed, without what follows the client's own path. Raises ValueError."""
    text = typed.strip()
    url = URL(text if "://" in text else f"http://{text}")
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("Not an address")
    if url.user or url.password:
        raise ValueError("An address without user and password is wanted")
    path = url.path.rstrip("/")
    # people copy what the browser shows, or what another program was given
    for end in ("/transmission/web", "/transmission/rpc", "/transmission", "/jsonrpc", "/index.html", "/api"):
        path = path.removesuffix(end)
    return url.with_path(path).with_query(None).with_fragment(None)
