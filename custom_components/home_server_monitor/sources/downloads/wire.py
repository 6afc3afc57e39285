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
