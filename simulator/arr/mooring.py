"""The faces of the Arrs, and where they answer."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.quay import Quay

from .face import ArrFace, Servarr
from .house import furnish
from .indexers import Prowlarr
from .library import Library
from .prowlarr import ProwlarrFace

if TYPE_CHECKING:
    from simulator.world import World

NAMES = ("sonarr", "radarr", "prowlarr")


@dataclass(slots=True)
class Arrs:
    """Sonarr, Radarr and Prowlarr of a world. base: the URL base of all of them."""

    world: World
    quay: Quay
    base: str = ""
    latency: float = 0.0
    ports: tuple[int, ...] = ()
    faces: dict[str, Servarr] = field(default_factory=dict)

    def __post_init__(self) -> None:
        more: dict[str, Any] = {"base": self.base, "latency": self.latency}
        sonarr, radarr, prowlarr = furnish(self.world)
        self.faces = {
            "sonarr": ArrFace(sonarr, "4.0.15.2941", **more),
            "radarr": ArrFace(radarr, "5.27.5.10198", **more),
            "prowlarr": ProwlarrFace(prowlarr, self.world.clock.now, **more),
        }
        for index, name in enumerate(NAMES):
            self.quay.add(name, self.faces[name], self.ports[index] if self.ports else 0)
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

    @property
    def prowlarr(self) -> Prowlarr:
        """What Prowlarr knows."""
        face = self.faces["prowlarr"]
        assert isinstance(face, ProwlarrFace)
        return face.state

    def _library(self, name: str) -> Library:
        face = self.faces[name]
        assert isinstance(face, ArrFace)
        return face.library

    def url(self, name: str) -> str:
        """Where one of them answers."""
        return f"{self.quay.url(name)}{self.base}"

    def key(self, name: str) -> str:
        """Its key."""
        return self.faces[name].key

    async def close(self) -> None:
        """End what listens."""
        for face in self.faces.values():
            for socket in list(face.sockets):
                await socket.close()

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
        self._age()
