"""A server on loopback that answers as it is told, byte by byte, or passes on to a real one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
import contextlib
from dataclasses import dataclass, field
import socket
import struct

type Answer = Callable[[Line], Awaitable[None]]

VERSION = b'{"ApiVersion":"1.41","MinAPIVersion":"1.12","Version":"20.10.24","Components":[]}'


@dataclass
class Line:
    """One connection: what was asked last, and what may be done to it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    asked: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def send(self, data: bytes) -> None:
        """Send these bytes now."""
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, status: int, body: bytes, kind: str = "application/json", *more: str) -> None:
        """Send a whole answer."""
        head = [f"HTTP/1.1 {status} Words", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
        await self.send("\r\n".join([*head, "", ""]).encode() + body)

    async def begin(self, *more: str) -> None:
        """Send the head of an answer in chunks."""
        head = [
            "HTTP/1.1 200 OK",
            "Content-Type: application/json",
            "Transfer-Encoding: chunked",
            *more,
        ]
        await self.send("\r\n".join([*head, "", ""]).encode())

    async def chunk(self, data: bytes) -> None:
        """Send one chunk; an empty one is the end."""
        await self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def reset(self) -> None:
        """Break the connection as a crashed host does."""
        plug = self.writer.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@dataclass
class Faulty:
    """The server: `answers` by what a request line has in it, the first that fits; it knows its version by itself."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    open: int = 0
    url: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def until_asked(self, times: int) -> None:
        """Wait until there were this many questions."""
        async with asyncio.timeout(10):
            while len(self.asked) < times:
                self.changed.clear()
                await self.changed.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer on one connection until it ends."""
        task = asyncio.current_task()
        assert task
        self.tasks.add(task)
        line = Line(reader, writer)
        self.open += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                line.asked = head[0]
                line.headers = {
                    name.lower(): value
                    for name, _, value in (item.partition(": ") for item in head[1:])
                    if name
                }
                if length := int(line.headers.get("content-length", 0)):
                    await reader.readexactly(length)
                self.asked.append(line.asked)
                self.headers.append(line.headers)
                self.changed.set()
                found = next((answer for part, answer in self.answers.items() if part in line.asked), None)
                if found:
                    await found(line)
                elif "/version " in line.asked:
                    await line.reply(200, VERSION)
                else:
                    await line.reply(200, b"{}")
        except OSError, asyncio.IncompleteReadError:
            pass
        finally:
            self.open -= 1
            self.tasks.discard(task)
            writer.close()


@contextlib.asynccontextmanager
async def faulty(**answers: Answer) -> AsyncIterator[Faulty]:
    """Run a server whose answers are named by a word of the path that they belong to."""
    found = Faulty({f"/{word}": answer for word, answer in answers.items()})
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield found
    finally:
        server.close()
        running = [*found.tasks]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
