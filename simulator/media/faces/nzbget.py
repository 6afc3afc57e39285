"""NZBGet's JSON-RPC: numbers of bytes in two halves, no error but a false."""

import base64
from collections.abc import Callable
from typing import Any

from simulator.media.download import Download, State
from simulator.media.flow import LOCKED
from simulator.media.world import MediaWorld
from simulator.serving.asked import Asked
from simulator.serving.replies import Json, Raw, Reply
from simulator.serving.routes import Route, Routes

from .base import ClientFace

type Row = dict[str, Any]

_STATES = {State.DOWNLOADING: "DOWNLOADING", State.PAUSED: "PAUSED", State.METADATA: "FETCHING"}
_OVER = (State.COMPLETED, State.FAILED)


def _split(key: str, size: float) -> Row:
    whole = int(size)
    return {f"{key}Lo": whole & 0xFFFFFFFF, f"{key}Hi": whole >> 32, f"{key}MB": whole >> 20}


class NZBGetFace(ClientFace):
    """See the module."""

    def __init__(self, world: MediaWorld, name: str = "nzbget", *, latency: float = 0.0) -> None:
        super().__init__(world, name, latency=latency)
        self.resume_at = 0
        self.routes = Routes(Route("POST", "/jsonrpc", self._rpc))
        self._methods: dict[str, Callable[..., Any]] = {
            "version": lambda: self.client.version,
            "status": self._status,
            "listgroups": lambda _=0: [_group(each) for each in self.mine if each.state not in _OVER],
            "history": lambda _=False: [_past(each) for each in reversed(self.mine) if each.state in _OVER],
            "rate": self._rate,
            "pausedownload": lambda: self._pause(True),
            "resumedownload": lambda: self._pause(False),
            "editqueue": self._edit,
        }

    def is_write(self, route: Route, asked: Asked) -> bool:
        """Whether a request changes something: all are sent in the same way."""
        return not isinstance(asked.body, dict) or asked.body.get("method") not in (
            "version",
            "status",
            "listgroups",
            "history",
        )

    def name_of(self, route: Route, asked: Asked) -> str:
        """How a call is counted: by its method."""
        method = asked.body.get("method") if isinstance(asked.body, dict) else None
        return f"POST /{method or 'jsonrpc'}"

    def _rpc(self, asked: Asked) -> Reply:
        wanted = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        if self.password and asked.headers.get("Authorization") != f"Basic {wanted}":
            self.failed += 1
            return Raw(b"", 401, {"WWW-Authenticate": 'Basic realm="NZBGet"'}, content_type="text/plain")
        body = asked.body if isinstance(asked.body, dict) else {}
        answer: Row = {"version": "1.1", "id": body.get("id")}
        handler = self._methods.get(str(body.get("method")))
        if handler is None:
            return Json(
                {**answer, "error": {"name": "JSONRPCError", "code": 1, "message": "Invalid procedure"}}
            )
        return Json({**answer, "result": handler(*body.get("params", []))})

    def _status(self) -> Row:
        client = self.client
        down = 0.0 if client.paused else self.world.speed(self.name)[0]
        return {
            **_split("RemainingSize", sum(each.left for each in self.mine if each.state not in _OVER)),
            **_split("FreeDiskSpace", self.world.free(client.save_path)),
            "DownloadRate": int(down),
            "DownloadLimit": client.down_limit,
            "DownloadPaused": client.paused,
            "ServerStandBy": not down,
            "QuotaReached": bool(client.quota) and client.quota_used >= client.quota,
            "ResumeTime": self.resume_at,
            "NewsServers": [{"ID": place + 1, "Active": True} for place in range(len(client.servers))],
        }

    def _rate(self, kilobytes: int) -> bool:
        self.client.down_limit = kilobytes * 1024
        return True

    def _pause(self, on: bool) -> bool:
        self.client.paused, self.resume_at = on, 0
        return True

    def _edit(self, command: str, _: str, ids: list[int]) -> bool:
        found = [each for each in self.mine if int(each.id) in ids]
        for each in found:
            match command:
                case "GroupPause":
                    self.world.pause(each.id)
                case "GroupResume":
                    self.world.resume(each.id)
                case "GroupFinalDelete" | "HistoryFinalDelete":
                    self.world.remove(each.id, delete_data=True)
                case "GroupParkDelete" | "HistoryDelete":
                    self.world.remove(each.id, delete_data=False)
        return bool(found)


def _common(it: Download) -> Row:
    return {
        "NZBID": int(it.id),
        "NZBName": it.name,
        "Category": it.category,
        "DestDir": it.path,
        "FinalDir": "",
        **_split("FileSize", it.size),
        **_split("RemainingSize", it.left),
        **_split("DownloadedSize", it.done),
        "Health": 1000,
        "CriticalHealth": 1000,
        # what stands there when nothing is unpacked
        "PostStageProgress": -227501365,
    }


def _group(it: Download) -> Row:
    return {**_common(it), "Status": _STATES.get(it.state, "QUEUED")}


def _past(it: Download) -> Row:
    status = "SUCCESS/ALL"
    if it.state is State.FAILED:
        status = "FAILURE/PASSWORD" if it.error == LOCKED else "FAILURE/HEALTH"
    return {
        **_common(it),
        "ID": int(it.id),
        "Name": it.name,
        "Status": status,
        "HistoryTime": int(it.finished or 0),
    }
