"""The faces of the Arrs, and where they answer."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.quay import Quay

from .face import ArrFace
from .house import furnish
from .indexers import Prowlarr
from .library import Library
from .prowlarr import ProwlarrFace
from .servarr import Servarr

if TYPE_CHECKING:
    from simulator.world import World

NAMES = ("sonarr", "radarr", "prowlarr")
# who is still there says so every 15 s: by the world's clock
PING_EVERY = 15.0


@dataclass(slots=True)
class Arrs:
    """Sonarr, Radarr and Prowlarr of a world. base: the URL base of all of them.

    second: there is another Sonarr and another Radarr, for what is wanted in 4K, as `sonarr-4k` and `radarr-4k`.
    """

    world: World
    quay: Quay
    base: str = ""
    latency: float = 0.0
    ports: tuple[int, ...] = ()
    second: bool = False
    faces: dict[str, Servarr] = field(default_factory=dict)
    _pinged: float = 0.0

    def __post_init__(self) -> None:
        more: dict[str, Any] = {"base": self.base, "latency": self.latency}
        sonarr, radarr, prowlarr = furnish(self.world)
        self.faces = {
            "sonarr": ArrFace(sonarr, "4.0.15.2941", **more),
            "radarr": ArrFace(radarr, "5.27.5.10198", **more),
            "prowlarr": ProwlarrFace(prowlarr, self.world.clock.now, **more),
        }
        for name, library in self._seconds().items():
            self.faces[name] = face = ArrFace(library, self.faces[library.app.lower()].version, **more)
            face.instance = f"{library.app} 4K"
        ports = dict(zip(NAMES, self.ports, strict=False))
        for name, each in self.faces.items():
            self.quay.add(name, each, ports.get(name, 0))
        self._age()

    def _seconds(self) -> dict[str, Library]:
        """The second ones, which have nothing to do yet."""
        apps = ("Sonarr", "Radarr") if self.second else ()
        names = {app: f"{app.lower()}-4k" for app in apps}
        return {name: Library(app, self.world.media, f"/data/{name}", name) for app, name in names.items()}

    def tick(self) -> None:
        """Tell who listens that all of them are still there."""
        if (now := self.world.clock.now()) - self._pinged >= PING_EVERY:
            self._pinged = now
            for face in self.faces.values():
                face.tell()

    def _age(self) -> None:
        for face in self.faces.values():
            face.backups = [self.world.clock.now() - 3 * 86400.0]

    @property
    def sonarr(self) -> Library:
        """What Sonarr knows."""
        return self.library("sonarr")

    @property
    def radarr(self) -> Library:
        """What Radarr knows."""
        return self.library("radarr")

    @property
    def prowlarr(self) -> Prowlarr:
        """What Prowlarr knows."""
        face = self.faces["prowlarr"]
        assert isinstance(face, ProwlarrFace)
        return face.state

    def library(self, name: str) -> Library:
        """What one of them knows that has a queue."""
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
        for name, library in {"sonarr": sonarr, "radarr": radarr, **self._seconds()}.items():
            face = self.faces[name]
            assert isinstance(face, ArrFace)
            face.attach(library)
        indexers = self.faces["prowlarr"]
        assert isinstance(indexers, ProwlarrFace)
        indexers.state, indexers.now = prowlarr, world.clock.now
        for face in self.faces.values():
            face.complaints.clear()
        self._age()
