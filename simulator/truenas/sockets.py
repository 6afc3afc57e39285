"""What the two protocols share: sessions, size limits, answers and the faults that hit them."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, WSMsgType, web

from .dispatch import new_ident
from .releases import Release
from .session import Frames, Session

if TYPE_CHECKING:
    from .face import TrueNAS

BEFORE_LOGIN = 8192
AFTER_LOGIN = 65536
FILE_SIZE = 2 << 20
NOBODY = "nobody-asked"


class Sockets:
    """All WebSockets of one server."""

    def __init__(self, face: TrueNAS) -> None:
        self.face = face

    async def accept(self, request: web.Request, frames: Frames, endpoint: Release) -> Session:
        """Shake hands and begin a session."""
        ws = web.WebSocketResponse(max_msg_size=4 * FILE_SIZE)
        await ws.prepare(request)
        peer = request.transport.get_extra_info("peername") if request.transport else None
        address = f"127.0.0.1:{peer[1]}" if peer else "127.0.0.1:0"
        face = self.face
        session = Session(new_ident(), ws, frames, endpoint, address, face.secure, face.world.clock.now())
        face.sessions[session.ident] = session
        return session

    async def leave(self, session: Session) -> None:
        """End a session."""
        self.face.sessions.pop(session.ident, None)
        await session.close()

    async def texts(self, session: Session) -> AsyncIterator[str]:
        """Text frames within the size limits; beyond them the socket is closed."""
        async for message in session.ws:
            if message.type is not WSMsgType.TEXT:
                await session.ws.close(code=WSCloseCode.UNSUPPORTED_DATA)
                return
            text: str = message.data
            if session.key is None and len(text) > BEFORE_LOGIN:
                words = b"Anonymous connection max message length is 8 kB"
                await session.ws.close(code=WSCloseCode.INVALID_TEXT, message=words)
                return
            limit = FILE_SIZE if '"filesystem.file_receive"' in text[:200] else AFTER_LOGIN
            if len(text) > limit:
                await session.ws.close(
                    code=WSCloseCode.MESSAGE_TOO_BIG, message=b"Max message length is 64 kB"
                )
                return
            yield text

    def spawn(self, session: Session, work: Coroutine[Any, Any, None]) -> None:
        """Do something for a session, until it ends."""
        task = asyncio.ensure_future(work)
        session.tasks.add(task)
        task.add_done_callback(session.tasks.discard)

    async def result(self, session: Session, ident: Any, method: str, params: list[Any]) -> tuple[Any, Any]:
        """(id, result) of a call; raises what the dispatcher raises."""
        value = await self.face.call(session, method, params)
        return (NOBODY if self.face.faults.hit(method, "wrong_id") else ident), value

    def answer(self, session: Session, method: str, frame: str) -> None:
        """Send an answer, unless a fault wants otherwise."""
        if self.face.faults.hit(method, "drop"):
            self.spawn(session, self._close(session))
            return
        if self.face.faults.hit(method, "reset_mid_frame"):
            self.face.cut(int(session.peer.rpartition(":")[2]))
        session.send(frame)

    async def _close(self, session: Session) -> None:
        await session.ws.close(code=WSCloseCode.GOING_AWAY)
