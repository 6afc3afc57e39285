"""What the faces of all download clients have in common."""

from simulator.media.download import Client, Download
from simulator.media.world import MediaWorld
from simulator.serving import Face

USERNAME, PASSWORD, API_KEY = "admin", "a-good-password", "0123456789abcdef0123456789abcdef"


class ClientFace(Face):
    """One client of the media world, by its name there. What it is asked for is in `username`, `password`, `api_key`."""

    def __init__(self, world: MediaWorld, name: str, *, latency: float = 0.0) -> None:
        super().__init__(world.clock.now, latency=latency)
        self.name = name
        self.username, self.password, self.api_key = USERNAME, PASSWORD, API_KEY
        # answered logins, good and bad
        self.logins = 0
        self.failed = 0
        self.attach(world)

    def attach(self, world: MediaWorld) -> None:
        """Belong to another world."""
        self.world, self.now = world, world.clock.now

    @property
    def client(self) -> Client:
        """The client in the world."""
        return self.world.clients[self.name]

    @property
    def mine(self) -> list[Download]:
        """Its downloads, the oldest first."""
        return self.world.of(self.name)

    def one(self, key: str) -> Download | None:
        """One of its downloads."""
        found = self.world.downloads.get(key)
        return found if found is not None and found.client == self.name else None
