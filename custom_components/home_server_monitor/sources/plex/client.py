"""Speaks to a Plex Media Server: what it shows its owner, and the few things that may be ordered of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from yarl import URL

from ..errors import AuthFailed, BadResponse, CallFailed
from ..records import Row, Rows, at, integer, readable, record, rows_in_turns
from ..web import JsonTransport, below
from .model import (
    About,
    Activity,
    Identity,
    Preference,
    Release,
    Section,
    about,
    activity,
    identity,
    preference,
    release,
    section,
)
from .streams import Stream, stream

NOT_FOUND: Final = 404
PRODUCT: Final = "Home Server Monitor"
# the path that clients and servers really use
SOCKET: Final = ":/websockets/notifications"


def headers_of(token: str | None, client: str) -> dict[str, str]:
    """Return what identifies us; client: the same for ever, or each start is one more device in Plex's list."""
    return {
        "X-Plex-Client-Identifier": client,
        "X-Plex-Product": PRODUCT,
        "X-Plex-Version": "1",
        "X-Plex-Platform": "Home Assistant",
        "X-Plex-Device-Name": PRODUCT,
    } | ({"X-Plex-Token": token} if token else {})


class PlexClient:
    """One Plex Media Server."""

    def __init__(self, transport: JsonTransport) -> None:
        self._transport = transport

    @property
    def calls(self) -> int:
        """Return how often it was asked."""
        return self._transport.calls

    @property
    def url(self) -> URL:
        """Return its address."""
        return self._transport.url

    async def identity(self) -> Identity:
        """Ask who it is; it tells that to everybody. Raises ClientError, BadResponse where it is no Plex."""
        return _parsed(identity, await self._get("identity"))

    async def about(self) -> About:
        """Ask how it stands. Raises ClientError; AuthFailed where the token is not of its owner, or of nobody."""
        found = _parsed(about, await self._get(""))
        # whether it has an owner at all it only tells where it says who it is
        return replace(found, claimed=(await self.identity()).claimed)

    async def streams(self) -> Rows[Stream]:
        """Return what is played now. Raises ClientError."""
        return readable(await rows_in_turns(_listed(await self._get("status/sessions"), "Metadata"), stream))

    async def sections(self) -> Rows[Section]:
        """Return its libraries. Raises ClientError."""
        return readable(
            await rows_in_turns(_listed(await self._get("library/sections/all"), "Directory"), section)
        )

    async def activities(self) -> Rows[Activity]:
        """Return what it does by itself. Raises ClientError."""
        return readable(await rows_in_turns(_listed(await self._get("activities"), "Activity"), activity))

    async def preferences(self) -> Rows[Preference]:
        """Return its settings, but those that it hides. Raises ClientError."""
        return readable(await rows_in_turns(_listed(await self._get(":/prefs"), "Setting"), preference))

    async def release(self) -> Release:
        """Return what it knows of newer releases. Raises ClientError."""
        return _parsed(release, await self._get("updater/status"))

    async def set_preference(self, key: str, value: str | int | bool) -> None:
        """Change a setting. Raises ClientError."""
        await self._transport.send("PUT", ":/prefs", {key: int(value) if isinstance(value, bool) else value})

    async def scan(self, key: str) -> None:
        """Have a library scanned. Raises ClientError."""
        await self._transport.send("POST", f"library/sections/{key}/refresh")

    def socket_url(self) -> URL:
        """Return the address at which it tells what happens."""
        return below(self.url, SOCKET)

    async def _get(self, path: str) -> Row:
        try:
            return record(await self._transport.get(path))
        except CallFailed as err:
            if err.code == NOT_FOUND and path == "":
                # what a token sees that is not of this server
                raise AuthFailed("The token is not one of this server") from err
            raise


def _parsed[T](parse: Callable[[Row], T], body: Row) -> T:
    try:
        return parse(body)
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise BadResponse("The answer is not one of Plex's") from err


def _listed(body: Row, key: str) -> list[Any]:
    """Return a list of its container; Plex leaves out what is empty. Raises BadResponse, also where it counts more."""
    container = record(at(body, "MediaContainer"))
    found = container.get(key, [])
    if not isinstance(found, list):
        raise BadResponse("Expected a list")
    if not found and integer(container.get("size")):
        raise BadResponse("It says that there is more than it shows")
    return found
