"""Numbers that a source can set."""

from typing import Any, override

from homeassistant.components.number import NumberEntity, NumberMode
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HsmConfigEntry
from .descriptions import ObjectNumber
from .entity import HsmEntity
from .objects import async_add_objects

# the House lets one action at a time act on a target; waiting for one must not hold up the others
PARALLEL_UPDATES = 0


class HsmNumber(HsmEntity[Any], NumberEntity):
    """A number: what the source sees, never what was ordered."""

    entity_description: ObjectNumber[Any]
    _attr_mode = NumberMode.BOX

    @property
    @override
    def native_value(self) -> float | None:
        return self.entity_description.value(self.object) if self.object is not None else None

    @override
    async def async_set_native_value(self, value: float) -> None:
        description = self.entity_description
        await self.async_act(description.action, description.params(value))


async def async_setup_entry(
    hass: HomeAssistant, entry: HsmConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the numbers of one service."""
    await async_add_objects(entry, async_add_entities, Platform.NUMBER, HsmNumber)
