"""The hours in which imports run, by the clock of the household, and a night for which nothing is held."""

from collections.abc import Callable
import contextlib
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from ...const import DOMAIN
from ...edge import clock
from ...edge.settings import Tier
from ...guardian.policy import Window
from .rules import turn

DAY: Final = 86400.0
EVERY_DAY: Final = frozenset(range(7))
UNREADABLE: Final = (HomeAssistantError, OSError, ValueError, NotImplementedError)


class Hours:
    """See the module. local: an instant as (weekday, minute of the day) where the household lives."""

    def __init__(self, hass: HomeAssistant, server: str, local: Callable[[float], tuple[int, int]]) -> None:
        self._store: Store[dict[str, float]] = Store(hass, 1, f"{DOMAIN}/tiering_{server}")
        self._local = local
        self._until = 0.0
        self._was_open = False
        # for which hours that was found, from when on it holds, and when they turn next and after that
        self._turns: tuple[tuple[int, int], float, float, float] | None = None

    async def async_load(self) -> None:
        """Read until when nothing is held; that may be lost."""
        with contextlib.suppress(*UNREADABLE):
            self._until = float((await self._store.async_load() or {}).get("until", 0.0))

    def _holds(self, tier: Tier, at: float) -> bool:
        return Window(EVERY_DAY, *tier.hours).holds(*self._local(at))

    def are_open(self, tier: Tier) -> bool:
        """Return whether imports may run now."""
        return self._holds(tier, clock.now())

    def ended(self, tier: Tier) -> bool:
        """Return whether they have ended since this was asked last."""
        before, self._was_open = self._was_open, self.are_open(tier)
        return before and not self._was_open

    def turns(self, tier: Tier) -> tuple[float, float]:
        """Return when they begin, or while they go on end, and when they turn after that."""
        now, known = clock.now(), self._turns
        if known is None or known[0] != tier.hours or not known[1] <= now < known[2]:
            first = turn(lambda at: self._holds(tier, at), now) or now + DAY
            second = turn(lambda at: self._holds(tier, at), first) or first + DAY
            self._turns = known = (tier.hours, now, first, second)
        return known[2], known[3]

    def opens(self, tier: Tier) -> float | None:
        """Return when they begin next, None while they go on."""
        return None if self.are_open(tier) else self.turns(tier)[0]

    def seconds(self, tier: Tier) -> float:
        """Return how long the coming hours are, or what is left of these."""
        first, second = self.turns(tier)
        return first - clock.now() if self.are_open(tier) else second - first

    # Suspended

    def suspended(self) -> bool:
        """Return whether a person said that nothing is held for now."""
        return clock.now() < self._until

    async def suspend(self, tier: Tier, *, on: bool) -> None:
        """Hold nothing until the coming hours, or these, have ended."""
        self._until = self.turns(tier)[0 if self.are_open(tier) else 1] if on else 0.0
        self._store.async_delay_save(lambda: {"until": self._until}, 1.0)
