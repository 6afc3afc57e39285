"""The way to a registry, that can be cut in the middle of an image."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from dataclasses import dataclass, field


@dataclass(slots=True)
class Relay:
    """The way to a registry: `left` is how many bytes of answers still come through, None all."""

    host: str
    left: int | None = None
    url: str = ""
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on one connection."""
        there, back = await asyncio.open_connection(*self.host.split(":"))
        for source, target, counts in ((reader, back, False), (there, writer, True)):
            task = asyncio.create_task(self._pump(source, target, counts))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, counts: bool) -> None:
        try:
            while data := await source.read(8192):
                if counts and self.left is not None:
                    self.left -= len(data)
                    if self.left < 0:
                        break
                target.write(data)
                await target.drain()
        except OSError:
            pass
        finally:
            target.close()


@contextlib.asynccontextmanager
async def relaying(registry: str) -> AsyncIterator[Relay]:
    """Stand in front of a registry."""
    found = Relay(registry)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.url = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield found
    finally:
        server.close()
        for task in tuple(found.tasks):
            task.cancel()
        await asyncio.gather(*found.tasks, return_exceptions=True)
        server.abort_clients()
        async with asyncio.timeout(5):
            await server.wait_closed()
