"""What all entities have in common: an object of a snapshot, its device, and when its values may be shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import time
from typing import Any, override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .act import async_act
from .coordinator import ServiceCoordinator

# a value inside its dead band is written again after this long at the latest
OLDEST_SHOWN = 300.0


def _always(value: Any) -> bool:
    return True


def _no_placeholders(value: Any) -> dict[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class ObjectDescription[ObjT](EntityDescription):
    """One entity of an object.

    exists: whether the source reports it at all; feed: the feed that its value comes from, where that is not the
    table's; enabled: overrides the registry default by what the object is.
    """

    exists: Callable[[ObjT], bool] = _always
    feed: str | None = None
    enabled: Callable[[ObjT], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class ObjectTable[DataT, ObjT]:
    """The entities of one kind of object.

    kind: part of unique ids and device identifiers; feed: the listing (feeds and feed_of where several make up one
    kind); objects: the objects by identity; device: the device they are shown on; placeholders: fill translated
    names; keep: whether an object that is gone stays as unavailable (a disk) or is removed (an app).
    """

    kind: str
    feed: str
    feeds: tuple[str, ...] = ()
    feed_of: Callable[[ObjT], str] | None = None
    objects: Callable[[DataT], Mapping[str, ObjT]]
    device: Callable[[ServiceCoordinator[DataT], ObjT], DeviceInfo]
    descriptions: tuple[ObjectDescription[ObjT], ...]
    placeholders: Callable[[ObjT], dict[str, str]] = _no_placeholders
    keep: bool = False

    @property
    def listings(self) -> tuple[str, ...]:
        """Return the feeds that together list all objects of this kind."""
        return self.feeds or (self.feed,)


def unique_id(source: str, kind: str, key: str, description: str) -> str:
    """Return an entity's unique id; objects without a kind belong to the service itself."""
    return f"{source}_{kind}_{key}_{description}" if kind else f"{source}_{description}"


class HsmEntity[ObjT](CoordinatorEntity[ServiceCoordinator[Any]]):
    """An entity of one object."""

    _attr_has_entity_name = True
    entity_description: ObjectDescription[ObjT]

    def __init__(
        self,
        coordinator: ServiceCoordinator[Any],
        table: ObjectTable[Any, ObjT],
        key: str,
        description: ObjectDescription[ObjT],
    ) -> None:
        super().__init__(coordinator)
        self.entity_description = description
        self.table = table
        self.key = key
        found = table.objects(coordinator.data)[key]
        self._attr_unique_id = unique_id(coordinator.id, table.kind, key, description.key)
        self._attr_device_info = table.device(coordinator, found)
        self._attr_translation_placeholders = table.placeholders(found)
        if description.translation_key is None and description.device_class is None:
            self._attr_translation_key = description.key
        if description.enabled is not None:
            self._attr_entity_registry_enabled_default = description.enabled(found)

    @property
    def object(self) -> ObjT | None:
        """Return the object as it is now, or None while it is gone."""
        return self.table.objects(self.coordinator.data).get(self.key)

    @property
    @override
    def available(self) -> bool:
        if not super().available or (found := self.object) is None:
            return False
        listing = self.table.feed_of(found) if self.table.feed_of else self.table.feed
        return self.coordinator.fresh(self.entity_description.feed or listing)

    async def async_act(self, action: str, params: Mapping[str, Any] | None = None) -> None:
        """Act on this entity's object for whoever pressed it."""
        await async_act(self.hass, self._context, self.coordinator, action, self.key, params)


class DeadBandEntity[ObjT](HsmEntity[ObjT]):
    """An entity that does not write a value that moved less than its dead band, for at most five minutes."""

    _written: tuple[float, Any, bool] | None = None

    def current(self) -> Any:
        """Return what would be written."""
        raise NotImplementedError

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        now, value, available = time.monotonic(), self.current() if self.available else None, self.available
        if self._written is not None:
            then, old, was_available = self._written
            same = value == old or (
                isinstance(value, (int, float))
                and isinstance(old, (int, float))
                and abs(value - old) < getattr(self.entity_description, "dead_band", 0.0)
            )
            if available == was_available and same and (value == old or now - then < OLDEST_SHOWN):
                return
        self._written = (now, value, available)
        super()._handle_coordinator_update()
