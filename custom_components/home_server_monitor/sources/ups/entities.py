"""The entities of a UPS: what it shows, what went through it, and its few buttons."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    EntityCategory,
    Platform,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfTime,
)
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...descriptions import ObjectBinarySensor, ObjectButton, ObjectSensor
from ...entity import ObjectTable
from ...quantities import choice, count, degrees, moment, percent
from .actions import DEEP, DISABLE, ENABLE, MUTE, QUICK, STOP, offered
from .model import Condition, Mains, Power, Reading, SelfTest
from .rules import last_test, runs_out

DIAGNOSTIC = EntityCategory.DIAGNOSTIC
READING = "reading"

type Shown = Callable[[Reading], Any]


def _itself(data: Power) -> Mapping[str, Power]:
    return {"": data}


def _device(coordinator: Any, item: Any) -> DeviceInfo:
    return DeviceInfo(identifiers={(DOMAIN, coordinator.id)})


def _now(shown: Shown) -> dict[str, Any]:
    """Return what makes an entity of a value of the reading: it is there once the device has said it."""

    def exists(data: Power) -> bool:
        return data.unit.reading is not None and shown(data.unit.reading) is not None

    return {"value": lambda data: shown(data.unit.now), "exists": exists, "feed": READING}


def _days(now: Reading) -> int | None:
    """Return how old the battery is; a date in the future is none."""
    since, today = now.battery_date, dt_util.now().date()
    return None if since is None or since > today else (today - since).days


def _volts(key: str, shown: Shown) -> ObjectSensor[Power]:
    return ObjectSensor(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.VOLTAGE,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1 if key == "ups_battery_voltage" else 0,
        entity_category=DIAGNOSTIC,
        dead_band=2.0 if key != "ups_battery_voltage" else 0.2,
        **_now(shown),
    )


SENSORS: tuple[ObjectSensor[Any], ...] = (
    # also while nothing is heard: that is a state
    choice("ups_condition", [each.value for each in Condition], lambda data: data.unit.condition.value),
    percent(
        "ups_charge",
        device_class=SensorDeviceClass.BATTERY,
        translation_key="ups_charge",
        **_now(lambda now: now.charge),
    ),
    ObjectSensor[Power](
        key="ups_runtime",
        translation_key="ups_runtime",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
        state_class=SensorStateClass.MEASUREMENT,
        dead_band=30.0,
        **_now(lambda now: now.runtime),
    ),
    percent("ups_load", translation_key="ups_load", dead_band=2.0, **_now(lambda now: now.load)),
    ObjectSensor[Power](
        key="ups_power",
        translation_key="ups_power",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        state_class=SensorStateClass.MEASUREMENT,
        dead_band=5.0,
        **_now(lambda now: now.watts),
    ),
    ObjectSensor[Power](
        key="ups_energy",
        translation_key="ups_energy",
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda data: data.energy,
        exists=lambda data: data.energy is not None,
    ),
    _volts("ups_input_voltage", lambda now: now.input_voltage),
    _volts("ups_output_voltage", lambda now: now.output_voltage),
    _volts("ups_battery_voltage", lambda now: now.battery_voltage),
    degrees("ups_temperature", entity_category=DIAGNOSTIC, **_now(lambda now: now.temperature)),
    choice(
        "ups_self_test",
        [each.value for each in SelfTest],
        entity_category=DIAGNOSTIC,
        **_now(lambda now: now.test.value if now.test else None),
    ),
    moment(
        "ups_tested",
        last_test,
        exists=lambda data: last_test(data) is not None,
    ),
    ObjectSensor[Power](
        key="ups_battery_age",
        translation_key="ups_battery_age",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.DAYS,
        suggested_display_precision=0,
        entity_category=DIAGNOSTIC,
        **_now(_days),
    ),
    moment(
        "ups_last_cut",
        lambda data: None if data.cut_at is None else dt_util.utc_from_timestamp(data.cut_at),
    ),
    count("ups_brief_cuts", lambda data: data.cuts_week, entity_category=DIAGNOSTIC),
)


def _on_battery(now: Reading) -> bool | None:
    return None if now.mains is Mains.UNKNOWN else now.on_battery


def _yes(key: str, device_class: BinarySensorDeviceClass, shown: Shown, **more: Any) -> Any:
    return ObjectBinarySensor[Power](
        key=key,
        translation_key=key,
        device_class=device_class,
        value=lambda data: shown(data.unit.now),
        feed=READING,
        **more,
    )


def _button(key: str, action: str, table: str, what: str, **more: Any) -> ObjectButton[Power]:
    """Describe a button that a device with that command has, where there is an account to send it with."""
    return ObjectButton(
        key=key,
        action=action,
        params=lambda: {table: what},
        exists=lambda data: data.orders and offered(data.unit.commands, table, what) is not None,
        feed=READING,
        **more,
    )


TABLES: Mapping[Platform, tuple[ObjectTable[Any, Any], ...]] = {
    Platform.SENSOR: (
        ObjectTable(kind="", feed="kept", objects=_itself, device=_device, descriptions=SENSORS, keep=True),
    ),
    Platform.BINARY_SENSOR: (
        ObjectTable(
            kind="",
            feed="kept",
            objects=_itself,
            device=_device,
            descriptions=(
                _yes("ups_on_battery", BinarySensorDeviceClass.PROBLEM, _on_battery),
                _yes(
                    "ups_low", BinarySensorDeviceClass.BATTERY, lambda now: _on_battery(now) and runs_out(now)
                ),
                _yes(
                    "ups_replace_battery",
                    BinarySensorDeviceClass.PROBLEM,
                    lambda now: now.replace_battery,
                    entity_category=DIAGNOSTIC,
                ),
            ),
            keep=True,
        ),
    ),
    Platform.BUTTON: (
        ObjectTable(
            kind="",
            feed="kept",
            objects=_itself,
            device=_device,
            descriptions=(
                _button("ups_test", "ups_test", "test", QUICK),
                _button("ups_test_deep", "ups_test", "test", DEEP, entity_registry_enabled_default=False),
                _button("ups_test_stop", "ups_test", "test", STOP, entity_registry_enabled_default=False),
                _button("ups_beeper_mute", "ups_beeper", "beeper", MUTE),
                _button(
                    "ups_beeper_enable", "ups_beeper", "beeper", ENABLE, entity_registry_enabled_default=False
                ),
                _button(
                    "ups_beeper_disable",
                    "ups_beeper",
                    "beeper",
                    DISABLE,
                    entity_registry_enabled_default=False,
                ),
            ),
            keep=True,
        ),
    ),
}
PLATFORMS = tuple(sorted(TABLES))
