"""Update entities of all sources."""

from typing import Any, override

from homeassistant.components.update import UpdateEntity, UpdateEntityFeature
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HsmConfigEntry
from .descriptions import ObjectUpdate
from .entity import HsmEntity
from .objects import async_add_objects

# the House lets one action at a time act on a target; waiting for one must not hold up the others
PARALLEL_UPDATES = 0


class HsmUpdate(HsmEntity[Any], UpdateEntity):
    """An update entity."""

    entity_description: ObjectUpdate[Any]
    _attr_supported_features = UpdateEntityFeature.INSTALL | UpdateEntityFeature.PROGRESS
    _installing = False

    @property
    @override
    def installed_version(self) -> str | None:
        return self.entity_description.installed(self.object) if self.object is not None else None

    @property
    @override
    def latest_version(self) -> str | None:
        return self.entity_description.latest(self.object) if self.object is not None else None

    @property
    @override
    def release_url(self) -> str | None:
        return self.entity_description.url(self.object) if self.object is not None else None

    @property
    @override
    def in_progress(self) -> bool | None:
        return self._installing or self.update_percentage is not None

    @property
    @override
    def update_percentage(self) -> float | None:
        return self.entity_description.progress(self.object) if self.object is not None else None

    @override
    async def async_install(self, version: str | None, backup: bool, **kwargs: Any) -> None:
        self._installing = True
        self.async_write_ha_state()
        try:
            await self.async_act(self.entity_description.action)
        finally:
            self._installing = False


async def async_setup_entry(
    hass: HomeAssistant, entry: HsmConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the update entities of one service."""
    await async_add_objects(entry, async_add_entities, Platform.UPDATE, HsmUpdate)
