"""The way to a download client: how much it may send, and what it refuses for reasons of its own."""

from collections.abc import Callable
from typing import Any, Final

import aiohttp
from yarl import URL

from ..errors import CannotConnect, PermissionDenied
from ..web import KIB, MIB, Limits, Web

# a few thousand torrents
LIMITS: Final = Limits(largest=16 * MIB, inline=128 * KIB, at_once=4)


class LockedOut(CannotConnect):
    """It refuses this address after too many wrong passwords, so nothing more is sent to it but a rare look."""


class HostRefused(PermissionDenied):
    """It does not take the name or address under which it is reached; credentials have nothing to do with it."""

    def __init__(self, host: str) -> None:
        super().__init__(f"as {host}")
        self.host = host


class Wire(Web):
    """All requests to one client, which may answer with any status: each of them means something else by it."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: URL,
        in_thread: Callable[..., Any],
        fingerprint: str | None = None,
    ) -> None:
        super().__init__(session, url, in_thread, fingerprint, limits=LIMITS)
