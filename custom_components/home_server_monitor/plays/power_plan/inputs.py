"""What the machine is told at each step; whoever runs it maps the UPS, the NAS and the work under way onto these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ...guardian.capabilities_power import Mains, mains_of


class Link(StrEnum):
    """Whether the UPS is heard: its data is fresh or stale, its driver is gone, or nobody answers."""

    FRESH = "fresh"
    STALE = "stale"
    DRIVER_GONE = "driver_gone"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """One reading of the UPS.

    tokens: of `ups.status`; charge: percent; runtime: seconds; load: percent; None where it is not reported or not
    believable; testing: its test result says that a test runs.
    """

    link: Link = Link.FRESH
    tokens: frozenset[str] = frozenset()
    charge: float | None = None
    runtime: float | None = None
    load: float | None = None
    testing: bool = False

    @property
    def mains(self) -> Mains:
        """Return what the status says of mains."""
        return mains_of(self.tokens) if self.link is Link.FRESH else Mains.UNKNOWN

    @property
    def says_something(self) -> bool:
        """Return whether the status is one to draw conclusions from."""
        return self.link is Link.FRESH and bool(self.tokens) and "WAIT" not in self.tokens

    @property
    def low(self) -> bool:
        """Return whether the UPS itself calls its battery low."""
        return "LB" in self.tokens

    @property
    def fsd(self) -> bool:
        """Return whether whoever owns the UPS announced that power will be cut."""
        return "FSD" in self.tokens

    @property
    def calibrating(self) -> bool:
        """Return whether it drains its battery on purpose."""
        return self.testing or not self.tokens.isdisjoint(("CAL", "TEST"))

    @property
    def off(self) -> bool:
        """Return whether it says that it does not feed its load."""
        return "OFF" in self.tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Nas:
    """What is known of the NAS.

    reachable: whether any of them answers, None where there is none; answering, missing: which, ids of sources; may_ask: we have the right to shut it down; own_monitor: it watches this UPS
    itself and follows a forced shutdown; timer: seconds on battery after which it shuts down by itself, None where it
    waits for a low battery; host_sync: seconds for which it then waits for those that are logged in.
    """

    reachable: bool | None = None
    answering: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    may_ask: bool = False
    own_monitor: bool = False
    timer: float | None = None
    host_sync: float = 15.0


class Doing(StrEnum):
    """How far an order is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far whoever carries out an order is with it.

    order: the number that came with the order; count: grows with every thing that is done; patience: seconds for which
    no progress is normal just now; holds: something is stopped that was running, or may be; unsent: the NASes
    to which certainly nothing was sent, ids of sources.
    """

    order: int
    doing: Doing
    count: int = 0
    patience: float = 30.0
    holds: bool = True
    unsent: frozenset[str] = frozenset()


# seconds that the NAS needs to shut down, and a stage needs, where nothing was measured yet
NAS_NEEDS: Final = 120.0
STAGE_NEEDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What stopping takes here, seconds, as it was learned.

    stages: by key; nas: its shutdown; lasts: how long a full battery was seen to last at this load, None where it was never seen.
    """

    stages: Mapping[str, float] = field(default_factory=dict)
    nas: float = NAS_NEEDS
    lasts: float | None = None

    def of(self, stage: str) -> float:
        """Return the seconds that a stage takes."""
        return self.stages.get(stage, STAGE_NEEDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that a step looks at.

    now: seconds of the loop's clock; boot: id of the start of this machine, which that clock belongs to; run: id of
    this process; held: "Stop all actions" is on, or Home Assistant is stopping; approved: the plan is approved as it
    is written; new: the reading is another one than at the last step; cancel: a person cancelled since the last step; logged_in: the UPS counts us among those that it waits
    for; progress: of the newest order of each stage, by key.
    """

    now: float
    boot: str
    run: str
    power: Power
    nas: Nas = field(default_factory=Nas)
    needs: Needs = field(default_factory=Needs)
    held: bool = False
    approved: bool = True
    new: bool = True
    cancel: bool = False
    logged_in: bool = False
    progress: Mapping[str, Progress] = field(default_factory=dict)
