"""The cable: a relay in front of a server, where connections can be cut, stalled or reset.

Faults of the network are made here, below TLS and HTTP, so that they look the same to a client as
the real ones do.
"""

import asyncio
import socket
import struct
from typing import override

_RESET = struct.pack("ii", 1, 0)


def _reset(transport: asyncio.Transport | None) -> None:
    """Close with RST instead of FIN."""
    if transport is None or transport.is_closing():
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


class _Inside(asyncio.Protocol):
    """The half that talks to the server."""

    def __init__(self, outside: _Outside) -> None:
        self.outside = outside
        self.transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self.outside.from_server(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.outside.server_left()

    @override
    def pause_writing(self) -> None:
        self.outside.hold_reading(True)

    @override
    def resume_writing(self) -> None:
        self.outside.hold_reading(False)


class _Outside(asyncio.Protocol):
    """The half that talks to the client."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.transport: asyncio.Transport | None = None
        self.inside: _Inside | None = None
        self.early = bytearray()
        self.stalled = False
        self.slow = False
        self.queue = bytearray()
        self.cut_next = False
        self.task: asyncio.Task[None] | None = None
        self.trickle: asyncio.Task[None] | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.wire.connections.add(self)
        if self.wire.black_hole:
            self.stall(True)
        else:
            self._connect()

    def _connect(self) -> None:
        if self.task is None:
            self.task = asyncio.ensure_future(self._connecting())

    async def _connecting(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, inside = await loop.create_connection(lambda: _Inside(self), "127.0.0.1", self.wire.inner_port)
        except OSError:
            _reset(self.transport)
            return
        self.inside = inside
        if inside.transport and self.early:
            inside.transport.write(bytes(self.early))
            self.early.clear()
        if self.transport is None or self.transport.is_closing():
            _reset(inside.transport)

    @override
    def data_received(self, data: bytes) -> None:
        if self.inside is None or self.inside.transport is None:
            self.early += data
        else:
            self.inside.transport.write(data)

    @override
    def eof_received(self) -> bool:
        return False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.wire.connections.discard(self)
        if self.trickle:
            self.trickle.cancel()
        if self.inside and self.inside.transport:
            self.inside.transport.abort()

    @override
    def pause_writing(self) -> None:
        if self.inside and self.inside.transport:
            self.inside.transport.pause_reading()

    @override
    def resume_writing(self) -> None:
        if self.inside and self.inside.transport and not self.stalled:
            self.inside.transport.resume_reading()

    def hold_reading(self, hold: bool) -> None:
        """The server does not keep up."""
        if self.transport and not self.transport.is_closing() and not self.stalled:
            if hold:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()

    def from_server(self, data: bytes) -> None:
        """Bytes of the server on their way to the client."""
        if self.transport is None or self.transport.is_closing():
            return
        if self.cut_next:
            self.transport.write(data[: max(1, len(data) // 2)])
            asyncio.get_running_loop().call_later(0.02, _reset, self.transport)
            self.cut_next = False
            self.stall(True)
        elif self.stalled:
            self.queue += data
        elif self.slow or self.queue:
            self.queue += data
            self._drip()
        else:
            self.transport.write(data)

    def _drip(self) -> None:
        if self.trickle is None or self.trickle.done():
            self.trickle = asyncio.ensure_future(self._dripping())

    async def _dripping(self) -> None:
        while self.queue and self.transport and not self.transport.is_closing():
            size = 1 if self.slow else len(self.queue)
            self.transport.write(bytes(self.queue[:size]))
            del self.queue[:size]
            await asyncio.sleep(self.wire.drip_seconds if self.slow else 0)

    def server_left(self) -> None:
        """The server closed its side; a stalled client must not notice."""
        if self.transport and not self.stalled:
            self.transport.close()

    def stall(self, on: bool) -> None:
        """Stop or resume both directions; what arrives meanwhile waits in the kernel or here."""
        self.stalled = on
        if self.transport is None or self.transport.is_closing():
            return
        if on:
            self.transport.pause_reading()
            return
        self.transport.resume_reading()
        if self.queue:
            self.transport.write(bytes(self.queue))
            self.queue.clear()
        if self.inside is None:
            self._connect()
        elif self.inside.transport is None or self.inside.transport.is_closing():
            self.transport.close()

    def set_slow(self, on: bool) -> None:
        """One byte at a time, or all at once again."""
        self.slow = on
        if not on and self.queue and not self.stalled:
            self._drip()


class Wire:
    """Listens on the public port and relays to the server behind it."""

    def __init__(self, inner_port: int) -> None:
        self.inner_port = inner_port
        self.port = 0
        self.black_hole = False
        self.drip_seconds = 1.0
        self.connections: set[_Outside] = set()
        self._slow = False
        self._server: asyncio.Server | None = None

    def _accept(self) -> _Outside:
        outside = _Outside(self)
        outside.slow = self._slow
        return outside

    async def start(self, port: int | None = None) -> None:
        """Listen, on the same port as before unless another one is named."""
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                self._accept, "127.0.0.1", self.port if port is None else port, reuse_address=True
            )
            self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse new connections and drop the old ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop()
        await asyncio.sleep(0)

    @property
    def listening(self) -> bool:
        """Whether connections are accepted."""
        return self._server is not None

    def drop(self) -> None:
        """Reset every connection."""
        for connection in list(self.connections):
            _reset(connection.transport)

    def set_black_hole(self, on: bool) -> None:
        """Accept and never answer; when it ends, everything goes on where it stopped."""
        self.black_hole = on
        for connection in list(self.connections):
            connection.stall(on)

    def set_half_open(self, on: bool) -> None:
        """Stall what is open now; when it ends, those connections come back to life."""
        for connection in list(self.connections):
            connection.stall(on)

    def set_slow(self, on: bool) -> None:
        """One byte per `drip_seconds` towards the client."""
        self._slow = on
        for connection in list(self.connections):
            connection.set_slow(on)

    def cut(self, peer_port: int) -> bool:
        """Let half of the next bytes to this client through, then reset; False where it is unknown."""
        for connection in self.connections:
            inside = connection.inside
            if inside and inside.transport and inside.transport.get_extra_info("sockname")[1] == peer_port:
                connection.cut_next = True
                return True
        return False
