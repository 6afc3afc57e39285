"""The interface of a simulated Plex Media Server, and the part of plex.tv that links an account.

As in the real one: who it is, it tells everybody; everything else without a good token is a 401 with a page; orders are
answered with nothing.
"""

import asyncio
import contextlib
import itertools
import json
from typing import Any

from aiohttp import web

from simulator.media.world import MediaWorld
from simulator.serving import Face
from simulator.serving.asked import Asked
from simulator.serving.face import PAGE
from simulator.serving.replies import Json, Raw, Reply
from simulator.serving.routes import Route, Routes

from .rows import about, container, library_row, session_row, setting_row
from .theatre import MACHINE, TOKEN, Theatre

SOCKET = "/:/websockets/notifications"
REFUSED = b"<html><head><title>Unauthorized</title></head><body><h1>401 Unauthorized</h1></body></html>"


class PlexFace(Face):
    """One server. token: its owner's; linked: whether the owner has entered the letters of a link."""

    def __init__(self, world: MediaWorld, *, latency: float = 0.0) -> None:
        super().__init__(world.clock.now, latency=latency)
        self.token = TOKEN
        self.linked = False
        self.sockets: set[web.WebSocketResponse] = set()
        self._telling: set[asyncio.Future[None]] = set()
        self._pins = itertools.count(1001)
        self.attach(world)
        self.routes = Routes(
            *(
                Route("GET", "/identity", self._identity),
                Route("GET", "/", lambda _: Json(about(self.theatre))),
                Route("GET", "/status/sessions", self._sessions),
                Route("GET", "/library/sections/all", self._libraries),
                Route("POST", "/library/sections/{id}/refresh", self._refresh),
                Route("GET", "/activities", lambda _: Json(container("Activity", []))),
                Route("GET", "/:/prefs", self._settings),
                Route("PUT", "/:/prefs", self._set),
                Route("GET", "/updater/status", self._updater),
                Route("POST", "/api/v2/pins", self._pin),
                Route("GET", "/api/v2/pins/{id}", self._pin_of),
            )
        )

    def attach(self, world: MediaWorld) -> None:
        """Belong to another world."""
        self.now = world.clock.now
        self.theatre = Theatre(world)
        self.theatre.listeners.append(self._tell)

    # How it answers

    def locate(self, asked: Asked) -> tuple[Route, dict[str, Any]] | Reply:
        """Which call it is; nobody gets in without a token."""
        if asked.path.startswith("/web"):
            return Raw(PAGE, content_type="text/html; charset=utf-8")
        open_to_all = asked.path == "/identity" or asked.path.startswith("/api/v2/")
        if not open_to_all and asked.headers.get("X-Plex-Token") != self.token:
            return Raw(REFUSED, 401, content_type="text/html")
        return self.routes.find(asked.verb, asked.path) or Raw(PAGE, 404, content_type="text/html")

    def is_row_of(self, row: Any, target: str) -> bool:
        """Whether a row of a listing is about this object."""
        return isinstance(row, dict) and target in (row.get("title"), row.get("key"), row.get("sessionKey"))

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer over HTTP, and over a WebSocket where one is asked for."""
        if request.path == SOCKET and request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._listen(request)
        return await super().serve(request)

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("X-Plex-Token") != self.token:
            return web.Response(status=401)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.add(socket)
        try:
            async for _ in socket:
                pass
        finally:
            self.sockets.discard(socket)
        return socket

    def _tell(self, kind: str, what: dict[str, Any]) -> None:
        text = json.dumps({"NotificationContainer": {"type": kind, "size": 1, **what}})
        for socket in tuple(self.sockets):
            task = asyncio.ensure_future(_send(socket, text))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    # What it answers

    def _identity(self, asked: Asked) -> Reply:
        return Json(
            {
                "MediaContainer": {
                    "size": 0,
                    "claimed": self.theatre.claimed,
                    "machineIdentifier": MACHINE,
                    "version": self.theatre.version,
                }
            }
        )

    def _sessions(self, asked: Asked) -> Reply:
        self.theatre.follow_the_hours()
        rows = [session_row(self.theatre, each) for each in self.theatre.showings.values()]
        return Json(container("Metadata", rows))

    def _libraries(self, asked: Asked) -> Reply:
        self.theatre.end_of_scans()
        return Json(container("Directory", [library_row(each) for each in self.theatre.libraries.values()]))

    def _refresh(self, asked: Asked, id: str) -> Reply:
        return Raw() if self.theatre.scan(id) else Raw(PAGE, 404, content_type="text/html")

    def _settings(self, asked: Asked) -> Reply:
        return Json(container("Setting", [setting_row(*each) for each in self.theatre.preferences.items()]))

    def _set(self, asked: Asked) -> Reply:
        # all of them are tried, whichever fails
        well = False not in [self.theatre.set(key, value) for key, value in asked.query.items()]
        return Raw() if well else Raw(PAGE, 400, content_type="text/html")

    def _updater(self, asked: Asked) -> Reply:
        latest = self.theatre.latest
        return Json(container("Release", [{"version": latest}] if latest else [], canInstall=False, status=0))

    def _pin(self, asked: Asked) -> Reply:
        return Json({"id": next(self._pins), "code": "K7QX", "authToken": None}, 201)

    def _pin_of(self, asked: Asked, id: str) -> Reply:
        return Json({"id": int(id), "code": "K7QX", "authToken": self.token if self.linked else None})


async def _send(socket: web.WebSocketResponse, text: str) -> None:
    with contextlib.suppress(ConnectionError):
        await socket.send_str(text)
