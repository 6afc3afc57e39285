"""The TrueNAS that clients see: nginx's paths, and the WebSockets behind them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSCloseCode, web

from simulator.calls import CallLog
from simulator.faults import Faults
from simulator.world import Change, World

from .context import Context
from .dispatch import Dispatcher
from .events import Collection, Events
from .methods import METHODS
from .methods.pools import scan_row
from .releases import Release, Table, endpoint_release
from .roles import FULL_ADMIN
from .serve_ddp import serve_ddp
from .serve_jsonrpc import serve_jsonrpc
from .session import Session
from .sockets import Sockets

PAGE = """<!DOCTYPE html><html lang="en"><head><title>TrueNAS</title></head>
<body><ix-root></ix-root><script src="main.js" type="module"></script></body></html>"""
NOT_FOUND = """<html>
<head><title>404 Not Found</title></head>
<body><center><h1>404 Not Found</h1></center><hr><center>nginx</center></body>
</html>"""


class TrueNAS:
    """One server of one release; `latency` seconds are added to each call."""

    def __init__(
        self,
        world: World,
        release: Release,
        log: CallLog,
        faults: Faults,
        *,
        secure: bool,
        latency: float = 0.0,
        auth_delay: float = 0.05,
        loopback_is_remote: bool = True,
        unauthenticated_limit: int = 20,
        event_pace: float = 1.0,
    ) -> None:
        self.world: World
        self.release = release
        self.log = log
        self.faults = faults
        self.secure = secure
        self.latency = latency
        self.auth_delay = auth_delay
        self.loopback_is_remote = loopback_is_remote
        self.unauthenticated_limit = unauthenticated_limit
        self.event_pace = event_pace
        self.table = Table(METHODS)
        self.events = Events(self)
        self.sessions: dict[str, Session] = {}
        self.logins = 0
        self.tokens: dict[str, int] = {}
        self.temperature_cache: dict[str, tuple[float, float | None]] = {}
        self.cut: Callable[[int], bool] = lambda _port: False
        self.power: Callable[[str, float], None] = lambda _kind, _delay: None
        self._dispatcher = Dispatcher(self)
        self._sockets = Sockets(self)
        self.attach(world)

    def attach(self, world: World) -> None:
        """Speak for this world from now on."""
        self.world = world
        self.temperature_cache.clear()
        self.tokens.clear()
        world.listeners.append(self.events.on_change)

    def app(self) -> web.Application:
        """The HTTP side."""
        app = web.Application(middlewares=[self._outermost])
        app.router.add_get("/", self._root)
        app.router.add_get("/ui/", self._ui)
        app.router.add_get("/api/versions", self._versions)
        app.router.add_get("/api/boot_id", self._boot_id)
        app.router.add_get("/api/{endpoint}", self._rpc)
        app.router.add_get("/websocket", self._ddp)
        app.on_response_prepare.append(self._headers)
        return app

    # HTTP

    async def _headers(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Server"] = "nginx"
        if self.faults.has("via_proxy"):
            response.headers["Server"] = "cloudflare"
            response.headers["Via"] = "1.1 tunnel"
            response.headers["CF-Ray"] = "8f2c51d0a9d8bb57-FRA"

    @web.middleware
    async def _outermost(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if self.faults.has("http_html"):
            return web.Response(text=PAGE, content_type="text/html")
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return web.Response(status=404, text=NOT_FOUND, content_type="text/html")

    async def _root(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/ui/"})

    async def _ui(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(text=PAGE, content_type="text/html")

    async def _versions(self, _request: web.Request) -> web.StreamResponse:
        if not self.release.rpc:
            raise web.HTTPNotFound
        return web.json_response(self.release.endpoints)

    async def _boot_id(self, _request: web.Request) -> web.StreamResponse:
        if self.release < Release.V25_10:
            raise web.HTTPNotFound
        return web.json_response(self.world.boot_id)

    async def _rpc(self, request: web.Request) -> web.StreamResponse:
        endpoint = endpoint_release(request.match_info["endpoint"], self.release)
        if not self.release.rpc or endpoint is None:
            raise web.HTTPNotFound
        return await serve_jsonrpc(self._sockets, request, endpoint)

    async def _ddp(self, request: web.Request) -> web.StreamResponse:
        return await serve_ddp(self._sockets, request, self.release)

    # Events

    def announce(self, one: Collection, change: Change) -> None:
        """Send a change to those who subscribed; rows come from the listing of the same name."""
        listeners = [
            session
            for session in self.sessions.values()
            if any(subscription.name == one.name for subscription in session.subscriptions.values())
        ]
        if not listeners:
            return
        if change.kind == "update":
            # The middleware sends this one without `fields`; its status travels in `extra`.
            self.events.push(
                one.name, change.verb, extra=lambda session: {"status": self._row(session, one, change.key)}
            )
            return
        if change.kind == "job":
            job = self.world.jobs.all.get(int(change.key))
            if job is None:
                return
            self.events.push(
                one.name,
                change.verb,
                change.key,
                only=lambda session: self.sees_job(session, job.owner),
                build=lambda session: self._row(session, one, change.key),
            )
            return
        self.events.push(
            one.name, change.verb, change.key, build=lambda session: self._row(session, one, change.key)
        )

    def sees_job(self, session: Session, owner: str | None) -> bool:
        """Only a full administrator sees the jobs of others."""
        if session.key is None:
            return False
        return not self.release.rpc or FULL_ADMIN in session.roles or session.username == owner

    async def call(self, session: Session, method: str, params: list[Any]) -> Any:
        """A call that another call makes."""
        return await self._dispatcher.call(session, method, params)

    def is_job(self, session: Session, method: str) -> bool:
        """Whether the method is a job."""
        row = self.table.find(method, self.release, session.endpoint)
        return row is not None and row.job

    def context(self, session: Session, method: str) -> Context:
        """A context outside of a call."""
        return Context(self.world, self.release, session.endpoint, session, method, [], self)

    def _row(self, session: Session, one: Collection, key: int | str) -> Any:
        if one.kind == "scan":
            return self._scan_fields(str(key))
        name = one.method or one.name
        method = self.table.find(name, self.release, session.endpoint)
        if method is None:
            return None
        context = self.context(session, name)
        if not method.listing:
            found = method.handler(context)
            if isinstance(found, dict):
                return found
            return next((row for row in found if row["id"] == key), None)
        rows = method.handler(context, {})
        return next(
            (row for row in rows if key in (row.get("id"), row.get("identifier"), row.get("name"))), None
        )

    def _scan_fields(self, name: str) -> Any:
        pool = self.world.pool(name)
        if pool is None:
            return None
        return {"scan": scan_row(self.world, pool), "name": pool.name, "guid": str(pool.guid)}

    def logout_everybody(self) -> None:
        """Every session must log in again."""
        for session in self.sessions.values():
            session.logout()

    async def send_raw(self, text: str) -> None:
        """An unsolicited frame to everybody."""
        for session in list(self.sessions.values()):
            session.send(text)
        await asyncio.sleep(0)

    async def close(self) -> None:
        """Close every socket."""
        for session in list(self.sessions.values()):
            await session.ws.close(code=WSCloseCode.GOING_AWAY)
