"""A token without typing it: Plex's own page asks its owner, who enters four letters there."""

from collections.abc import Callable
from typing import Any, Final

import aiohttp
from yarl import URL

from ..errors import BadResponse
from ..records import integer, record, text
from ..web import JsonTransport
from .client import headers_of

PLEX_TV: Final = URL("https://plex.tv")
# where the letters are entered
PAGE: Final = "https://plex.tv/link"


class Linking:
    """Talks to plex.tv, for the one token only."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        in_thread: Callable[..., Any],
        client: str,
        url: URL | None = None,
    ) -> None:
        self._transport = JsonTransport(session, url or PLEX_TV, headers_of(None, client), in_thread)

    async def begin(self) -> tuple[int, str]:
        """Return the number of a new link, and the letters that its owner enters. Raises ClientError."""
        body = record(await self._transport.send("POST", "api/v2/pins"))
        number, code = integer(body.get("id")), text(body.get("code"), 20)
        if number is None or code is None:
            raise BadResponse("plex.tv gave no code")
        return number, code

    async def token(self, number: int) -> str | None:
        """Return the token, None while nobody has entered the letters. Raises ClientError; CallFailed once it is over."""
        body = record(await self._transport.get(f"api/v2/pins/{number}"))
        found = body.get("authToken")
        return found if isinstance(found, str) and found else None
