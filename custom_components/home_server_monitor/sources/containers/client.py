"""The client of one Docker Engine, reached directly, through a socket proxy or through Portainer."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
import contextlib
from contextlib import AbstractAsyncContextManager
import json
from typing import Any

from ..errors import BadResponse, NotSupported, PermissionDenied
from ..records import Row, Rows, at, rows_in_turns, text
from .frames import split
from .model import Container, DiskUse, Engine, Event, Image, Network, Volume
from .orders import Orders, parsed_version
from .parse import event, listed
from .parse_engine import disk_use, engine, image, network, volume, volumes_of
from .redact import redacted
from .transport import Transport
from .wire import MIB, TooLong

# Below 1.41 there are no one-shot statistics; above 1.51 nothing was tried on a real engine.
OLDEST, NEWEST = (1, 41), (1, 51)
# a listing of a thousand containers with the labels of compose
LARGE = 16 * MIB
# of a log that is only counted: more than this in a minute is too much for any home
LOG_MOST = 2 * MIB
# walking through all layers and volumes
DISK_USE = 120.0
ASKING_A_REGISTRY = 30.0
# health checks make three events each: what is wanted is named
WANTED = (
    "create",
    "start",
    "restart",
    "die",
    "stop",
    "kill",
    "oom",
    "pause",
    "unpause",
    "rename",
    "update",
    "destroy",
    "health_status",
)
MAX_LINE, MAX_LINES = 2000, 1000


class EngineClient(Orders):
    """Asks one engine; `negotiate` comes first, and by itself again where another engine took the place of this one.

    All raise ClientError.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        transport.renegotiate = self.negotiate
        # events that could not be read
        self.skipped = 0

    async def negotiate(self) -> Engine:
        """Learn which engine it is and speak the newest version that both know. Raises NotSupported for one too old."""
        return engine(*await self.introduce())

    async def introduce(self) -> tuple[Row, Any]:
        """Do the same and return what it says: of its versions, and of itself, which is None where that is denied."""
        version = await self._version()
        newest = parsed_version(str(at(version, "ApiVersion"))) or (0, 0)
        oldest = parsed_version(str(at(version, "MinAPIVersion"))) or (0, 0)
        if newest < OLDEST or oldest > NEWEST:
            raise NotSupported(f"engine API {at(version, 'ApiVersion')}")
        self.transport.version = "{}.{}".format(*min(newest, NEWEST))
        try:
            return version, await self.transport.get("/info", again=False)
        except PermissionDenied:
            return version, None

    async def _version(self) -> Row:
        """Return what `GET /version` says, or as much of it as a ping tells where a proxy denies it."""
        try:
            found = await self.transport.get("/version")
        except PermissionDenied:
            headers = await self.transport.head("/_ping")
            found = {"ApiVersion": headers.get("Api-Version"), "Components": []}
            if "Libpod-Api-Version" in headers:
                found["Components"] = [{"Name": "Podman Engine"}]
        except NotSupported as err:
            raise BadResponse("No container engine answers here") from err
        if not isinstance(found, dict) or parsed_version(str(found.get("ApiVersion"))) is None:
            raise BadResponse("No container engine answers here")
        return found

    async def ping(self) -> None:
        """Find out whether the engine answers; it costs it nothing."""
        await self.transport.read("/_ping")

    async def version(self) -> Any:
        """Return what the engine says of its versions."""
        return await self.transport.get("/version")

    async def info(self) -> Any:
        """Return what the engine says of itself and its host."""
        return await self.transport.get("/info")

    async def containers(self, *, names: Sequence[str] = ()) -> Rows[Container]:
        """List all containers, or those of these names."""
        query: dict[str, Any] = {"all": True}
        if names:
            query["filters"] = {"name": [f"^/{name}$" for name in names]}
        found = await self.transport.get("/containers/json", query=query, limit=LARGE)
        return await rows_in_turns(found, listed)

    async def inspect(self, container: str) -> Row:
        """Return all that is known of a container. It holds secrets: not to be kept, shown or logged."""
        found = await self.transport.get("/containers/{id}/json", container)
        if not isinstance(found, dict):
            raise BadResponse("Not a container")
        return found

    async def stats(self, container: str) -> Any:
        """Return the counters of a container at this moment; the engine does not wait for a second sample."""
        return await self.transport.get(
            "/containers/{id}/stats", container, query={"stream": False, "one-shot": True}
        )

    async def top(self, container: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """Return the titles and the rows of a container's processes; command lines may hold secrets."""
        found = await self.transport.get("/containers/{id}/top", container)
        titles, processes = at(found, "Titles"), at(found, "Processes")
        if not isinstance(titles, list):
            raise BadResponse("No list of processes")
        return tuple(map(str, titles)), tuple(
            tuple(redacted(str(item)) for item in row)
            for row in (processes if isinstance(processes, list) else [])
            if isinstance(row, list)
        )

    async def logs(
        self, container: str, *, tail: int, terminal: bool, since: int | None = None
    ) -> tuple[str, ...]:
        """Return the last lines that a container wrote, oldest first, without what looks like a secret."""
        query: dict[str, Any] = {"stdout": True, "stderr": True, "tail": min(tail, MAX_LINES)}
        if since is not None:
            query["since"] = since
        body = await self.transport.read("/containers/{id}/logs", container, query=query, limit=LARGE)
        return tuple(
            redacted(text(line, MAX_LINE) or "")
            for line in split(body, terminal=terminal).both.splitlines()[-min(tail, MAX_LINES) :]
        )

    async def log_bytes(self, container: str, since: int) -> int:
        """Return about how many bytes a container wrote to its log since then, at most LOG_MOST; nothing is kept."""
        query = {"stdout": True, "stderr": True, "since": since}
        try:
            return len(
                await self.transport.read("/containers/{id}/logs", container, query=query, limit=LOG_MOST)
            )
        except TooLong:
            return LOG_MOST

    async def images(self) -> Rows[Image]:
        """List the images that the engine keeps."""
        return await rows_in_turns(await self.transport.get("/images/json", limit=LARGE), image)

    async def image(self, reference: str) -> Row:
        """Return all that is known of an image, by its id or by one of its names."""
        found = await self.transport.get("/images/{name}/json", reference)
        if not isinstance(found, dict):
            raise BadResponse("Not an image")
        return found

    async def distribution(self, reference: str) -> str | None:
        """Return the digest that the registry has, asked by the engine; it counts as a pull at Docker's own registry."""
        found = await self.transport.get("/distribution/{name}/json", reference, deadline=ASKING_A_REGISTRY)
        return text(at(found, "Descriptor", "digest"))

    async def volumes(self) -> Rows[Volume]:
        """List the volumes, without their sizes."""
        return await rows_in_turns(volumes_of(await self.transport.get("/volumes", limit=LARGE)), volume)

    async def networks(self) -> Rows[Network]:
        """List the networks, without who is in them."""
        return await rows_in_turns(await self.transport.get("/networks", limit=LARGE), network)

    async def disk_use(self) -> tuple[DiskUse, Rows[Volume]]:
        """Measure the disk use, and the sizes of volumes; it is hard work for the engine: once a day."""
        query = {"verbose": True} if self.api >= (1, 52) else {}
        found = await self.transport.get("/system/df", query=query, deadline=DISK_USE, limit=LARGE)
        return disk_use(found), await rows_in_turns(volumes_of(found), volume)

    def events(
        self, *, since: int | None = None, lasting: float = 600.0
    ) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Hand out what happens to containers, for at most `lasting` seconds: then, and after an error, begin again.

        `since` (nanoseconds) brings what was missed; the engine remembers its last 256 events. What comes is a hint:
        the listing is what counts.
        """
        return self._events(since, lasting)

    @contextlib.asynccontextmanager
    async def _events(self, since: int | None, lasting: float) -> AsyncIterator[AsyncIterator[Event]]:
        query: dict[str, Any] = {"filters": {"type": ["container"], "event": [*WANTED]}}
        if since is not None:
            query["since"] = f"{since // 10**9}.{since % 10**9:09}"
        async with (
            self.transport.lines("GET", "/events", query=query, lasting=lasting, place=False) as lines,
            contextlib.aclosing(self._parsed(lines)) as found,
        ):
            yield found

    async def _parsed(self, lines: AsyncIterator[bytes]) -> AsyncGenerator[Event]:
        async for line in lines:
            try:
                found = event(json.loads(line))
            except BadResponse, ValueError, RecursionError:
                self.skipped += 1
                continue
            yield found
