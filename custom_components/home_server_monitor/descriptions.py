"""Descriptions of entities: what a source's table says of each."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeassistant.components.binary_sensor import BinarySensorEntityDescription
from homeassistant.components.button import ButtonEntityDescription
from homeassistant.components.calendar import CalendarEntityDescription, CalendarEvent
from homeassistant.components.number import NumberEntityDescription
from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.components.switch import SwitchEntityDescription
from homeassistant.components.update import UpdateEntityDescription
from homeassistant.const import EntityCategory

from .entity import ObjectDescription


@dataclass(frozen=True, kw_only=True)
class ObjectSensor[ObjT](ObjectDescription[ObjT], SensorEntityDescription):
    """A sensor of an object. `dead_band`: a smaller change is not written at once."""

    value: Callable[[ObjT], Any]
    dead_band: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ObjectBinarySensor[ObjT](ObjectDescription[ObjT], BinarySensorEntityDescription):
    """A binary sensor of an object."""

    value: Callable[[ObjT], bool | None]


@dataclass(frozen=True, kw_only=True)
class ObjectButton[ObjT](ObjectDescription[ObjT], ButtonEntityDescription):
    """A button of an object: the key of its action and what the action is given."""

    action: str
    params: Callable[[], Mapping[str, Any]] = dict
    entity_category: EntityCategory | None = EntityCategory.CONFIG


@dataclass(frozen=True, kw_only=True)
class ObjectNumber[ObjT](ObjectDescription[ObjT], NumberEntityDescription):
    """A number of an object: the key of the action that sets it, and what that is given for a wanted value."""

    value: Callable[[ObjT], float | None]
    action: str
    params: Callable[[float], Mapping[str, Any]]
    entity_category: EntityCategory | None = EntityCategory.CONFIG


@dataclass(frozen=True, kw_only=True)
class ObjectSwitch[ObjT](ObjectDescription[ObjT], SwitchEntityDescription):
    """A switch of an object: the keys of the actions that turn it on and off."""

    value: Callable[[ObjT], bool | None]
    turn_on: str
    turn_off: str
    entity_category: EntityCategory | None = EntityCategory.CONFIG


@dataclass(frozen=True, kw_only=True)
class ObjectUpdate[ObjT](ObjectDescription[ObjT], UpdateEntityDescription):
    """An update entity of an object.

    progress: in percent while somebody else's is under way, else None; snapshots: whether its action takes `snapshot`,
    which wants one of all its data before anything is touched; unknown: why nothing newer is known, as the end of a
    text's key `update_unknown_…`; tried: when the newest was tried and put back, in seconds since 1970, and a text's key
    or nothing. action: empty where it is installed elsewhere.
    """

    installed: Callable[[ObjT], str | None]
    latest: Callable[[ObjT], str | None]
    action: str
    progress: Callable[[ObjT], float | None] = lambda item: None
    url: Callable[[ObjT], str | None] = lambda item: None
    unknown: Callable[[ObjT], str | None] = lambda item: None
    tried: Callable[[ObjT], tuple[float, str] | None] = lambda item: None
    snapshots: bool = False
    entity_category: EntityCategory | None = EntityCategory.CONFIG


@dataclass(frozen=True, kw_only=True)
class ObjectCalendar[ObjT](ObjectDescription[ObjT], CalendarEntityDescription):
    """A calendar of an object. events: what is known, the first first; between: what is asked for two instants."""

    events: Callable[[ObjT], Sequence[CalendarEvent]]
    between: Callable[[Any, datetime, datetime], Awaitable[Sequence[CalendarEvent]]]
