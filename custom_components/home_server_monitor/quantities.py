"""What is measured: a sensor description for each kind of quantity, with its unit and device class."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    UnitOfDataRate,
    UnitOfInformation,
    UnitOfTemperature,
    UnitOfTime,
)

from .descriptions import ObjectSensor

DIAGNOSTIC = EntityCategory.DIAGNOSTIC


def data_size(key: str, value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    """Describe bytes, shown in GiB unless `unit` says otherwise."""
    return ObjectSensor(
        key=key,
        device_class=SensorDeviceClass.DATA_SIZE,
        translation_key=key,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=more.pop("unit", UnitOfInformation.GIBIBYTES),
        suggested_display_precision=1,
        state_class=more.pop("state_class", SensorStateClass.MEASUREMENT),
        value=value,
        **more,
    )


def data_rate(key: str, value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    """Describe bytes per second, shown in MB/s; written when it moved by 50 kB/s.

    A diagnostic that is off, unless `category` and `enabled` say otherwise.
    """
    return ObjectSensor(
        key=key,
        device_class=SensorDeviceClass.DATA_RATE,
        translation_key=key,
        native_unit_of_measurement=UnitOfDataRate.BYTES_PER_SECOND,
        suggested_unit_of_measurement=UnitOfDataRate.MEGABYTES_PER_SECOND,
        suggested_display_precision=2,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=more.pop("category", DIAGNOSTIC),
        entity_registry_enabled_default=more.pop("enabled", False),
        dead_band=50_000,
        value=value,
        **more,
    )


def percent(key: str, value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    """Describe a percentage."""
    return ObjectSensor(
        key=key,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=more.pop("precision", 0),
        state_class=SensorStateClass.MEASUREMENT,
        value=value,
        **more,
    )


def count(key: str, value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    """Describe a number of things."""
    return ObjectSensor(key=key, state_class=SensorStateClass.MEASUREMENT, value=value, **more)


def moment(key: str, value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    """Describe an instant; its value is an aware datetime."""
    return ObjectSensor(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=more.pop("entity_category", DIAGNOSTIC),
        value=value,
        **more,
    )


def days(key: str, value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    """Describe a number of days."""
    return ObjectSensor(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.DAYS,
        suggested_display_precision=0,
        entity_category=DIAGNOSTIC,
        value=value,
        **more,
    )


def degrees(key: str, value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    """Describe a temperature in °C; written when it moved by 2 °C."""
    return ObjectSensor(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        suggested_display_precision=0,
        state_class=SensorStateClass.MEASUREMENT,
        dead_band=2.0,
        value=value,
        **more,
    )


def choice(key: str, options: list[str], value: Callable[[Any], Any], **more: Any) -> ObjectSensor[Any]:
    """Describe one of a few translated states."""
    return ObjectSensor(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.ENUM,
        options=options,
        value=value,
        **more,
    )
