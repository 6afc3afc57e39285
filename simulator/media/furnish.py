"""The download clients of the house, and what they are at: what a person finds there on a usual evening."""

from collections.abc import Mapping

from .download import Client, Disk, Fate, State
from .world import MediaWorld

MIB, GIB = 1 << 20, 1 << 30
TRACKER, PRIVATE = "https://tracker.example/announce", "https://private.example/announce"
# what each answers as, where nothing else is asked for
VERSIONS = {"qbittorrent": "5.1.2", "sabnzbd": "4.5.3", "transmission": "4.1.3", "nzbget": "21.0"}
_PATHS = {
    "qbittorrent": "/downloads",
    "sabnzbd": "/usenet",
    "transmission": "/downloads",
    "nzbget": "/usenet",
}


def add_client(world: MediaWorld, kind: str, version: str | None = None, name: str | None = None) -> Client:
    """Add a client that has nothing to do yet; its disks as well, where they are not there."""
    path = _PATHS[kind]
    client = Client(
        name=name or kind,
        kind=kind,
        version=version or VERSIONS[kind],
        save_path=path,
        categories={each: f"{path}/{each}" for each in ("sonarr", "radarr")},
    )
    if client.protocol == "usenet":
        client.servers = {"news.example": "", "backup.example": ""}
    else:
        client.max_active = 5
    if kind == "transmission":
        # which counts in thousands
        client.alt_down, client.alt_up = 10_000_000, 2_000_000
    world.clients[client.name] = client
    for each in (Disk(path, 931 * GIB, 380 * GIB), Disk("/data", 7200 * GIB, 6100 * GIB)):
        if world.disk(each.path) is None:
            world.disks.append(each)
    return client


def furnish(world: MediaWorld, clients: Mapping[str, str | None]) -> None:
    """Add clients by kind, each with its version, and give them something to do."""
    for kind, version in clients.items():
        client = add_client(world, kind, version)
        (_torrents if client.protocol == "torrent" else _posts)(world, client.name)


def _torrents(world: MediaWorld, client: str) -> None:
    grab = world.grab
    grab(
        client, "Harbour.Lights.S02E04.1080p.WEB.H264-EXMPL", size=3 * GIB, done=0.4 * GIB, category="sonarr",
        tracker=TRACKER, cap=6e6, indexer="Example Indexer",
    )  # fmt: skip
    grab(
        client, "The.Long.Tide.2024.2160p.WEB-DL-EXMPL", size=19 * GIB, done=7 * GIB, category="radarr",
        tracker=PRIVATE, private=True, cap=11e6, indexer="Private Indexer",
    )  # fmt: skip
    grab(
        client, "Old.Quay.S01E02.720p.HDTV-NOBODY", size=1 * GIB, done=0.6 * GIB, category="sonarr",
        tracker=TRACKER, fate=Fate.STALLS, turns_at=0.5, indexer="Example Indexer",
    )  # fmt: skip
    grab(
        client, "Debian.13.netinst", size=660 * MIB, done=660.0 * MIB, state=State.SEEDING, tracker=TRACKER,
        finished=world.clock.now() - 86400, uploaded=1.9 * GIB,
    )  # fmt: skip
    grab(
        client, "Winter.Harbour.2019.1080p.BluRay-EXMPL", size=9 * GIB, done=9.0 * GIB, state=State.SEEDING,
        category="radarr", tracker=PRIVATE, private=True, finished=world.clock.now() - 3 * 86400, uploaded=4.0 * GIB,
        imported="/data/movies/Winter Harbour (2019)",
    )  # fmt: skip


def _posts(world: MediaWorld, client: str) -> None:
    grab = world.grab
    grab(
        client, "Ferry.Tales.S03E07.1080p.WEB-EXMPL", size=2 * GIB, done=0.5 * GIB, category="sonarr", cap=9e6
    )
    grab(client, "Ferry.Tales.S03E08.1080p.WEB-EXMPL", size=2 * GIB, category="sonarr", cap=9e6)
    grab(
        client, "Ferry.Tales.S03E06.1080p.WEB-EXMPL", size=2 * GIB, done=2.0 * GIB, state=State.COMPLETED,
        category="sonarr", finished=world.clock.now() - 7200, imported="/data/series/Ferry Tales",
    )  # fmt: skip
