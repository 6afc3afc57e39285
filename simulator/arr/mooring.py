"""The faces of the Arrs and the cables in front of them."""

from dataclasses import dataclass, field
import ssl
from typing import TYPE_CHECKING, Any

from simulator.servers import Servers
from simulator.wire import Wire

from .face import ArrFace, Servarr
from .house import furnish
from .library import Library
from .prowlarr import ProwlarrFace

if TYPE_CHECKING:
    from simulator.world import World

NAMES = ("sonarr", "radarr", "prowlarr")


@dataclass(slots=True)
class Arrs:
    """Sonarr, Radarr and Prowlarr of a world. base: the URL base of all of them."""

    world: World
    base: str = ""
    secure: bool = False
    latency: float = 0.0
    faces: dict[str, Servarr] = field(default_factory=dict)
    wires: dict[str, Wire] = field(default_factory=dict)

    def __post_init__(self) -> None:
        more: dict[str, Any] = {"base": self.base, "latency": self.latency}
        sonarr, radarr, prowlarr = furnish(self.world)
        self.faces = {
            "sonarr": ArrFace(sonarr, "4.0.15.2941", **more),
            "radarr": ArrFace(radarr, "5.27.5.10198", **more),
            "prowlarr": ProwlarrFace(prowlarr, self.world.clock.now, **more),
        }
        self._age()

    def _age(self) -> None:
        for face in self.faces.values():
            face.backups = [self.world.clock.now() - 3 * 86400.0]

    @property
    def sonarr(self) -> Library:
        """What Sonarr knows."""
        return self._library("sonarr")

    @property
    def radarr(self) -> Library:
        """What Radarr knows."""
        return self._library("radarr")

    def _library(self, name: str) -> Library:
        face = self.faces[name]
        assert isinstance(face, ArrFace)
        return face.library

    def url(self, name: str) -> str:
        """Where one of them answers."""
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.wires[name].port}{self.base}"

    def key(self, name: str) -> str:
        """Its key."""
        return self.faces[name].key

    async def open(
        self, servers: Servers, context: ssl.SSLContext | None, ports: tuple[int, ...] = ()
    ) -> None:
        """Begin to answer."""
        for index, name in enumerate(NAMES):
            self.wires[name] = Wire(await servers.serve(self.faces[name].app(), 0, context))
            await self.wires[name].start(ports[index] if ports else 0)

    async def close(self) -> None:
        """Stop."""
        for face in self.faces.values():
            for socket in list(face.sockets):
                await socket.close()
        for wire in self.wires.values():
            await wire.stop()

    def reset(self, world: World) -> None:
        """Belong to another world, as at the start."""
        self.world = world
        sonarr, radarr, prowlarr = furnish(world)
        for name, library in (("sonarr", sonarr), ("radarr", radarr)):
            face = self.faces[name]
            assert isinstance(face, ArrFace)
            face.attach(library)
        indexers = self.faces["prowlarr"]
        assert isinstance(indexers, ProwlarrFace)
        indexers.state, indexers.now = prowlarr, world.clock.now
        for face in self.faces.values():
            face.complaints.clear()
            face.faults.clear()
            face.calls.clear()
        self._age()
