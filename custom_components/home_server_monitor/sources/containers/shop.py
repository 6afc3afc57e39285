"""The workshop of updates, on the client of a real engine."""

from collections.abc import Mapping
from typing import Any

from ..errors import BadResponse, CallFailed
from .client import EngineClient
from .raw import Json, table

NOT_FOUND = 404


class Shop:
    """What an update asks of an engine and orders there."""

    def __init__(self, client: EngineClient) -> None:
        self._client = client

    @property
    def api_version(self) -> str:
        """Return the version of the interface that is spoken."""
        return "{}.{}".format(*self._client.api)

    async def look(self, container: str) -> Json | None:
        """Return a container's inspection, or None where there is none."""
        try:
            return await self._client.inspect(container)
        except CallFailed as err:
            _raise_unless_missing(err)
            return None

    async def look_at_image(self, image: str) -> Json | None:
        """Return an image's inspection, or None where there is none."""
        try:
            return await self._client.image(image)
        except CallFailed as err:
            _raise_unless_missing(err)
            return None

    async def names(self) -> Mapping[str, str]:
        """Return the names of all containers by id."""
        found = await self._client.containers()
        return {each.id: name for name, each in found.items.items()}

    async def about(self) -> Json:
        """Return what the engine says of itself."""
        found = await self._client.info()
        if not isinstance(found, dict):
            raise BadResponse("No information about the engine")
        return found

    async def words(self, container: str, lines: int) -> str:
        """Return the last lines that a container wrote, without secrets."""
        seen = await self.look(container)
        terminal = table((seen or {}).get("Config")).get("Tty") is True
        return "\n".join(await self._client.logs(container, tail=lines, terminal=terminal))

    async def pull(self, reference: str) -> None:
        """Pull an image to its end."""
        await self._client.pull(*_name_and_tag(reference))

    async def tag(self, image: str, reference: str) -> None:
        """Give an image a name."""
        await self._client.tag(image, *_name_and_tag(reference))

    async def untag(self, reference: str) -> None:
        """Take a name from an image."""
        await self._client.remove_image(reference)

    async def create(self, name: str, body: Mapping[str, Any]) -> str:
        """Create a container and return its id."""
        return await self._client.create(name, body)

    async def connect(self, network: str, container: str, endpoint: Mapping[str, Any]) -> None:
        """Connect a container with a network."""
        await self._client.connect(network, container, endpoint)

    async def set_restart_policy(self, container: str, policy: Mapping[str, Any]) -> None:
        """Set what happens when a container ends."""
        await self._client.update(container, {"RestartPolicy": dict(policy)})

    async def start(self, container: str) -> None:
        """Start a container."""
        await self._client.start(container)

    async def stop(self, container: str, seconds: int) -> None:
        """Stop a container."""
        await self._client.stop(container, seconds)

    async def rename(self, container: str, name: str) -> None:
        """Give a container another name."""
        await self._client.rename(container, name)

    async def remove(self, container: str) -> None:
        """Remove a container and none of its volumes."""
        await self._client.remove(container)


def _raise_unless_missing(err: CallFailed) -> None:
    if err.code != NOT_FOUND:
        raise err


def _name_and_tag(reference: str) -> tuple[str, str]:
    """Return a reference as it was typed, without its tag, and the tag."""
    place, slash, last = reference.rpartition("/")
    name, _, tag = last.partition(":")
    return place + slash + name, tag or "latest"
