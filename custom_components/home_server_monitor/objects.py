"""Objects that come and go: their entities are added without a reload and removed when they are surely gone."""

import asyncio
from collections.abc import Callable, Sequence
import itertools
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import HsmConfigEntry, ServiceCoordinator
from .entity import HsmEntity, ObjectDescription, ObjectTable
from .kinds import KINDS

# 1,500 entities added at once hold the event loop for 410 ms, in batches of 25 for 34 ms
BATCH = 25

type Factory = Callable[
    [ServiceCoordinator[Any], ObjectTable[Any, Any], str, ObjectDescription[Any]], HsmEntity[Any]
]


def tables_of(coordinator: ServiceCoordinator[Any], platform: Platform) -> Sequence[ObjectTable[Any, Any]]:
    """Return a kind's tables for one platform."""
    return KINDS[coordinator.kind].tables.get(platform, ())


async def async_add_objects(
    entry: HsmConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    platform: Platform,
    factory: Factory,
) -> None:
    """Add the entities of all objects, and from now on those of objects that appear."""
    coordinator = entry.runtime_data
    if coordinator is None:
        return
    known: set[tuple[str, str, str]] = set()
    tables = tables_of(coordinator, platform)

    @callback
    def fresh_ones() -> list[HsmEntity[Any]]:
        found = []
        for table in tables:
            objects = table.objects(coordinator.data)
            known.difference_update(
                [
                    item
                    for item in known
                    if item[0] == table.kind and item[1] not in objects and not table.keep
                ]
            )
            for key, item in objects.items():
                for description in table.descriptions:
                    name = (table.kind, key, description.key)
                    if name not in known and description.exists(item):
                        known.add(name)
                        found.append(factory(coordinator, table, key, description))
        return found

    for batch in itertools.batched(fresh_ones(), BATCH, strict=False):
        async_add_entities(batch)
        await asyncio.sleep(0)

    @callback
    def on_update() -> None:
        if coordinator.last_update_success and (found := fresh_ones()):
            async_add_entities(found)

    entry.async_on_unload(coordinator.async_add_listener(on_update))


class GoneObjects:
    """Removes from the registries what a complete listing does not have any more.

    It also runs once after start, for what went away while Home Assistant was off. Objects of a table that keeps
    them stay: they become unavailable, and the user may delete their device.
    """

    def __init__(
        self, hass: HomeAssistant, entry: HsmConfigEntry, coordinator: ServiceCoordinator[Any]
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        tables = itertools.chain.from_iterable(KINDS[coordinator.kind].tables.values())
        self._tables = {table.kind: table for table in tables if table.kind and not table.keep}
        self._seen: dict[str, frozenset[str]] = {}

    @callback
    def async_check(self) -> None:
        """Compare each complete listing with the one before."""
        if not self._coordinator.last_update_success:
            return
        for kind, table in self._tables.items():
            if not all(self._coordinator.complete(feed) for feed in self._listed(table)):
                continue
            present = frozenset(table.objects(self._coordinator.data))
            if self._seen.get(kind) != present:
                self._seen[kind] = present
                self._remove(kind, present)

    def _listed(self, table: ObjectTable[Any, Any]) -> list[str]:
        """Return the feeds that count: one that this server does not have lists nothing."""
        return [feed for feed in table.listings if self._coordinator.supported(feed)]

    def _remove(self, kind: str, present: frozenset[str]) -> None:
        start = f"{self._coordinator.id}_{kind}_"
        entities, devices = er.async_get(self._hass), dr.async_get(self._hass)
        for entity in er.async_entries_for_config_entry(entities, self._entry.entry_id):
            if entity.unique_id.startswith(start) and not any(
                entity.unique_id.startswith(f"{start}{key}_") for key in present
            ):
                entities.async_remove(entity.entity_id)
        for device in dr.async_entries_for_config_entry(devices, self._entry.entry_id):
            for domain, identifier in device.identifiers:
                if (
                    domain == DOMAIN
                    and identifier.startswith(start)
                    and identifier.removeprefix(start) not in present
                ):
                    devices.async_remove_device(device.id)
                    break
