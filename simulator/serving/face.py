"""What the HTTP faces have in common: every request is counted, may meet a fault, and is answered."""

import asyncio
from collections.abc import Callable, Iterable
import contextlib
import inspect
from itertools import chain
import os
import signal
import time
from typing import Any

from aiohttp import web
import orjson

from .asked import Asked
from .calls import HttpCall, HttpCalls
from .faults import FAULTS_OF_A_ROW, HttpFault, HttpFaults
from .replies import Json, Raw, Reply, Stream
from .routes import Route, Routes

PAGE = b"<!DOCTYPE html><html><head><title>Log in</title></head><body><form></form></body></html>"
_WRONG = {"Id": 17, "Names": "web", "State": ["running"], "Labels": 3, "NetworkSettings": None, "Mounts": 1}


class DroppedError(Exception):
    """The connection is to be closed without an answer; with `sent`, after half of it; with `stays`, never."""

    def __init__(self, sent: bytes = b"", *, stays: bool = False) -> None:
        super().__init__()
        self.sent = sent
        self.stays = stays


class Face:
    """One server: `routes` are its calls; `latency` seconds are added to each."""

    routes: Routes

    def __init__(self, now: Callable[[], float] = time.time, *, latency: float = 0.0) -> None:
        self.now = now
        self.latency = latency
        self.calls = HttpCalls()
        self.faults = HttpFaults()

    def app(self) -> web.Application:
        """The server for aiohttp: it takes every path."""
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{path:.*}", self.serve)
        return app

    # What a face says about itself

    def locate(self, asked: Asked) -> tuple[Route, dict[str, Any]] | Reply:
        """Which call it is, or the refusal."""
        return self.routes.find(asked.verb, asked.path) or self.refuse(404, "page not found")

    def name_of(self, route: Route, asked: Asked) -> str:
        """How a request is counted."""
        return route.name

    def is_write(self, route: Route, asked: Asked) -> bool:
        """Whether a request changes something."""
        return route.write

    def is_listing(self, asked: Asked) -> bool:
        """Whether the answer is rows of many objects."""
        return asked.verb == "GET" and not asked.parameters

    def refuse(self, status: int, message: str) -> Reply:
        """An error as this server writes them."""
        return Json({"message": message}, status)

    def targets(self, asked: Asked) -> frozenset[str]:
        """The names of the object that a request is about, for faults and counts; the readable one first."""
        return frozenset(str(value) for value in asked.parameters.values())

    def shown(self, asked: Asked) -> str | None:
        """The object that a request is about, in the list of calls."""
        return next((str(value) for value in asked.parameters.values()), None)

    def is_row_of(self, row: Any, target: str) -> bool:
        """Whether a row of a listing is about this object."""
        return isinstance(row, dict) and target in chain([row.get("Id"), row.get("Name")], _names(row))

    # One request

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer over HTTP."""
        asked = await Asked.read(request)
        try:
            reply = await self.answer(asked)
        except DroppedError as error:
            return await _drop(request, error)
        return await send(request, reply)

    async def answer(self, asked: Asked) -> Reply:
        """Answer; raises DroppedError where the connection is to be closed."""
        found = self.locate(asked)
        if not isinstance(found, tuple):
            asked.route = f"{asked.verb} {asked.path}"
            return await self._counted(asked, write=asked.verb not in ("GET", "HEAD"), refusal=found)
        route, asked.parameters = found
        asked.route = self.name_of(route, asked)
        return await self._counted(asked, write=self.is_write(route, asked), route=route)

    async def _counted(
        self, asked: Asked, *, write: bool, route: Route | None = None, refusal: Reply | None = None
    ) -> Reply:
        body = (asked.body if asked.body is not None else asked.form or None) if write else None
        call = HttpCall(asked.route, asked.path, asked.query, self.shown(asked), self.now(), write, body)
        with self.calls.under_way(call, stream=self.is_endless(asked)):
            # even without it, those that came at the same time are to be under way at the same time
            await asyncio.sleep(0.0 if asked.inside else self.latency)
            reply = refusal
            if reply is None:
                assert route is not None
                reply = await self._met(asked, route)
            call.status = reply.status
            return reply

    def is_endless(self, asked: Asked) -> bool:
        """Whether the answer goes on for ever by design."""
        return asked.path.endswith("/events")

    async def _met(self, asked: Asked, route: Route) -> Reply:
        """Carry it out, with the faults that hit it."""
        targets = self.targets(asked)
        listing = self.is_listing(asked)
        faults = self.faults.of(asked.route, targets, listing=listing)
        for fault in faults:
            instead = await _before(fault)
            if instead is not None:
                return self.refuse(instead, fault.message)
        reply = await self.handle(route, asked)
        for fault in faults:
            reply = self._after(fault, reply, listing and fault.target is not None)
        return reply

    async def handle(self, route: Route, asked: Asked) -> Reply:
        """Run the handler of a route."""
        reply = route.handler(asked, **asked.parameters)
        return await reply if inspect.isawaitable(reply) else reply

    def _after(self, fault: HttpFault, reply: Reply, of_row: bool) -> Reply:
        if of_row and fault.kind in FAULTS_OF_A_ROW:
            assert fault.target is not None
            return _in_rows(reply, fault, lambda row: self.is_row_of(row, fault.target or ""))
        if isinstance(reply, Stream):
            return reply
        content = reply.body()
        match fault.kind:
            case "null":
                return Raw(b"null\n", content_type="application/json")
            case "malformed":
                return Raw(content[: max(1, len(content) // 2)], content_type="application/json")
            case "empty":
                return Raw(b"", content_type="application/json")
            case "html":
                return Raw(PAGE, content_type="text/html; charset=utf-8")
            case "replace":
                return Json(fault.value)
            case "huge":
                return Raw(content.rstrip() + b" " * fault.size, content_type="application/json")
            case "cut":
                raise DroppedError(content or b"  ")
            case "stall":
                raise DroppedError(content or b"  ", stays=True)
            case "kill" if fault.when == "done":
                os.kill(fault.pid, signal.SIGKILL)
        return reply


def _names(row: dict[str, Any]) -> Iterable[str]:
    names = row.get("Names")
    return (str(name).removeprefix("/") for name in names) if isinstance(names, list) else ()


async def _before(fault: HttpFault) -> int | None:
    """What a fault does before the call is carried out; a status where it is not carried out at all."""
    match fault.kind:
        case "hang":
            await asyncio.get_running_loop().create_future()
        case "delay":
            await asyncio.sleep(fault.seconds)
        case "drop":
            raise DroppedError
        case "kill" if fault.when == "before":
            os.kill(fault.pid, signal.SIGKILL)
        case "status":
            return fault.status
    return None


def _in_rows(reply: Reply, fault: HttpFault, is_it: Callable[[Any], bool]) -> Reply:
    """Change one row of a listing."""
    if isinstance(reply, Stream):
        return reply
    value = orjson.loads(reply.body())
    rows = value if isinstance(value, list) else next((v for v in value.values() if isinstance(v, list)), [])
    for index, row in reversed(list(enumerate(rows))):
        if not is_it(row):
            continue
        match fault.kind:
            case "null":
                rows[index] = None
            case "malformed":
                rows[index] = dict(_WRONG)
            case "replace":
                rows[index] = fault.value
            case "missing":
                del rows[index]
    return Json(value, reply.status, reply.headers)


async def send(request: web.Request, reply: Reply) -> web.StreamResponse:
    """Write a reply to the client."""
    headers = dict(reply.headers)
    if reply.content_type is not None:
        headers["Content-Type"] = reply.content_type
    if not isinstance(reply, Stream):
        response = web.Response(status=reply.status, headers=headers, body=reply.body())
        if reply.content_type is None and not reply.body():
            response.headers.popall("Content-Type", None)
        return response
    stream = web.StreamResponse(status=reply.status, headers=headers)
    await stream.prepare(request)
    try:
        async with contextlib.aclosing(reply.chunks) as chunks:
            async for chunk in chunks:
                await stream.write(chunk)
        await stream.write_eof()
    except DroppedError, ConnectionError:
        if request.transport is not None:
            request.transport.abort()
    return stream


async def _drop(request: web.Request, how: DroppedError) -> web.StreamResponse:
    """Close the connection, after half of what was to be sent, or leave it at that."""
    response, sent = web.StreamResponse(headers={"Content-Type": "application/json"}), how.sent
    if sent:
        response.content_length = len(sent)
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            await response.write(sent[: max(1, len(sent) // 2)])
        if how.stays:
            await asyncio.get_running_loop().create_future()
        # what was written must leave before the connection breaks
        await asyncio.sleep(0.02)
    if request.transport is not None:
        request.transport.abort()
    return response
