"""A house with a lot of media, for the benchmarks: queues of thousands of rows, hundreds of torrents, dozens who watch.

Everything is put there as if it had been so for long, and then goes on by itself. As the real ones do, an Arr tells once a minute
that its queue was looked at, and Plex every ten seconds how far each player is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
import itertools
import random
from typing import TYPE_CHECKING, Final

from .arr.library import Library
from .arr.things import Release, Thing
from .media.download import Download, Fate, State
from .media.world import MediaWorld
from .noise import digest

if TYPE_CHECKING:
    from .arr.mooring import Arrs
    from .plex import Theatre

GIB: Final = 1 << 30
TORRENTS, NEWS = ("qbittorrent", "transmission"), ("sabnzbd", "nzbget")
# of all rows: the share of each Arr, and which of the clients of each kind it has
SHARES: Final = {"sonarr": (0.6, 0), "radarr": (0.2, 0), "sonarr-4k": (0.15, 1), "radarr-4k": (0.05, 1)}
# episodes of a pack, which is one torrent, and of a series
PACK, SERIES = 10, 20
# one in so many is not imported, and one in so many has nobody left who seeds it
REFUSED, DEAD = 60, 40
# bytes a second that the sources of one give, now more and now less
CAP: Final = 1e6
# torrents that may download at once
AT_ONCE: Final = 20
# as usual disks hold: so many times that
ROOM: Final = 20
WAYS: Final = ("", "hardware", "", "partial", "software")
QUEUES_EVERY, PLAYERS_EVERY, WANDERS_EVERY = 60.0, 10.0, 5.0


@dataclass(frozen=True, slots=True)
class Load:
    """How much there is: rows of all queues together, torrents of qBittorrent, who watches."""

    rows: int = 2000
    torrents: int = 500
    streams: int = 50

    def fill(self, media: MediaWorld, arrs: Arrs, theatre: Theatre) -> None:
        """Put it all there."""
        for name in TORRENTS:
            media.clients[name].max_active = AT_ONCE
        for disk in media.disks:
            disk.size, disk.other = disk.size * ROOM, disk.other * ROOM
        for name, (share, place) in SHARES.items():
            _fill(arrs.library(name), round(self.rows * share), TORRENTS[place], NEWS[place])
        _seed(media, self.torrents - len(media.of(TORRENTS[0])))
        for number in range(self.streams):
            remote, way = number % 3 == 0, WAYS[number % len(WAYS)]
            theatre.play(f"Film {number}", user=f"Guest {number}", remote=remote, kbps=900, way=way)


def _fill(library: Library, rows: int, torrents: str, news: str) -> None:
    """Let half of the rows be torrents, of which those of a series are packs, and half single posts."""
    pack = PACK if library.app == "Sonarr" else 1
    things = _things(library)
    for number in range(rows // 2 // pack):
        _take(library, tuple(itertools.islice(things, pack)), torrents, number)
    for number in range(rows - rows // 2 // pack * pack):
        _take(library, tuple(itertools.islice(things, 1)), news, number)


def _things(library: Library) -> Iterator[int]:
    """Yield ids of what is wanted, and came out long ago."""
    for number in itertools.count():
        key, series = 10_000 + number, 1000 + number // SERIES
        title, airs = f"Film {number}", library.media.clock.now() - 90 * 86400.0
        more = {"series": series, "series_title": f"Series {series}", "episode": number % SERIES + 1}
        if library.app != "Sonarr":
            more = {}
        library.things[key] = Thing(id=key, title=title, airs=airs, **more)  # type: ignore[arg-type]
        yield key


def _take(library: Library, things: tuple[int, ...], client: str, number: int) -> None:
    media, torrent = library.media, client in TORRENTS
    title = f"{library.category}.{things[0]}.S01.1080p.WEB.h264-GRP{number % 7}"
    refused = "sample" if number % REFUSED == REFUSED - 1 else ""
    size = GIB + number % 9 * GIB // 2
    release = Release(title=title, things=things, client=client, size=size, refused=refused)
    done = 1.0 if refused else number % 10 / 10
    key = (
        f"SABnzbd_nzo_{digest(media.seed, title)[:8]}"
        if client == NEWS[0]
        else str(100_000 + len(media.downloads))
    )
    download = Download(
        id=digest(media.seed, "load", title)[:40] if torrent else key,
        client=client,
        name=title,
        protocol=media.clients[client].protocol,
        category=library.category,
        size=size,
        added=media.clock.now() - 7200 - number,
        save_path=media.clients[client].save_path,
        state=State.COMPLETED if refused else State.QUEUED,
        done=done * size,
        fate=Fate.STALLS if torrent and number % DEAD == DEAD - 1 else Fate.FINE,
        turns_at=0.0,
        cap=CAP,
        tracker="https://tracker.example/announce" if torrent else "",
    )
    media.downloads[download.id] = download
    tracked = library.follow(release, download.id)
    tracked.added = download.added
    if refused:
        library.take_in(tracked)


def _seed(media: MediaWorld, count: int) -> None:
    """Let torrents seed that were imported long ago."""
    for number in range(count):
        name = f"Old.Film.{number}.1080p.BluRay-GRP"
        key = digest(media.seed, "load", name)[:40]
        media.downloads[key] = Download(
            id=key,
            client=TORRENTS[0],
            name=name,
            protocol="torrent",
            category="radarr",
            size=8 * GIB,
            added=media.clock.now() - 30 * 86400.0,
            save_path=media.clients[TORRENTS[0]].save_path,
            state=State.SEEDING,
            done=8.0 * GIB,
            uploaded=11.0 * GIB,
            finished=media.clock.now() - 29 * 86400.0,
            tracker="https://tracker.example/announce",
            imported=f"/data/movies/{name}",
            # of old ones only few are wanted
            wanted=20e3 if number % 10 == 0 else 0.0,
        )


class Chatter:
    """What the servers of such a house tell by themselves."""

    def __init__(self, now: float) -> None:
        self._players = self._wandered = now
        # by name: each of them was started at another moment
        self._queues: dict[str, float] = {}

    def tick(self, now: float, arrs: Arrs, theatre: Theatre) -> None:
        """Tell what is due."""
        media = theatre.world
        if media.clock.moving and now - self._wandered >= WANDERS_EVERY:
            self._wandered = now
            chance = random.Random(f"{media.seed} {now}")
            for each in media.downloads.values():
                if each.state is State.DOWNLOADING:
                    each.cap = CAP * chance.uniform(0.8, 1.2)
        for place, (name, face) in enumerate(arrs.faces.items()):
            apart = QUEUES_EVERY * place / len(arrs.faces)
            if now - self._queues.setdefault(name, now - apart) >= QUEUES_EVERY:
                self._queues[name] = now
                face.tell("queue/status", "queue")
        if now - self._players >= PLAYERS_EVERY:
            self._players = now
            for showing in theatre.showings.values():
                offset = int(1000 * theatre.at(showing))
                row = {"sessionKey": showing.key, "state": showing.state, "viewOffset": offset}
                theatre.tell("playing", {"PlaySessionStateNotification": [row]})
