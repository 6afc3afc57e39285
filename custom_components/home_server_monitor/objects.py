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


def may_remove(coordinator: ServiceCoordinator[Any], table: ObjectTable[Any, Any]) -> bool:
    """Return whether what the newest listing of a kind lacks is surely gone and does not stay."""
    # a feed that this server does not have lists nothing, and that is complete
    listed = (feed for feed in table.listings if coordinator.supported(feed))
    return not table.keep and all(coordinator.complete(feed) for feed in listed)


class _Newcomers:
    """Finds the entities that are not there yet."""

    def __init__(self, coordinator: ServiceCoordinator[Any], platform: Platform, factory: Factory) -> None:
        self._coordinator = coordinator
        self._tables = tables_of(coordinator, platform)
        self._factory = factory
        self._known: set[tuple[str, str, str]] = set()

    @callback
    def async_take(self) -> list[HsmEntity[Any]]:
        """Return an entity for each object and description that is new; what was surely removed may come back."""
        return [entity for table in self._tables for entity in self._of(table)]

    def _of(self, table: ObjectTable[Any, Any]) -> list[HsmEntity[Any]]:
        objects = table.objects(self._coordinator.data)
        if may_remove(self._coordinator, table):
            self._known = {item for item in self._known if item[0] != table.kind or item[1] in objects}
        wanted = {
            (table.kind, key, description.key): (key, description)
            for key, item in objects.items()
            for description in table.descriptions
            if (table.kind, key, description.key) not in self._known and description.exists(item)
        }
        self._known |= wanted.keys()
        return [self._factory(self._coordinator, table, *each) for each in wanted.values()]


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
    newcomers = _Newcomers(coordinator, platform, factory)

    async def add(found: list[HsmEntity[Any]]) -> None:
        for batch in itertools.batched(found, BATCH, strict=False):
            async_add_entities(batch)
            await asyncio.sleep(0)

    await add(newcomers.async_take())

    @callback
    def on_update() -> None:
        if coordinator.last_update_success and (found := newcomers.async_take()):
            entry.async_create_task(coordinator.hass, add(found), "add new entities")

    entry.async_on_unload(coordinator.async_add_listener(on_update))


class ObjectDevices:
    """Keeps the registries in step with the objects.

    What a complete listing does not have any more is removed; that also runs once after start, for what went away
    while Home Assistant was off. Objects of a table that keeps them stay: they become unavailable, and the user may
    delete their device. A device whose object was renamed or upgraded is described anew.
    """

    def __init__(
        self, hass: HomeAssistant, entry: HsmConfigEntry, coordinator: ServiceCoordinator[Any]
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        tables = itertools.chain.from_iterable(KINDS[coordinator.kind].tables.values())
        self._tables = {table.kind: table for table in tables if table.kind}
        self._seen: dict[str, frozenset[str]] = {}
        self._described: dict[str, tuple[Any, Any]] = {}

    @callback
    def async_check(self) -> None:
        """Compare with the snapshot before."""
        if not self._coordinator.last_update_success:
            return
        self._describe(self._coordinator.device_info)
        for kind, table in self._tables.items():
            objects = table.objects(self._coordinator.data)
            for item in objects.values():
                self._describe(table.device(self._coordinator, item))
            present = frozenset(objects)
            if self._seen.get(kind) != present and may_remove(self._coordinator, table):
                self._seen[kind] = present
                self._remove(kind, present)

    def _describe(self, info: dr.DeviceInfo) -> None:
        """Write what a person sees of a device where it is not what was written before."""
        if "name" not in info:
            return
        identifier = next(iter(info["identifiers"]))
        shown = (info.get("name"), info.get("sw_version"))
        if self._described.get(identifier[1], shown) != shown:
            device = dr.async_get(self._hass).async_get_device_by_identifier(identifier, self._entry.entry_id)
            if device is not None:
                dr.async_get(self._hass).async_update_device(device.id, name=shown[0], sw_version=shown[1])
        self._described[identifier[1]] = shown

    def _remove(self, kind: str, present: frozenset[str]) -> None:
        start = f"{self._coordinator.id}_{kind}_"
        tables = itertools.chain.from_iterable(KINDS[self._coordinator.kind].tables.values())
        endings = {each.key for table in tables if table.kind == kind for each in table.descriptions}
        valid = {f"{start}{key}_{ending}" for key in present for ending in endings}
        entities, devices = er.async_get(self._hass), dr.async_get(self._hass)
        for entity in er.async_entries_for_config_entry(entities, self._entry.entry_id):
            if entity.unique_id.startswith(start) and entity.unique_id not in valid:
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
