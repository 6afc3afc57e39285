"""Entities of disks: they belong to the server, and are shown on the device of the source that knows the disk best."""

from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.components.sensor import SensorEntity
from homeassistant.const import EntityCategory, Platform
from homeassistant.helpers.device_registry import AnyDeviceEntry
from homeassistant.util import dt as dt_util

from ...descriptions import ObjectBinarySensor, ObjectSensor
from ...prediction.outlook import Prediction, shown
from ...prediction.reading import Media
from ...prediction.tiers import Tier
from ...quantities import choice, count, days, percent
from ..entity import PlayEntity
from .assessing import Assessment

if TYPE_CHECKING:
    from .play import DiskRisk

DIAGNOSTIC = EntityCategory.DIAGNOSTIC
TIERS = [tier.key for tier in Tier]
TESTS = ["passed", "failed", "not_finished"]
# what is shown of the attributes of a drive, where it reports them
ATTRIBUTES = (5, 10, 184, 187, 188, 196, 197, 198, 199)


def _chance(horizon: str) -> Callable[[Assessment], float | None]:
    def value(found: Assessment) -> float | None:
        outlook = found.outlook
        return 100 * shown(getattr(outlook, horizon)) if isinstance(outlook, Prediction) else None

    return value


def _attribute(number: int) -> Callable[[Assessment], float | None]:
    return lambda found: found.reading.count(number)


def _has(number: int) -> Callable[[Assessment], bool]:
    return lambda found: found.reading.count(number) is not None


def _left(found: Assessment) -> int | None:
    """Return the days until its rated writes are used; None where that is too far or cannot be told."""
    if (found.reading.used or 0) >= 100:
        return 0
    if found.wear is None or found.wear.when is None:
        return None
    return max((found.wear.when - dt_util.utcnow().date()).days, 0)


def _last_test(found: Assessment) -> str | None:
    if not found.reading.tests:
        return None
    return {True: "passed", False: "failed", None: "not_finished"}[found.reading.tests[0].passed]


def _tier(found: Assessment) -> str | None:
    return None if found.judged is None else found.judged.key


def _is_predicted(found: Assessment) -> bool:
    return isinstance(found.outlook, Prediction)


SENSORS: tuple[ObjectSensor[Assessment], ...] = (
    percent("failure_risk", _chance("p30"), exists=_is_predicted, precision=1, entity_category=DIAGNOSTIC),
    percent(
        "failure_risk_90",
        _chance("p90"),
        exists=_is_predicted,
        precision=1,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    choice("failure_tier", TIERS, _tier, entity_category=DIAGNOSTIC),
    days("days_to_wear_out", _left, exists=lambda found: found.wears),
    percent(
        "life_used",
        lambda found: found.reading.used,
        exists=lambda found: found.wears,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    choice(
        "smart_test",
        TESTS,
        _last_test,
        exists=lambda found: bool(found.reading.tests),
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    *(
        count(
            f"smart_{number}",
            _attribute(number),
            exists=_has(number),
            entity_category=DIAGNOSTIC,
            entity_registry_enabled_default=False,
        )
        for number in ATTRIBUTES
    ),
    count(
        "media_errors",
        lambda found: found.reading.nvme.media_errors if found.reading.nvme else None,
        exists=lambda found: found.reading.media is Media.NVME,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    count(
        "grown_defects",
        lambda found: found.reading.scsi.grown_defects if found.reading.scsi else None,
        exists=lambda found: found.reading.scsi is not None,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)
BINARY: tuple[ObjectBinarySensor[Assessment], ...] = (
    ObjectBinarySensor(
        key="smart_health",
        translation_key="smart_health",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=DIAGNOSTIC,
        exists=lambda found: found.reading.health is not None,
        value=lambda found: None if found.reading.health is None else not found.reading.health,
    ),
)


# the longest first: some are the end of others
KEYS = sorted((each.key for each in (*SENSORS, *BINARY)), key=len, reverse=True)


class DiskEntity(PlayEntity["DiskRisk"]):
    """A value of one disk; written when it changed."""

    entity_description: ObjectSensor[Assessment] | ObjectBinarySensor[Assessment]

    def __init__(
        self,
        play: DiskRisk,
        serial: str,
        description: ObjectSensor[Assessment] | ObjectBinarySensor[Assessment],
        device: AnyDeviceEntry,
    ) -> None:
        super().__init__(play, f"disk_{serial}_{description.key}")
        self._serial = serial
        self.entity_description = description
        self.device_entry = device
        self._attr_device_info = None
        self._attr_translation_key = description.translation_key or description.key

    @override
    def current(self) -> Any:
        found = self._play.shown(self._serial)
        return None if found is None else self.entity_description.value(found)

    @property
    @override
    def available(self) -> bool:
        return self._play.shown(self._serial) is not None


class DiskSensor(DiskEntity, SensorEntity):
    """A number or a word of one disk."""

    entity_description: ObjectSensor[Assessment]

    @property
    @override
    def native_value(self) -> Any:
        return self.current()


class DiskProblem(DiskEntity, BinarySensorEntity):
    """Whether something is wrong with one disk."""

    entity_description: ObjectBinarySensor[Assessment]

    @property
    @override
    def is_on(self) -> bool | None:
        value: bool | None = self.current()
        return value


def missing_of(found: Assessment, platform: Platform, made: Container[str]) -> list[Any]:
    """Return the descriptions of what a disk reports and has no entity for yet; made: the keys of those that are."""
    table: tuple[Any, ...] = SENSORS if platform is Platform.SENSOR else BINARY
    return [each for each in table if each.key not in made and each.exists(found)]


def entity_of(play: DiskRisk, serial: str, description: Any, device: AnyDeviceEntry) -> DiskEntity:
    """Return an entity of a disk, on the device that shows it."""
    made = DiskSensor if isinstance(description, ObjectSensor) else DiskProblem
    return made(play, serial, description, device)
