"""What the update of a container needs of its engine; raw JSON stays in here and is never journalled."""

from collections.abc import Mapping
from typing import Any, Protocol

from .raw import Json


class Workshop(Protocol):
    """An engine on which containers are made anew. All methods raise ClientError.

    Those that read return None where there is no such thing; those that write send one request, which is never
    repeated.
    """

    @property
    def api_version(self) -> str:
        """Return the version of the interface that is spoken."""
        ...

    async def look(self, container: str) -> Json | None:
        """Return `GET /containers/{id or name}/json`, in a version that still tells which addresses were set."""
        ...

    async def look_at_image(self, image: str) -> Json | None:
        """Return `GET /images/{id or reference}/json`."""
        ...

    async def names(self) -> Mapping[str, str]:
        """Return the names of all containers by id."""
        ...

    async def about(self) -> Json:
        """Return `GET /info`."""
        ...

    async def words(self, container: str, lines: int) -> str:
        """Return the last lines that a container wrote."""
        ...

    async def pull(self, reference: str) -> None:
        """Pull an image, to the end of what the engine says about it."""
        ...

    async def tag(self, image: str, reference: str) -> None:
        """Give an image a name."""
        ...

    async def untag(self, reference: str) -> None:
        """Take a name from an image."""
        ...

    async def create(self, name: str, body: Mapping[str, Any]) -> str:
        """Create a container and return its id."""
        ...

    async def connect(self, network: str, container: str, endpoint: Mapping[str, Any]) -> None:
        """Connect a container with a network."""
        ...

    async def set_restart_policy(self, container: str, policy: Mapping[str, Any]) -> None:
        """Set what happens when a container ends."""
        ...

    async def start(self, container: str) -> None:
        """Start a container; one that runs is left alone."""
        ...

    async def stop(self, container: str, seconds: int) -> None:
        """Stop a container, giving it so long to end by itself; one that stands still is left alone."""
        ...

    async def rename(self, container: str, name: str) -> None:
        """Give a container another name."""
        ...

    async def remove(self, container: str) -> None:
        """Remove a container that stands still, and none of its volumes."""
        ...
