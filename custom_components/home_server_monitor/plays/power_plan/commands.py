"""What the machine wants done. The memory that came with them is saved before any of them is carried out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Login:
    """Have the UPS count us, so that its owner waits for us before it cuts power."""


@dataclass(frozen=True, slots=True)
class Logout:
    """It need not wait for us any more."""


@dataclass(frozen=True, slots=True)
class Shed:
    """Carry out a stage. order: the same number comes again after a restart, then go on with it; urgent: be quick."""

    stage: str
    order: int
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Restore:
    """Start again what a stage stopped, as far as it is still as we left it; order: as in `Shed`."""

    stage: str
    order: int


@dataclass(frozen=True, slots=True)
class ShutDownNas:
    """Ask NASes to shut down: each once in an outage, and again only where it was certainly not sent; ids of sources."""

    machines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WakeNas:
    """Send Wake-on-LAN to the NAS."""


class Message(StrEnum):
    """What is told; an outage shorter than the hold-off tells nothing."""

    COUNTDOWN = "countdown"
    CANCELLED = "cancelled"
    TOO_LATE_TO_CANCEL = "too_late_to_cancel"
    SHEDDING = "shedding"
    # which stage runs: said by who carries it out, not by the machine
    STOPPING = "stopping"
    STALLED = "stalled"
    SHED = "shed"
    LOW = "low"
    SILENT = "silent"
    FORCED = "forced"
    ASKED = "asked"
    NOT_ASKED = "not_asked"
    # some of several were, and some could not be
    PARTLY_ASKED = "partly_asked"
    NAS_OFF = "nas_off"
    NAS_STILL_ON = "nas_still_on"
    POWER_BACK = "power_back"
    WAITING_FOR_CHARGE = "waiting_for_charge"
    WAITING_FOR_NAS = "waiting_for_nas"
    RESTORED = "restored"
    NOT_RESTORED = "not_restored"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell people. would: the plan only watches, this is what it would do; values: seconds, percent, names."""

    message: Message
    values: Mapping[str, float | str] = field(default_factory=dict)
    would: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An outage is over: to be counted and learned from.

    seconds: on battery; lowest: percent, None where it was not reported; shed: whether anything was stopped;
    committed: whether the NAS was shut down in it; flickers: how often mains came and went in between.
    """

    number: int
    seconds: float
    lowest: float | None
    shed: bool
    committed: bool
    flickers: int


type Command = Login | Logout | Shed | Restore | ShutDownNas | WakeNas | Tell | Ended
