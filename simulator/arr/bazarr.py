"""The interface of a simulated Bazarr, as far as its health: no Servarr, but a page with an interface of its own."""

from collections.abc import Callable
from typing import Any

from simulator.serving import Face
from simulator.serving.asked import Asked
from simulator.serving.face import PAGE
from simulator.serving.replies import Json, Raw, Reply
from simulator.serving.routes import Route, Routes


class BazarrFace(Face):
    """Bazarr. issues: what it complains of, each of an object; episodes, movies: how many lack subtitles."""

    version = "1.5.3"

    def __init__(self, now: Callable[[], float], *, latency: float = 0.0, base: str = "") -> None:
        super().__init__(now, latency=latency)
        self.base = base
        self.key = "fedcba9876543210fedcba9876543210"
        self.issues: list[tuple[str, str]] = []
        self.episodes, self.movies = 12, 3
        self.routes = Routes(
            Route("GET", "/api/system/status", self._status),
            Route("GET", "/api/system/health", self._health),
            Route("GET", "/api/badges", self._badges),
        )

    def locate(self, asked: Asked) -> tuple[Route, dict[str, Any]] | Reply:
        """Which call it is: what is none of its interface is a page, and nobody gets in there without a key."""
        asked.path = asked.path.removeprefix(self.base) or "/"
        if not asked.path.startswith("/api/"):
            return Raw(PAGE, content_type="text/html; charset=utf-8")
        if asked.headers.get("X-Api-Key") != self.key:
            return Json({"message": "Unauthorized"}, 401)
        return self.routes.find(asked.verb, asked.path) or self.refuse(404, "Not found")

    def _status(self, asked: Asked) -> Reply:
        return Json(
            {
                "data": {
                    "bazarr_version": self.version,
                    "package_version": "",
                    "sonarr_version": "4.0.15.2941",
                    "radarr_version": "5.27.5.10198",
                    "operating_system": "Linux-6.12.15",
                    "python_version": "3.12.9",
                    "start_time": self.now() - 3 * 86400,
                    "timezone": "Europe/Berlin",
                }
            }
        )

    def _health(self, asked: Asked) -> Reply:
        return Json({"data": [{"object": what, "issue": why} for what, why in self.issues]})

    def _badges(self, asked: Asked) -> Reply:
        return Json(
            {
                "episodes": self.episodes,
                "movies": self.movies,
                "providers": 0,
                "status": len(self.issues),
                "sonarr_signalr": "LIVE",
                "radarr_signalr": "LIVE",
                "announcements": 0,
            }
        )
