"""The entities of the plan, on the device of the server: where it stands, what it would do, whether the battery lasts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, Platform, UnitOfTime
from homeassistant.core import callback

from ...edge.entities import ServerEntity
from .memory import State
from .plan import Kind

if TYPE_CHECKING:
    from .play import PowerPlay

STATES = [state.value for state in State]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A sensor. options: the words that it may have; seconds: it is a span; percent: a share."""

    key: str
    value: Callable[[PowerPlay], Any]
    options: list[str] | None = None
    seconds: bool = False
    percent: bool = False
    enabled: bool = True
    diagnostic: bool = True


def _time_of(kind: Kind) -> Callable[[PowerPlay], float | None]:
    return lambda play: play.keeping.time_of(kind.value)


def _health(play: PowerPlay) -> float | None:
    """Return the share of its runtime that the battery still has, percent."""
    found = play.health
    return None if found is None else round(found.share * 100)


VALUES: tuple[Value, ...] = (
    Value(
        key="power_plan_state",
        value=lambda play: play.state.value if play.state is not None else None,
        options=STATES,
        diagnostic=False,
    ),
    Value(key="power_plan_load", value=lambda play: play.load_count),
    Value(key="power_plan_needs", value=lambda play: round(play.cover.needed), seconds=True),
    Value(key="power_battery_health", value=_health, percent=True),
    *(
        Value(key=f"power_time_{kind.value}", value=_time_of(kind), seconds=True, enabled=False)
        for kind in (Kind.DOWNLOADS, Kind.JOBS, Kind.WORKLOADS, Kind.SNAPSHOT, Kind.NAS)
    ),
)


class _OfPlan(ServerEntity):
    """Something of the plan; written when the play says that something changed."""

    def __init__(self, play: PowerPlay, key: str) -> None:
        super().__init__(play.guardian, key)
        self._play = play

    @property
    @override
    def available(self) -> bool:
        return bool(self._play.ups_id) and self._play.judged

    @override
    async def async_added_to_hass(self) -> None:
        self.async_on_remove(self._play.listen(self._changed))


class PlanSensor(_OfPlan, SensorEntity):
    """A number or a word of the plan."""

    def __init__(self, play: PowerPlay, value: Value) -> None:
        super().__init__(play, value.key)
        self._value = value
        if value.options is not None:
            self._attr_device_class = SensorDeviceClass.ENUM
            self._attr_options = value.options
        elif value.seconds:
            self._attr_device_class = SensorDeviceClass.DURATION
            self._attr_native_unit_of_measurement = UnitOfTime.SECONDS
            self._attr_suggested_unit_of_measurement = UnitOfTime.MINUTES
        else:
            self._attr_state_class = SensorStateClass.MEASUREMENT
            if value.percent:
                self._attr_native_unit_of_measurement = PERCENTAGE
        self._attr_entity_registry_enabled_default = value.enabled
        if value.diagnostic:
            self._attr_entity_category = EntityCategory.DIAGNOSTIC

    @override
    def shown(self) -> Any:
        return (self.available, self.native_value)

    @property
    @override
    def native_value(self) -> Any:
        return self._value.value(self._play)


class RuntimeShort(_OfPlan, BinarySensorEntity):
    """Whether the battery lasts too short for what has to be stopped, and half as much again."""

    _attr_device_class = BinarySensorDeviceClass.PROBLEM
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, play: PowerPlay) -> None:
        super().__init__(play, "power_runtime_short")

    @override
    def shown(self) -> Any:
        return (self.available, self.is_on)

    @property
    @override
    def is_on(self) -> bool | None:
        enough = self._play.cover.enough
        return None if enough is None else not enough


class Showing:
    """Adds them, once there is a UPS: none is made for what nobody reports."""

    def __init__(self, play: PowerPlay) -> None:
        self._play = play
        self._adders: dict[Platform, Callable[[list[Any]], None]] = {}
        self._made: set[Platform] = set()

    @callback
    def join(self, platform: Platform, add: Callable[[list[Any]], None]) -> None:
        """Add entities through a platform of the server."""
        self._adders[platform] = add
        self.add()

    @callback
    def add(self) -> None:
        """Add what is not there yet."""
        if not self._play.ups_id or not self._play.judged:
            return
        made: dict[Platform, Callable[[], list[Any]]] = {
            Platform.SENSOR: lambda: [PlanSensor(self._play, each) for each in VALUES],
            Platform.BINARY_SENSOR: lambda: [RuntimeShort(self._play)],
        }
        for platform, make in made.items():
            if platform in self._adders and platform not in self._made:
                self._made.add(platform)
                self._adders[platform](make())
