"""Buttons of all sources: each runs one action, for an admin user."""

from typing import Any, override

from homeassistant.components.button import ButtonEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HsmConfigEntry
from .descriptions import ObjectButton
from .edge.entities import server_entities
from .edge.guardian import Guardian
from .entity import HsmEntity
from .objects import async_add_objects

# the House lets one action at a time act on a target; waiting for one must not hold up the others
PARALLEL_UPDATES = 0


class HsmButton(HsmEntity[Any], ButtonEntity):
    """A button."""

    entity_description: ObjectButton[Any]

    @property
    @override
    def available(self) -> bool:
        # what there was to do may be gone: an old version is kept for some days only
        found = self.object
        return super().available and found is not None and self.entity_description.exists(found)

    @override
    async def async_press(self) -> None:
        await self.async_act(self.entity_description.action, self.entity_description.params())


async def async_setup_entry(
    hass: HomeAssistant, entry: HsmConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the buttons of one service."""
    if isinstance(entry.runtime_data, Guardian):
        async_add_entities(server_entities(entry.runtime_data, Platform.BUTTON))
        return
    await async_add_objects(entry, async_add_entities, Platform.BUTTON, HsmButton)
