"""Tiers of risk: raised by two readings in a row, lowered slowly."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

# To fall from a tier, the chance has to stay below this part of its limit, for as many readings in a row.
FALLS_AT: Final = 0.7
FALLS_AFTER: Final = 7
RISES_AFTER: Final = 2


class Tier(IntEnum):
    """How urgent a drive is; higher is worse."""

    STABLE = 0
    WATCH = 1
    ELEVATED = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def key(self) -> str:
        """The name in states and texts."""
        return self.name.lower()


def tier(p30: float, limits: Mapping[str, float], grew: bool, errors: bool) -> Tier:
    """Return the tier of one reading. `grew`: a counter rose within 30 days; `errors`: one is not zero."""
    if p30 >= limits["critical"]:
        return Tier.CRITICAL
    if p30 >= limits["high"]:
        return Tier.HIGH
    if p30 >= limits["elevated"] and grew:
        return Tier.ELEVATED
    return Tier.WATCH if errors else Tier.STABLE


@dataclass(frozen=True, slots=True)
class Standing:
    """The tier that is shown, and what the newest readings say."""

    shown: Tier = Tier.STABLE
    above: tuple[Tier, ...] = ()
    below: tuple[Tier, ...] = ()

    def step(self, now: Tier, relaxed: Tier) -> Standing:
        """Return the standing after one more daily reading.

        `relaxed` is the tier of the same reading with limits at FALLS_AT.
        """
        if now > self.shown:
            above = (*self.above, now)[-RISES_AFTER:]
            if len(above) == RISES_AFTER:
                shown = min(above)
                # what is worse than that was read once, and counts as the first of two
                return Standing(shown, (now,) if now > shown else ())
            return Standing(self.shown, above)
        if relaxed < self.shown:
            below = (*self.below, relaxed)
            if len(below) < FALLS_AFTER:
                return Standing(self.shown, (), below)
            return Standing(max(below))
        return Standing(self.shown)
