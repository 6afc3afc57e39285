"""What a person sees of one config entry: which entities have a value, and which ever lost it."""

import re
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN


def device_of(hass: HomeAssistant, entry: MockConfigEntry, name: str = "") -> dr.DeviceEntry | None:
    """Return the device of an object (`pool_…`) of an entry, or of the entry's service itself."""
    identifier = (DOMAIN, f"{entry.unique_id}_{name}" if name else str(entry.unique_id))
    found = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return next((device for device in found if identifier in device.identifiers), None)


class Seen:
    """Entities by the part of their unique id that follows the identity of the server."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self.writes: list[str] = []
        self.darkened: set[str] = set()
        self._off = hass.bus.async_listen(EVENT_STATE_CHANGED, self._changed)

    def entities(self) -> dict[str, str]:
        """Return the entity ids of what is enabled."""
        start = f"{self._entry.unique_id}_"
        found = er.async_entries_for_config_entry(er.async_get(self._hass), self._entry.entry_id)
        return {item.unique_id.removeprefix(start): item.entity_id for item in found if not item.disabled}

    def state(self, name: str) -> str | None:
        """Return the state of one entity, or None where there is no such entity."""
        entity_id = self.entities().get(name)
        state = self._hass.states.get(entity_id) if entity_id else None
        return state.state if state else None

    def available(self) -> set[str]:
        """Return what has a state other than unavailable."""
        return {name for name in self.entities() if self.state(name) not in (None, STATE_UNAVAILABLE)}

    def dark(self) -> set[str]:
        """Return what is unavailable."""
        return set(self.entities()) - self.available()

    def like(self, pattern: str) -> set[str]:
        """Return the entities whose names match."""
        return {name for name in self.entities() if re.search(pattern, name)}

    def forget(self) -> None:
        """Count anew."""
        self.writes.clear()
        self.darkened.clear()

    @callback
    def _changed(self, event: Event[Any]) -> None:
        names = {entity_id: name for name, entity_id in self.entities().items()}
        if (name := names.get(event.data["entity_id"])) is None:
            return
        self.writes.append(name)
        new = event.data["new_state"]
        if new is not None and new.state == STATE_UNAVAILABLE:
            self.darkened.add(name)
