"""SABnzbd's API, 4 and 5: every call is `GET /api?mode=…`, numbers are texts, and a wrong key leaves a warning."""

from collections.abc import Callable
from typing import Any

from simulator.media.download import Client, Download, State
from simulator.media.world import MediaWorld
from simulator.serving.asked import Asked
from simulator.serving.replies import Json, Raw, Reply
from simulator.serving.routes import Route

from .base import ClientFace

type Row = dict[str, Any]

MIB, GIB = 1 << 20, 1 << 30
_STATES = {
    State.QUEUED: "Queued",
    State.DOWNLOADING: "Downloading",
    State.PAUSED: "Paused",
    State.METADATA: "Grabbing",
    State.CHECKING: "Checking",
}
_OVER = (State.COMPLETED, State.FAILED)
_WRITES = ("pause", "resume", "config", "retry", "switch")


class SABnzbdFace(ClientFace):
    """`bandwidth_max`: bytes a second of the line, as its settings name it; 0 for none."""

    def __init__(self, world: MediaWorld, name: str = "sabnzbd", *, latency: float = 0.0) -> None:
        super().__init__(world, name, latency=latency)
        self.bandwidth_max = 0
        self.pause_minutes = 0
        self._modes: dict[str, Callable[[Asked], Reply]] = {
            "version": lambda _: Json({"version": self.client.version}),
            "auth": lambda _: Json({"auth": "apikey"}),
            "queue": self._queue,
            "history": self._history,
            "status": self._status,
            "warnings": lambda _: Json({"warnings": [_warning(each) for each in self.client.warnings]}),
            "pause": self._pause,
            "resume": self._resume,
            "config": self._config,
            "get_cats": lambda _: Json({"categories": ["*", *self.client.categories]}),
        }
        self._updates = 1
        self._seen: tuple[Any, ...] = ()

    # Which call it is

    def locate(self, asked: Asked) -> tuple[Route, dict[str, Any]] | Reply:
        """Every call has one path; whether it changes something depends on what it is asked."""
        if asked.path.rstrip("/") not in ("/api", "/sabnzbd/api"):
            return self.refuse(404, "Not found")
        mode = asked.query.get("mode", "")
        write = mode in _WRITES or (mode in ("queue", "history") and "name" in asked.query)
        return Route("POST" if write else "GET", "/api", self._answer), {}

    def name_of(self, route: Route, asked: Asked) -> str:
        """How a call is counted: by its mode."""
        more = f".{asked.query['name']}" if "name" in asked.query else ""
        return f"GET /api/{asked.query.get('mode', '')}{more}"

    def shown(self, asked: Asked) -> str | None:
        """The job that it is about."""
        return asked.query.get("value")

    def refuse(self, status: int, message: str) -> Reply:
        """An error is a page, or a sentence."""
        return Raw(message.encode(), status, content_type="text/html;charset=utf-8")

    def _answer(self, asked: Asked) -> Reply:
        mode = asked.query.get("mode", "")
        if mode not in ("version", "auth"):
            given = asked.query.get("apikey")
            if given != self.api_key:
                self.failed += 1
                said = "API Key Incorrect" if given else "API Key Required"
                self.client.warnings.append(f"{said}: 127.0.0.1")
                return self.refuse(403, said)
        handler = self._modes.get(mode)
        return handler(asked) if handler else Json({"status": False, "error": "not implemented"})

    # Reading

    def _header(self) -> Row:
        client = self.client
        down = 0 if client.paused else self.world.speed(self.name)[0]
        free = f"{self.world.free(client.save_path) / GIB:.2f}"
        limit, most = client.down_limit, self.bandwidth_max
        empty = "0 B" if client.version.startswith("5") else "0 "
        left = max(client.quota - client.quota_used, 0)
        return {
            "version": client.version,
            "paused": client.paused,
            "pause_int": f"{self.pause_minutes}:00" if client.paused and self.pause_minutes else "0",
            "paused_all": False,
            "diskspace1": free,
            "diskspace2": free,
            "speedlimit": str(round(limit / most * 100)) if most and limit else "100",
            "speedlimit_abs": str(limit or most or ""),
            "have_warnings": str(len(client.warnings)),
            "quota": f"{client.quota / GIB:.1f} G" if client.quota else empty,
            "have_quota": client.quota > 0,
            "left_quota": f"{left / GIB:.1f} G" if left else empty,
            "kbpersec": f"{down / 1024:.2f}",
        }

    def _queue(self, asked: Asked) -> Reply:
        if "name" in asked.query:
            return self._order(asked)
        jobs = [each for each in self.mine if each.state not in _OVER]
        start, limit = int(asked.query.get("start", 0)), int(asked.query.get("limit", 0) or len(jobs) or 1)
        slots = [_slot(place, each, self.client) for place, each in enumerate(jobs)][start : start + limit]
        left = sum(each.left for each in jobs)
        status = "Paused" if self.client.paused else "Downloading" if jobs else "Idle"
        more = {"noofslots_total": len(jobs), "noofslots": len(slots), "start": start, "limit": limit}
        return Json(
            {
                "queue": {
                    **self._header(),
                    **more,
                    "status": status,
                    "mbleft": f"{left / MIB:.2f}",
                    "slots": slots,
                }
            }
        )

    def _history(self, asked: Asked) -> Reply:
        if "name" in asked.query:
            return self._order(asked)
        over = [each for each in reversed(self.mine) if each.state in _OVER]
        now = tuple((each.id, each.state) for each in over)
        if now != self._seen:
            self._seen, self._updates = now, self._updates + 1
        if asked.query.get("last_history_update") == str(self._updates):
            return Json({"history": False})
        wanted = asked.query.get("nzo_ids")
        limit = int(asked.query.get("limit", 0) or len(over) or 1)
        slots = [_done(each) for each in over if wanted is None or each.id in wanted.split(",")][:limit]
        return Json(
            {"history": {"slots": slots, "noofslots": len(over), "last_history_update": self._updates}}
        )

    def _status(self, _: Asked) -> Reply:
        servers = [
            {
                "servername": name,
                "serveractive": True,
                "serveractiveconn": 0 if error else 8,
                "servertotalconn": 8,
                "servererror": error,
                "serverwarning": "",
                "serverbps": "0 ",
            }
            for name, error in self.client.servers.items()
        ]
        return Json({"status": {**self._header(), "apikey": self.api_key, "servers": servers}})

    # Writing

    def _pause(self, _: Asked) -> Reply:
        self.client.paused, self.pause_minutes = True, 0
        return Json({"status": True})

    def _resume(self, _: Asked) -> Reply:
        self.client.paused, self.pause_minutes = False, 0
        return Json({"status": True})

    def _config(self, asked: Asked) -> Reply:
        value = asked.query.get("value", "")
        match asked.query.get("name"):
            case "speedlimit":
                self.client.down_limit = self._limit(value)
            case "set_pause":
                self.client.paused, self.pause_minutes = True, int(value)
            case _:
                return Json({"status": False, "error": "not implemented"})
        return Json({"status": True})

    def _limit(self, value: str) -> int:
        """A small number, or one with a per cent sign, is a share of the line; others are bytes, with K or M."""
        number = float(value.strip(" %KM") or 0)
        if "%" in value or 0 < number * (1024 if "K" in value else 1) < 101:
            return round(self.bandwidth_max * number / 100)
        unit = 1024 if "K" in value else MIB if "M" in value else 1
        return 0 if not value.strip() else int(number * unit)

    def _order(self, asked: Asked) -> Reply:
        history = asked.query.get("mode") == "history"
        found = self.one(asked.query.get("value", ""))
        match asked.query["name"]:
            case "delete" if history:
                if found is not None and found.state in _OVER:
                    self.world.remove(found.id, asked.query.get("del_files") == "1")
                return Json({"status": True})
            case "delete":
                if found is None or found.state in _OVER:
                    return Json({"status": False, "nzo_ids": []})
                self.world.remove(found.id, asked.query.get("del_files") == "1")
                return Json({"status": True, "nzo_ids": [found.id]})
            case "pause" | "resume" as verb:
                # one that it does not know is answered the same
                if found is not None:
                    (self.world.pause if verb == "pause" else self.world.resume)(found.id)
                return Json({"status": True, "nzo_ids": [asked.query.get("value", "")]})
        return Json({"status": False, "error": "not implemented"})


