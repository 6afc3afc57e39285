"""What the repairs do that a person can confirm."""

from typing import override

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_SYSTEM, ConfigEntry
from homeassistant.core import HomeAssistant

from .const import CONF_FINGERPRINT, DOMAIN
from .issues import CERTIFICATE_CHANGED, SERVER_MISSING


class CertificateChangedFlow(ConfirmRepairFlow):
    """Pins the certificate that the server shows now."""

    def __init__(self, entry: ConfigEntry, new: str) -> None:
        """Remember what the issue said; `new` is a SHA-256 in hex."""
        self._entry = entry
        self._new = new

    @override
    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show both certificates, then trust the new one."""
        if user_input is not None:
            entries = self.hass.config_entries
            entries.async_update_entry(self._entry, data={**self._entry.data, CONF_FINGERPRINT: self._new})
            entries.async_schedule_reload(self._entry.entry_id)
        return await super().async_step_confirm(user_input)


class ServerMissingFlow(ConfirmRepairFlow):
    """Makes the server entry again."""

    @override
    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Explain, then make it."""
        if user_input is not None:
            await self.hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_SYSTEM})
        return await super().async_step_confirm(user_input)


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that fixes an issue; where its entry is gone there is nothing left to do but to confirm."""
    if issue_id == SERVER_MISSING:
        return ServerMissingFlow()
    if data and issue_id.startswith(CERTIFICATE_CHANGED):
        entry = hass.config_entries.async_get_entry(str(data["entry_id"]))
        if entry and isinstance(new := data["new"], str):
            return CertificateChangedFlow(entry, new)
    return ConfirmRepairFlow()
