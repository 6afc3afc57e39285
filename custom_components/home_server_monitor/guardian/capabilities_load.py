"""What is asked of systems whose load can be taken away for a while, as when the power fails, and of those that switch off."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, runtime_checkable

from .belonging import JudgedSource
from .contract import Actor

# seconds that something is given to end where its source does not know better
STOP_WITHIN: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Something that runs, and the action of its source that ends it for a while.

    action, target, params: how, as a lease, so that it comes back: the action takes `minutes` besides; name: for people; node: its node id;
    nodes: all under which it may be known, as `own_path` and the list of what is never stopped name them;
    needs: targets of the same source that it cannot do without, so that it goes before them; last: it keeps a
    database, and goes after all others; seconds: that it may take to end; at_once: how many of its source end at a time,
    0 for all.
    """

    action: str
    target: str
    name: str
    node: str
    params: Mapping[str, Any] = field(default_factory=dict)
    nodes: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    last: bool = False
    seconds: float = STOP_WITHIN
    at_once: int = 0


class _Source(JudgedSource, Protocol):
    """What all of them are."""

    name: str


@runtime_checkable
class StopsWorkloads(_Source, Protocol):
    """A system that can stop what runs on it: containers, apps, virtual machines."""

    def workloads(self) -> Sequence[Workload]:
        """Return what runs now, as it was seen last, without asking."""
        ...

    async def look_well(self, targets: Collection[str]) -> Mapping[str, bool]:
        """Ask whether things run, and are healthy as far as that is known; what is not there is left out.

        Raises ClientError.
        """
        ...


@runtime_checkable
class PausesJobs(_Source, Protocol):
    """A system that can let work rest that goes on for hours: scrubs, copies, moves of files."""

    def jobs(self) -> Sequence[Workload]:
        """Return what is under way and can be let rest, as it was seen last, without asking."""
        ...


@runtime_checkable
class PowersOff(_Source, Protocol):
    """A machine that can be asked to shut down, by its action `shutdown`, whose param is the `reason`."""

    @property
    def names(self) -> frozenset[str]:
        """Return the names and addresses under which this machine is reached, in lower case."""
        ...

    @property
    def may_power_off(self) -> bool:
        """Return whether its credentials have the right."""
        ...

    @property
    def power_off_right(self) -> str:
        """Return the role that it takes."""
        ...

    def snapshot_targets(self) -> Sequence[str]:
        """Return what to take a snapshot of by `create_snapshot`, so that all of it is in one: its pools."""
        ...


@runtime_checkable
class PlansPower(Protocol):
    """What carries out the plan for power failures."""

    def power_plan(self) -> Mapping[str, Any] | None:
        """Return how the plan stands, without asking anybody; None where there is no UPS for it.

        ups: the id of its source; state, mode: words; approved, can_cancel, practised: whether; says: the outage that is
        under way, in words, or None; ends: when the countdown does, seconds since 1970, or None; count: of what would be
        ended now, or None; stopped: names of what is; needed, lasts: seconds that a shutdown takes and a full battery
        lasts; covered: whether that is enough; health: percent; None is not known. stages: `stage`, `limit` and
        `took`, seconds, in order.
        """
        ...

    async def cancel_power(self, actor: Actor) -> None:
        """Stop nothing more in this outage, and bring back what was stopped. Raises Refused where it is too late."""
        ...

    async def practise_power(self, actor: Actor, *, real: bool) -> Mapping[str, Any]:
        """Say what the plan would do, or do it up to what can be undone, and back. Raises Refused."""
        ...
