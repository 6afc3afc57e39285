"""The one shape of a SMART reading, wherever it was read: the sources fill it, prediction and rules take it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from .counters import COUNTERS

# ATA and NVMe have room for 20 characters, SCSI shows some more
_LONGEST: Final = 64
# what one drive cannot have run for within a day
_ONE_DAY: Final = timedelta(days=1)
_HOURS_APART: Final = 48
_NONE: Final[Mapping[int, Attribute]] = MappingProxyType({})


class Media(StrEnum):
    """What a drive is. The trained model is for ATA hard disks only."""

    HDD = "hdd"
    SSD = "ssd"
    NVME = "nvme"
    SAS_HDD = "sas_hdd"
    SAS_SSD = "sas_ssd"
    UNKNOWN = "unknown"


class Failing(StrEnum):
    """When a normalised value was at or below the maker's threshold."""

    NOW = "now"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One ATA attribute. `raw` is all 48 bits; `count` is what of it counts something, None where it does not."""

    id: int
    name: str
    value: int | None
    worst: int | None
    threshold: int | None
    raw: int | None
    count: float | None
    failing: Failing | None
    prefail: bool | None = None


@dataclass(frozen=True, slots=True)
class NvmeLog:
    """The NVMe health log. Percentages; `used` may pass 100 and ends at 255; `written` in bytes."""

    critical_warning: int | None
    spare: int | None
    spare_threshold: int | None
    used: int | None
    media_errors: int | None
    written: int | None
    unsafe_shutdowns: int | None


@dataclass(frozen=True, slots=True)
class ScsiCounters:
    """Error counters of a SAS drive; uncorrected errors are those of reads, writes and verifications together."""

    grown_defects: int | None
    uncorrected: int | None
    non_medium: int | None


@dataclass(frozen=True, slots=True)
class SelfTest:
    """One line of the self-test log, newest first. `passed` is None where it was aborted or still runs."""

    kind: str
    passed: bool | None
    hours: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """SMART of one drive at one time. `serial` is None where the drive or its bridge gives none that can be trusted.

    `health` is what the drive says of itself; temperature in °C; `hours` powered on; `used` is the share of its rated
    writes that a solid-state drive has used, in percent; `used_by` says which value that was.
    """

    serial: str | None
    model: str
    family: str | None
    media: Media
    source: str
    taken: datetime | None
    capacity: int | None = None
    usb: bool = False
    health: bool | None = None
    temperature: int | None = None
    hours: int | None = None
    attributes: Mapping[int, Attribute] = field(default_factory=lambda: _NONE)
    nvme: NvmeLog | None = None
    scsi: ScsiCounters | None = None
    tests: tuple[SelfTest, ...] = ()
    used: float | None = None
    used_by: str | None = None

    @property
    def counts(self) -> tuple[float | None, ...]:
        """The counters of the disk model, in the order of COUNTERS."""
        return tuple(self.count(attribute) for attribute in COUNTERS)

    def count(self, attribute: int) -> float | None:
        """Return what an attribute counts, None where it is not there or its raw value is no count."""
        found = self.attributes.get(attribute)
        return None if found is None else found.count


class Unread(StrEnum):
    """Why there is no reading."""

    NOT_A_REPORT = "not_a_report"
    ASLEEP = "asleep"
    NO_DEVICE = "no_device"
    NOTHING_IN_IT = "nothing_in_it"
    GONE = "gone"


def trusted_serial(serial: object) -> str | None:
    """Return a serial, or None for the placeholders of bridges: empty, one character over and over, a plain row.

    One that is longer than any label, or has characters that cannot be printed, is none either.
    """
    text = serial.strip() if isinstance(serial, str) else ""
    if len(text) > _LONGEST or not text.isprintable():
        return None
    plain = text.strip("-_. ")
    if len(plain) < 4 or len(set(plain)) < 3 or plain in "0123456789012345678901234567890":
        return None
    return text


def are_two(one: Reading, other: Reading) -> bool:
    """Return whether readings of one serial are of two drives: read on one day, they have run for different times."""
    if one.taken is None or other.taken is None or abs(one.taken - other.taken) >= _ONE_DAY:
        return False
    hours = (one.hours or 0) - (other.hours or 0)
    apart = None not in (one.hours, other.hours) and abs(hours) > _HOURS_APART
    return apart or one.model != other.model
