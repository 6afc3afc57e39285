"""What may stand in front of an engine: a socket proxy that lets some calls through."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
import contextlib
from dataclasses import dataclass, field
import ssl

import aiohttp
from aiohttp import web

from custom_components.home_server_monitor.sources.containers.address import normalise
from custom_components.home_server_monitor.sources.containers.sessions import open_session
from tests.engine import Engine

# hop by hop, or computed anew
OWN_HEADERS = {"transfer-encoding", "content-length", "connection", "host", "date"}


@dataclass
class Front:
    """A running proxy: its address and what it was asked for."""

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)


async def passed_on(request: web.Request, session: aiohttp.ClientSession, base: str) -> web.StreamResponse:
    """Pass a request on to the engine, and its answer back as it comes."""
    headers = {key: value for key, value in request.headers.items() if key.lower() not in OWN_HEADERS}
    async with session.request(
        request.method,
        base + request.match_info["path"] + (f"?{request.query_string}" if request.query_string else ""),
        data=await request.read() or None,
        headers=headers,
        timeout=aiohttp.ClientTimeout(total=None),
    ) as answer:
        response = web.StreamResponse(
            status=answer.status,
            headers={key: value for key, value in answer.headers.items() if key.lower() not in OWN_HEADERS},
        )
        await response.prepare(request)
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
        return response


@contextlib.asynccontextmanager
async def serving(application: web.Application, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve on loopback; yields the address."""
    runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def proxied(engine: Engine, allows: Callable[[str, str], bool]) -> AsyncIterator[Front]:
    """Stand in front of an engine and let through what `allows` (verb, path without the version) says."""
    front = Front()
    address = normalise(engine.url)

    async def answer(request: web.Request) -> web.StreamResponse:
        path = "/" + request.match_info["path"]
        if path.startswith("/v1."):
            path = "/" + path.split("/", 2)[2]
        front.asked.append((request.method, path))
        if not allows(request.method, path):
            return web.Response(
                status=403, content_type="text/html", text="<html><body><h1>403 Forbidden</h1></body></html>"
            )
        return await passed_on(request, session, str(address.url).rstrip("/") + "/")

    application = web.Application(client_max_size=1 << 30)
    application.router.add_route("*", "/{path:.*}", answer)
    async with open_session(address) as session, serving(application) as url:
        front.url = url
        yield front


@contextlib.asynccontextmanager
async def relayed(engine: Engine) -> AsyncIterator[str]:
    """Pass bytes on from a port of loopback to an engine's socket; yields the address of the port."""
    tasks: set[asyncio.Task[None]] = set()

    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
        target.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(engine.url.removeprefix("unix://"))
        for pair in ((reader, back), (there, writer)):
            task = asyncio.create_task(pump(*pair))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        running = [*tasks]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
