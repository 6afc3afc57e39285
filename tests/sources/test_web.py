"""One HTTP request against servers that answer as none should: what is believed, sent again, and told of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
import traceback
from typing import Any

import aiohttp
from homeassistant.core import HomeAssistant
import pytest
from yarl import URL

from custom_components.home_server_monitor.sources.containers.address import Address
from custom_components.home_server_monitor.sources.containers.transport import Transport
from custom_components.home_server_monitor.sources.errors import (
    AuthFailed,
    BadResponse,
    CallFailed,
    CannotConnect,
    ClientError,
    PermissionDenied,
)
from custom_components.home_server_monitor.sources.session import shared_session
from custom_components.home_server_monitor.sources.web import JsonTransport, Limits, Web

KEY = "s3cret-key"
GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def answer(status: str, body: bytes = b"", kind: str = "application/json", more: str = "") -> bytes:
    """An answer as it goes over the wire."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


async def in_thread(function: Callable[..., Any], *given: Any) -> Any:
    """Run it here: there is nothing to hold up."""
    return function(*given)


@contextlib.asynccontextmanager
async def serving(*answers: bytes | None) -> AsyncIterator[tuple[aiohttp.ClientSession, URL, list[bytes]]]:
    """Give these answers, one a connection, None for hanging up; the last one for ever. Yields what was asked, too."""
    asked: list[bytes] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        if (given := answers[min(len(asked), len(answers)) - 1]) is not None:
            writer.write(given)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session, URL(f"http://127.0.0.1:{port}/base"), asked


async def failed(given: bytes | None, **more: Any) -> ClientError:
    """What asking for something ends with, the key in the address and in a header."""
    async with serving(given) as (session, url, _):
        web = JsonTransport(session, url, {"X-Api-Key": KEY}, in_thread)
        with pytest.raises(ClientError) as found:
            await web.send("POST", "api", {"apikey": KEY}, **more)
        assert KEY not in repr(web)
        return found.value


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (None, CannotConnect),
        (b"no HTTP at all\r\n\r\n", CannotConnect),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", CannotConnect),
        (answer("200 OK", b"<html>", "text/html"), BadResponse),
        (answer("200 OK", b"{"), BadResponse),
        (answer("200 OK", b'"' + b"x" * (2 << 20) + b'"'), BadResponse),
        (answer("302 Found", more="Location: http://127.0.0.1:1/\r\n"), BadResponse),
        (answer("401 Unauthorized"), AuthFailed),
        (answer("403 Forbidden"), PermissionDenied),
        (answer("404 Not Found"), CallFailed),
        (answer("500 Oh", b'{"message": "the reason"}'), CallFailed),
        (answer("503 Wait", b"<html>", "text/html"), CannotConnect),
    ],
)
async def test_what_is_not_believed_is_told_without_the_key(
    socket_enabled: None, given: bytes | None, kind: type[ClientError]
) -> None:
    err = await failed(given)
    assert type(err) is kind
    assert KEY not in "".join(traceback.format_exception(err))


async def test_a_question_is_asked_again_and_an_order_never(socket_enabled: None) -> None:
    async with serving(None, GOOD) as (session, url, asked):
        web = JsonTransport(session, url, {}, in_thread)
        assert await web.get("api", {"on": True}) == {}
        assert [each.split(b" HTTP")[0] for each in asked] == [b"GET /base/api?on=true"] * 2
    async with serving(None, GOOD) as (session, url, asked):
        wire = Web(session, url, in_thread)
        with pytest.raises(CannotConnect):
            await wire.ask("POST", "rpc", document={"order": 1})
        assert len(asked) == 1
        assert (await wire.ask("POST", "rpc", document={"question": 1}, reads=True)).status == 200
    async with serving(None, GOOD) as (session, url, asked):
        assert (await Web(session, url, in_thread).ask("POST", "rpc", reads=True)).body == b"{}"
        assert len(asked) == 2


async def test_nothing_is_waited_for_longer_than_it_may_take(socket_enabled: None) -> None:
    stuck = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stuck.wait()
        writer.close()

    async with (
        await asyncio.start_server(hold, "127.0.0.1", 0) as server,
        aiohttp.ClientSession() as session,
    ):
        url = URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        web = Web(session, url, in_thread, limits=Limits(call=0.05, at_once=1))
        for _ in range(2):
            # the place of the first is free again
            with pytest.raises(CannotConnect):
                await web.ask("GET", "")
        stuck.set()


async def test_an_order_goes_out_once_also_where_a_kept_connection_breaks(socket_enabled: None) -> None:
    """Left alone, aiohttp sends GET, PUT and DELETE again, though the first may have been carried out."""
    asked: list[bytes] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # the first question is answered, the next one is read, and nothing comes of it
        with contextlib.suppress(asyncio.IncompleteReadError):
            asked.append((await reader.readuntil(b"\r\n\r\n")).split(b" HTTP")[0])
            writer.write(GOOD)
            asked.append((await reader.readuntil(b"\r\n\r\n")).split(b" HTTP")[0])
        writer.close()

    async with await asyncio.start_server(one, "127.0.0.1", 0) as server:
        url = URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        for verb in ("GET", "PUT", "DELETE", "POST"):
            asked.clear()
            async with aiohttp.ClientSession() as session:
                web = Web(session, url, in_thread)
                await web.ask("GET", "first", reads=True)
                with pytest.raises(CannotConnect):
                    await web.ask(verb, "order")
            assert asked[1:] == [f"{verb} /order".encode()]
        async with aiohttp.ClientSession() as session:
            web = Web(session, url, in_thread)
            await web.ask("GET", "first", reads=True)
            assert (await web.ask("GET", "question", reads=True)).status == 200
        asked.clear()
        async with aiohttp.ClientSession() as session:
            engine = Transport(session, Address(url))
            await engine.get("/first")
            with pytest.raises(CannotConnect):
                await engine.order("DELETE", "/containers/{id}", "abc")
        assert asked[1:] == [b"DELETE /containers/abc"]


async def test_a_key_follows_no_redirect_when_a_socket_is_opened(
    socket_enabled: None, hass: HomeAssistant
) -> None:
    async with serving(GOOD) as (_, elsewhere, asked):
        away = answer("302 Found", more=f"Location: {elsewhere}\r\n")
        async with serving(away) as (_, url, _):
            session = shared_session(hass)
            web = JsonTransport(session, url, {"X-Plex-Token": KEY}, in_thread)
            with pytest.raises(BadResponse):
                await web.socket(url / "socket")
            session.detach()
        assert asked == []
