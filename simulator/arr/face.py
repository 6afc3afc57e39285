"""The interface of a simulated Arr with a library: Sonarr and Radarr in version 3, Lidarr and Readarr in version 1.

As in the real ones: no key is answered with an empty 401, the default page has ten rows, DELETE takes the data along unless told
otherwise, commands are taken with 201 and end later, and what is outside of its URL base leads to it.
"""

import asyncio
from collections.abc import Callable, Sequence
import contextlib
import itertools
import json
import time
from typing import Any

from aiohttp import WSMsgType, web

from simulator.media import MediaWorld
from simulator.serving import Face
from simulator.serving.asked import Asked
from simulator.serving.face import PAGE
from simulator.serving.replies import Json, Raw, Reply
from simulator.serving.routes import Route, Routes

from .kinds import KINDS
from .library import Command, Library, Thing
from .rows import complaint, file_rows, history_row, queue_rows, series_row, spelled, stamp, thing_row

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


class ArrFace(Servarr):
    """One with a library: Sonarr, Radarr, Lidarr or Readarr."""

    def __init__(self, library: Library, version: str, **more: Any) -> None:
        self.app_name, self.version = library.app, version
        super().__init__(library.media.clock.now, **more)
        self.library = library
        self.kind = KINDS[library.app]
        self.api, self.own_commands = self.kind.api, self.kind.commands
        self.routes = Routes(
            *self.common,
            self.at("GET", "queue/status", self._queue_status),
            self.at("GET", "queue", self._queue),
            self.at("DELETE", "queue/{id}", self._remove),
            self.at("POST", "queue/grab/{id}", self._grab),
            self.at("GET", "history", self._history),
            self.at("GET", "blocklist", self._blocklist),
            self.at("GET", "wanted/missing", self._missing),
            self.at("GET", "wanted/cutoff", lambda asked: _page(asked, [])),
            self.at("GET", "calendar", self._calendar),
            self.at("GET", "rootfolder", self._roots),
            self.at("GET", "diskspace", self._disks),
            self.at("GET", "config/downloadclient", lambda _: Json(self._handling())),
            self.at("PUT", "config/downloadclient/{id}", self._set_handling),
            self.at("GET", "manualimport", self._files),
            *((self.at("GET", "series", self._series),) if library.app == "Sonarr" else ()),
        )

    def attach(self, library: Library) -> None:
        """Belong to another world."""
        self.library, self.now = library, library.media.clock.now
        self.commands.clear()

    @property
    def media(self) -> MediaWorld:
        """The world that it looks at."""
        return self.library.media

    def health(self) -> list[dict[str, Any]]:
        """What it complains of, of its clients as well."""
        found = [*self.complaints, *self.library.complaints]
        if not self.library.handles:
            found.append(complaint("ImportMechanismCheck", "warning", "Enable Completed Download Handling"))
        return found

    def _handling(self) -> dict[str, Any]:
        return {
            "downloadClientWorkingFolders": "_UNPACK_|_FAILED_",
            "enableCompletedDownloadHandling": self.library.handles,
            "autoRedownloadFailed": self.library.redownload,
            "autoRedownloadFailedFromInteractiveSearch": True,
            "id": 1,
        }

    def _files(self, asked: Asked) -> Reply:
        """What it would import of a completed download, also while it handles none."""
        wanted = asked.query.get("downloadId", "")
        found = [
            each
            for each in self.library.tracked.values()
            if each.download and spelled(each.download) == wanted
        ]
        return Json([row for each in found for row in file_rows(self.library, each)])

    def _set_handling(self, asked: Asked, id: str) -> Reply:
        body = asked.body if isinstance(asked.body, dict) else {}
        if id != "1" or body.get("id") != 1:
            return self.refuse(404, "NotFound")
        # what is not sent is what nothing is: false
        self.library.redownload = body.get("autoRedownloadFailed") is True
        self.library.handle(body.get("enableCompletedDownloadHandling") is True)
        return Json(self._handling(), 202)

    def _rows(self, *, unknown: bool, **more: bool) -> list[dict[str, Any]]:
        return [
            row
            for tracked in self.library.tracked.values()
            if (tracked.things or unknown) and self.library.shows(tracked)
            for row in queue_rows(self.library, tracked, **more)
        ]

    def _queue_status(self, asked: Asked) -> Reply:
        rows = self._rows(unknown=True)
        known = self._rows(unknown=False)
        health = {row["trackedDownloadStatus"] for row in rows}
        return Json(
            {
                "totalCount": len(rows),
                "count": len(known),
                "unknownCount": len(rows) - len(known),
                "errors": "error" in health,
                "warnings": "warning" in health,
                "unknownErrors": False,
                "unknownWarnings": False,
            }
        )

    def _queue(self, asked: Asked) -> Reply:
        more = {"series": asked.flag("includeSeries"), "episode": asked.flag("includeEpisode")}
        return _page(asked, self._rows(unknown=asked.flag(self.kind.unknown), **more))

    def _remove(self, asked: Asked, id: str) -> Reply:
        tracked = self._tracked(id)
        if tracked is None:
            return self.refuse(404, "NotFound")
        wrong = self.library.remove(
            tracked,
            # what is not said is said for you
            from_client=asked.flag("removeFromClient", True),
            blocklist=asked.flag("blocklist"),
            search=not asked.flag("skipRedownload"),
        )
        return Json({"message": wrong, "description": "…"}, 500) if wrong else Json({})

    def _tracked(self, id: str) -> int | None:
        """The download of a row: those of a pack have several."""
        wanted = int(id) if id.lstrip("-").isdecimal() else None
        for tracked in self.library.tracked.values():
            if wanted is not None and 0 <= wanted - tracked.row < max(len(tracked.things), 1):
                return tracked.row
        return None

    def _grab(self, asked: Asked, id: str) -> Reply:
        row = self._tracked(id)
        if row is None or self.library.tracked[row].download is not None:
            return self.refuse(404, "NotFound")
        self.library.grab(self.library.tracked.pop(row).release)
        return Json({})

    def _history(self, asked: Asked) -> Reply:
        wanted = asked.query.get("downloadId", "")
        entries = [
            each
            for each in reversed(self.library.history)
            # as it is written there
            if not wanted or spelled(each.download or "") == wanted
        ]
        return _page(asked, [history_row(self.library, each) for each in entries])

    def _blocklist(self, asked: Asked) -> Reply:
        rows = [
            {"id": index, "sourceTitle": each.title, "indexer": each.indexer, "protocol": "torrent"}
            for index, each in enumerate(self.library.blocklist, 1)
        ]
        return _page(asked, rows)

    def _missing(self, asked: Asked) -> Reply:
        found = [
            thing_row(self.library, each, above=self._wants_above(asked))
            for each in self.library.things.values()
            if each.monitored and not each.has_file and each.airs < self.now()
        ]
        return _page(asked, found)

    def _calendar(self, asked: Asked) -> Reply:
        start, end = asked.query.get("start", ""), asked.query.get("end", "9")
        return Json(
            [
                thing_row(self.library, each, above=self._wants_above(asked))
                for each in self.library.things.values()
                if start <= stamp(each.airs) <= end
            ]
        )

    def _wants_above(self, asked: Asked) -> bool:
        return bool(self.kind.include) and asked.flag(self.kind.include)

    def _series(self, asked: Asked) -> Reply:
        episodes: dict[int | None, list[Thing]] = {}
        for each in self.library.things.values():
            episodes.setdefault(each.series, []).append(each)
        return Json([series_row(self.library, found) for found in episodes.values()])

    def _roots(self, asked: Asked) -> Reply:
        free = int(self.media.free(self.library.root))
        return Json(
            [
                {
                    "id": 1,
                    "path": self.library.root,
                    "accessible": True,
                    "freeSpace": free,
                    "unmappedFolders": [],
                }
            ]
        )

    def _disks(self, asked: Asked) -> Reply:
        return Json(
            [
                {
                    "path": each.path,
                    "label": "",
                    "freeSpace": int(self.media.free(each.path)),
                    "totalSpace": each.size,
                }
                for each in self.media.disks
            ]
        )

    def carry_out(self, command: Command) -> None:
        """Do what a command says: searches find what there is."""
        super().carry_out(command)
        library, body = self.library, command.body
        match command.name:
            case "EpisodeSearch" | "MoviesSearch" | "AlbumSearch":
                library.search(tuple(body.get(f"{self.kind.thing}s", ())))
            case "SeasonSearch":
                library.search(
                    tuple(
                        each.id
                        for each in library.things.values()
                        if (each.series, each.season) == (body.get("seriesId"), body.get("seasonNumber"))
                    )
                )
            case "MissingEpisodeSearch" | "MissingMoviesSearch" | "MissingAlbumSearch":
                library.search(tuple(each.id for each in library.things.values() if not each.has_file))
            case "ManualImport":
                wanted = {file.get("downloadId") for file in body.get("files", ())}
                for each in list(library.tracked.values()):
                    if each.download and spelled(each.download) in wanted:
                        library.take_in(each)
            case "ProcessMonitoredDownloads":
                library.retry()


def _page(asked: Asked, rows: Sequence[dict[str, Any]]) -> Reply:
    """A page of rows, as all of them answer."""
    page, size = int(asked.query.get("page", 1)), int(asked.query.get("pageSize", 10))
    return Json(
        {
            "page": page,
            "pageSize": size,
            "sortKey": asked.query.get("sortKey", "timeleft"),
            "sortDirection": asked.query.get("sortDirection", "ascending"),
            "totalRecords": len(rows),
            "records": list(rows[(page - 1) * size : page * size]),
        }
    )


async def _send(socket: web.WebSocketResponse, text: str) -> None:
    with contextlib.suppress(ConnectionError):
        await socket.send_str(text)


def _message(name: str, body: Any) -> str:
    arguments = [{"name": name, "body": body, "version": 3}]
    return json.dumps({"type": 1, "target": "receiveMessage", "arguments": arguments}) + END
