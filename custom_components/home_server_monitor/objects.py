"""Objects that come and go: their entities are added without a reload and removed when they are surely gone."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
import itertools
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later

from .const import DOMAIN
from .coordinator import HsmConfigEntry, ServiceCoordinator
from .entity import HsmEntity, ObjectDescription, ObjectTable, unique_id
from .kinds import KINDS

# 1,500 entities added at once hold the event loop for 410 ms, in batches of 25 for 34 ms
BATCH = 25
# seconds between two listings that must agree before many objects at once are taken for gone
CONFIRMED = 600.0

type Factory = Callable[
    [ServiceCoordinator[Any], ObjectTable[Any, Any], str, ObjectDescription[Any]], HsmEntity[Any]
]

type Newcomer = tuple[ObjectTable[Any, Any], str, ObjectDescription[Any]]


def tables_of(coordinator: ServiceCoordinator[Any], platform: Platform) -> Sequence[ObjectTable[Any, Any]]:
    """Return a kind's tables for one platform."""
    return KINDS[coordinator.kind].tables.get(platform, ())


def may_remove(coordinator: ServiceCoordinator[Any], table: ObjectTable[Any, Any]) -> bool:
    """Return whether the newest listing of a kind is complete, and what it lacks does not stay."""
    # a feed that this server does not have lists nothing, and that is complete
    listed = (feed for feed in table.listings if coordinator.supported(feed))
    return not table.keep and all(coordinator.complete(feed) for feed in listed)


def doubtful(known: frozenset[str], present: frozenset[str]) -> bool:
    """Return whether so much is missing at once that the server may only be half up."""
    missing = known - present
    return bool(missing) and (not present or (len(missing) > 1 and 2 * len(missing) > len(known)))


