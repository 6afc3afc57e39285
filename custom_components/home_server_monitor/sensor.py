"""Sensors of all sources."""

from typing import Any, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .coordinator import HsmConfigEntry
from .descriptions import ObjectSensor
from .edge.entities import server_entities
from .edge.guardian import Guardian
from .entity import DeadBandEntity
from .objects import async_add_objects

PARALLEL_UPDATES = 0


class HsmSensor(DeadBandEntity[Any], SensorEntity):
    """A sensor."""

    entity_description: ObjectSensor[Any]

    @override
    def current(self) -> StateType | Any:
        return self.entity_description.value(self.object)

    @property
    @override
    def native_value(self) -> StateType | Any:
        return self.current()


async def async_setup_entry(
    hass: HomeAssistant, entry: HsmConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the sensors of one service."""
    if isinstance(entry.runtime_data, Guardian):
        async_add_entities(server_entities(entry.runtime_data, Platform.SENSOR))
        for join in entry.runtime_data.joins:
            join(Platform.SENSOR, async_add_entities)
        return
    await async_add_objects(entry, async_add_entities, Platform.SENSOR, HsmSensor)
