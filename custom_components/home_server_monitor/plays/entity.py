"""An entity of a play: it belongs to the server, and is written when what the play knows has changed."""

from collections.abc import Callable
from typing import Any, Protocol, override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity

from ..const import DOMAIN


class Listened(Protocol):
    """What an entity needs of its play."""

    server: str

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told of changes; returns what ends it."""
        ...


class PlayEntity[PlayT: Listened](Entity):
    """One value of a play."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, play: PlayT, key: str) -> None:
        self._play = play
        self._attr_unique_id = f"{play.server}_{key}"
        self._attr_translation_key = key
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, play.server)})
        self._was_available = True
        # the value that was written last
        self._shown: Any = None

    def current(self) -> Any:
        """Return the value, None where it is not known."""
        return None

    def is_news(self, value: Any) -> bool:
        """Return whether a value is to be written."""
        return bool(value != self._shown)

    @override
    async def async_added_to_hass(self) -> None:
        self._was_available, self._shown = self.available, self.current()
        self.async_on_remove(self._play.listen(self._changed))

    @callback
    def _changed(self) -> None:
        available, now = self.available, self.current()
        if available is not self._was_available or self.is_news(now):
            self._was_available, self._shown = available, now
            self.async_write_ha_state()