class _Newcomers:
    """Finds the entities that are not there yet."""

    def __init__(self, coordinator: ServiceCoordinator[Any], platform: Platform, factory: Factory) -> None:
        self._coordinator = coordinator
        self._platform = platform
        self._tables = tables_of(coordinator, platform)
        self._factory = factory
        self._known: set[tuple[str, str, str]] = set()
        # by table: the objects that were looked at; the same one has nothing new
        self._looked: list[Mapping[str, Any]] = [{} for _ in self._tables]
        # by table: which objects there were
        self._listed = [frozenset[str]() for _ in self._tables]
        coordinator.on_removed.append(self._removed)

    @callback
    def _removed(self, kind: str, present: frozenset[str]) -> None:
        """What was removed may come back, and is then new."""
        self._known = {item for item in self._known if item[0] != kind or item[1] in present}
        self._looked = [{} for _ in self._tables]

    @callback
    def async_take(self) -> list[Newcomer]:
        """Return each object and description that is new."""
        return [each for index, table in enumerate(self._tables) for each in self._of(index, table)]

    def _of(self, index: int, table: ObjectTable[Any, Any]) -> list[Newcomer]:
        objects, looked = table.objects(self._coordinator.data), self._looked[index]
        self._looked[index] = objects
        if table.keep and objects is not looked:
            self._let_go(table, objects.keys() - self._listed[index])
            self._listed[index] = frozenset(objects)
        wanted = {
            (table.kind, key, description.key): (table, key, description)
            for key, item in objects.items()
            if looked.get(key) is not item
            for description in table.descriptions
            if (table.kind, key, description.key) not in self._known and description.exists(item)
        }
        self._known |= wanted.keys()
        return [*wanted.values()]

    def _let_go(self, table: ObjectTable[Any, Any], back: Collection[str]) -> None:
        """Take the entities of what is back as new where somebody deleted them with its device meanwhile."""
        if self._coordinator.adding.locked():
            # those that are just being added are not registered yet
            return
        registry, source = er.async_get(self._coordinator.hass), self._coordinator.id
        self._known -= {
            (kind, key, description)
            for kind, key, description in self._known
            if kind == table.kind
            and key in back
            and not registry.async_get_entity_id(
                self._platform, DOMAIN, unique_id(source, kind, key, description)
            )
        }

    @callback
    def async_make(self, newcomers: Sequence[Newcomer]) -> list[HsmEntity[Any]]:
        """Return their entities; what has gone meanwhile is new again when it comes back."""
        found = []
        for table, key, description in newcomers:
            if key in table.objects(self._coordinator.data):
                found.append(self._factory(self._coordinator, table, key, description))
            else:
                self._known.discard((table.kind, key, description.key))
                self._looked = [{} for _ in self._tables]
        return found


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

    async def add(found: list[Newcomer]) -> None:
        for batch in itertools.batched(found, BATCH, strict=False):
            # one platform at a time: all of them add at once
            async with coordinator.adding:
                async_add_entities(newcomers.async_make(batch))
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
    while Home Assistant was off. Where most of a kind is missing at once, a server that lists itself before it is up
    again is as likely as somebody who tidied: those stay, unavailable, until a listing at least 10 min later lacks
    them too. Objects of a table that keeps them stay: they become unavailable, and the user may
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
        # by kind: since which listing most of it has been missing, in the coordinator's seconds
        self._doubted: dict[str, float] = {}
        self._again: CALLBACK_TYPE | None = None
        entry.async_on_unload(self._stop)
        self._described: dict[str, tuple[Any, Any, Any]] = {}
        # as they were described last
        self._objects: dict[str, Mapping[str, Any]] = {}

    @callback
    def async_check(self) -> None:
        """Compare with the snapshot before."""
        if not self._coordinator.last_update_success:
            return
        self._describe(self._coordinator.device_info)
        for kind, table in self._tables.items():
            objects, before = table.objects(self._coordinator.data), self._objects.get(kind, {})
            self._objects[kind] = objects
            for key, item in objects.items():
                if before.get(key) is not item:
                    self._describe(table.device(self._coordinator, item))
            present = frozenset(objects)
            if self._seen.get(kind) == present:
                self._doubted.pop(kind, None)
            elif may_remove(self._coordinator, table):
                registered, stray = self._stock(kind, present)
                if self._surely(table, registered, present):
                    self._remove(kind, present, stray)
                    self._seen[kind] = present
        if self._doubted and self._again is None:
            # nothing else may change until then
            self._again = async_call_later(self._hass, CONFIRMED / 10, self._look_again)

    @callback
    def _look_again(self, now: datetime) -> None:
        self._again = None
        self.async_check()

    @callback
    def _stop(self) -> None:
        if self._again is not None:
            self._again()
            self._again = None

    def _surely(
        self, table: ObjectTable[Any, Any], registered: frozenset[str], present: frozenset[str]
    ) -> bool:
        """Return whether what is not present is surely gone: it is little, or has been missing for long enough."""
        if not doubtful(registered, present):
            self._doubted.pop(table.kind, None)
            return True
        listed = min(
            (at for feed in table.listings if (at := self._coordinator.listed(feed)) is not None), default=0.0
        )
        return listed - self._doubted.setdefault(table.kind, listed) >= CONFIRMED

    def _endings(self, kind: str) -> list[str]:
        """Return what the unique ids of a kind end with, the longest first."""
        tables = itertools.chain.from_iterable(KINDS[self._coordinator.kind].tables.values())
        found = {f"_{each.key}" for table in tables if table.kind == kind for each in table.descriptions}
        return sorted(found, key=len, reverse=True)

    def _stock(self, kind: str, present: frozenset[str]) -> tuple[frozenset[str], list[er.RegistryEntry]]:
        """Return the identities of the objects of a kind that have entities, and the entities of none that is present.

        Of a thousand objects there are many entities: those that belong to one are looked up, only others are taken apart.
        """
        start, endings = f"{self._coordinator.id}_{kind}_", self._endings(kind)
        valid = {f"{start}{key}{ending}": key for key in present for ending in endings}
        known, stray = set[str](), []
        for entity in er.async_entries_for_config_entry(er.async_get(self._hass), self._entry.entry_id):
            if (key := valid.get(entity.unique_id)) is not None:
                known.add(key)
            elif entity.unique_id.startswith(start):
                stray.append(entity)
                if ending := next((end for end in endings if entity.unique_id.endswith(end)), None):
                    known.add(entity.unique_id.removeprefix(start).removesuffix(ending))
        return frozenset(known), stray

    def _describe(self, info: dr.DeviceInfo) -> None:
        """Write what a person sees of a device where it is not what was written before."""
        if "name" not in info:
            return
        identifier = next(iter(info["identifiers"]))
        shown = (info.get("name"), info.get("sw_version"), info.get("model"))
        if self._described.get(identifier[1], shown) != shown:
            device = dr.async_get(self._hass).async_get_device_by_identifier(identifier, self._entry.entry_id)
            if device is not None:
                dr.async_get(self._hass).async_update_device(
                    device.id, name=shown[0], sw_version=shown[1], model=shown[2]
                )
        self._described[identifier[1]] = shown

    def _remove(self, kind: str, present: frozenset[str], stray: Sequence[er.RegistryEntry]) -> None:
        """Remove the entities and the devices of what is gone. stray: entities of nothing that is present."""
        start = f"{self._coordinator.id}_{kind}_"
        entities, devices = er.async_get(self._hass), dr.async_get(self._hass)
        if stray or self._seen.get(kind, present) - present:
            for removed in self._coordinator.on_removed:
                removed(kind, present)
        for entity in stray:
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
