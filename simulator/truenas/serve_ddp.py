"""A socket of the older protocol from handshake to goodbye."""

import json
from typing import Any

from aiohttp import WSCloseCode, web

from .ddp import Ddp
from .errors import (
    EINVAL,
    ENOMETHOD,
    ETOOMANYREFS,
    CallError,
    InvalidError,
    TooManyCallsError,
    UnknownMethodError,
)
from .extended_json import loads
from .releases import Release
from .session import Session
from .sockets import Sockets


async def serve_ddp(sockets: Sockets, request: web.Request, release: Release) -> web.WebSocketResponse:
    """Answer until the client leaves; it must say `connect` first."""
    frames = Ddp()
    session = await sockets.accept(request, frames, release)
    connected = False
    try:
        async for text in sockets.texts(session):
            message = _parsed(text)
            if message is None:
                await session.ws.close(code=WSCloseCode.INVALID_TEXT)
                break
            if message.get("msg") == "connect":
                connected = True
                session.send(frames.connected(session.ident))
            elif not connected:
                await session.ws.close(code=WSCloseCode.POLICY_VIOLATION)
                break
            else:
                _dispatch(sockets, session, frames, message)
    finally:
        await sockets.leave(session)
    return session.ws


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        message = loads(text)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def _dispatch(sockets: Sockets, session: Session, frames: Ddp, message: dict[str, Any]) -> None:
    ident, kind = message.get("id"), message.get("msg")
    if kind == "method" and isinstance(message.get("method"), str):
        params = message.get("params") or []
        sockets.spawn(session, _answer(sockets, session, frames, ident, message["method"], params))
    elif kind == "ping":
        session.send(json.dumps({"msg": "pong", **({"id": ident} if ident is not None else {})}))
    elif kind == "sub":
        _subscribe(sockets, session, str(ident), str(message.get("name")))
    elif kind == "unsub":
        sockets.face.events.unsubscribe(session, str(ident))
        session.send(json.dumps({"msg": "nosub", "id": ident}))


def _subscribe(sockets: Sockets, session: Session, ident: str, name: str) -> None:
    try:
        sockets.face.events.subscribe(session, name, ident)
    except (CallError, InvalidError) as error:
        number = error.errno if isinstance(error, CallError) else EINVAL
        refusal = {"error": number, "reason": str(error)}
        session.send(json.dumps({"msg": "nosub", "id": ident, "error": refusal}))
    else:
        session.send(json.dumps({"msg": "ready", "subs": [ident]}))


async def _answer(
    sockets: Sockets, session: Session, frames: Ddp, ident: Any, method: str, params: list[Any]
) -> None:
    try:
        frame = frames.result(*await sockets.result(session, ident, method, params))
    except UnknownMethodError:
        frame = frames.failure(ident, CallError(f"Method {method!r} not found", ENOMETHOD))
    except TooManyCallsError:
        reason = "Maximum number of concurrent calls (20) has exceeded"
        frame = frames.failure(ident, CallError(reason, ETOOMANYREFS))
    except (CallError, InvalidError) as error:
        frame = frames.failure(ident, error)
    sockets.answer(session, method, frame)
