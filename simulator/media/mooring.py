"""Which services of the media world answer in a simulation, and where."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.plex.face import PlexFace
from simulator.quay import Quay

from .faces import FACES, ClientFace
from .furnish import add_client, furnish
from .world import MediaWorld

PLEX = "plex"


@dataclass(frozen=True, kw_only=True, slots=True)
class Media:
    """What is asked for. clients: by kind, which is their name as well, each with its version, None for a usual one.

    plex: a Plex Media Server, too, as `plex`. busy: they have something to do. secure: they speak TLS. ports: by name; without one, a free one is taken.
    """

    clients: Mapping[str, str | None] = field(default_factory=dict)
    plex: bool = False
    busy: bool = False
    secure: bool = False
    ports: Mapping[str, int] = field(default_factory=dict)

    def furnish(self, world: MediaWorld) -> None:
        """Put into the world what is asked for."""
        if self.busy:
            furnish(world, self.clients)
            return
        for kind, version in self.clients.items():
            add_client(world, kind, version)

    def moor(self, quay: Quay, world: MediaWorld, latency: float) -> None:
        """Let all of them answer."""
        for kind in self.clients:
            quay.add(kind, FACES[kind](world, kind, latency=latency), self.ports.get(kind, 0))
        if self.plex:
            quay.add(PLEX, PlexFace(world, latency=latency), self.ports.get(PLEX, 0))

    def attach(self, quay: Quay, world: MediaWorld) -> None:
        """Let them belong to another world."""
        for kind in self.clients:
            face = quay.face(kind)
            assert isinstance(face, ClientFace)
            face.attach(world)
        if self.plex:
            stage = quay.face(PLEX)
            assert isinstance(stage, PlexFace)
            stage.attach(world)
