"""The entities of the server itself: what is open, and how much the guardian may do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.components.button import ButtonEntity
from homeassistant.components.event import EventEntity
from homeassistant.components.select import SelectEntity
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.components.switch import SwitchEntity
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import Context, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.typing import StateType

from ..const import DOMAIN
from ..guardian.contract import SYSTEM, Refused, Severity
from ..guardian.journal import JournalFailed
from ..guardian.policy import Mode
from .guardian import Guardian
from .people import context_actor
from .settings import MODES
from .speaker import SIGNAL

KINDS = [
    "raised",
    "repeated",
    "severer",
    "resolved",
    "flapping",
    "summary",
    "digest",
    "escalated",
    "acknowledged",
    "snoozed",
    "dismissed",
]


class ServerEntity(Entity):
    """Something of a server; written when the guardian says that something changed."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, guardian: Guardian, key: str) -> None:
        self.guardian = guardian
        self._attr_unique_id = f"{guardian.id}_{key}"
        self._attr_translation_key = key
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, guardian.id)})
        self._shown: Any = None

    def shown(self) -> Any:
        """Return what the state is made of; an equal one is not written again."""
        return None

    @override
    async def async_added_to_hass(self) -> None:
        self.async_on_remove(self.guardian.listen(self._changed))

    @callback
    def _changed(self) -> None:
        if (now := self.shown()) != self._shown:
            self._shown = now
            if (context := self.guardian.context) is not None:
                self.async_set_context(context)
            self.async_write_ha_state()

    async def told[T](self, doing: Any) -> T:
        """Turn what the guardian refuses into what a person is told."""
        try:
            found: T = await doing
        except Refused as err:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key=err.refusal.key,
                translation_placeholders=dict(err.refusal.placeholders),
            ) from err
        except JournalFailed as err:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="journal_failed") from err
        return found


@dataclass(frozen=True, slots=True)
class Number:
    """A sensor: its key, its value, whether it is a count."""

    key: str

    value: Callable[[Guardian], Any]
    timestamp: bool = False


def _open(severity: Severity) -> Callable[[Guardian], int]:
    def count(guardian: Guardian) -> int:
        return sum(each.severity is severity for each in guardian.open_findings())

    return count


def _oldest(guardian: Guardian) -> datetime | None:
    waiting = [
        each.since
        for each in guardian.open_findings()
        if each.severity >= Severity.WARNING and not guardian.register.silence(each)
    ]
    return datetime.fromtimestamp(min(waiting), UTC) if waiting else None


def _proposals(guardian: Guardian) -> int:
    return sum(record.state.value == "proposed" for record in guardian.desk.records.values())


NUMBERS = (
    *(Number(f"open_{each.name.lower()}", _open(each)) for each in reversed(Severity)),
    Number("open_proposals", _proposals),
    Number("oldest_unacknowledged", _oldest, timestamp=True),
)


class ServerSensor(ServerEntity, SensorEntity):
    """How much is open, or since when."""

    def __init__(self, guardian: Guardian, number: Number) -> None:
        super().__init__(guardian, number.key)
        self._number = number
        if number.timestamp:
            self._attr_device_class = SensorDeviceClass.TIMESTAMP
        else:
            self._attr_state_class = SensorStateClass.MEASUREMENT
        if number.key in ("open_info", "oldest_unacknowledged"):
            self._attr_entity_category = EntityCategory.DIAGNOSTIC

    @override
    def shown(self) -> Any:
        return self._number.value(self.guardian)

    @property
    @override
    def native_value(self) -> StateType | datetime:
        found: StateType | datetime = self._number.value(self.guardian)
        return found


class ServerProblem(ServerEntity, BinarySensorEntity):
    """Whether anything high or critical is open."""

    _attr_device_class = BinarySensorDeviceClass.PROBLEM

    @override
    def shown(self) -> Any:
        return self.is_on

    @property
    @override
    def is_on(self) -> bool:
        return any(each.severity >= Severity.HIGH for each in self.guardian.open_findings())


class ServerAlerts(ServerEntity, EventEntity):
    """Every alert, as an event with ids."""

    _attr_event_types = KINDS

    @override
    async def async_added_to_hass(self) -> None:
        self.async_on_remove(
            async_dispatcher_connect(self.hass, SIGNAL.format(self.guardian.id), self._happened)
        )

    @callback
    def _happened(self, data: Mapping[str, Any], context: Context | None) -> None:
        if data["kind"] in KINDS:
            shown = {key: data[key] for key in ("finding", "proposal", "severity", "tag")}
            self._trigger_event(data["kind"], shown)
            if context is not None:
                self.async_set_context(context)
            self.async_write_ha_state()


class ServerMode(ServerEntity, SelectEntity):
    """How much the guardian may do: anybody may tighten it, only an admin loosens it."""

    _attr_entity_category = EntityCategory.CONFIG

    @property
    @override
    def options(self) -> list[str]:
        return list(MODES)

    @override
    def shown(self) -> Any:
        return self.current_option

    @property
    @override
    def current_option(self) -> str:
        return self.guardian.desk.helm.mode.value

    @override
    async def async_select_option(self, option: str) -> None:
        actor = await context_actor(self.hass, self._context, "entity")
        await self.told(self.guardian.desk.set_mode(Mode(option), actor or SYSTEM))
        self.guardian.notify()


class ServerHold(ServerEntity, SwitchEntity):
    """Stop all actions: anybody may switch it on, only an admin off."""

    _attr_entity_category = EntityCategory.CONFIG

    @override
    def shown(self) -> Any:
        return self.is_on

    @property
    @override
    def is_on(self) -> bool:
        return self.guardian.desk.helm.hold

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self._hold(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self._hold(on=False)

    async def _hold(self, *, on: bool) -> None:
        actor = await context_actor(self.hass, self._context, "entity")
        await self.told(self.guardian.desk.hold(on, actor or SYSTEM))
        self.guardian.notify()


class ServerPractise(ServerEntity, ButtonEntity):
    """Sends a real alert whose approval does nothing."""

    _attr_entity_category = EntityCategory.CONFIG

    @override
    async def async_press(self) -> None:
        actor = await context_actor(self.hass, self._context, "entity")
        if actor is None or not actor.admin:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="admin_only")
        await self.guardian.answers.practise()


def server_entities(guardian: Guardian, platform: Platform) -> list[Any]:
    """Return the server's entities of one platform."""
    match platform:
        case Platform.SENSOR:
            return [ServerSensor(guardian, number) for number in NUMBERS]
        case Platform.BINARY_SENSOR:
            return [ServerProblem(guardian, "problem")]
        case Platform.EVENT:
            return [ServerAlerts(guardian, "alerts")]
        case Platform.SELECT:
            return [ServerMode(guardian, "mode")]
        case Platform.SWITCH:
            return [ServerHold(guardian, "hold")]
        case Platform.BUTTON:
            return [ServerPractise(guardian, "practise")]
    return []


SERVER_PLATFORMS = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
)
