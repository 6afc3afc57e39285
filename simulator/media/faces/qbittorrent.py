"""qBittorrent's WebAPI, of the release that the client in the world has: 4.5 to 5.3."""

from collections.abc import Callable
import json
from typing import Any
from urllib.parse import urlsplit

from simulator.media.world import MediaWorld
from simulator.serving.asked import Asked
from simulator.serving.replies import Json, Raw, Reply
from simulator.serving.routes import Route, Routes

from .base import ClientFace
from .qbittorrent_rows import Row, preferences, server_state, torrent, tracker_rows

API = "/api/v2"
WEB_API = {(4, 5): "2.8.19", (5, 0): "2.11.2", (5, 1): "2.11.4", (5, 2): "2.14.1", (5, 3): "2.16.2"}
BANNED = "Your IP address has been banned after too many failed authentication attempts."
_LIMITS = {
    "dl_limit": "down_limit",
    "up_limit": "up_limit",
    "alt_dl_limit": "alt_down",
    "alt_up_limit": "alt_up",
}


class QBittorrentFace(ClientFace):
    """`open_to_all`: this address need not log in. `hosts`: names under which it may be reached, None for any."""

    def __init__(self, world: MediaWorld, name: str = "qbittorrent", *, latency: float = 0.0) -> None:
        super().__init__(world, name, latency=latency)
        self.api_key = f"qbt_{self.api_key[:28]}"
        self.open_to_all = False
        self.hosts: frozenset[str] | None = None
        self.scheduled = False
        # slow torrents run beside those that may run
        self.slow_apart = False
        self.banned = False
        # by session: the number of its last answer, and what that held
        self._sessions: dict[str, tuple[int, dict[str, Row], Row]] = {}
        self._before: tuple[bool, int] = (True, 3)
        post: dict[str, Callable[[Asked], Reply]] = {
            "auth/login": self._login,
            "auth/logout": self._logout,
            "app/setPreferences": self._set_preferences,
            "transfer/setSpeedLimitsMode": self._set_mode,
            "torrents/delete": self._delete,
            "torrents/recheck": self._each("recheck"),
            "torrents/reannounce": lambda _: _text(""),
            "torrents/setLocation": self._set_location,
            "torrents/pause": self._rest,
            "torrents/resume": self._go_on,
            "torrents/stop": self._rest,
            "torrents/start": self._go_on,
        }
        get: dict[str, Callable[[Asked], Reply]] = {
            "app/version": lambda _: _text(f"v{self.client.version}"),
            "app/webapiVersion": lambda _: _text(WEB_API.get(self.release, "2.16.2")),
            "app/preferences": lambda _: Json(
                preferences(self.client, scheduled=self.scheduled, slow_apart=self.slow_apart)
            ),
            "sync/maindata": self._maindata,
            "torrents/info": self._info,
            "torrents/properties": self._properties,
            "torrents/trackers": self._trackers,
            "torrents/categories": self._categories,
            "transfer/info": lambda _: Json(server_state(self.world, self.client)),
            "transfer/speedLimitsMode": lambda _: _text(str(int(self.client.alt_on))),
        }
        self.routes = Routes(
            *(Route("POST", f"{API}/{path}", handler) for path, handler in post.items()),
            *(Route("GET", f"{API}/{path}", handler) for path, handler in get.items()),
        )

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor."""
        major, minor, *_ = self.client.version.split(".")
        return int(major), int(minor)

    def forget_sessions(self) -> None:
        """It was started anew: nobody is logged in, nobody is banned."""
        self._sessions.clear()
        self.banned, self.failed = False, 0

    # Who may ask

    def refuse(self, status: int, message: str) -> Reply:
        """An error as qBittorrent writes them: a sentence."""
        return _text({404: "Not Found", 405: "Method Not Allowed"}.get(status, message), status)

    def locate(self, asked: Asked) -> tuple[Route, dict[str, Any]] | Reply:
        """What was called otherwise in another release is not there."""
        gone = (
            ("/torrents/pause", "/torrents/resume")
            if self.release >= (5, 0)
            else ("/torrents/stop", "/torrents/start")
        )
        if asked.path.endswith(gone):
            return self.refuse(404, "")
        if asked.verb == "GET" and self.routes.find("POST", asked.path):
            return self.refuse(405, "")
        if asked.verb == "POST" and (found := self.routes.find("GET", asked.path)):
            # what only reads may be asked for either way
            asked.query = {**asked.query, **asked.form}
            return found
        return super().locate(asked)

    async def handle(self, route: Route, asked: Asked) -> Reply:
        """Let in who may come in."""
        host = urlsplit(f"//{asked.headers.get('Host', '')}").hostname or ""
        referer = asked.headers.get("Referer")
        if self.hosts is not None and host not in self.hosts:
            return _text("Unauthorized", 401)
        if referer and urlsplit(referer).netloc != asked.headers.get("Host", ""):
            return _text("Unauthorized", 401)
        if route.pattern.endswith("/auth/login") or self.open_to_all or self._session(asked) is not None:
            return await super().handle(route, asked)
        return _text("Forbidden", 403)

    def _session(self, asked: Asked) -> str | None:
        given = asked.headers.get("Authorization", "")
        if self.release >= (5, 2) and given == f"Bearer {self.api_key}":
            self._sessions.setdefault("key", (0, {}, {}))
            return "key"
        for part in asked.headers.get("Cookie", "").split(";"):
            _, _, value = part.strip().partition("=")
            if value in self._sessions:
                return value
        return None

    def _login(self, asked: Asked) -> Reply:
        if self.banned:
            # who is in already stays in
            return _text(BANNED, 403)
        self.logins += 1
        new = self.release >= (5, 2)
        if (asked.form.get("username"), asked.form.get("password")) != (self.username, self.password):
            self.failed += 1
            self.banned = self.failed >= (4 if new else 5)
            return _text("Unauthorized", 401) if new else _text("Fails.")
        self.failed = 0
        session = f"session{self.logins}"
        self._sessions[session] = (0, {}, {})
        cookie = f"{'QBT_SID_8080' if new else 'SID'}={session}; HttpOnly; path=/; SameSite=Strict"
        return Raw(b"" if new else b"Ok.", 204 if new else 200, {"Set-Cookie": cookie})

    def _logout(self, asked: Asked) -> Reply:
        self._sessions.pop(self._session(asked) or "", None)
        return _text("")

    # Reading

    def _rows(self) -> dict[str, Row]:
        return {each.id: torrent(each, self.release) for each in self.mine}

    def _maindata(self, asked: Asked) -> Reply:
        session = self._session(asked) or "anybody"
        last, known, told = self._sessions.get(session, (0, {}, {}))
        rows, state = self._rows(), server_state(self.world, self.client)
        full = not last or asked.query.get("rid") != str(last)
        if full:
            known, told = {}, {}
        number = last % 999_999 + 1
        self._sessions[session] = (number, rows, state)
        answer: Row = {"rid": number}
        changed = {key: _changed(row, known.get(key, {})) for key, row in rows.items()}
        if full:
            answer |= {"full_update": True, "categories": self._category_rows(), "tags": [], "trackers": {}}
        if torrents := {key: row for key, row in changed.items() if row}:
            answer["torrents"] = torrents
        if gone := [key for key in known if key not in rows]:
            answer["torrents_removed"] = gone
        if news := _changed(state, told):
            answer["server_state"] = news
        return Json(answer)

    def _info(self, asked: Asked) -> Reply:
        wanted = asked.query.get("hashes", "")
        keys = set(wanted.split("|")) if wanted else None
        category = asked.query.get("category")
        return Json(
            [
                {"hash": key, **row}
                for key, row in self._rows().items()
                if (keys is None or key in keys) and (category is None or row["category"] == category)
            ]
        )

    def _properties(self, asked: Asked) -> Reply:
        if (found := self.one(asked.query.get("hash", ""))) is None:
            return self.refuse(404, "")
        return Json(
            {"hash": found.id, "name": found.name, "is_private": found.private, "save_path": found.save_path}
        )

    def _trackers(self, asked: Asked) -> Reply:
        if (found := self.one(asked.query.get("hash", ""))) is None:
            return self.refuse(404, "")
        return Json(tracker_rows(found, self.release))

    def _category_rows(self) -> Row:
        return {name: {"name": name, "savePath": path} for name, path in self.client.categories.items()}

    def _categories(self, _: Asked) -> Reply:
        return Json(self._category_rows())

    # Writing

    def _set_preferences(self, asked: Asked) -> Reply:
        try:
            wanted = json.loads(asked.form.get("json", ""))
        except ValueError:
            return _text("Bad Request", 400)
        client = self.client
        for key, name in _LIMITS.items():
            if key in wanted:
                # kept in whole KiB
                setattr(client, name, max(int(wanted[key]), 0) // 1024 * 1024)
        client.max_seeding = int(wanted.get("max_active_uploads", client.max_seeding))
        client.max_running = int(wanted.get("max_active_torrents", client.max_running))
        if {"queueing_enabled", "max_active_downloads"} & wanted.keys():
            queueing = bool(wanted.get("queueing_enabled", client.max_active >= 0))
            client.max_active = (
                int(wanted.get("max_active_downloads", max(client.max_active, 0))) if queueing else -1
            )
        self.scheduled = bool(wanted.get("scheduler_enabled", self.scheduled))
        self.slow_apart = bool(wanted.get("dont_count_slow_torrents", self.slow_apart))
        return _text("")

    def _set_mode(self, asked: Asked) -> Reply:
        if asked.form.get("mode") not in ("0", "1"):
            return _text("Bad Request", 400)
        self.client.alt_on = asked.form["mode"] == "1"
        return _text("")

    def _delete(self, asked: Asked) -> Reply:
        for key in self._keys(asked):
            self.world.remove(key, asked.form.get("deleteFiles") == "true")
        return _text("")

    def _set_location(self, asked: Asked) -> Reply:
        if not asked.form.get("location"):
            return _text("Save path cannot be empty", 400)
        for key in self._keys(asked):
            self.world.move(key, asked.form["location"])
        return _text("")

    def _rest(self, asked: Asked) -> Reply:
        return self._each("pause")(asked)

    def _go_on(self, asked: Asked) -> Reply:
        return self._each("resume")(asked)

    def _each(self, what: str) -> Callable[[Asked], Reply]:
        """Call a method of the world, whichever it belongs to then, for each torrent."""

        def handler(asked: Asked) -> Reply:
            for key in self._keys(asked):
                getattr(self.world, what)(key)
            return _text("")

        return handler

    def _keys(self, asked: Asked) -> list[str]:
        wanted = asked.form.get("hashes", "")
        return [each.id for each in self.mine if wanted == "all" or each.id in wanted.split("|")]


def _text(said: str, status: int = 200) -> Reply:
    return Raw(said.encode(), status, content_type="text/plain; charset=UTF-8")


def _changed(new: Row, old: Row) -> Row:
    return {key: value for key, value in new.items() if key not in old or old[key] != value}
