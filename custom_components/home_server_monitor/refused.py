"""A key that a service refused: a person is asked for another one, and is not any more once the one there is was taken."""

from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN


@callback
def asked_in_set_up(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    """Ask for another key while an entry is being set up; returns whether it is, so that Home Assistant tries again."""
    if entry.state is not ConfigEntryState.SETUP_IN_PROGRESS:
        return False
    entry.async_start_reauth(hass)
    return True


@callback
def ask_no_more(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Take back that a person is asked for another key."""
    flows = hass.config_entries.flow
    wanted = {"entry_id": entry.entry_id, "source": SOURCE_REAUTH}
    for flow in flows.async_progress_by_handler(DOMAIN, match_context=wanted):
        flows.async_abort(flow["flow_id"])
