"""What was learned about power failures, and when the plan was practised: kept over restarts, may be lost."""

import contextlib
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from ...const import DOMAIN
from ...history import file_name
from .commands import Ended
from .inputs import Needs

SAVE_DELAY: Final = 10.0
# of so many runs of a stage the longest counts
KEPT: Final = 5
UNREADABLE: Final = (HomeAssistantError, OSError, ValueError, NotImplementedError)


class Keeping:
    """Loads and writes it."""

    def __init__(self, hass: HomeAssistant, server: str) -> None:
        self._store: Store[dict[str, Any]] = Store(hass, 1, f"{DOMAIN}/power/{file_name(server)}")
        self._times: dict[str, list[float]] = {}
        self._drilled: float | None = None

    async def async_load(self) -> None:
        """Take back what was kept."""
        with contextlib.suppress(*UNREADABLE):
            stored = await self._store.async_load() or {}
            times = stored.get("times")
            for key, found in times.items() if isinstance(times, dict) else ():
                self._times[str(key)] = [float(each) for each in found if isinstance(each, int | float)][
                    -KEPT:
                ]
            drilled = stored.get("drilled")
            self._drilled = float(drilled) if isinstance(drilled, int | float) else None

    @callback
    def _save(self) -> None:
        self._store.async_delay_save(
            lambda: {"times": dict(self._times), "drilled": self._drilled}, SAVE_DELAY
        )

    @property
    def needs(self) -> Needs:
        """Return what stopping takes here: the longest of the last runs of each stage."""
        return Needs(stages={key: max(found) for key, found in self._times.items() if found})

    def time_of(self, stage: str) -> float | None:
        """Return the seconds that a stage took at most lately, None where it never ran."""
        return max(self._times.get(stage) or (), default=None)

    def took(self, stage: str, seconds: float, *, whole: bool) -> None:
        """Note how long a stage took; one that was cut off took longer than that, which counts as well."""
        self._times[stage] = [*self._times.get(stage, ()), round(seconds, 1)][-KEPT:]
        self._save()

    def ended(self, outage: Ended, now: float) -> None:
        """Note an outage."""
        self._save()

    def drilled(self, now: float) -> None:
        """Note that the plan was practised."""
        self._drilled = now
        self._save()

    def since_drill(self, now: float) -> float | None:
        """Return the seconds since the last practice, None where there was none."""
        return None if self._drilled is None else max(now - self._drilled, 0.0)
