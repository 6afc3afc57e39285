"""How each source of one server stands: answering, silent, not set up, disabled, removed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..const import CONF_KIND, CONF_SERVER, DOMAIN, KIND_SERVER

# what is loaded again later was unloaded by somebody for some time, in seconds
RELOADED_WITHIN = 60.0
_FAILED = (ConfigEntryState.SETUP_RETRY, ConfigEntryState.SETUP_ERROR)


@dataclass(slots=True)
class Stand:
    """One source. state: ok, lost, starting, unloaded or disabled; since: seconds since 1970.

    silent: since when it has not answered, over all that is tried meanwhile; None once it does.
    """

    id: str
    name: str
    kind: str
    state: str
    since: float
    entry_id: str
    silent: float | None = None

    def become(self, state: str, now: float) -> None:
        """Come into a state; a reload of what does not answer is no end of its silence."""
        left = self.state == "unloaded" and now - self.since > RELOADED_WITHIN
        if state in ("ok", "disabled") or left:
            self.silent = None
        if state == "lost" and self.silent is None:
            self.silent = now
        self.state, self.since = state, now if state != "lost" or self.silent is None else self.silent


def source_id(entry: ConfigEntry) -> str:
    """Return the id under which an entry's source attaches."""
    return entry.unique_id or entry.entry_id


class Watch:
    """Follows the config entries that hang on one server."""

    def __init__(
        self,
        hass: HomeAssistant,
        server: str,
        clock: Callable[[], float],
        changed: Callable[[Stand], None],
        removed: Callable[[str], None],
    ) -> None:
        self._hass = hass
        self._server = server
        self._clock = clock
        self._changed = changed
        self._removed = removed
        self.stands: dict[str, Stand] = {}

    def start(self) -> Callable[[], None]:
        """Look at what is there, and follow it; returns what ends it."""
        for entry in self._hass.config_entries.async_entries(DOMAIN, include_ignore=False):
            self._look(entry)
        return async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._signal)

    @callback
    def _signal(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain != DOMAIN or not self._ours(entry):
            return
        if change is ConfigEntryChange.REMOVED:
            if self.stands.pop(source_id(entry), None):
                self._removed(source_id(entry))
            return
        self._look(entry)

    def _ours(self, entry: ConfigEntry) -> bool:
        return entry.data.get(CONF_KIND) != KIND_SERVER and entry.data.get(CONF_SERVER) == self._server

    def _look(self, entry: ConfigEntry) -> None:
        if not self._ours(entry):
            return
        if entry.disabled_by:
            state = "disabled"
        elif entry.state is ConfigEntryState.LOADED:
            # a loaded source says itself whether it answers
            known = self.stands.get(source_id(entry))
            state = "lost" if known and known.state == "lost" else "ok"
        elif entry.state in _FAILED:
            state = "lost"
        elif entry.state is ConfigEntryState.SETUP_IN_PROGRESS:
            known = self.stands.get(source_id(entry))
            # a retry of a lost one is no news
            state = "lost" if known and known.state == "lost" else "starting"
        else:
            state = "unloaded"
        self.note(entry, state)

    @callback
    def note(self, entry: ConfigEntry, state: str) -> None:
        """Take in how a source stands now."""
        key = source_id(entry)
        stand = self.stands.get(key)
        if stand is None:
            now = self._clock()
            stand = self.stands[key] = Stand(
                key, entry.title, entry.data[CONF_KIND], "starting", now, entry.entry_id
            )
            stand.become(state, now)
        elif stand.state != state:
            stand.become(state, self._clock())
        else:
            stand.name = entry.title
            return
        stand.name = entry.title
        self._changed(stand)

    def lost(self, now: float, after: float) -> Iterator[Stand]:
        """Yield the sources that have been silent for `after` seconds."""
        for stand in self.stands.values():
            if stand.state == "lost" and now - stand.since >= after:
                yield stand
