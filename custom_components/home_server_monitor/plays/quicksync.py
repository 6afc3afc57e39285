"""What a Plex cannot know of itself: its chip, its temporary folder and where its port is open, from what is below it."""

from collections.abc import Iterator
from datetime import timedelta
import logging
from pathlib import PurePosixPath
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..guardian.capabilities import RunsServices, Service
from ..guardian.capabilities_streams import (
    ConvertsVideo,
    Given,
    KnowsContainers,
    KnowsMedia,
    Medium,
    Surroundings,
)
from ..guardian.house import House
from ..guardian.own_path import endpoint_node
from ..sources.errors import ClientError
from .play import Play

_LOGGER = logging.getLogger(__name__)

# a container is made anew where what it is given changes, so that its id is asked about once; again in case that failed
LOOK: Final = timedelta(minutes=15)
# paths that a chip is reached by: all devices, those of the kernel's graphics, those of NVIDIA
ALL: Final = "/dev"
CHIPS: Final = ("/dev/dri", "/dev/nvidia", "nvidia")
PORT: Final = 32400
# what is converted ahead of a stream or two, a minute each in 4K, and what is written beside them
ENOUGH: Final = 1 << 30
# below this share of its processor a machine has time
IDLE: Final = 0.5
# where it keeps what it converts unless somebody said otherwise, in the images that are usual
USUAL_TEMP: Final = "/config/Library/Application Support/Plex Media Server/Cache/Transcode"
# folders that are meant for this, where one of them is quicker
_MEANT: Final = ("transcod", "tmp", "temp")
_QUICK: Final = (Medium.MEMORY, Medium.FLASH)


class QuickSync(Play):
    """Tells each Plex of one server what is around it."""

    key = "chips"
    # a new snapshot of an engine may show another container; of a Plex, one that was not told yet
    follows = (ConvertsVideo, KnowsContainers)
    every = LOOK

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], house: House) -> None:
        super().__init__(hass, entry, house)
        # by id of a container
        self._known: dict[str, Given] = {}

    @override
    async def look(self) -> None:
        """Look up the container of each Plex, and ask what it is given where that is not known yet."""
        away = any(not each.judged for each in self.mine(KnowsContainers))
        for plex in self.mine(ConvertsVideo):
            found = dict.fromkeys(self._containers(plex))
            if away and not found:
                # what was known of it stays
                continue
            # two that may be it are none: in doubt nothing is said
            plex.take_surroundings(
                await self._around(plex, *next(iter(found))) if len(found) == 1 else Surroundings()
            )

    def _containers(self, plex: Any) -> Iterator[tuple[Any, str]]:
        """Yield what runs at the address of a Plex, each with its engine: a container, or that of an app of a NAS."""
        engines = [each for each in self.mine(KnowsContainers) if each.judged]
        for source in self.mine(RunsServices):
            for service in source.services() if source.judged else ():
                if plex.places.isdisjoint(_places(service)):
                    continue
                for engine in engines:
                    running = [each for each in service.containers if engine.runs(each)]
                    # an app of several: which one of them it is nobody says
                    if len(running) == 1:
                        yield engine, running[0]

    async def _around(self, plex: Any, engine: Any, container: str) -> Surroundings:
        exposure = engine.exposure(container, PORT)
        if (given := await self._given(engine, container)) is None:
            return Surroundings(exposure=exposure)
        temp = plex.temp_folder
        busy = engine.busy(container)
        on, where = (None, "") if temp is None else self._medium(engine, given, temp or USUAL_TEMP)
        slow = on in (Medium.DISKS, Medium.SMALL)
        return Surroundings(
            chip=any(each == ALL or each.startswith(CHIPS) for each in given.devices),
            hindrance=given.hindrance,
            user=given.user,
            groups=given.groups,
            temp=(temp or USUAL_TEMP) if temp is not None else "",
            temp_on=on,
            where=where,
            better=self._better(engine, given) if slow else "",
            processor=next((each.processor for each in self._machines(engine) if each.processor), ""),
            idle=None if busy is None else busy < IDLE,
            exposure=exposure,
        )

    async def _given(self, engine: Any, container: str) -> Given | None:
        if container not in self._known:
            try:
                self._known[container] = await engine.given(container)
            except ClientError as err:
                _LOGGER.debug("What %s is given is not known: %s", container[:12], err)
                return None
        return self._known[container]

    def _medium(self, engine: Any, given: Given, folder: str) -> tuple[Medium | None, str]:
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
        for storage in self._machines(engine):
            if (found := storage.medium_of(outside)) is not None:
                return found[0], found[1]
        return None, ""

    def _machines(self, engine: Any) -> Iterator[Any]:
        """Yield what is the engine's machine: it has the same name or address, or its apps are containers of it."""
        for storage in self.mine(KnowsMedia):
            named = engine.machine and engine.machine.lower() in storage.names
            if storage.judged and (named or any(engine.runs(each) for each in storage.app_containers())):
                yield storage

    def _better(self, engine: Any, given: Given) -> str:
        """Return a folder inside that is meant for what is converted, and quick."""
        return next(
            (
                each
                for word in _MEANT
                for each in sorted((*given.memory, *given.mounts))
                if word in each.lower() and self._medium(engine, given, each)[0] in _QUICK
            ),
            "",
        )


def _places(service: Service) -> set[str]:
    found = {endpoint_node(way.host, way.port) for way in service.ways}
    if service.host is not None and any("plex" in image or "pms-docker" in image for image in service.images):
        found.add(endpoint_node(service.host, PORT))
    return found
