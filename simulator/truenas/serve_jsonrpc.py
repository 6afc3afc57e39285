"""A JSON-RPC socket from handshake to goodbye."""

from typing import Any

from aiohttp import web

from .errors import CallError, InvalidError, TooManyCallsError, UnknownMethodError
from .jsonrpc import METHOD_NOT_FOUND, TOO_MANY_CALLS, BadRequestError, JsonRpc, parse
from .releases import Release
from .session import Session
from .sockets import Sockets


async def serve_jsonrpc(sockets: Sockets, request: web.Request, endpoint: Release) -> web.WebSocketResponse:
    """Answer until the client leaves; calls run beside each other."""
    frames = JsonRpc()
    session = await sockets.accept(request, frames, endpoint)
    try:
        async for text in sockets.texts(session):
            try:
                ident, method, params = parse(text)
            except BadRequestError as error:
                session.send(frames.error(None, error.code, error.message))
                continue
            sockets.spawn(session, _answer(sockets, session, frames, ident, method, params))
    finally:
        await sockets.leave(session)
    return session.ws


async def _answer(
    sockets: Sockets, session: Session, frames: JsonRpc, ident: Any, method: str, params: list[Any]
) -> None:
    try:
        frame = frames.result(*await sockets.result(session, ident, method, params))
    except UnknownMethodError:
        frame = frames.error(ident, METHOD_NOT_FOUND, "Method does not exist")
    except TooManyCallsError:
        frame = frames.error(ident, TOO_MANY_CALLS, "Maximum number of concurrent calls (20) has exceeded")
    except (CallError, InvalidError) as error:
        frame = frames.failure(ident, error)
    sockets.answer(session, method, frame)
