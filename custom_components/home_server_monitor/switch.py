"""Switches of a server, and of what a source can turn on and off."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HsmConfigEntry
from .descriptions import ObjectSwitch
from .edge.entities import server_entities
from .edge.guardian import Guardian
from .entity import HsmEntity
from .objects import async_add_objects

# the House lets one action at a time act on a target; waiting for one must not hold up the others
PARALLEL_UPDATES = 0


class HsmSwitch(HsmEntity[Any], SwitchEntity):
    """A switch: on is what the source sees, never what was ordered."""

    entity_description: ObjectSwitch[Any]

    @property
    @override
    def is_on(self) -> bool | None:
        return self.entity_description.value(self.object) if self.object is not None else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self.async_act(self.entity_description.turn_on)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self.async_act(self.entity_description.turn_off)


async def async_setup_entry(
    hass: HomeAssistant, entry: HsmConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up those of one server or service."""
    if isinstance(entry.runtime_data, Guardian):
        async_add_entities(server_entities(entry.runtime_data, Platform.SWITCH))
        for join in entry.runtime_data.joins:
            join(Platform.SWITCH, async_add_entities)
        return
    await async_add_objects(entry, async_add_entities, Platform.SWITCH, HsmSwitch)
