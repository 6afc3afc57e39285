"""What services stand on: their containers, what those are given, and the pool on which a folder inside of them lies."""

from collections.abc import Callable, Iterator
import logging
from pathlib import PurePosixPath
from typing import Any, Final

from ..guardian.capabilities import RunsServices, Service
from ..guardian.capabilities_streams import Given, KnowsContainers, KnowsMedia, Medium
from ..guardian.own_path import endpoint_node
from ..sources.errors import ClientError

_LOGGER = logging.getLogger(__name__)

# what is converted ahead of a stream or two, a minute each in 4K, and what is written beside them
ENOUGH: Final = 1 << 30
# a container that shares the network of its machine publishes no port: by its image it is known which one it has
USUAL_PORTS: Final = (
    ("plex", 32400),
    ("pms-docker", 32400),
    ("sonarr", 8989),
    ("radarr", 7878),
    ("lidarr", 8686),
    ("readarr", 8787),
)


class Below:
    """Asks the engines and the machines of one server. mine: its sources by a capability."""

    def __init__(self, mine: Callable[[Any], list[Any]]) -> None:
        self._mine = mine
        # by id of a container, which is made anew where what it is given changes
        self._given: dict[str, Given] = {}

    @property
    def is_away(self) -> bool:
        """Return whether an engine is not seen now, so that what is not found may be there."""
        return any(not each.judged for each in self._mine(KnowsContainers))

    def container(self, source: Any) -> tuple[Any, str] | None:
        """Return what runs at the address of a source, with its engine; two that may be it are none: in doubt nothing is said."""
        found = dict.fromkeys(self._containers(source))
        return next(iter(found)) if len(found) == 1 else None

    def _containers(self, source: Any) -> Iterator[tuple[Any, str]]:
        """Yield what runs at the address of a source, each with its engine: a container, or that of an app of a NAS."""
        engines = [each for each in self._mine(KnowsContainers) if each.judged]
        for runner in self._mine(RunsServices):
            for service in runner.services() if runner.judged else ():
                if source.places.isdisjoint(_places(service)):
                    continue
                for engine in engines:
                    running = [each for each in service.containers if engine.runs(each)]
                    # an app of several: which one of them it is nobody says
                    if len(running) == 1:
                        yield engine, running[0]

    async def given(self, engine: Any, container: str) -> Given | None:
        """Return what a container is given, which is asked once; None where that is not known."""
        if container not in self._given:
            try:
                self._given[container] = await engine.given(container)
            except ClientError as err:
                _LOGGER.debug("What %s is given is not known: %s", container[:12], err)
                return None
        return self._given[container]

    def medium(self, engine: Any, given: Given, folder: str) -> tuple[Medium | None, str]:
        """Return what a folder inside is kept on, and the name of that: a pool, or the size of its memory."""
        path = PurePosixPath(folder)
        if not path.is_absolute():
            return None, ""
        above = (each for each in (*given.mounts, *given.memory) if path.is_relative_to(each))
        mount = max(above, key=len, default="")
        if mount in given.memory:
            size = given.memory[mount]
            small = size is not None and size < ENOUGH
            return (Medium.SMALL if small else Medium.MEMORY), f"{(size or 0) >> 20} MiB" if small else ""
        base = given.mounts.get(mount) if mount else given.root
        if not base:
            return None, ""
        outside = str(PurePosixPath(base) / path.relative_to(mount or "/"))
        for storage in self.machines(engine):
            if (found := storage.medium_of(outside)) is not None:
                return found[0], found[1]
        return None, ""

    async def pool(self, source: Any, folder: str) -> str | None:
        """Return the pool on which a folder lies, as it is called inside of a source; None where nobody knows."""
        if not folder or (found := self.container(source)) is None:
            return None
        engine, container = found
        if (given := await self.given(engine, container)) is None:
            return None
        on, name = self.medium(engine, given, folder)
        return name if on in (Medium.DISKS, Medium.FLASH) else None

    def machines(self, engine: Any) -> Iterator[Any]:
        """Yield what is the engine's machine: it has the same name or address, or its apps are containers of it."""
        for storage in self._mine(KnowsMedia):
            named = engine.machine and engine.machine.lower() in storage.names
            if storage.judged and (named or any(engine.runs(each) for each in storage.app_containers())):
                yield storage


def _places(service: Service) -> set[str]:
    found = {endpoint_node(way.host, way.port) for way in service.ways}
    if service.host is not None:
        images = service.images
        ports = {port for word, port in USUAL_PORTS if any(word in image for image in images)}
        found |= {endpoint_node(service.host, port) for port in ports}
    return found
