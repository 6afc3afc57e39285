"""Whether the graphics chip is passed into the container of a Plex: what it cannot know of itself, its engine knows."""

from collections.abc import Iterator
from datetime import timedelta
import logging
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..guardian.capabilities import Service
from ..guardian.capabilities_streams import ConvertsVideo, PassesDevices
from ..guardian.house import House
from ..guardian.own_path import endpoint_node
from ..sources.errors import ClientError
from .play import Play

_LOGGER = logging.getLogger(__name__)

# a container is made anew where its devices change, so that its id is asked about once; again in case that failed
LOOK: Final = timedelta(minutes=15)
# paths that a chip is reached by: all devices, those of the kernel's graphics, those of NVIDIA
ALL: Final = "/dev"
CHIPS: Final = ("/dev/dri", "/dev/nvidia", "nvidia")
PORT: Final = 32400


class QuickSync(Play):
    """Tells each Plex of one server whether it has a chip."""

    key = "chips"
    # a new snapshot of an engine may show another container; of a Plex, one that was not told yet
    follows = (ConvertsVideo, PassesDevices)
    every = LOOK

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], house: House) -> None:
        super().__init__(hass, entry, house)
        # by id of a container, whether it has one
        self._known: dict[str, bool] = {}

    @override
    async def look(self) -> None:
        """Look up the container of each Plex, and ask what it is given where that is not known yet."""
        for plex in self.mine(ConvertsVideo):
            found = list(self._containers(plex))
            # two that may be it are none: in doubt nothing is said
            plex.take_chip(await self._has_chip(*found[0]) if len(found) == 1 else None)

    def _containers(self, plex: Any) -> Iterator[tuple[Any, str]]:
        """Yield what answers at the address of a Plex, each with its engine."""
        for engine in self.mine(PassesDevices):
            for service in engine.services() if engine.judged else ():
                if not plex.places.isdisjoint(_places(service)) and len(service.containers) == 1:
                    yield engine, next(iter(service.containers))

    async def _has_chip(self, engine: Any, container: str) -> bool | None:
        if container not in self._known:
            try:
                devices = await engine.devices_of(container)
            except ClientError as err:
                _LOGGER.debug("What %s is given is not known: %s", container[:12], err)
                return None
            self._known[container] = any(each == ALL or each.startswith(CHIPS) for each in devices)
        return self._known[container]


def _places(service: Service) -> set[str]:
    found = {endpoint_node(way.host, way.port) for way in service.ways}
    if service.host is not None and any("plex" in image for image in service.images):
        found.add(endpoint_node(service.host, PORT))
    return found
