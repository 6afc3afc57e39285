"""What a simulated Arr with a library writes of what it knows, in the shapes of the recorded ones."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from .kinds import KINDS
from .library import Library
from .things import Entry, Thing, Tracked

type Row = dict[str, Any]

# as the library calls it
IMPORTED = "downloadFolderImported"

QUALITY = {
    "quality": {"id": 3, "name": "WEBDL-1080p", "source": "web", "resolution": 1080},
    "revision": {"version": 1, "real": 0, "isRepack": False},
}


def stamp(at: float) -> str:
    """An instant as they write it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def left(seconds: float) -> str:
    """A time as .NET writes it."""
    days, rest = divmod(int(seconds), 86400)
    hours, rest = divmod(rest, 3600)
    text = f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{days}.{text}" if days else text


def queue_rows(
    library: Library, tracked: Tracked, *, series: bool = False, episode: bool = False
) -> list[Row]:
    """The rows of one download: of a pack one per episode, each with the size of the whole."""
    things: tuple[int | None, ...] = tracked.things or (None,)
    rows = [_queue_row(library, tracked, thing, index) for index, thing in enumerate(things)]
    for row, thing in zip(rows, things, strict=True):
        known = library.things[thing] if thing is not None and library.app == "Sonarr" else None
        if known is not None and series:
            row["series"] = series_row(library, [known])
        if known is not None and episode:
            row["episode"] = thing_row(library, known)
    return rows


def _queue_row(library: Library, tracked: Tracked, thing: int | None, index: int) -> Row:
    status, health, error = library.state_of(tracked)
    download = library.media.downloads.get(tracked.download or "")
    release = tracked.release
    size = float(download.size if download else release.size)
    rest = float(download.left if download else release.size)
    # planned ones have ids of their own; the rows of a pack differ by one each
    row: Row = {
        "id": tracked.row + index,
        "languages": [{"id": 1, "name": "English"}],
        "quality": QUALITY,
        "customFormats": [],
        "customFormatScore": 0,
        "size": size,
        "title": release.title,
        "sizeleft": rest,
        "added": stamp(tracked.added),
        "status": status,
        "trackedDownloadStatus": health,
        "trackedDownloadState": KINDS[library.app].blocked
        if tracked.state == "importBlocked"
        else tracked.state,
        "statusMessages": (
            [{"title": release.title, "messages": [tracked.message]}] if tracked.message else []
        ),
        "protocol": download.protocol if download else "torrent",
        "downloadClient": release.client,
        "downloadClientHasPostImportCategory": False,
        "indexer": release.indexer,
    }
    if error:
        row["errorMessage"] = error
    if download is not None:
        row["outputPath"] = download.path
        if download.down > 0:
            row["timeleft"] = left(download.left / download.down)
    if tracked.download is not None:
        torrent = download is not None and download.protocol == "torrent"
        row["downloadId"] = tracked.download.upper() if torrent else tracked.download
    else:
        row["estimatedCompletionTime"] = stamp(tracked.added + 7200)
    if thing is None:
        return row
    row |= _about(library, thing)
    if library.app != "Sonarr":
        return row
    known = library.things[thing]
    return row | {"seasonNumber": known.season, "episodeHasFile": known.has_file}


def _about(library: Library, thing: int) -> Row:
    """What a record is about, and what that belongs to."""
    kind = KINDS[library.app]
    return {kind.thing: thing} | ({kind.above: library.things[thing].series} if kind.above else {})


def spelled(download: str) -> str:
    """A download's id as they write it: an info-hash in capitals."""
    return download.upper() if len(download) == 40 else download


def file_rows(library: Library, tracked: Tracked) -> list[Row]:
    """The files of a download, each with what it is taken for and what is wrong with it."""
    download = library.media.downloads.get(tracked.download or "")
    if download is None or download.left >= 1:
        return []
    refused = tracked.release.refused
    rows: list[Row] = []
    for thing in tracked.things or (None,):
        row: Row = {
            "id": tracked.row,
            "path": f"{download.path}/{tracked.release.title}.mkv",
            "folderName": tracked.release.title,
            "name": tracked.release.title,
            "size": download.size // max(len(tracked.things), 1),
            "quality": QUALITY,
            "languages": [{"id": 1, "name": "English"}],
            "releaseGroup": tracked.release.group,
            "downloadId": spelled(download.id),
            "indexerFlags": 0,
            "rejections": [{"reason": refused, "type": "permanent"}] if refused else [],
        }
        if thing is not None and library.app == "Radarr":
            row["movie"] = {"id": thing, "title": library.things[thing].title}
        elif thing is not None:
            known = library.things[thing]
            row |= {
                "series": {"id": known.series},
                "episodes": [{"id": thing}],
                "releaseType": "singleEpisode",
            }
        rows.append(row)
    return rows


