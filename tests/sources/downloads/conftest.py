"""One download client of a small media world, over a real socket, and ours that speaks with it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.home_server_monitor.sources.downloads.client import DownloadClient, Secrets
from custom_components.home_server_monitor.sources.downloads.making import MADE
from custom_components.home_server_monitor.sources.downloads.model import Product
from custom_components.home_server_monitor.sources.downloads.wire import Wire
from simulator.clock import Clock
from simulator.media import MediaWorld, add_client
from simulator.media.faces import FACES

GIB = 1 << 30
VERSIONS = (
    ("qbittorrent", "4.5.2"),
    ("qbittorrent", "5.1.0"),
    ("qbittorrent", "5.3.0"),
    ("sabnzbd", "4.5.0"),
    ("sabnzbd", "5.1.3"),
    ("transmission", "3.00"),
    ("transmission", "4.1.3"),
    ("nzbget", "21.0"),
)


async def in_thread(function: Callable[..., Any], *given: Any) -> Any:
    """Run it here: there is nothing to hold up."""
    return function(*given)


@dataclass
class Pair:
    """A simulated client and ours."""

    face: Any
    world: MediaWorld
    url: URL
    session: aiohttp.ClientSession
    client: DownloadClient
    clock: list[float]

    def wire(self) -> Wire:
        """A new connection to the same client."""
        return Wire(self.session, self.url, in_thread)

    def again(self, secrets: Secrets | None = None) -> DownloadClient:
        """Another client of ours, as after a restart."""
        found = MADE[Product(self.face.client.kind)](self.wire(), secrets or self.client.secrets)
        _with_clock(found, self.clock)
        return found

    def asked(self, route: str) -> int:
        """How often the simulated one was asked this."""
        return sum(call.route == route for call in self.face.calls.calls)


def _with_clock(client: Any, clock: list[float]) -> None:
    for each in (client, getattr(client, "session", None)):
        if hasattr(each, "_clock"):
            each._clock = lambda: clock[0]


def secrets_of(face: Any) -> Secrets:
    """What lets in."""
    if face.client.kind == "sabnzbd":
        return Secrets(api_key=face.api_key)
    return Secrets(username=face.username, password=face.password)


type Opened = Callable[..., AbstractAsyncContextManager[Pair]]


@asynccontextmanager
async def opened(kind: str, version: str) -> AsyncIterator[Pair]:
    """Open one pair."""
    world = MediaWorld(Clock(moving=False))
    add_client(world, kind, version)
    face = FACES[kind](world, kind)
    server = TestServer(face.app())
    await server.start_server()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        url, clock = server.make_url("/"), [1000.0]
        url = url.with_path("")
        client = MADE[Product(kind)](Wire(session, url, in_thread), secrets_of(face))
        _with_clock(client, clock)
        yield Pair(face, world, url, session, client, clock)
    await server.close()


@pytest.fixture(params=VERSIONS, ids="-".join)
async def pair(request: pytest.FixtureRequest, socket_enabled: None) -> AsyncIterator[Pair]:
    """Each client in each of its releases."""
    async with opened(*request.param) as found:
        yield found
