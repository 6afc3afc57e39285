"""Who is told that something changed at a guardian: its entities, and what saves."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from homeassistant.core import Context, callback

from ..guardian.finding import Tracked

if TYPE_CHECKING:
    from .guardian import Guardian


class Listeners:
    """The listeners of one guardian. save: is told that there is something to save."""

    def __init__(self, guardian: Guardian, save: Callable[[], None]) -> None:
        self._of = guardian
        self._save = save
        self._all: list[Callable[[], None]] = []
        self._noting = False
        # while all are told: of who brought the change about, and what is open
        self.context: Context | None = None
        self.open: list[Tracked] | None = None

    @callback
    def add(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told when anything here changed; returns what ends it."""
        self._all.append(listener)
        return lambda: self._all.remove(listener)

    @callback
    def tell(self, context: Context | None = None) -> None:
        """Tell the entities, and save soon. context: of who brought the change about."""
        # all of them look at the same findings
        self.open, self.context = self._of.open_findings(), context
        try:
            for listener in tuple(self._all):
                listener()
        finally:
            self.open = self.context = None
        # what is still under way when the entry is unloaded must not overwrite what the next one saves
        if not self._of.ended:
            self._save()

    @callback
    def tell_soon(self) -> None:
        """Do that in the loop's next turn, once, so that judging and telling do not hold it together."""
        if not self._noting:
            self._noting = True
            self._of.hass.loop.call_soon(self._noted)

    @callback
    def _noted(self) -> None:
        self._noting = False
        if not self._of.ended:
            self.tell()
