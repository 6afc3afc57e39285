"""How long stopping takes here, learned from the times that it took, and whether the battery's runtime covers it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .inputs import NAS_NEEDS, Needs
from .plan import IDLE, PowerPlan

# of the last so many times, the value that this share of them stays below: one that hung does not count for all
KEPT: Final = 12
SHARE: Final = 0.9
# with fewer times than this the longest counts, and a little more
FEW: Final = 5
A_LITTLE_MORE: Final = 1.25
# what was cut off would have taken longer
CUT_OFF: Final = 1.5


@dataclass(frozen=True, slots=True)
class Took:
    """One time that something took. seconds: until it was over; whole: it ended by itself, and was not cut off."""

    seconds: float
    whole: bool = True

    @property
    def counts(self) -> float:
        """Return the seconds to reckon with."""
        return self.seconds if self.whole else self.seconds * CUT_OFF


def upper(times: Sequence[Took]) -> float | None:
    """Return the seconds that are enough nearly always, None where it was never measured."""
    found = sorted(each.counts for each in times[-KEPT:])
    if not found:
        return None
    if len(found) < FEW:
        return found[-1] * A_LITTLE_MORE
    place = SHARE * (len(found) - 1)
    below = int(place)
    above = min(below + 1, len(found) - 1)
    return found[below] + (found[above] - found[below]) * (place - below)


def learned(
    stages: Mapping[str, Sequence[Took]],
    nas: Sequence[Took] = (),
    *,
    lasts: float | None = None,
) -> Needs:
    """Return what the machine reckons with. lasts: as in `Needs`."""
    known = {key: found for key, times in stages.items() if (found := upper(times)) is not None}
    shutdown = upper(nas)
    return Needs(stages=known, nas=NAS_NEEDS if shutdown is None else shutdown, lasts=lasts)


def needed(plan: PowerPlan, needs: Needs) -> float:
    """Return the seconds from the first stage until the NAS is off."""
    stages = sum(min(each.limit, needs.of(each.key)) for each in plan.shedding if each.kind not in IDLE)
    return stages + needs.nas


@dataclass(frozen=True, slots=True)
class Slow:
    """A stage that takes longer than it may, so that some of it is left running. needed, limit: seconds."""

    stage: str
    needed: float
    limit: float


def slowest(plan: PowerPlan, needs: Needs) -> Slow | None:
    """Return the stage that was found to exceed its limit the most, None where each was not or was never measured."""
    found = [
        Slow(each.key, needs.stages[each.key], each.limit)
        for each in plan.shedding
        if each.kind not in IDLE and needs.stages.get(each.key, 0.0) > each.limit
    ]
    return max(found, key=lambda slow: slow.needed - slow.limit, default=None)


# seconds that a NAS's monitor takes to see that the battery is low, and then waits before it shuts down
SEES_LOW: Final = 10.0


@dataclass(frozen=True, slots=True)
class TooLate:
    """A UPS that says "low battery" with less left than the NAS takes to shut down.

    left, needed: seconds; measured: that is what the NAS took here, and not what is reckoned with until it did.
    """

    left: float
    needed: float
    measured: bool


def low_too_late(
    nas: float | None, *, full: float | None, percent: float | None, runtime: float | None
) -> TooLate | None:
    """Return whether the NAS that waits for "low battery" shuts down too late; None where not, or where nobody can say.

    nas: seconds that its shutdown takes, None where it was never measured; full: seconds that the whole battery lasts; percent, runtime: the charge and the seconds at which the UPS says so, the
    earlier of the two counts.
    """
    found = [] if runtime is None else [runtime]
    if percent is not None and full is not None:
        found.append(full * percent / 100)
    needed = (NAS_NEEDS if nas is None else nas) + SEES_LOW
    return TooLate(max(found), needed, nas is not None) if found and max(found) < needed else None


@dataclass(frozen=True, slots=True)
class Cover:
    """Whether a full battery is enough. runtime: seconds, None where nobody knows; needed: seconds; factor: wanted."""

    runtime: float | None
    needed: float
    factor: float

    @property
    def ratio(self) -> float | None:
        """Return how many times it is enough, None where nobody knows."""
        return None if self.runtime is None or self.needed <= 0 else self.runtime / self.needed

    @property
    def enough(self) -> bool | None:
        """Return whether it is with a margin, None where nobody knows."""
        return None if self.ratio is None else self.ratio >= self.factor


def cover(plan: PowerPlan, needs: Needs, reported: float | None) -> Cover:
    """Return whether a full battery is enough for the plan. reported: seconds, by the UPS at full charge."""
    known = [each for each in (reported, needs.lasts) if each is not None]
    return Cover(min(known, default=None), needed(plan, needs), plan.thresholds.runtime_factor)
