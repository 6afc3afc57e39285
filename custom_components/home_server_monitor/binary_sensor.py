"""Binary sensors of all sources."""

from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HsmConfigEntry
from .descriptions import ObjectBinarySensor
from .edge.entities import server_entities
from .edge.guardian import Guardian
from .entity import DeadBandEntity
from .objects import async_add_objects

PARALLEL_UPDATES = 0


class HsmBinarySensor(DeadBandEntity[Any], BinarySensorEntity):
    """A binary sensor."""

    entity_description: ObjectBinarySensor[Any]

    @override
    def current(self) -> bool | None:
        return self.entity_description.value(self.object)

    @property
    @override
    def is_on(self) -> bool | None:
        return self.current()


async def async_setup_entry(
    hass: HomeAssistant, entry: HsmConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the binary sensors of one service."""
    if isinstance(entry.runtime_data, Guardian):
        async_add_entities(server_entities(entry.runtime_data, Platform.BINARY_SENSOR))
        for join in entry.runtime_data.joins:
            join(Platform.BINARY_SENSOR, async_add_entities)
        return
    await async_add_objects(entry, async_add_entities, Platform.BINARY_SENSOR, HsmBinarySensor)