def _warning(text: str) -> Row:
    return {"type": "WARNING", "text": text, "time": 1795395525, "origin": "interface.py420"}


def _slot(place: int, job: Download, client: Client) -> Row:
    row: Row = {
        "index": place,
        "nzo_id": job.id,
        "priority": "Normal",
        "filename": job.name,
        "labels": [],
        "cat": job.category or "*",
        "mb": f"{job.size / MIB:.2f}",
        "mbleft": f"{job.left / MIB:.2f}",
        "percentage": str(int(job.done / job.size * 100) if job.size else 0),
        "status": _STATES.get(job.state, "Queued"),
        "timeleft": "0:00:00",
        "avg_age": "409d",
    }
    return row | ({"time_added": int(job.added)} if client.version.startswith("5") else {})


def _done(job: Download) -> Row:
    failed = job.state is State.FAILED
    return {
        "nzo_id": job.id,
        "name": job.name,
        "nzb_name": f"{job.name}.nzb",
        "category": job.category or "*",
        "status": "Failed" if failed else "Completed",
        "fail_message": job.error,
        "bytes": job.size,
        "downloaded": int(job.done),
        "storage": job.path,
        "path": job.path,
        "completed": int(job.finished or 0),
        "stage_log": [],
        "action_line": "",
        "loaded": False,
        "retry": failed,
    }
