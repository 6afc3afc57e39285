"""Transmission's RPC, 3 and 4, in the spelling that both speak."""

import base64
from collections.abc import Callable
from typing import Any

from simulator.media.download import Download, State
from simulator.media.flow import GONE
from simulator.media.world import MediaWorld
from simulator.serving.asked import Asked
from simulator.serving.replies import Json, Raw, Reply
from simulator.serving.routes import Route, Routes

from .base import ClientFace

type Row = dict[str, Any]

KB = 1000
_STATUS = {
    State.QUEUED: 3,
    State.METADATA: 4,
    State.DOWNLOADING: 4,
    State.STALLED: 4,
    State.PAUSED: 0,
    State.CHECKING: 2,
    State.MOVING: 6,
    State.SEEDING: 6,
    State.COMPLETED: 0,
    State.ERRORED: 0,
}


class TransmissionFace(ClientFace):
    """`threshold`: wrong passwords after which release 4 answers nobody any more."""

    def __init__(self, world: MediaWorld, name: str = "transmission", *, latency: float = 0.0) -> None:
        super().__init__(world, name, latency=latency)
        self.threshold = 100
        self.session_id = "d4O6qzbVGklRP35RkyqIi4YnruAWDd5pf0xInNB73dUmRAzH"
        self.scheduled = False
        self.routes = Routes(Route("POST", "/transmission/rpc", self._rpc))
        self._methods: dict[str, Callable[[Row], Row | str]] = {
            "session-get": self._session,
            "session-set": self._set_session,
            "torrent-get": self._torrents,
            "torrent-remove": self._remove,
            "torrent-stop": self._each("pause"),
            "torrent-start": self._each("resume"),
            "torrent-verify": self._each("recheck"),
            "torrent-set-location": self._set_location,
        }

    def is_write(self, route: Route, asked: Asked) -> bool:
        """Whether a request changes something: all are sent in the same way."""
        return not isinstance(asked.body, dict) or not str(asked.body.get("method")).endswith("-get")

    def name_of(self, route: Route, asked: Asked) -> str:
        """How a call is counted: by its method."""
        method = asked.body.get("method") if isinstance(asked.body, dict) else None
        return f"POST /{method or 'transmission/rpc'}"

    def refuse(self, status: int, message: str) -> Reply:
        """An error as Transmission writes them: a heading."""
        title = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}.get(
            status, "Error"
        )
        headers = {"WWW-Authenticate": 'Basic realm="Transmission"'} if status == 401 else {}
        if status == 409:
            headers = {"X-Transmission-Session-Id": self.session_id}
        page = f"<h1>{status}: {title}</h1>{message}"
        return Raw(page.encode(), status, headers, content_type="text/html; charset=ISO-8859-1")

    def _rpc(self, asked: Asked) -> Reply:
        new = not self.client.version.startswith("3")
        if new and self.failed >= self.threshold:
            return self.refuse(403, "")
        wanted = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        if self.password and asked.headers.get("Authorization") != f"Basic {wanted}":
            self.failed += 1
            return self.refuse(401, "" if new else f"<p>{self.failed} unsuccessful login attempts.</p>")
        self.failed = 0
        if asked.headers.get("X-Transmission-Session-Id") != self.session_id:
            return self.refuse(409, "")
        body = asked.body if isinstance(asked.body, dict) else {}
        handler = self._methods.get(str(body.get("method")))
        if handler is None:
            return Json({"arguments": {}, "result": "method name not recognized"})
        found = handler(body.get("arguments") or {})
        if isinstance(found, str):
            return Json({"arguments": {}, "result": found})
        return Json({"arguments": found, "result": "success"})

    def _session(self, arguments: Row) -> Row:
        client = self.client
        everything: Row = {
            "version": f"{client.version} (838877323f)",
            "download-dir": client.save_path,
            "download-dir-free-space": int(self.world.free(client.save_path)),
            "alt-speed-enabled": client.alt_on,
            "alt-speed-down": client.alt_down // KB,
            "alt-speed-up": client.alt_up // KB,
            "alt-speed-time-enabled": self.scheduled,
            "speed-limit-down": max(client.down_limit, 0) // KB or 100,
            "speed-limit-down-enabled": client.down_limit > 0,
            "speed-limit-up": max(client.up_limit, 0) // KB or 100,
            "speed-limit-up-enabled": client.up_limit > 0,
            "rpc-version": 16 if client.version.startswith("3") else 19,
        }
        # less than a kB is nothing at all
        for key, value in (("speed-limit-down", client.down_limit), ("speed-limit-up", client.up_limit)):
            if 0 < value < KB:
                everything[key] = 0
        wanted = arguments.get("fields")
        return {key: value for key, value in everything.items() if wanted is None or key in wanted}

    def _set_session(self, arguments: Row) -> Row:
        client = self.client
        client.alt_on = arguments.get("alt-speed-enabled", client.alt_on)
        for key, name in (("alt-speed-down", "alt_down"), ("alt-speed-up", "alt_up")):
            if key in arguments:
                setattr(client, name, max(int(arguments[key]) * KB, 1))
        for key, name in (("speed-limit-down", "down_limit"), ("speed-limit-up", "up_limit")):
            if arguments.get(f"{key}-enabled") is False:
                setattr(client, name, 0)
            elif key in arguments:
                setattr(client, name, max(int(arguments[key]) * KB, 1))
        return {}

    def _found(self, arguments: Row) -> list[Download]:
        ids = arguments.get("ids")
        return [each for each in self.mine if ids is None or each.id in ids]

    def _torrents(self, arguments: Row) -> Row:
        wanted = arguments.get("fields") or []
        rows = [_torrent(each) for each in self._found(arguments)]
        return {"torrents": [{key: row[key] for key in wanted if key in row} for row in rows]}

    def _remove(self, arguments: Row) -> Row:
        for each in self._found(arguments):
            self.world.remove(each.id, arguments.get("delete-local-data") is True)
        return {}

    def _set_location(self, arguments: Row) -> Row | str:
        location = str(arguments.get("location") or "")
        if not location.startswith("/"):
            return "new location path is not absolute"
        for each in self._found(arguments):
            self.world.move(each.id, location)
            # it names the new folder at once
            each.save_path = location
        return {}

    def _each(self, what: str) -> Callable[[Row], Row]:
        """Call a method of the world, whichever it belongs to then, for each torrent."""

        def handler(arguments: Row) -> Row:
            for each in self._found(arguments):
                getattr(self.world, what)(each.id)
            return {}

        return handler


def _torrent(it: Download) -> Row:
    broken = it.state is State.ERRORED
    said = it.error if broken else it.tracker_error
    return {
        "id": 1,
        "hashString": it.id,
        "name": it.name,
        "status": _STATUS.get(it.state, 0),
        "error": 3 if broken else 2 if it.tracker_error else 0,
        "errorString": said if said != GONE else GONE,
        "metadataPercentComplete": 0 if it.state is State.METADATA else 1,
        "leftUntilDone": int(it.left),
        "sizeWhenDone": it.size,
        "rateDownload": int(it.down),
        "rateUpload": int(it.up),
        "labels": [it.category, *it.tags] if it.category else list(it.tags),
        "isPrivate": it.private,
        "trackerStats": [{"announce": it.tracker, "seederCount": it.seeds}] if it.tracker else [],
        "desiredAvailable": int(it.left) if it.seeds else 0,
        "uploadRatio": it.uploaded / it.size if it.size else -1,
        "downloadDir": it.save_path,
        "addedDate": int(it.added),
        "doneDate": int(it.finished or 0),
        "activityDate": int(it.last_byte or 0),
        "downloadLimited": False,
    }
