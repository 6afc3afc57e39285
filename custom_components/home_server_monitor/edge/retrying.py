"""Tries what could not be set up again: Home Assistant alone would in the end wait ten minutes between two tries."""

from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CoreState, callback

if TYPE_CHECKING:
    from .guardian import Guardian

# seconds between two of our tries; each begins Home Assistant's own series of short waits anew
TRY_EVERY = 60.0
# of fifty that are away, this many are tried at a time
MOST = 10


class Retrying:
    """Has the sources of one guardian tried again that are not set up because they did not answer."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian
        # source → when it was tried last
        self._tried: dict[str, float] = {}

    @callback
    def look(self, now: float) -> None:
        """Try those whose turn it is, longest untried first."""
        hass = self._of.hass
        if hass.state is not CoreState.running:
            return
        away = {stand.id: stand.entry_id for stand in self._of.watch.lost(now, TRY_EVERY)}
        self._tried = {source: min(at, now) for source, at in self._tried.items() if source in away}
        due = [source for source in away if now - self._tried.get(source, 0.0) >= TRY_EVERY]
        due.sort(key=lambda source: self._tried.get(source, 0.0))
        for source in due[:MOST]:
            entry = hass.config_entries.async_get_entry(away[source])
            if entry is not None and entry.state is ConfigEntryState.SETUP_RETRY:
                self._tried[source] = now
                hass.config_entries.async_schedule_reload(entry.entry_id)
