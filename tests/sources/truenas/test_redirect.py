"""A server that sends the WebSocket elsewhere gets no key there."""

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.home_server_monitor.sources.errors import BadResponse
from custom_components.home_server_monitor.sources.truenas.client import TrueNasClient


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Allow aiohttp its last heartbeat timer, which outlives a socket that is closed right after opening."""
    return True


@pytest.mark.usefixtures("socket_enabled")
async def test_the_key_does_not_follow_a_redirect() -> None:
    heard: list[str] = []

    async def elsewhere(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        heard.extend([message.data async for message in socket])
        return socket

    thief = web.Application()
    thief.router.add_get("/websocket", elsewhere)
    async with TestServer(thief) as other:

        async def redirect(request: web.Request) -> web.Response:
            raise web.HTTPFound(str(other.make_url("/websocket")))

        nas = web.Application()
        nas.router.add_get("/websocket", redirect)
        async with TestServer(nas) as server, ClientSession() as session:
            client = TrueNasClient(session, URL(str(server.make_url("/"))), "1-secret")
            with pytest.raises(BadResponse):
                await client.connect()
    assert not heard
