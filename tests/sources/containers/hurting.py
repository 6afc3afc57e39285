"""What stands between a Home Assistant and a real engine, and hurts one request; and what it does to the world."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
import contextlib
from dataclasses import dataclass, field
import errno
import socket

import aiohttp
from aiohttp import web

from custom_components.home_server_monitor.sources.containers.address import normalise
from custom_components.home_server_monitor.sources.containers.sessions import open_session
from tests.engine import Dockerd, Engine

from .front import OWN_HEADERS, serving
from .injuries import Injury, Kind
from .relay import Relay

# what engines and Portainer say where they do not create
NOT_CREATED = (
    (403, "you are not allowed to use bind mounts"),
    (409, "Conflict. The container name is already in use"),
    (500, "invalid mount config"),
    (404, "No such image"),
)
# what is done to one certain order, whatever its number
BY_NAME = (Kind.NOTHING, Kind.CREATE_REFUSED, Kind.PULL_CUT, Kind.PORT_TAKEN)
FULL = "write /var/lib/docker/tmp: no space left on device"


@dataclass(slots=True)
class Around:
    """What may be done to the world around an update, once: it heals by itself, at the latest when `heal` is called."""

    injury: Injury
    own: Dockerd | None = None
    port: int | None = None
    plug: socket.socket | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def soon(self, work: Awaitable[None]) -> None:
        """Do something meanwhile."""

        async def do() -> None:
            await work

        self.tasks.add(asyncio.create_task(do()))

    async def engine_down(self) -> None:
        """End the engine, one way or the other, and start it again a little later."""
        assert self.own
        gentle = self.injury.kind is Kind.ENGINE_RESTARTED
        await asyncio.to_thread(self.own.halt if gentle else self.own.kill)
        self.soon(self._engine_up())

    async def _engine_up(self) -> None:
        assert self.own
        await asyncio.sleep(self.injury.lasts)
        await asyncio.to_thread(self.own.start)

    async def fill_disk(self) -> None:
        """Leave no byte on the disk of the engine for a while."""
        assert self.own
        await asyncio.to_thread(self._fill)
        self.soon(self._free_disk())

    def _fill(self) -> None:
        assert self.own
        with (self.own.folder / "data/filler").open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError as err:
                    if err.errno != errno.ENOSPC:
                        raise

    async def _free_disk(self) -> None:
        assert self.own
        await asyncio.sleep(self.injury.lasts + 1)
        (self.own.folder / "data/filler").unlink()

    def take_port(self) -> None:
        """Be faster than the new container."""
        if not self.port or self.plug:
            return
        plug = socket.socket()
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            plug.bind(("127.0.0.1", self.port))
            plug.listen()
        except OSError:
            plug.close()
            raise
        self.plug = plug
        self.soon(self._free_port())

    async def _free_port(self) -> None:
        await asyncio.sleep(self.injury.lasts + 2)
        if self.plug:
            self.plug.close()

    async def heal(self) -> None:
        """Wait until all is as it was."""
        while self.tasks:
            await self.tasks.pop()


@dataclass(slots=True)
class Life:
    """One life of Home Assistant: whether it is over, and what may happen in it at which request."""

    around: Around
    relay: Relay
    injury: Injury | None
    on_death: Callable[[], None]
    again: int | None = None
    over: bool = False
    died: asyncio.Event = field(default_factory=asyncio.Event)
    armed: bool = False
    hurt: bool = False
    requests: int = 0
    writes: int = 0

    def die(self) -> None:
        """End, with nothing more done or written."""
        if not self.over:
            self.over = True
            self.on_death()
            self.died.set()

    def now(self, method: str) -> bool:
        """Count a request; return whether it is the one that is hurt."""
        if not self.armed:
            return False
        number = self.requests
        self.requests += 1
        write = method != "GET"
        if write:
            self.writes += 1
        if self.again == number:
            self.die()
            return False
        if self.injury is None or self.hurt or self.injury.kind in BY_NAME:
            return False
        if self.injury.writes:
            self.hurt = write and self.writes - 1 == self.injury.at
        else:
            self.hurt = number == self.injury.at
        return self.hurt

    async def happens(self, when: str) -> str | tuple[int, str] | None:
        """Do what happens to the request that is hurt; returns what it is answered, or "cut"."""
        assert self.injury
        kind = self.injury.kind
        if kind is Kind.REFUSED:
            return (500, "driver failed") if when == "before" else None
        if kind is Kind.SAYS_FULL:
            return (500, FULL) if when == "before" else None
        if when != self.injury.when:
            return None
        if kind is Kind.CUT:
            return "half" if when == "during" else "cut"
        if kind is Kind.DISK_FULL:
            await self.around.fill_disk()
        if kind in (Kind.ENGINE_KILLED, Kind.ENGINE_RESTARTED, Kind.BOTH_KILLED):
            if when == "during":
                self.around.soon(self.around.engine_down())
            else:
                await self.around.engine_down()
        if kind in (Kind.KILLED, Kind.BOTH_KILLED):
            self.die()
        return None

    def by_name(self, method: str, path: str) -> tuple[int, str] | None:
        """Do what happens to one certain order, whatever its number."""
        if not self.armed or self.injury is None:
            return None
        if self.injury.kind is Kind.CREATE_REFUSED and path.endswith("/containers/create"):
            self.hurt = True
            return NOT_CREATED[self.injury.at % len(NOT_CREATED)]
        if self.injury.kind is Kind.PULL_CUT and path.endswith("/images/create"):
            self.hurt = True
            # enough for what an image consists of, and never for all of it
            self.relay.left = 20_000 + (self.injury.at * 8191) % 180_000
        if self.injury.kind is Kind.PORT_TAKEN and path.endswith("/stop") and not self.hurt:
            self.hurt = True
            self.around.soon(self._port_taken())
        return None

    async def _port_taken(self) -> None:
        while not self.over:
            try:
                return self.around.take_port()
            except OSError:
                await asyncio.sleep(0.005)
        return None


class Hurting:
    """The way of one life to an engine."""

    def __init__(
        self, life: Life, session: aiohttp.ClientSession, base: str, look: Callable[[], None]
    ) -> None:
        self._life = life
        self._session = session
        self._base = base
        self._look = look
        self._ways: set[asyncio.BaseTransport] = set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer, or do not; whatever was done, it is looked whether two run at once."""
        if request.transport:
            self._ways.add(request.transport)
        try:
            return await self._answer(request)
        finally:
            if self._life.armed:
                await asyncio.to_thread(self._look)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        life, path = self._life, request.path
        if life.over:
            return self._cut(request)
        told: str | tuple[int, str] | None = life.by_name(request.method, path)
        hurt = life.now(request.method)
        if hurt and told is None:
            told = await life.happens("before")
        if life.over or told == "cut":
            return self._cut(request)
        if isinstance(told, tuple):
            return web.json_response({"message": told[1]}, status=told[0])
        half = await life.happens("during") if hurt else None
        try:
            status, headers, body = await self._pass_on(request)
        except aiohttp.ClientError, OSError:
            return self._cut(request)
        told = await life.happens("after") if hurt else None
        if life.over or told == "cut":
            return self._cut(request)
        if half == "half":
            return await self._half(request, status, headers, body)
        return web.Response(status=status, headers=headers, body=body)

    async def close(self) -> None:
        """Let go of what still hangs on a connection that nobody reads."""
        for way in self._ways:
            if isinstance(way, asyncio.Transport):
                way.abort()
        await asyncio.sleep(0.01)

    async def _pass_on(self, request: web.Request) -> tuple[int, dict[str, str], bytes]:
        async with self._session.request(
            request.method,
            self._base + request.raw_path,
            data=await request.read() or None,
            headers={key: value for key, value in request.headers.items() if key.lower() not in OWN_HEADERS},
            timeout=aiohttp.ClientTimeout(total=None),
        ) as answer:
            kept = {key: value for key, value in answer.headers.items() if key.lower() not in OWN_HEADERS}
            return answer.status, kept, await answer.read()

    @staticmethod
    def _cut(request: web.Request) -> web.Response:
        if request.transport:
            request.transport.abort()
        return web.Response()

    async def _half(
        self, request: web.Request, status: int, headers: dict[str, str], body: bytes
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = len(body) + 1
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        self._cut(request)
        return response


@contextlib.asynccontextmanager
async def hurting(engine: Engine, life: Life, look: Callable[[], None]) -> AsyncIterator[str]:
    """Stand in front of an engine for one life; yields the address. look: called after each request."""
    address = normalise(engine.url)
    application = web.Application(client_max_size=1 << 30)
    async with open_session(address) as session:
        front = Hurting(life, session, str(address.url).rstrip("/"), look)
        application.router.add_route("*", "/{path:.*}", front.answer)
        async with serving(application) as url:
            try:
                yield url
            finally:
                await front.close()
