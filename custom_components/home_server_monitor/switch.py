"""Switches of a server."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HsmConfigEntry
from .edge.entities import server_entities
from .edge.guardian import Guardian

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HsmConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up those of one server."""
    if isinstance(entry.runtime_data, Guardian):
        async_add_entities(server_entities(entry.runtime_data, Platform.SWITCH))
