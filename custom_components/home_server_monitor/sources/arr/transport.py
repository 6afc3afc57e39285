"""The way to one Arr: JSON over HTTP, with its key."""

from collections.abc import Callable
from typing import Any

import aiohttp
from yarl import URL

from ..web import JsonTransport


class Transport(JsonTransport):
    """The way to one Arr. `in_thread` runs a function beside the event loop and returns what it returns."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: URL,
        key: str,
        in_thread: Callable[..., Any],
        fingerprint: str | None = None,
    ) -> None:
        super().__init__(session, url, {"X-Api-Key": key}, in_thread, fingerprint)
