"""What the simulated house's Sonarr, Radarr and Prowlarr have: series, films, releases, and a queue that runs."""

from typing import TYPE_CHECKING

from simulator.media import Fate, MediaWorld, add_client

from .indexers import Indexer, Prowlarr
from .library import Library
from .things import Release, Thing

if TYPE_CHECKING:
    from simulator.world import World

GIB = 1 << 30
DAY = 86400.0
TORRENTS, NEWS = "qbittorrent", "sabnzbd"
SERIES = ("Harbour Lights", "The Long Frost", "Nine Bridges")
FILMS = ("Low Tide", "A Paper Moon Over Turin", "The Cartographer", "Winter Quarters", "Salt")


def _clients(media: MediaWorld) -> None:
    """Put in what nobody else has furnished."""
    for kind in (TORRENTS, NEWS):
        if kind not in media.clients:
            add_client(media, kind)


def _adopt(library: Library) -> None:
    """Follow what a client already has for it, as a person finds it there on a usual evening."""
    for download in list(library.media.downloads.values()):
        if download.category != library.category or download.imported is not None:
            continue
        key = library.number()
        library.things[key] = Thing(
            id=key,
            title=download.name,
            series=key,
            series_title=download.name.split(".S0")[0].replace(".", " "),
        )
        release = Release(
            title=download.name,
            things=(key,),
            client=download.client,
            size=download.size,
            indexer=download.indexer or "Example Indexer",
            group="EXMPL",
        )
        library.follow(release, download.id)


def furnish_others(media: MediaWorld) -> tuple[Library, Library]:
    """Return a Lidarr and a Readarr: one has an import that failed, of the other a book waits to be imported."""
    _clients(media)
    now = media.clock.now()
    lidarr, readarr = (
        Library("Lidarr", media, "/data/music", "lidarr"),
        Library("Readarr", media, "/data/books", "readarr"),
    )
    for library, above, titles in (
        (lidarr, "The Ferrymen", ("Slack Water", "Landfall")),
        (readarr, "Ida Brandt", ("The Lamp", "The Keeper")),
    ):
        for number, title in enumerate(titles, 1):
            library.things[number] = Thing(
                id=number, title=title, series=7, series_title=above, airs=now + (2 * number - 3) * 10 * DAY
            )
    bad = Release(
        title="The.Ferrymen-Slack.Water-2026-FLAC-GRP",
        things=(1,),
        client=NEWS,
        group="GRP",
        refused="sample",
    )
    good = Release(title="The.Ferrymen-Slack.Water-2026-FLAC-OTHER", things=(1,), client=NEWS, group="OTHER")
    lidarr.releases += [bad, good]
    lidarr.grab_done(bad)
    readarr.grab_done(
        Release(
            title="Ida.Brandt-The.Lamp-EPUB", things=(1,), client=NEWS, group="BOOKS", refused="unreadable"
        )
    )
    return lidarr, readarr


def furnish(world: World) -> tuple[Library, Library, Prowlarr]:
    """Return Sonarr, Radarr and Prowlarr of a world whose downloads are under way."""
    media = world.media
    _clients(media)
    now = media.clock.now()
    sonarr = Library("Sonarr", media, "/data/series", "sonarr")
    radarr = Library("Radarr", media, "/data/movies", "radarr")
    for library in (sonarr, radarr):
        _adopt(library)
    _shelve(sonarr, radarr, now)
    _order(sonarr, radarr)
    indexers = {1: Indexer(1, "Harbour Index"), 2: Indexer(2, "Second Index", "usenet")}
    return sonarr, radarr, Prowlarr(indexers)


def _shelve(sonarr: Library, radarr: Library, now: float) -> None:
    """Fill the lists of what there is and what is missing."""
    for number, title in enumerate(SERIES, 1):
        for episode in range(1, 9):
            key = number * 100 + episode
            airs = now + (episode - 6 + number / 10) * 7 * DAY
            sonarr.things[key] = Thing(
                id=key,
                title=f"Part {episode}",
                series=number,
                series_title=title,
                episode=episode,
                airs=airs,
                has_file=airs < now - 7 * DAY,
            )
    for number, title in enumerate(FILMS, 1):
        airs = now + (number - 4) * 20 * DAY
        radarr.things[number] = Thing(id=number, title=title, airs=airs, has_file=number == 1)


def _order(sonarr: Library, radarr: Library) -> None:
    """Let some of it be under way, wait, or have failed."""
    sonarr.grab(
        Release(title="Harbour.Lights.S01E05.1080p.WEB.h264-NTb", things=(105,), client=TORRENTS), done=GIB
    )
    sonarr.delay(
        Release(title="Nine.Bridges.S01E05.1080p.WEB.h264-FLUX", things=(305,), client=TORRENTS, group="FLUX")
    )
    radarr.grab(
        Release(
            title="The.Cartographer.2026.1080p.BluRay.x264-SPARKS",
            things=(3,),
            client=NEWS,
            group="SPARKS",
            size=9 * GIB,
        )
    )
    # what there is of a film whose import has failed: another release can be found
    bad = Release(
        title="A.Paper.Moon.Over.Turin.2025.1080p.WEB-SAMPLER",
        things=(2,),
        client=NEWS,
        group="SAMPLER",
        indexer="Second Index",
        refused="sample",
        size=GIB // 16,
    )
    good = Release(
        title="A.Paper.Moon.Over.Turin.2025.1080p.WEB.h264-NTb",
        things=(2,),
        client=NEWS,
        size=6 * GIB,
        fate=Fate.FINE,
    )
    radarr.releases += [bad, good]
    radarr.grab_done(bad)
