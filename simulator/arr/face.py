"""The interface of a simulated Arr with a library: Sonarr and Radarr in version 3, Lidarr and Readarr in version 1.

As in the real ones: the default page has ten rows, and DELETE takes the data along unless told otherwise.
"""

from collections.abc import Sequence
from typing import Any

from simulator.media import MediaWorld
from simulator.serving.asked import Asked
from simulator.serving.replies import Json, Reply
from simulator.serving.routes import Routes

from .kinds import KINDS
from .library import Library
from .rows import complaint, file_rows, history_row, queue_rows, series_row, spelled, stamp, thing_row
from .servarr import Servarr
from .things import Command, Thing


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
