"""What goes wrong with downloads: imports that fail, downloads that stand still, a VPN and indexers that are away."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, override

from simulator.arr import Release
from simulator.arr.rows import complaint
from simulator.media import Fate

from .base import Scenario

MIB = 1 << 20


class ImportFails(Scenario):
    """A film is downloaded and not imported. reason: a key of `simulator.arr.library.REFUSALS`."""

    name = "import_fails"
    about = "A film is downloaded, and Radarr does not import it: it is only a sample"

    @override
    async def on(self, reason: str = "sample", title: str = "Salt.2026.1080p.WEB-SAMPLER", **_: Any) -> None:
        if not self.sim.has_arrs:
            return
        radarr = self.sim.arrs.radarr
        bad = Release(
            title=title, things=(5,), client="sabnzbd", size=90 * MIB, group="SAMPLER", refused=reason
        )
        good = Release(title="Salt.2026.1080p.WEB.h264-NTb", things=(5,), client="sabnzbd", size=6 << 30)
        radarr.releases += [bad, good]
        radarr.grab_done(bad)


class DownloadStalls(Scenario):
    """A torrent that does not get on. how: stalls, slow, metadata, orphaned or duplicate."""

    name = "download_stalls"
    about = "A torrent of Sonarr stands still: nobody has the rest of it"
    buttons: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "On": {},
        "Too slow": {"how": "slow"},
        "No metadata": {"how": "metadata"},
        "Nobody asked for it": {"how": "orphaned"},
        "Comes twice": {"how": "duplicate"},
    }

    @override
    async def on(self, private: bool = False, how: str = "stalls", **_: Any) -> None:
        if not self.sim.has_arrs:
            return
        sonarr = self.sim.arrs.sonarr
        fates = {"stalls": Fate.STALLS, "slow": Fate.SLOW, "metadata": Fate.METADATA}
        release = Release(
            title="The.Long.Frost.S01E05.1080p.WEB-NOBODY",
            things=(205,),
            client="qbittorrent",
            group="NOBODY",
            size=1 << 30,
            fate=fates.get(how, Fate.FINE),
            private=private,
            known=how != "orphaned",
        )
        tracked = sonarr.grab(release)
        tracked.added -= 86400.0
        if how == "duplicate":
            other = replace(release, title="The.Long.Frost.S01E05.720p.WEB-TWICE")
            sonarr.grab(other, done=0.9 * other.size).added -= 86400.0


class VpnAway(Scenario):
    """The torrent client reaches nobody: all of its downloads stand still, and none of them is to blame."""

    name = "vpn_away"
    about = "The VPN of qBittorrent is away: all torrents stand still"

    @override
    async def on(self, **_: Any) -> None:
        self._set("disconnected")

    @override
    async def off(self) -> None:
        self._set("connected")

    def _set(self, state: str) -> None:
        if (client := self.world.media.clients.get("qbittorrent")) is not None:
            client.connection = state


class IndexersAway(Scenario):
    """No indexer answers: a search would find nothing."""

    name = "indexers_away"
    about = "No indexer answers Sonarr and Radarr"

    @override
    async def on(self, **_: Any) -> None:
        if not self.sim.has_arrs:
            return
        said = complaint("IndexerStatusCheck", "error", "All indexers are unavailable due to failures")
        for name in ("sonarr", "radarr"):
            self.sim.arrs.faces[name].complaints.append(said)
        for each in self.sim.arrs.prowlarr.indexers.values():
            each.until = self.world.clock.now() + 3600

    @override
    async def off(self) -> None:
        if not self.sim.has_arrs:
            return
        for name in ("sonarr", "radarr"):
            complaints = self.sim.arrs.faces[name].complaints
            complaints[:] = [each for each in complaints if each["source"] != "IndexerStatusCheck"]
        for each in self.sim.arrs.prowlarr.indexers.values():
            each.until = 0.0


class FilmsArrive(Scenario):
    """Films are completed on the disk of the downloads, which has little left. free: bytes that it has after them."""

    name = "films_arrive"
    about = "Three films are completed, and the disk that is downloaded to is nearly full"

    @override
    async def on(self, free: float = 30e9, size: float = 30e9, **_: Any) -> None:
        if not self.sim.has_arrs:
            return
        media, radarr = self.world.media, self.sim.arrs.radarr
        client = media.clients["sabnzbd"]
        disk = media.disk(client.save_path)
        assert disk is not None
        self.before = (disk, disk.other)
        disk.other += media.free(client.save_path) - 3 * size - free
        for thing, title in ((1, "Low.Tide"), (4, "Winter.Quarters"), (5, "Salt")):
            release = Release(
                title=f"{title}.2026.2160p.WEB.h265-NTb", things=(thing,), client=client.name, size=int(size)
            )
            radarr.grab_done(release)

    @override
    async def off(self) -> None:
        if not self.sim.has_arrs:
            return
        disk, other = self.before
        disk.other = other


MEDIA: tuple[type[Scenario], ...] = (
    ImportFails,
    DownloadStalls,
    VpnAway,
    IndexersAway,
    FilmsArrive,
)
