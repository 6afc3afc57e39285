"""Speaks Scrutiny's REST interface; reads only, and Scrutiny answers from its own database."""

import asyncio
from collections.abc import Callable
from functools import partial
import json
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from ...prediction.reading import Reading
from ..certificates import pin, translated
from ..errors import AuthFailed, BadResponse, CallFailed, CannotConnect, NotSupported, PermissionDenied
from .model import Drives, drives, readings

MIB: Final = 1 << 20
CONNECT, CALL = 5.0, 10.0
# years of hourly readings, with Scrutiny's explanations of every attribute
LARGEST: Final = 16 * MIB
# what is larger is parsed beside the event loop
INLINE: Final = 64 * 1024
AT_ONCE: Final = 2


def normalise(typed: str) -> URL:
    """Return the address that a person typed, without what follows Scrutiny's own path. Raises ValueError."""
    text = typed.strip()
    url = URL(text if "://" in text else f"http://{text}")
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("Not an address")
    if url.user or url.password:
        raise ValueError("An address without user and password is wanted")
    # people copy what the browser shows
    path = url.path.partition("/web/")[0].removesuffix("/web").removesuffix("/api").rstrip("/")
    return url.with_path(path).with_query(None).with_fragment(None)


class WebPage(BadResponse):
    """A web page came instead of data: another program, or a login in front of it."""


class ScrutinyClient:
    """One Scrutiny, or a fork that wants a `token`. `in_thread` runs a function beside the event loop."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: URL,
        in_thread: Callable[..., Any],
        fingerprint: str | None = None,
        token: str | None = None,
    ) -> None:
        self.url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.calls = 0
        self._session = session
        self._in_thread = in_thread
        self._fingerprint = fingerprint
        self._places = asyncio.Semaphore(AT_ONCE)

    async def drives(self) -> Drives:
        """Return what drives there are, and when each was read last. Raises ClientError."""
        return drives(await self._get("summary"))

    async def readings(self, key: str, name: str, *, period: str = "week") -> tuple[Reading, ...]:
        """Return the readings of one drive, the oldest first; `name` says where they are from. Raises ClientError.

        period: week (each reading), month (and one a week before), year (and one a month), forever (and one a year).
        """
        body = await self._get(f"device/{quote(key, safe='')}/details", duration_key=period)
        found: tuple[Reading, ...] = await self._in_thread(partial(readings, body, name))
        return found

    async def version(self) -> str | None:
        """Return the version, where it says one. Raises ClientError."""
        try:
            body = await self._get("settings")
        except AuthFailed as err:
            # a fork may keep its settings from whom it shows its drives
            raise PermissionDenied("settings") from err
        version = body.get("server_version")
        return version[:40] if isinstance(version, str) and version else None

    async def _get(self, path: str, **query: str) -> dict[str, Any]:
        url = self.url / f"api/{path}" if "%" not in path else URL(f"{self.url}/api/{path}", encoded=True)
        async with self._places:
            self.calls += 1
            raw = await self._read(path, url.update_query(query))
        try:
            body = await self._in_thread(json.loads, raw) if len(raw) > INLINE else json.loads(raw)
        except (ValueError, RecursionError) as err:
            raise BadResponse("The answer is not JSON") from err
        if not isinstance(body, dict) or not isinstance(body.get("success"), bool):
            raise BadResponse("The answer is not one of Scrutiny's")
        if not body["success"]:
            raise CallFailed(path, "Scrutiny could not do that")
        return body

    async def _read(self, path: str, url: URL) -> bytes:
        try:
            async with asyncio.timeout(CALL):
                with translated(self._fingerprint):
                    async with self._session.get(
                        url,
                        headers=self._headers,
                        ssl=pin(self._fingerprint),
                        allow_redirects=False,
                        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
                    ) as response:
                        return await self._body(path, response)
        except TimeoutError as err:
            raise CannotConnect("No answer in time") from err

    async def _body(self, path: str, response: aiohttp.ClientResponse) -> bytes:
        if response.status in (401, 403) or 300 <= response.status < 400:
            # a login in front of it, or a fork that was told to ask for one
            raise AuthFailed("It asks for a login")
        if response.status == 404:
            raise NotSupported(path)
        if response.status != 200:
            raise CallFailed(path, f"status {response.status}", response.status)
        if response.content_type == "text/html":
            raise WebPage("A web page instead of data")
        pieces, size = [], 0
        async for piece in response.content.iter_chunked(64 * 1024):
            size += len(piece)
            if size > LARGEST:
                raise BadResponse("The answer is too large")
            pieces.append(piece)
        return b"".join(pieces)
