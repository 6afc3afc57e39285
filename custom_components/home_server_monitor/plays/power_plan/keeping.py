"""What was learned about power failures, and when the plan was practised: kept over restarts, may be lost."""

from collections.abc import Callable, Iterable
import contextlib
from dataclasses import astuple
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from ...kept import KeptFile
from . import learning
from .battery import Discharge, Draining, Health, figures, health, lasts
from .inputs import Needs, Power
from .learning import Took

SAVE_DELAY: Final = 10.0
DAY: Final = 86_400.0
# discharges that are kept: years of them
DISCHARGES: Final = 200


class Keeping:
    """Loads and writes it."""

    def __init__(self, hass: HomeAssistant, server: str) -> None:
        self._file = KeptFile(hass, "power", server, self._dump, SAVE_DELAY)
        self._times: dict[str, list[Took]] = {}
        self._discharges: list[Discharge] = []
        self._drilled: float | None = None
        self._draining: Draining | None = None
        self._load: float | None = None

    async def async_load(self) -> None:
        """Take back what was kept, without what is damaged."""
        await self._file.load(self._take)

    def _take(self, kept: dict[str, Any] | None) -> None:
        stored = kept or {}
        times = stored.get("times")
        for key, found in times.items() if isinstance(times, dict) else ():
            self._times[str(key)] = _read(found, Took)[-learning.KEPT :]
        self._discharges = _read(stored.get("discharges"), _discharge)[-DISCHARGES:]
        drilled = stored.get("drilled")
        self._drilled = float(drilled) if isinstance(drilled, int | float) else None

    @callback
    def _save(self) -> None:
        self._file.save_soon()

    def _dump(self) -> dict[str, Any]:
        return {
            "times": {key: [astuple(each) for each in found] for key, found in self._times.items()},
            "discharges": [astuple(each) for each in self._discharges],
            "drilled": self._drilled,
        }

    # What is known

    def needs(self, load: float | None, now: float) -> Needs:
        """Return what stopping takes here.

        load: percent, of now, None where nothing is heard: it is taken to be what it was last; now: seconds since 1970.
        """
        self._load = self._load if load is None else load
        load = self._load
        stages = {key: found for key, found in self._times.items() if key != "nas"}
        known = None if load is None else lasts(self._discharges, load, now / DAY)
        return learning.learned(stages, self._times.get("nas", ()), lasts=known)

    def time_of(self, stage: str) -> float | None:
        """Return the seconds that a stage takes at most, nearly always; None where it never ran."""
        found = learning.upper(self._times.get(stage, ()))
        return None if found is None else round(found, 1)

    def health(self, load: float | None) -> Health | None:
        """Return how good the battery is, None where there is not enough to compare."""
        return None if load is None else health(figures(self._discharges), load)

    def since_drill(self, now: float) -> float | None:
        """Return the seconds since the last practice, None where there was none."""
        return None if self._drilled is None else max(now - self._drilled, 0.0)

    # What happens

    def took(self, stage: str, seconds: float, *, whole: bool) -> None:
        """Note how long a stage took, and whether all of it ended by itself."""
        took = Took(round(seconds, 1), whole)
        self._times[stage] = [*self._times.get(stage, ()), took][-learning.KEPT :]
        self._save()

    def drains(self, now: float, power: Power, *, low: bool) -> None:
        """Follow a battery that is drained. now: seconds that only grow."""
        self._draining = self._draining or Draining()
        self._draining.take(now, power.charge, power.load, low=low)

    def ended(self, now: float) -> None:
        """Note what an outage that is over says of the battery. now: seconds since 1970."""
        draining, self._draining = self._draining, None
        if draining is not None and (found := draining.end(now / DAY)) is not None:
            self._discharges = [*self._discharges, found][-DISCHARGES:]
        self._save()

    def drilled(self, now: float) -> None:
        """Note that the plan was practised."""
        self._drilled = now
        self._save()


def _read[T](rows: Any, make: Callable[..., T]) -> list[T]:
    """Return rows as what they were, without those that are damaged."""
    found: list[T] = []
    for row in rows if isinstance(rows, Iterable) and not isinstance(rows, str) else ():
        with contextlib.suppress(TypeError, ValueError):
            found.append(make(*row))
    return found


def _discharge(day: float, load: float, seconds: float, begun: float, ended: float, low: bool) -> Discharge:
    return Discharge(day=day, load=load, seconds=seconds, begun=begun, ended=ended, low=low)
