"""What an admin wrote about power failures: when to act, what to stop in which order, and when to start it again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self


class Mode(StrEnum):
    """How far the plan goes: it only says what it would do, it sheds load and waits, or it also shuts the NAS down."""

    OBSERVE = "observe"
    PREPARE = "prepare"
    DECIDE = "decide"


class Kind(StrEnum):
    """What a stage does; the last two cannot be undone from here."""

    SETTLE = "settle"  # a running update ends by itself
    DOWNLOADS = "downloads"
    JOBS = "jobs"  # scrub, replication, moves
    WORKLOADS = "workloads"  # containers, apps, virtual machines
    SNAPSHOT = "snapshot"
    NAS = "nas"
    HOSTS = "hosts"  # an action of the user's


FINAL: Final = frozenset({Kind.NAS, Kind.HOSTS})
# stages that only wait; they are left out where the battery is low
IDLE: Final = frozenset({Kind.SETTLE})

# seconds that a stage may take where nothing else is written; the next one begins then all the same
LIMITS: Final[Mapping[Kind, float]] = {
    Kind.SETTLE: 60.0,
    Kind.DOWNLOADS: 20.0,
    Kind.JOBS: 30.0,
    Kind.WORKLOADS: 120.0,
    Kind.SNAPSHOT: 20.0,
    Kind.NAS: 300.0,
    Kind.HOSTS: 60.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of the plan.

    key: unique in the plan, and the same for as long as it means the same; selectors: what it stops, in the words of
    whoever carries it out; limit: seconds.
    """

    key: str
    kind: Kind
    limit: float
    selectors: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, kind: Kind, key: str = "", *, limit: float | None = None, selectors: tuple[str, ...] = ()
    ) -> Self:
        """Return a stage with the usual limit, named after its kind."""
        usual = LIMITS[kind] if limit is None else limit
        return cls(key=key or kind.value, kind=kind, limit=usual, selectors=selectors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When the battery counts as low; each of them is enough.

    charge: percent; runtime_factor and runtime_margin: what is left, seconds, is at most what stopping all of it takes
    times the factor plus the margin; seconds: on battery, None for never; blind: seconds on battery, or of
    silence, where nothing tells how long it lasts and `seconds` is None; floor: percent, below which a calibration is not believed.
    """

    charge: float = 20.0
    runtime_factor: float = 1.5
    runtime_margin: float = 30.0
    seconds: float | None = None
    blind: float = 180.0
    floor: float = 20.0


STAGES: Final = tuple(
    Stage.of(kind) for kind in (Kind.SETTLE, Kind.DOWNLOADS, Kind.JOBS, Kind.WORKLOADS, Kind.NAS)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPlan:
    """The plan of one UPS, as it was approved.

    hold_off: seconds of battery without a break that are only counted; countdown: seconds for which a person may then
    cancel; stages: in the order in which they run; never_stopped: names that no stage touches; recovery_charge: percent
    from which things are started again; recovery_after: seconds of mains after which they are in any case.
    """

    mode: Mode = Mode.OBSERVE
    hold_off: float = 30.0
    countdown: float = 30.0
    thresholds: Thresholds = field(default_factory=Thresholds)
    stages: tuple[Stage, ...] = STAGES
    never_stopped: tuple[str, ...] = ()
    recovery_charge: float = 50.0
    recovery_after: float = 1800.0

    @property
    def shedding(self) -> tuple[Stage, ...]:
        """Return the stages that can be undone, in order."""
        return tuple(stage for stage in self.stages if stage.kind not in FINAL)

    @property
    def finals(self) -> tuple[Stage, ...]:
        """Return the stages that cannot, in order."""
        return tuple(stage for stage in self.stages if stage.kind in FINAL)

    def stage(self, key: str) -> Stage | None:
        """Return the stage of that key, None where the plan has it no more."""
        return next((stage for stage in self.stages if stage.key == key), None)


def written(plan: PowerPlan) -> dict[str, Any]:
    """Return the plan as JSON: what a standing approval is bound to."""
    return {
        "mode": plan.mode.value,
        "hold_off": plan.hold_off,
        "countdown": plan.countdown,
        "charge": plan.thresholds.charge,
        "runtime_factor": plan.thresholds.runtime_factor,
        "runtime_margin": plan.thresholds.runtime_margin,
        "seconds": plan.thresholds.seconds,
        "blind": plan.thresholds.blind,
        "floor": plan.thresholds.floor,
        "stages": [
            {"key": each.key, "kind": each.kind.value, "limit": each.limit, "selectors": list(each.selectors)}
            for each in plan.stages
        ],
        "never_stopped": list(plan.never_stopped),
        "recovery_charge": plan.recovery_charge,
        "recovery_after": plan.recovery_after,
    }


def read(data: Mapping[str, Any]) -> PowerPlan:
    """Return the plan that was written. Raises KeyError, TypeError and ValueError where it is not one."""
    stages = tuple(
        Stage(
            key=str(each["key"]),
            kind=Kind(each["kind"]),
            limit=float(each["limit"]),
            selectors=tuple(str(one) for one in each["selectors"]),
        )
        for each in data["stages"]
    )
    if len({stage.key for stage in stages}) != len(stages):
        raise ValueError("two stages have the same key")
    return PowerPlan(
        mode=Mode(data["mode"]),
        hold_off=float(data["hold_off"]),
        countdown=float(data["countdown"]),
        thresholds=Thresholds(
            charge=float(data["charge"]),
            runtime_factor=float(data["runtime_factor"]),
            runtime_margin=float(data["runtime_margin"]),
            seconds=None if data["seconds"] is None else float(data["seconds"]),
            blind=float(data["blind"]),
            floor=float(data["floor"]),
        ),
        stages=stages,
        never_stopped=tuple(str(one) for one in data["never_stopped"]),
        recovery_charge=float(data["recovery_charge"]),
        recovery_after=float(data["recovery_after"]),
    )
