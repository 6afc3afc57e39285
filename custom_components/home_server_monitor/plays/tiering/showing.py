"""The entities of the download disk: of the server, there for as long as the options want something done about it."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.const import EntityCategory, Platform, UnitOfInformation
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ...const import DOMAIN
from ...descriptions import ObjectSensor
from ...quantities import choice, count, data_size, moment
from ..entity import PlayEntity
from .rules import Imports

if TYPE_CHECKING:
    from .play import Tiering

DIAGNOSTIC: Final = EntityCategory.DIAGNOSTIC


def _until(play: Tiering) -> datetime | None:
    return None if play.until is None else datetime.fromtimestamp(play.until, UTC)


OF_ROOM: Final[tuple[ObjectSensor[Any], ...]] = (
    choice("tier_room", ["enough", "low", "paused"], lambda play: play.room, entity_category=DIAGNOSTIC),
    data_size(
        "tier_free",
        lambda play: play.free,
        unit=UnitOfInformation.GIGABYTES,
        entity_category=DIAGNOSTIC,
        # a smaller change is not written at once
        dead_band=1e9,
    ),
)
OF_HOLD: Final[tuple[ObjectSensor[Any], ...]] = (
    choice(
        "tier_imports",
        [each.value for each in Imports],
        lambda play: play.imports.value,
        entity_category=DIAGNOSTIC,
    ),
    count("tier_waiting", lambda play: len(play.backlog.items), entity_category=DIAGNOSTIC),
    moment("tier_until", _until, entity_category=DIAGNOSTIC),
)
SWITCH: Final = "tier_suspended"


class TierEntity(PlayEntity["Tiering"]):
    """Something of the download disk."""


class TierSensor(TierEntity, SensorEntity):
    """A number or a word of it."""

    entity_description: ObjectSensor[Any]

    def __init__(self, play: Tiering, description: ObjectSensor[Any]) -> None:
        super().__init__(play, description.key)
        self.entity_description = description

    @override
    def current(self) -> Any:
        return self.entity_description.value(self._play)

    @override
    def is_news(self, value: Any) -> bool:
        band = self.entity_description.dead_band
        if band and value is not None and self._shown is not None:
            return bool(abs(value - self._shown) >= band)
        return super().is_news(value)

    @property
    @override
    def native_value(self) -> Any:
        return self.current()


class TierSuspended(TierEntity, SwitchEntity):
    """Holds no imports until the coming hours have ended: for whoever wants to watch it tonight."""

    _attr_entity_category = EntityCategory.CONFIG

    @override
    def current(self) -> bool:
        return self._play.hours.suspended()

    @property
    @override
    def is_on(self) -> bool:
        return self.current()

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self._play.suspend(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self._play.suspend(on=False)


class Showing:
    """Adds and removes the entities of one play."""

    def __init__(self, hass: HomeAssistant, play: Tiering) -> None:
        self._hass, self._play = hass, play
        self._adders: dict[Platform, Callable[[list[Any]], None]] = {}
        self._made: set[str] = set()

    @callback
    def join(self, platform: Platform, add: Callable[[list[Any]], None]) -> None:
        """Add entities through a platform of the server from now on."""
        if platform in (Platform.SENSOR, Platform.SWITCH):
            self._adders[platform] = add

    @callback
    def show(self, *, pauses: bool, holds: bool) -> None:
        """Have the entities that the options and the clients give a meaning, and no others."""
        there = bool(self._play.clients())
        for wanted, table in ((pauses, OF_ROOM), (holds, OF_HOLD)):
            for row in table:
                if not wanted:
                    self._remove(row.key, Platform.SENSOR)
                elif there:
                    self._add(row.key, Platform.SENSOR, partial(TierSensor, self._play, row))
        if not holds:
            self._remove(SWITCH, Platform.SWITCH)
        elif there:
            self._add(SWITCH, Platform.SWITCH, partial(TierSuspended, self._play, SWITCH))

    def _add(self, key: str, platform: Platform, make: Callable[[], TierEntity]) -> None:
        if key not in self._made and (add := self._adders.get(platform)) is not None:
            self._made.add(key)
            add([make()])

    def _remove(self, key: str, platform: Platform) -> None:
        self._made.discard(key)
        registry = er.async_get(self._hass)
        entity = registry.async_get_entity_id(platform, DOMAIN, f"{self._play.server}_{key}")
        if entity is not None:
            registry.async_remove(entity)
