"""The entities of disks, for as long as there is something to show and a device to show it on."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
import itertools
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ...const import DOMAIN
from ...guardian.capabilities import DiskPlace
from .devices import clean_up, found_device, is_listed_by_nobody, own_device, own_identifier
from .entities import DiskEntity, entity_of, missing_of

if TYPE_CHECKING:
    from .play import DiskRisk

# entities that are added at once: more would hold the event loop
ADDED = 25
# disks that are looked at in one turn of it
LOOKED_AT = 16


class Showing:
    """Adds and removes the entities of one play."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], play: DiskRisk) -> None:
        self._hass = hass
        self._entry = entry
        self._play = play
        self._adders: dict[Platform, Callable[[list[Any]], None]] = {}
        # keys of the entities that are there, by platform and serial
        self._made: defaultdict[tuple[Platform, str], set[str]] = defaultdict(set)
        # serials of those that are in another machine now, whose device may not be there yet
        self._moved: set[str] = set()
        # serials of those on a device of the server's own
        self._own: set[str] = set()

    @callback
    def join(self, platform: Platform, add: Callable[[list[Any]], None]) -> None:
        """Add entities through a platform of the server from now on."""
        self._adders[platform] = add

    async def add(self) -> None:
        """Add what disks report and have no entity for yet, as soon as their device is there."""
        places = self._play.places()
        self._move(places)
        for platform, add in tuple(self._adders.items()):
            # in turns, for hundreds of disks at once would hold the event loop
            for some in itertools.batched(tuple(self._play.records), LOOKED_AT, strict=False):
                new = [
                    each for serial in some for each in self._missing(platform, serial, places.get(serial))
                ]
                for batch in itertools.batched(new, ADDED, strict=False):
                    add([*batch])
                    await asyncio.sleep(0)
                await asyncio.sleep(0)

    def move(self, serials: Iterable[str]) -> None:
        """Show disks on the device of the machine that they are in now, as soon as it is there."""
        self._moved.update(serials)

    def _move(self, places: Mapping[str, DiskPlace]) -> None:
        registry = er.async_get(self._hass)
        for serial in tuple(self._moved):
            place = places.get(serial)
            device = found_device(self._hass, [place.device]) if place is not None else None
            if device is None:
                continue
            self._moved.discard(serial)
            for entity in er.async_entries_for_config_entry(registry, self._entry.entry_id):
                if entity.unique_id.startswith(f"{self._play.server}_disk_{serial}_"):
                    registry.async_update_entity(entity.entity_id, device_id=device.id)

    def _missing(self, platform: Platform, serial: str, place: DiskPlace | None) -> list[DiskEntity]:
        """Return the entities that a disk has not got yet, where its device is there."""
        record = self._play.records.get(serial)
        if record is None or record.found is None:
            return []
        made = self._made[platform, serial]
        wanted = missing_of(record.found, platform, made)
        device = self._device(serial, place) if wanted else None
        if device is None:
            return []
        made |= {each.key for each in wanted}
        return [entity_of(self._play, serial, each, device) for each in wanted]

    @callback
    def clean_up(self) -> None:
        """Remove what belongs to disks that nothing lists or reads, or that were replaced."""
        play = self._play
        there = set(play.places()) | {serial for serial, record in play.records.items() if record.reading}
        there -= {serial for serial in there if play.is_retired(serial)}
        for platform, serial in clean_up(self._hass, self._entry, play.server, there, self._own):
            self._made.pop((Platform(platform), serial), None)
        registry = er.async_get(self._hass)
        for (platform, serial), made in self._made.items():
            if serial not in there:
                # what somebody has deleted together with its device is added anew when the disk comes back
                start = f"{play.server}_disk_{serial}"
                made -= {
                    key
                    for key in made
                    if not registry.async_get_entity_id(platform, DOMAIN, f"{start}_{key}")
                }
                self._own.discard(serial)

    def _device(self, serial: str, place: DiskPlace | None) -> dr.AnyDeviceEntry | None:
        """Return the device of a disk: that of the machine it is in, else of a source that reads it, else an own one."""
        play = self._play
        record = play.records[serial]
        wanted = [place.device] if place else []
        wanted += [f"{source}_disk_{serial}" for source in sorted(record.sources)]
        found = found_device(self._hass, [*wanted, own_identifier(play.server, serial)])
        if found is not None or place is not None or record.reading is None or play.is_retired(serial):
            return found
        if play.is_new and not is_listed_by_nobody(self._hass, play.server):
            # who lists it may not have got that far
            return None
        self._own.add(serial)
        return own_device(self._hass, self._entry, play.server, serial, record.reading.model)
