"""The interface of a simulated Prowlarr, version 1: indexers and their failures, and no queue."""

from collections.abc import Callable
from typing import Any

from simulator.serving.asked import Asked
from simulator.serving.replies import Json, Reply
from simulator.serving.routes import Routes

from .indexers import Prowlarr
from .rows import complaint, stamp
from .servarr import Servarr


class ProwlarrFace(Servarr):
    """Prowlarr."""

    api = "v1"
    app_name = "Prowlarr"
    version = "2.3.0.5236"

    def __init__(self, state: Prowlarr, now: Callable[[], float], **more: Any) -> None:
        super().__init__(now, **more)
        self.state = state
        self.routes = Routes(
            *self.common,
            self.at("GET", "indexer", self._indexers),
            self.at("GET", "indexerstatus", self._failures),
            self.at(
                "GET",
                "history",
                lambda _: Json({"page": 1, "pageSize": 10, "totalRecords": 0, "records": []}),
            ),
        )

    def health(self) -> list[dict[str, Any]]:
        """What it complains of: of indexers that fail."""
        failing = [each.name for each in self.state.indexers.values() if each.until > self.now()]
        if not failing:
            return self.complaints
        level = "error" if len(failing) == len(self.state.indexers) else "warning"
        said = f"Indexers unavailable due to failures: {', '.join(failing)}"
        return [*self.complaints, complaint("IndexerStatusCheck", level, said)]

    def _indexers(self, asked: Asked) -> Reply:
        return Json(
            [
                {
                    "id": each.id,
                    "name": each.name,
                    "enable": each.enabled,
                    "protocol": each.protocol,
                    "privacy": "public",
                    "priority": 25,
                    "fields": [{"name": "apiKey", "value": "********"}],
                }
                for each in self.state.indexers.values()
            ]
        )

    def _failures(self, asked: Asked) -> Reply:
        return Json(
            [
                {
                    "id": each.id,
                    "indexerId": each.id,
                    "disabledTill": stamp(each.until),
                    "mostRecentFailure": stamp(self.now()),
                    "initialFailure": stamp(each.since or self.now()),
                }
                for each in self.state.indexers.values()
                if each.until
            ]
        )
