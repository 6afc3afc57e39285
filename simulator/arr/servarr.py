"""What the interfaces of all simulated Arrs have in common: who gets in, commands, and what they tell of themselves.

As in the real ones: no key is answered with an empty 401, commands are taken with 201 and end later, and what is outside of its
URL base leads to it.
"""

import asyncio
from collections.abc import Callable
import contextlib
import itertools
import json
import time
from typing import Any

from aiohttp import WSMsgType, web

from simulator.serving import Face
from simulator.serving.asked import Asked
from simulator.serving.face import PAGE
from simulator.serving.replies import Json, Raw, Reply
from simulator.serving.routes import Route

from .rows import stamp
from .things import Command

END = "\x1e"
PING = '{"type":6}' + END
HUB = "/signalr/messages"
# names that the scheduler and people use
COMMANDS = frozenset(
    {
        "RefreshMonitoredDownloads",
        "ProcessMonitoredDownloads",
        "RssSync",
        "Backup",
        "CheckHealth",
        "Housekeeping",
        "ClearBlocklist",
        "ManualImport",
    }
)


class Servarr(Face):
    """What all of them have in common. api: its version; base: the URL base, such as `/sonarr`."""

    api = "v3"
    app_name = ""
    version = ""

    def __init__(self, now: Callable[[], float] = time.time, *, latency: float = 0.0, base: str = "") -> None:
        super().__init__(now, latency=latency)
        self.base = base
        self.key = "0123456789abcdef0123456789abcdef"
        self.instance = self.app_name
        self.latest: str | None = None
        self.backups: list[float] = []
        self.complaints: list[dict[str, Any]] = []
        self.commands: dict[int, Command] = {}
        self.sockets: set[web.WebSocketResponse] = set()
        self.own_commands: frozenset[str] = frozenset()
        self._telling: set[asyncio.Future[None]] = set()
        self._numbers = itertools.count(1)

    @property
    def common(self) -> tuple[Route, ...]:
        """The calls that all of them have."""
        return (
            Route("GET", "/ping", lambda _: Json({"status": "OK"})),
            Route("GET", "/api", lambda _: Json({"current": self.api, "deprecated": []})),
            Route("POST", f"{HUB}/negotiate", self._negotiate),
            self.at("GET", "system/status", self._status),
            self.at("GET", "health", lambda _: Json(self.health())),
            self.at("GET", "system/backup", self._backups),
            self.at("GET", "update", self._update),
            self.at("POST", "command", self._command),
            self.at("GET", "command", lambda _: Json([*map(self._command_row, self.commands.values())])),
            self.at("GET", "command/{id}", self._command_of),
            self.at("POST", "indexer/testall", lambda _: Json([])),
            self.at("POST", "downloadclient/testall", lambda _: Json([])),
        )

    def at(self, verb: str, path: str, handler: Any) -> Route:
        """A call of its interface."""
        return Route(verb, f"/api/{self.api}/{path}", handler)

    # How it answers

    def locate(self, asked: Asked) -> tuple[Route, dict[str, Any]] | Reply:
        """Which call it is; nobody gets in without a key, and pages are pages."""
        if self.base and not asked.path.startswith(self.base):
            return Raw(b"", 307, {"Location": f"{self.base}{asked.path}"})
        asked.path = asked.path[len(self.base) :] or "/"
        inside = asked.path.startswith(("/api", "/signalr"))
        if not inside and asked.path != "/ping":
            return Raw(PAGE, content_type="text/html; charset=utf-8")
        given = asked.query.get("apikey") or asked.headers.get("X-Api-Key") or asked.query.get("access_token")
        if inside and given != self.key:
            return Raw(b"", 401)
        return self.routes.find(asked.verb, asked.path) or self.refuse(404, "NotFound")

    def is_row_of(self, row: Any, target: str) -> bool:
        """Whether a row of a listing is about this object."""
        return isinstance(row, dict) and target in (row.get("title"), row.get("path"), str(row.get("id")))

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer over HTTP, and over a WebSocket where one is asked for."""
        if request.path == f"{self.base}{HUB}" and request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._listen(request)
        return await super().serve(request)

    # Push

    def _negotiate(self, asked: Asked) -> Reply:
        token = f"token-{next(self._numbers)}"
        return Json(
            {
                "negotiateVersion": 1,
                "connectionId": token,
                "connectionToken": token,
                "availableTransports": [{"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}],
            }
        )

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        given = request.query.get("access_token") or request.headers.get("X-Api-Key")
        if given != self.key or "id" not in request.query:
            return web.Response(status=401)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        hello = await socket.receive()
        if hello.type is not WSMsgType.TEXT or '"protocol":"json"' not in hello.data.replace(" ", ""):
            await socket.close()
            return socket
        await socket.send_str("{}" + END)
        self.sockets.add(socket)
        try:
            await socket.send_str(_message("version", {"version": self.version}))
            async for _ in socket:
                pass
        finally:
            self.sockets.discard(socket)
        return socket

    async def push(self, name: str) -> None:
        """Tell all listeners that something has changed."""
        for socket in list(self.sockets):
            await _send(socket, _message(name, {"action": "sync"}))
        await asyncio.sleep(0)

    def tell(self, *names: str) -> None:
        """Tell all listeners soon that something has changed; without a name, that it is still there."""
        text = "".join(_message(name, {"action": "sync"}) for name in names) or PING
        for socket in self.sockets:
            task = asyncio.ensure_future(_send(socket, text))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    # The calls that all have

    def _status(self, asked: Asked) -> Reply:
        return Json(
            {
                "appName": self.app_name,
                "instanceName": self.instance,
                "version": self.version,
                "buildTime": "2026-10-07T22:36:20Z",
                "isProduction": True,
                "osName": "alpine",
                "osVersion": "3.22.2",
                "isLinux": True,
                "isDocker": True,
                "mode": "console",
                "branch": "main",
                "databaseType": "sqLite",
                "databaseVersion": "3.49.2",
                "authentication": "forms",
                "migrationVersion": 218,
                "urlBase": self.base,
                "runtimeVersion": "8.0.12",
                "runtimeName": ".NET",
                "startTime": stamp(self.now() - 86400 * 3),
                "packageUpdateMechanism": "docker",
            }
        )

    def health(self) -> list[dict[str, Any]]:
        """What it complains of."""
        return self.complaints

    def _backups(self, asked: Asked) -> Reply:
        return Json(
            [
                {
                    "id": index,
                    "name": f"{self.app_name.lower()}_backup_{index}.zip",
                    "path": f"/backup/scheduled/{index}.zip",
                    "type": "scheduled",
                    "size": 4_811_923,
                    "time": stamp(made),
                }
                for index, made in enumerate(self.backups, 1)
            ]
        )

    def _update(self, asked: Asked) -> Reply:
        rows = [
            {"version": self.version, "installed": True, "latest": self.latest is None, "installable": False}
        ]
        if self.latest is not None:
            rows.insert(0, {"version": self.latest, "installed": False, "latest": True, "installable": True})
        return Json(rows)

    def _command(self, asked: Asked) -> Reply:
        body = asked.body if isinstance(asked.body, dict) else {}
        name = str(body.get("name"))
        if name not in COMMANDS | self.own_commands:
            # Single() finds none
            return Json({"message": "Sequence contains no matching element", "description": "…"}, 500)
        command = Command(next(self._numbers), name, body)
        self.commands[command.id] = command
        self.carry_out(command)
        return Json(self._command_row(command), 201)

    def carry_out(self, command: Command) -> None:
        """Do what a command says."""
        if command.name == "Backup":
            self.backups.append(self.now())

    def _command_of(self, asked: Asked, id: str) -> Reply:
        command = self.commands.get(int(id)) if id.isdecimal() else None
        if command is None:
            return self.refuse(404, "NotFound")
        command.asked += 1
        return Json(self._command_row(command))

    def _command_row(self, command: Command) -> dict[str, Any]:
        return {
            "id": command.id,
            "name": command.name,
            "commandName": command.name,
            "body": command.body,
            "status": command.status,
            "result": "unknown" if command.asked < 2 else "successful",
            "queued": stamp(self.now()),
            "trigger": "manual",
            "message": command.failed or "Completed",
        }


async def _send(socket: web.WebSocketResponse, text: str) -> None:
    with contextlib.suppress(ConnectionError):
        await socket.send_str(text)


def _message(name: str, body: Any) -> str:
    arguments = [{"name": name, "body": body, "version": 3}]
    return json.dumps({"type": 1, "target": "receiveMessage", "arguments": arguments}) + END
