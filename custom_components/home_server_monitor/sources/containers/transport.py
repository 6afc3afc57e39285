"""Requests to one engine: few at once, each with a deadline and a limit, none of them redirected, all closed behind us."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
import contextlib
from dataclasses import dataclass, field
import json
import re
import ssl
from typing import Any
from urllib.parse import quote, urlencode
from weakref import WeakKeyDictionary

import aiohttp
from yarl import URL

from ..certificates import pin
from ..errors import NotSent
from ..guarded import Once
from .address import Address
from .replies import VersionRefused, decode, error_of
from .wire import MIB, read_body, read_lines, translated, within

# With a pull and a stream of events these are eight. An order must not wait for readings, and undoing one must
# not wait for a pull.
READS, ORDERS, PULLS = 4, 2, 1
# An order that a container shall end is nothing but waiting: those take places of readings and of the pull as well
LENT = 2
STOPS = ORDERS + LENT + PULLS
MAX_ERROR = 64 * 1024
# asked before it is known which version of the interface both sides speak
UNVERSIONED = ("/version", "/_ping")
_READS = frozenset({"GET", "HEAD"})
_BLANK = re.compile(r"\{\w+\}")


@dataclass(frozen=True, slots=True)
class Timing:
    """Deadlines in seconds: to connect, for an ordinary call, and between two parts of a pull's answer.

    Portainer before its flushing streams hands a pull's progress on in batches, which may be minutes apart.
    """

    connect: float = 5.0
    call: float = 10.0
    quiet: float = 600.0


@dataclass(frozen=True, slots=True)
class Places:
    """How many requests of each kind may be under way at one host."""

    reads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READS))
    orders: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(ORDERS))
    pulls: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PULLS))
    lent: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LENT))
    stops: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(STOPS))

    @contextlib.asynccontextmanager
    async def stop(self) -> AsyncIterator[None]:
        """Hold any place that is free for an order that waits for a container to end."""
        async with contextlib.AsyncExitStack() as held:
            await held.enter_async_context(self.stops)
            if not self.orders.locked() or (self.pulls.locked() and self.lent.locked()):
                await held.enter_async_context(self.orders)
            elif not self.pulls.locked():
                await held.enter_async_context(self.pulls)
            else:
                await held.enter_async_context(self.lent)
                await held.enter_async_context(self.reads)
            yield


_PLACES: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Places]] = WeakKeyDictionary()


def places_at(host: str) -> Places:
    """Return the places at a host, which all that talk to it share."""
    return _PLACES.setdefault(asyncio.get_running_loop(), {}).setdefault(host, Places())


class Transport:
    """Sends requests to one address.

    `headers` may hold a secret: they go to this address and nowhere else. `version` is that of the engine's interface,
    once it is known. `trust` is a client certificate's context;
    `fingerprint` that of the one certificate that is trusted.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        address: Address,
        *,
        headers: Mapping[str, str] | None = None,
        trust: ssl.SSLContext | None = None,
        fingerprint: str | None = None,
        timing: Timing | None = None,
    ) -> None:
        self.address = address
        self.timing = timing or Timing()
        self.version: str | None = None
        # learns the version again; a client sets it
        self.renegotiate: Callable[[], Awaitable[Any]] | None = None
        self._learning = asyncio.Lock()
        self.calls = 0
        self.most_at_once = 0
        self._at_once = 0
        self._session = session
        self._headers = {"Accept-Encoding": "identity", **(headers or {})}
        self._trust = trust
        self._ssl: ssl.SSLContext | aiohttp.Fingerprint | bool = trust or pin(fingerprint)
        self._fingerprint = fingerprint

    def __repr__(self) -> str:
        return f"Transport({self.address.url})"

    def environment(self, number: int) -> Transport:
        """Return the same way to one of Portainer's environments."""
        return Transport(
            self._session,
            self.address.environment(number),
            headers=self._headers,
            trust=self._trust,
            fingerprint=self._fingerprint,
            timing=self.timing,
        )

    async def read(
        self,
        path: str,
        *parts: str,
        query: Mapping[str, Any] | None = None,
        deadline: float | None = None,
        limit: int = 2 * MIB,
        again: bool = True,
    ) -> bytes:
        """Return the body of an answer; `again` after learning a new version, where this one is refused."""
        place, spoken = places_at(self.address.host).reads, self.version
        try:
            return (await self._whole("GET", path, parts, query, None, deadline, limit, place))[1]
        except VersionRefused:
            if not again or self.renegotiate is None:
                raise
            await self._speak_anew(spoken)
            return (await self._whole("GET", path, parts, query, None, deadline, limit, place))[1]

    async def get(self, path: str, *parts: str, **more: Any) -> Any:
        """Return the value of a JSON answer. Raises ClientError."""
        return await decode(await self.read(path, *parts, **more))

    async def order(
        self,
        verb: str,
        path: str,
        *parts: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        deadline: float = 60.0,
        long: bool = False,
        reading: bool = False,
        stops: bool = False,
    ) -> tuple[int, bytes]:
        """Return the status and the body of an order's answer. Raises ClientError; it is never sent twice.

        One that takes as `long` as a pull waits for the pull's place, one that is a `reading` for one of theirs, one that
        `stops` a container for any.
        """
        places = places_at(self.address.host)
        place: contextlib.AbstractAsyncContextManager[object] = places.orders
        if long or reading or stops:
            place = places.pulls if long else places.reads if reading else places.stop()
        return await self._whole(verb, path, parts, query, body, deadline, 2 * MIB, place)

    async def head(self, path: str, *parts: str) -> Mapping[str, str]:
        """Return the headers of an answer. Raises ClientError."""
        async with (
            places_at(self.address.host).reads,
            within(self.timing.call),
            self._request("HEAD", path, parts, {}, None, None) as response,
        ):
            return response.headers

    @contextlib.asynccontextmanager
    async def lines(
        self,
        verb: str,
        path: str,
        *parts: str,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        lasting: float,
        quiet: float | None = None,
        place: bool = True,
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Hand out the lines of an answer as they come, for at most `lasting` seconds; raises ClientError.

        A stream that only waits for events takes no `place`. `quiet` is how long it may say nothing.
        """
        async with contextlib.AsyncExitStack() as stack:
            if place:
                await stack.enter_async_context(places_at(self.address.host).pulls)
            await stack.enter_async_context(within(lasting))
            response = await stack.enter_async_context(
                self._request(verb, path, parts, query or {}, None, quiet, headers)
            )
            yield await stack.enter_async_context(contextlib.aclosing(read_lines(response)))

    async def _speak_anew(self, refused: str | None) -> None:
        """Learn again which version is spoken, unless another call that was refused did so meanwhile."""
        async with self._learning:
            if self.version == refused and self.renegotiate:
                await self.renegotiate()

    async def _whole(
        self,
        verb: str,
        path: str,
        parts: tuple[str, ...],
        query: Mapping[str, Any] | None,
        body: Any,
        deadline: float | None,
        limit: int,
        place: contextlib.AbstractAsyncContextManager[object],
    ) -> tuple[int, bytes]:
        async with (
            place,
            within(deadline or self.timing.call),
            self._request(verb, path, parts, query or {}, body, None) as response,
        ):
            return response.status, await read_body(response, limit)

    @contextlib.asynccontextmanager
    async def _request(
        self,
        verb: str,
        path: str,
        parts: tuple[str, ...],
        query: Mapping[str, Any],
        body: Any,
        quiet: float | None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request and hand out its answer, whose connection is closed where it was not read to its end."""
        url = self._url(path, parts, query)
        data = None if body is None else json.dumps(body).encode()
        sent = {**self._headers, **(headers or {})}
        if data is not None:
            sent["Content-Type"] = "application/json"
        self.calls += 1
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            with translated(self._fingerprint):
                async with self._session.request(
                    verb,
                    url,
                    data=data,
                    headers=sent,
                    ssl=self._ssl,
                    allow_redirects=False,
                    middlewares=None if verb in _READS else (Once(),),
                    timeout=aiohttp.ClientTimeout(
                        total=None, sock_connect=self.timing.connect, sock_read=quiet
                    ),
                ) as response:
                    if response.status >= 300 and response.status != 304:
                        raise error_of(
                            f"{verb} {path}", response.status, await read_body(response, MAX_ERROR, cut=True)
                        )
                    yield response
        finally:
            self._at_once -= 1

    def _url(self, path: str, parts: tuple[str, ...], query: Mapping[str, Any]) -> URL:
        """Fill the blanks of a path in their order. Raises NotSent where a part could lead elsewhere."""
        for part in parts:
            if any(step in ("", ".", "..") for step in part.split("/")):
                raise NotSent("Not a name that can be asked for")
        values = iter(parts)
        filled = _BLANK.sub(lambda _: quote(next(values), safe="/:@"), path)
        if self.version and path not in UNVERSIONED:
            filled = f"/v{self.version}{filled}"
        asked = f"?{urlencode({key: _word(value) for key, value in query.items()})}" if query else ""
        return URL(f"{str(self.address.url).rstrip('/')}{filled}{asked}", encoded=True)


def _word(value: Any) -> str:
    """Return a parameter as an engine reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)
