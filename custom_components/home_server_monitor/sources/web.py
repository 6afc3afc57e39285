"""HTTP: one request, its deadline, and what an answer must be to be believed. All that speak JSON over HTTP go this way.

What is special to one server stays with it: how it lets in (`headers`, `auth`), what its statuses mean (`refuse`).
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
import json
from typing import Any, Final, override

import aiohttp
from yarl import URL

from .certificates import pin, translated
from .errors import AuthFailed, BadResponse, CallFailed, CannotConnect, PermissionDenied
from .guarded import ELSEWHERE, Once
from .records import at, text

KIB, MIB = 1 << 10, 1 << 20
CONNECT: Final = 5.0
# bytes of what is told by itself: it is read beside everything else, and only says what to ask for
LARGEST_NEWS: Final = 512 * KIB

type Query = Mapping[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one server may take of us, and we of it.

    call: seconds that a request and its whole answer may take; a first look into a large library takes small machines
    seconds. largest: bytes of an answer. inline: bytes above which it is parsed beside the event loop. at_once: requests
    under way.
    """

    call: float = 10.0
    largest: int = 2 * MIB
    inline: int = 64 * KIB
    at_once: int = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, whatever its status; `cookies` as one header, "" where none was set."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    content_type: str = ""
    cookies: str = ""

    @property
    def text(self) -> str:
        """Return the beginning of a text."""
        return self.body[:4096].decode("utf-8", "replace").strip()


def below(base: URL, path: str) -> URL:
    """Return the address of a path behind a base; both without a slash between them."""
    return base.with_path(f"{base.path.rstrip('/')}/{path}")


class Web:
    """All requests to one server.

    headers: sent with each request, so that no key stands in an address: addresses end in logs. in_thread: runs a
    function beside the event loop and returns what it returns. fingerprint: the one certificate that is trusted, None
    for what the system trusts. Redirects are not followed: keys go nowhere else.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: URL,
        in_thread: Callable[..., Any],
        fingerprint: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.url = url
        self.calls = 0
        self._session = session
        self._in_thread = in_thread
        self._fingerprint = fingerprint
        self._headers = dict(headers or {})
        self._limits = limits or Limits()
        self._places = asyncio.Semaphore(self._limits.at_once)

    def __repr__(self) -> str:
        """Show no header: one of them may be a key."""
        return f"{type(self).__name__}({self.url})"

    async def ask(
        self,
        verb: str,
        path: str,
        query: Query | None = None,
        *,
        document: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        reads: bool = False,
    ) -> Answer:
        """Send one request and return its answer, of any status that `refuse` lets pass.

        reads: it changes nothing, so that it is sent again where the server had closed the connection. A write never is,
        also not by aiohttp.
        Raises CannotConnect, BadResponse, and what `refuse` raises.
        """
        url = self.address(path).update_query({key: _spelled(value) for key, value in (query or {}).items()})
        more: dict[str, Any] = {"headers": {**self._headers, **(headers or {})}}
        more |= {"data": form} if form is not None else {}
        more |= {"json": document} if document is not None else {}
        more |= {"auth": aiohttp.BasicAuth(*auth, encoding="utf-8")} if auth else {}
        more |= {} if reads else {"middlewares": (Once(),)}
        async with self._places:
            try:
                async with asyncio.timeout(self._limits.call):
                    with translated(self._fingerprint):
                        try:
                            return await self._once(verb, path, url, more)
                        except aiohttp.ServerDisconnectedError, ConnectionResetError:
                            # between two questions it closed what was kept open
                            if not reads:
                                raise
                            return await self._once(verb, path, url, more)
            except TimeoutError as err:
                raise CannotConnect("No answer in time") from err

    async def parsed(self, answer: Answer) -> Any:
        """Return the JSON of an answer. Raises BadResponse."""
        try:
            if len(answer.body) > self._limits.inline:
                return await self._in_thread(json.loads, answer.body)
            return json.loads(answer.body)
        except (ValueError, RecursionError) as err:
            raise BadResponse("The answer is not JSON") from err

    async def socket(self, url: URL, *, heartbeat: float | None = None) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket; heartbeat: seconds between two pings, one without answer ends it. Raises CannotConnect."""
        with translated(self._fingerprint):
            return await self._session.ws_connect(
                url,
                headers=self._headers,
                ssl=pin(self._fingerprint),
                max_msg_size=LARGEST_NEWS,
                heartbeat=heartbeat,
                timeout=aiohttp.ClientWSTimeout(ws_close=CONNECT),
            )

    def address(self, path: str) -> URL:
        """Return where a path is asked for."""
        return below(self.url, path)

    def refuse(self, path: str, response: aiohttp.ClientResponse) -> None:
        """Raise a ClientError where status and headers say enough, before the body is read."""
        if 300 <= response.status < 400:
            # to its login, or to its URL base: the key goes nowhere else
            raise BadResponse(ELSEWHERE)

    async def _once(self, verb: str, path: str, url: URL, more: Mapping[str, Any]) -> Answer:
        self.calls += 1
        async with self._session.request(
            verb,
            url,
            ssl=pin(self._fingerprint),
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
            **more,
        ) as response:
            self.refuse(path, response)
            cookies = "; ".join(f"{name}={each.value}" for name, each in response.cookies.items())
            body = await self._whole(response)
            return Answer(response.status, body, response.headers, response.content_type, cookies)

    async def _whole(self, response: aiohttp.ClientResponse) -> bytes:
        pieces, size = [], 0
        async for piece in response.content.iter_chunked(64 * KIB):
            size += len(piece)
            if size > self._limits.largest:
                raise BadResponse("The answer is too large")
            pieces.append(piece)
        return b"".join(pieces)


