"""What goes wrong with downloads; nothing happens where the house has no such client."""

from typing import Any, override

from simulator.media import Client, Fate, MediaWorld, State
from simulator.media.flow import GONE

from .base import Scenario

GIB = 1 << 30
TRACKER = "https://tracker.example/announce"


class OfDownloads(Scenario):
    """What these have in common: the clients, and the downloads that were added for it."""

    added: tuple[str, ...] = ()

    @property
    def media(self) -> MediaWorld:
        """What is downloaded."""
        return self.world.media

    def clients(self, protocol: str) -> list[Client]:
        """The clients of torrents, or of usenet."""
        return [each for each in self.media.clients.values() if each.protocol == protocol]

    def grab(self, client: Client, name: str, **more: Any) -> None:
        """Add a torrent that goes with the scenario."""
        found = self.media.grab(client.name, name, size=2 * GIB, tracker=TRACKER, **more)
        self.added = (*self.added, found.id)

    @override
    async def off(self) -> None:
        for key in self.added:
            self.media.remove(key, delete_data=True)
        self.added = ()


class TorrentsStall(OfDownloads):
    """Nobody has what is downloaded, any of it."""

    name = "torrents_stall"
    about = "All torrents stall, although the client is connected"

    @override
    async def on(self, **_: Any) -> None:
        self.before = {each.id: (each.fate, each.turns_at, each.seeds) for each in self._running()}
        for each in self._running():
            each.fate, each.turns_at = Fate.STALLS, 0.0
        for client in self.clients("torrent"):
            for number in range(3):
                self.grab(client, f"Pier.S01E0{number + 1}.1080p.WEB-EXMPL", fate=Fate.STALLS, turns_at=0.0)

    def _running(self) -> list[Any]:
        torrents = [each for each in self.media.downloads.values() if each.protocol == "torrent"]
        return [each for each in torrents if not each.state.over and each.state is not State.PAUSED]

    @override
    async def off(self) -> None:
        for key, (fate, turns_at, seeds) in self.before.items():
            if (each := self.media.downloads.get(key)) is not None:
                each.fate, each.turns_at, each.seeds = fate, turns_at, seeds
        await super().off()


class FilesGone(OfDownloads):
    """Files of torrents are gone."""

    name = "torrent_files_gone"
    about = "Somebody deleted the files of two torrents"

    @override
    async def on(self, **_: Any) -> None:
        for client in self.clients("torrent"):
            for name in ("Old.Ferry.2018.1080p-EXMPL", "Old.Ferry.2.2020.1080p-EXMPL"):
                self.grab(client, name, done=2.0 * GIB, state=State.ERRORED, error=GONE)


class Unregistered(OfDownloads):
    """A private tracker has deleted a torrent."""

    name = "torrent_unregistered"
    about = "A private tracker does not know a torrent any more"

    @override
    async def on(self, **_: Any) -> None:
        for client in self.clients("torrent"):
            self.grab(client, "Low.Tide.2024.1080p-EXMPL", fate=Fate.UNREGISTERED, turns_at=0.0, private=True)


class DownloadDiskFull(OfDownloads):
    """The disk that is downloaded to is full."""

    name = "download_disk_full"
    about = "The disk that is downloaded to is nearly full"

    @override
    async def on(self, free: float = 0.5 * GIB, **_: Any) -> None:
        self.others = {disk.path: disk.other for disk in self.media.disks}
        for client in self.media.clients.values():
            if (disk := self.media.disk(client.save_path)) is not None:
                disk.other += max(self.media.free(client.save_path) - free, 0.0)

    @override
    async def off(self) -> None:
        for disk in self.media.disks:
            disk.other = self.others.get(disk.path, disk.other)


class NewsServerDown(OfDownloads):
    """A news server refuses."""

    name = "news_server_down"
    about = "A news server refuses the login"

    @override
    async def on(self, **_: Any) -> None:
        for client in self.clients("usenet"):
            for name in list(client.servers)[:1]:
                client.servers[name] = "Failed login for server"
                client.warnings.append(f"Failed login for server {name}")

    @override
    async def off(self) -> None:
        for client in self.clients("usenet"):
            client.servers = dict.fromkeys(client.servers, "")


class QuotaUsedUp(OfDownloads):
    """The quota of the news client is used up."""

    name = "download_quota_used"
    about = "The quota of the news client is used up"

    @override
    async def on(self, **_: Any) -> None:
        for client in self.clients("usenet"):
            client.quota, client.quota_used = 100 * GIB, float(100 * GIB)

    @override
    async def off(self) -> None:
        for client in self.clients("usenet"):
            client.quota, client.quota_used = 0, 0.0


DOWNLOADS: tuple[type[Scenario], ...] = (
    TorrentsStall,
    FilesGone,
    Unregistered,
    DownloadDiskFull,
    NewsServerDown,
    QuotaUsedUp,
)
