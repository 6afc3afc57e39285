"""System health: how many services are watched and how many of them answer."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import CONF_KIND, DOMAIN, KIND_SERVER


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register the information."""
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return the information."""
    entries = [
        entry
        for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
        if entry.data[CONF_KIND] != KIND_SERVER
    ]
    loaded = [entry for entry in entries if entry.state is ConfigEntryState.LOADED]
    answering = [entry for entry in loaded if entry.runtime_data.last_update_success]
    return {
        "services": len(entries),
        "services_answering": len(answering),
        "versions": ", ".join(
            sorted(str(entry.runtime_data.device_info.get("sw_version")) for entry in answering)
        )
        or "none",
        "findings": sum(not finding.holds for entry in answering for finding in entry.runtime_data.findings),
    }
