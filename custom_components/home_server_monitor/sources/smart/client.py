"""Speaks Scrutiny's REST interface; reads only, and Scrutiny answers from its own database."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, override
from urllib.parse import quote

import aiohttp
from yarl import URL

from ...prediction.reading import Reading
from ..errors import AuthFailed, BadResponse, CallFailed, NotSupported, PermissionDenied
from ..web import MIB, Limits, Web
from .model import Drives, drives, readings

# years of hourly readings, with Scrutiny's explanations of every attribute
LIMITS: Final = Limits(largest=16 * MIB)


class WebPage(BadResponse):
    """A web page came instead of data: another program, or a login in front of it."""


class _Web(Web):
    """The way to one Scrutiny; paths come with what has to be quoted in them quoted."""

    @override
    def address(self, path: str) -> URL:
        return URL(f"{str(self.url).rstrip('/')}/api/{path}", encoded=True)

    @override
    def refuse(self, path: str, response: aiohttp.ClientResponse) -> None:
        if response.status in (401, 403) or 300 <= response.status < 400:
            # a login in front of it, or a fork that was told to ask for one
            raise AuthFailed("It asks for a login")
        if response.status == 404:
            raise NotSupported(path)
        if response.status != 200:
            raise CallFailed(path, f"status {response.status}", response.status)
        if response.content_type == "text/html":
            raise WebPage("A web page instead of data")


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
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._web = _Web(session, url, in_thread, fingerprint, headers=headers, limits=LIMITS)
        self._in_thread = in_thread

    @property
    def calls(self) -> int:
        """Return how many requests were sent."""
        return self._web.calls

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
        body = await self._web.parsed(await self._web.ask("GET", path, query, reads=True))
        if not isinstance(body, dict) or not isinstance(body.get("success"), bool):
            raise BadResponse("The answer is not one of Scrutiny's")
        if not body["success"]:
            raise CallFailed(path, "Scrutiny could not do that")
        return body
