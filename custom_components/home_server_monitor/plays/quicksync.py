"""What a Plex cannot know of itself: its chip, its temporary folder and where its port is open, from what is below it."""

from datetime import timedelta
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..guardian.capabilities_streams import ConvertsVideo, Given, KnowsContainers, Medium, Surroundings
from ..guardian.house import House
from .below import Below
from .play import Play

# a container is made anew where what it is given changes, so that its id is asked about once; again in case that failed
LOOK: Final = timedelta(minutes=15)
# paths that a chip is reached by: all devices, those of the kernel's graphics, those of NVIDIA
ALL: Final = "/dev"
CHIPS: Final = ("/dev/dri", "/dev/nvidia", "nvidia")
PORT: Final = 32400
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
        self._below = Below(self.mine)

    @override
    async def look(self) -> None:
        """Look up the container of each Plex, and ask what it is given where that is not known yet."""
        for plex in self.mine(ConvertsVideo):
            found = self._below.container(plex)
            if found is None and self._below.is_away:
                # what was known of it stays
                continue
            plex.take_surroundings(Surroundings() if found is None else await self._around(plex, *found))

    async def _around(self, plex: Any, engine: Any, container: str) -> Surroundings:
        exposure = engine.exposure(container, PORT)
        if (given := await self._below.given(engine, container)) is None:
            return Surroundings(exposure=exposure)
        temp = plex.temp_folder
        busy = engine.busy(container)
        on, where = (None, "") if temp is None else self._below.medium(engine, given, temp or USUAL_TEMP)
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
            processor=next((each.processor for each in self._below.machines(engine) if each.processor), ""),
            idle=None if busy is None else busy < IDLE,
            exposure=exposure,
        )

    def _better(self, engine: Any, given: Given) -> str:
        """Return a folder inside that is meant for what is converted, and quick."""
        return next(
            (
                each
                for word in _MEANT
                for each in sorted((*given.memory, *given.mounts))
                if word in each.lower() and self._below.medium(engine, given, each)[0] in _QUICK
            ),
            "",
        )