class JsonTransport(Web):
    """The way to a server that means with a status what HTTP means with it, and answers in JSON."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: URL,
        headers: Mapping[str, str],
        in_thread: Callable[..., Any],
        fingerprint: str | None = None,
    ) -> None:
        super().__init__(
            session, url, in_thread, fingerprint, headers={"Accept": "application/json", **headers}
        )

    async def get(self, path: str, query: Query | None = None) -> Any:
        """Ask; a lost connection is tried once more. Raises ClientError."""
        answer = await self.ask("GET", path, query, reads=True)
        self._believe(path, answer)
        if not answer.body.strip():
            raise BadResponse("The answer is empty")
        return await self.parsed(answer)

    async def send(
        self, verb: str, path: str, query: Query | None = None, body: Any = None, *, also: int = 200
    ) -> Any:
        """Order something, once: any status from 200 to 299 says that it was taken. Raises ClientError.

        also: another status that is an answer and no failure. None where it is answered with nothing.
        """
        answer = await self.ask(verb, path, query, document=body)
        self._believe(path, answer, also)
        return await self.parsed(answer) if answer.body.strip() else None

    @override
    def refuse(self, path: str, response: aiohttp.ClientResponse) -> None:
        super().refuse(path, response)
        if response.status == 401:
            raise AuthFailed("The key is not accepted")
        if response.status == 403:
            raise PermissionDenied(path or "/")
        if response.status in (502, 503, 504):
            raise CannotConnect(f"It is not ready (status {response.status})")

    @staticmethod
    def _believe(path: str, answer: Answer, also: int = 200) -> None:
        status = answer.status
        if status == 404:
            # a proxy says so, too, while what is behind it starts: it is no proof that there is no such thing
            raise CallFailed(path, "it is not there", status)
        if not 200 <= status < 300 and status != also:
            raise CallFailed(path, _reason(answer.body) or f"status {status}", status)
        if answer.body.strip() and "json" not in answer.content_type:
            raise BadResponse("The answer is a page and not JSON")


def _spelled(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reason(raw: bytes) -> str | None:
    """Return what an error says of itself: a message, or what is wrong with each field."""
    try:
        body = json.loads(raw)
    except ValueError, RecursionError:
        return None
    return text(at(body, "message")) or text(at(body, 0, "errorMessage"))
