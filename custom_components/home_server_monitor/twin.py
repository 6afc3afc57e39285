"""The entry of Home Assistant's own integration for the same system: where it is, and the key that may be copied."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .discovery import place_of
from .sources.kind import ServiceKind
from .sources.known import KNOWN, Core

# the tick of the form: copied once, and only when a person says so
SAME_KEY = "same_key"


@dataclass(frozen=True, slots=True)
class Twin:
    """One such entry, and the row that says how to read it."""

    entry: ConfigEntry
    core: Core

    @classmethod
    def of(cls, hass: HomeAssistant, kind: ServiceKind, entry_id: str | None) -> Self | None:
        """Return the twin with this entry id, where it is still there and has something to copy."""
        entry = hass.config_entries.async_get_entry(entry_id) if entry_id else None
        for row in KNOWN if entry else ():
            if row.core and entry and row.kind == kind.key and row.core.domain == entry.domain:
                found = cls(entry, row.core)
                return found if found.secrets() else None
        return None

    @property
    def fields(self) -> frozenset[str]:
        """Return the names of the fields that a tick fills."""
        return frozenset(self.secrets())

    def secrets(self) -> Mapping[str, Any]:
        """Return what is copied, by the names of our fields."""
        found = self.core.secrets
        data = self.core.read(self.entry.data)
        return {ours: data[theirs] for ours, theirs in found.items() if data.get(theirs)}

    def is_at(self, url: str) -> bool:
        """Return whether an address is that of the entry: its key goes nowhere else, and never in the clear instead."""
        mine = self.core.url(self.entry.data)
        if mine is None or place_of(mine) != place_of(url):
            return False
        return _is_encrypted(url) or not _is_encrypted(mine)


def _is_encrypted(url: str) -> bool:
    return url.strip().lower().startswith("https://")
