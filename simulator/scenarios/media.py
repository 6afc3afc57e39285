"""What goes wrong with downloads: imports that fail, downloads that stand still, a VPN and indexers that are away."""

from typing import Any, override

from simulator.arr import Release
from simulator.arr.rows import complaint
from simulator.media import Fate
from simulator.media.mooring import PLEX
from simulator.plex import PlexFace
from simulator.plex.theatre import Theatre

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
    """A torrent that nobody shares any more."""

    name = "download_stalls"
    about = "A torrent of Sonarr stands still: nobody has the rest of it"

    @override
    async def on(self, private: bool = False, **_: Any) -> None:
        if not self.sim.has_arrs:
            return
        release = Release(
            title="The.Long.Frost.S01E05.1080p.WEB-NOBODY",
            things=(205,),
            client="qbittorrent",
            group="NOBODY",
            size=1 << 30,
            fate=Fate.STALLS,
            private=private,
        )
        tracked = self.sim.arrs.sonarr.grab(release)
        tracked.added -= 86400.0


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


class RemoteStream(Scenario):
    """Somebody watches from outside the house; each time it is made to happen one more does. kbps: what each takes."""

    name = "remote_stream"
    about = "Somebody watches a film on Plex from outside the house"
    goes_on = True

    @override
    async def on(self, kbps: int = 16_000, title: str = "The Long Tide", **_: Any) -> None:
        if (theatre := self._theatre()) is not None:
            theatre.play(title, remote=True, kbps=kbps, player="Phone of Ann")

    @override
    async def off(self) -> None:
        if (theatre := self._theatre()) is not None:
            for key in [each.key for each in theatre.showings.values() if each.remote]:
                theatre.stop(key)

    def _theatre(self) -> Theatre | None:
        face = self.sim.quay.face(PLEX) if PLEX in self.sim.quay.names else None
        return face.theatre if isinstance(face, PlexFace) else None


MEDIA: tuple[type[Scenario], ...] = (
    ImportFails,
    DownloadStalls,
    VpnAway,
    IndexersAway,
    FilmsArrive,
    RemoteStream,
)
