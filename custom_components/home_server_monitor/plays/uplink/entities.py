"""Entities of the line: on the server itself, for they are made of what several systems show."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.const import EntityCategory, Platform, UnitOfDataRate
from homeassistant.core import callback

from ..entity import PlayEntity
from .rules import STEP

if TYPE_CHECKING:
    from .play import Uplink

LINE, SPARED = "uplink", "uplink_spared"
STATES = ["idle", "streaming", "full"]


def state_of(play: Uplink) -> str | None:
    """Return how the line stands: nobody watches from outside, somebody does, or that does not fit."""
    if play.load is None:
        return None
    return "full" if play.full else "streaming" if play.load.streams else "idle"


@dataclass(frozen=True, slots=True)
class Rate:
    """A sensor of a rate: its key, and its value in bytes a second."""

    key: str
    value: Callable[[Uplink], float | None]


RATES = (
    Rate("uplink_used", lambda play: play.load.used if play.load is not None else None),
    Rate("uplink_allowance", lambda play: play.allowance),
)


class LineEntity(PlayEntity["Uplink"]):
    """A value of the line."""

    @property
    @override
    def available(self) -> bool:
        return self._play.load is not None


class LineState(LineEntity, SensorEntity):
    """How the line stands."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = STATES

    @override
    def current(self) -> str | None:
        return state_of(self._play)

    @property
    @override
    def native_value(self) -> str | None:
        return self.current()


class LineRate(LineEntity, SensorEntity):
    """What goes over the line, or may; in steps of it, so that a stream that breathes writes nothing."""

    _attr_device_class = SensorDeviceClass.DATA_RATE
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_native_unit_of_measurement = UnitOfDataRate.MEGABITS_PER_SECOND
    _attr_suggested_display_precision = 1
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, play: Uplink, rate: Rate) -> None:
        super().__init__(play, rate.key)
        self._rate = rate

    @override
    def current(self) -> float | None:
        play = self._play
        found = self._rate.value(play)
        if found is None or play.load is None:
            return None
        step = play.load.line * STEP / 5
        return round(round(found / step) * step / 125_000, 2)

    @property
    @override
    def native_value(self) -> float | None:
        return self.current()


class LineSpared(LineEntity, BinarySensorEntity):
    """Whether others make room for streams now."""

    @override
    def current(self) -> bool:
        return self._play.lending.lends

    @property
    @override
    def is_on(self) -> bool:
        return self.current()


class Showing:
    """Adds the entities of one play once its line is known."""

    def __init__(self, play: Uplink) -> None:
        self._play = play
        self._adders: dict[Platform, Callable[[list[Any]], None]] = {}

    @callback
    def join(self, platform: Platform, add: Callable[[list[Any]], None]) -> None:
        """Add entities through a platform of the server as soon as there is something to show."""
        self._adders[platform] = add
        self.add()

    @callback
    def add(self) -> None:
        """Add what is not there yet: nothing where nobody told how much the line carries."""
        if self._play.load is None:
            return
        adders, self._adders = self._adders, {}
        for platform, add in adders.items():
            add(self._entities(platform))

    def _entities(self, platform: Platform) -> list[Any]:
        play = self._play
        if platform is Platform.SENSOR:
            return [LineState(play, LINE), *(LineRate(play, each) for each in RATES)]
        return [LineSpared(play, SPARED)] if platform is Platform.BINARY_SENSOR else []
