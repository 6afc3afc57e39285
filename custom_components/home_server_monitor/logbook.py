"""Sentences for the logbook: what the guardian found, and who had what done."""

from collections.abc import Callable

from homeassistant.components.logbook import LOGBOOK_ENTRY_ICON, LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN
from .edge.house_key import HOUSE
from .edge.speaker import EVENT


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe our event."""

    @callback
    def describe(event: Event) -> dict[str, str]:
        guardian = hass.data[HOUSE].guardian(str(event.data.get("server")))
        name = guardian.entry.title if guardian else "Home Server Monitor"
        message = guardian.wording.logged(event.data) if guardian else str(event.data.get("kind"))
        return {LOGBOOK_ENTRY_NAME: name, LOGBOOK_ENTRY_MESSAGE: message, LOGBOOK_ENTRY_ICON: "mdi:server"}

    async_describe_event(DOMAIN, EVENT, describe)
