"""The engine behind Portainer: the simulated one in this process, or a real one by its address."""

from collections.abc import AsyncGenerator
from typing import Protocol, override

import aiohttp

from simulator.docker import Docker
from simulator.serving import Raw, Reply, Stream
from simulator.serving.asked import Asked

_HOP = {"connection", "content-length", "date", "keep-alive", "transfer-encoding", "content-type"}
_ENDLESS = ("/events", "/images/create", "/build")


class BehindError(Exception):
    """The engine cannot be reached."""


class Behind(Protocol):
    """Whatever answers the Engine API."""

    async def answer(self, asked: Asked) -> Reply:
        """Answer a request; raises BehindError where nothing does."""

    async def close(self) -> None:
        """Let go of it."""


class Simulated(Behind):
    """The engine of this process. `reachable` False: its socket is gone."""

    def __init__(self, docker: Docker) -> None:
        self.docker = docker
        self.reachable = True

    @override
    async def answer(self, asked: Asked) -> Reply:
        if not self.reachable:
            raise BehindError
        return await self.docker.answer(asked)

    @override
    async def close(self) -> None:
        return


class Real(Behind):
    """An engine at `unix:///path`, `tcp://host:port` or `http://host:port`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            socket = self._url.removeprefix("unix://") if self._url.startswith("unix://") else None
            connector = aiohttp.UnixConnector(socket) if socket else aiohttp.TCPConnector()
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None, connect=5),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session

    @property
    def _base(self) -> str:
        return (
            "http://docker" if self._url.startswith("unix://") else self._url.replace("tcp://", "http://", 1)
        )

    @override
    async def answer(self, asked: Asked) -> Reply:
        headers = {key: value for key, value in asked.headers.items() if key.lower() in _PASSED}
        query = [(key, value) for key, values in asked.lists.items() for value in values]
        try:
            reply = await self._open().request(
                asked.verb, self._base + asked.path, params=query, headers=headers, data=asked.raw or None
            )
        except (aiohttp.ClientError, OSError) as error:
            raise BehindError(str(error)) from error
        passed = {key: value for key, value in reply.headers.items() if key.lower() not in _HOP}
        content_type = reply.headers.get("Content-Type")
        if reply.status == 200 and (asked.path.endswith(_ENDLESS) or _follows(asked)):
            return Stream(_chunks(reply), content_type or "application/json", reply.status, passed)
        async with reply:
            return Raw(await reply.read(), reply.status, passed, content_type)

    @override
    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


_PASSED = ("content-type", "x-registry-auth", "accept")


def _follows(asked: Asked) -> bool:
    if asked.path.endswith("/stats"):
        return asked.flag("stream", default=True)
    return asked.flag("follow")


async def _chunks(reply: aiohttp.ClientResponse) -> AsyncGenerator[bytes]:
    async with reply:
        async for chunk, _ in reply.content.iter_chunks():
            yield chunk