def history_row(library: Library, entry: Entry) -> Row:
    """A line of the history."""
    data: Row = {"indexer": entry.release.indexer, "releaseGroup": entry.release.group, "size": "0"}
    if entry.kind == "grabbed":
        data |= {"downloadClient": "qBittorrent", "downloadClientName": entry.release.client, "protocol": "1"}
    if entry.message:
        data["message"] = entry.message
    row: Row = {
        "id": entry.id,
        "sourceTitle": entry.release.title,
        "quality": QUALITY,
        "languages": [],
        "customFormats": [],
        "customFormatScore": 0,
        "qualityCutoffNotMet": False,
        "date": stamp(entry.at),
        "eventType": KINDS[library.app].imported if entry.kind == IMPORTED else entry.kind,
        "data": data,
    }
    if entry.download is not None:
        row["downloadId"] = spelled(entry.download)
    return row | _about(library, entry.thing)


def thing_row(library: Library, thing: Thing, *, above: bool = False) -> Row:
    """A film, an episode, an album or a book. above: with what it belongs to."""
    row: Row = {"id": thing.id, "title": thing.title, "hasFile": thing.has_file, "monitored": thing.monitored}
    if library.app == "Radarr":
        return row | {
            "digitalRelease": stamp(thing.airs),
            "inCinemas": stamp(thing.airs - 9e6),
            "runtime": 118,
        }
    if library.app == "Lidarr":
        row |= {"artistId": thing.series, "releaseDate": stamp(thing.airs), "albumType": "Album"}
        del row["hasFile"]
        artist = {"id": thing.series, "artistName": thing.series_title}
        return row | ({"artist": artist} if above else {})
    if library.app == "Readarr":
        del row["hasFile"]
        row |= {"authorId": thing.series, "authorTitle": f"{thing.series_title} {thing.title}"}
        author = {"id": thing.series, "authorName": thing.series_title}
        return row | {"releaseDate": stamp(thing.airs)} | ({"author": author} if above else {})
    row |= {
        "seriesId": thing.series,
        "seasonNumber": thing.season,
        "episodeNumber": thing.episode,
        "airDate": stamp(thing.airs)[:10],
        "airDateUtc": stamp(thing.airs),
        "runtime": 45,
    }
    return row | ({"series": series_row(library, [thing])} if above else {})


def series_row(library: Library, episodes: Sequence[Thing]) -> Row:
    """A series, of which these are the episodes."""
    first = episodes[0]
    there = sum(each.has_file for each in episodes)
    counts = {
        "episodeFileCount": there,
        "episodeCount": len(episodes),
        "totalEpisodeCount": len(episodes),
        "sizeOnDisk": there << 32,
        "percentOfEpisodes": 100 * there / len(episodes),
    }
    return {
        "id": first.series,
        "title": first.series_title,
        "sortTitle": first.series_title.lower(),
        "status": "continuing",
        "ended": False,
        "overview": f"{first.series_title}, and what became of it. " * 4,
        "network": "Harbour One",
        "images": [
            {"coverType": kind, "url": f"/MediaCover/{first.series}/{kind}.jpg?lastWrite=638990000000000000"}
            for kind in ("banner", "poster", "fanart")
        ],
        "seasons": [{"seasonNumber": first.season, "monitored": True, "statistics": counts}],
        "year": 2024,
        "path": f"{library.root}/{first.series_title}",
        "qualityProfileId": 1,
        "seasonFolder": True,
        "monitored": True,
        "useSceneNumbering": False,
        "runtime": 45,
        "tvdbId": 300_000 + (first.series or 0),
        "seriesType": "standard",
        "cleanTitle": "".join(filter(str.isalnum, first.series_title.lower())),
        "genres": ["Drama"],
        "tags": [],
        "added": "2024-02-01T20:11:02Z",
        "statistics": {"seasonCount": 1, **counts},
    }


def complaint(source: str, level: str, message: str) -> Row:
    """A line of its health."""
    return {
        "source": source,
        "type": level,
        "message": message,
        "wikiUrl": "https://wiki.servarr.com/sonarr/system",
    }
