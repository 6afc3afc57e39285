"""What the repairs do that a person can confirm."""

from typing import Any, override

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_SYSTEM, ConfigEntry
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from .const import CONF_FINGERPRINT, CONF_SERVER, DOMAIN, HOME
from .edge.decisions import WAITING
from .edge.guardian import Guardian
from .edge.house_key import HOUSE
from .edge.people import request_actor
from .edge.repairs import AnswerFlow
from .edge.week import Week
from .guardian.contract import SYSTEM, Refused
from .guardian.journal import JournalFailed
from .issues import CERTIFICATE_CHANGED, DISKS_UNREAD, SERVER_MISSING
from .repairs_disks import DisksUnreadFlow
from .repairs_proposals import ProposalFlow, WaitingFlow


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
    """Makes a server's entry again, under the id that its services point to."""

    def __init__(self, server: str, name: str) -> None:
        """Remember which one it was."""
        self._about = {CONF_SERVER: server, CONF_NAME: name}

    @override
    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Explain, then make it."""
        if user_input is not None:
            await self.hass.config_entries.flow.async_init(
                DOMAIN, context={"source": SOURCE_SYSTEM}, data=self._about
            )
        return await super().async_step_confirm(user_input)


class WeekFlow(RepairsFlow):
    """Shows what would have been done, with a tick per rule that may do so by itself from now on."""

    def __init__(self, week: Week) -> None:
        """Remember whose report it is."""
        self._week = week

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show the report; nothing is ticked for anybody."""
        if not self._week.open:
            return self.async_abort(reason="report_gone")
        try:
            found = await self._week.first()
            if user_input is not None:
                return await self._answered(user_input)
        except JournalFailed:
            return self.async_abort(reason="journal_failed")
        offered = [
            SelectOptionDict(value=rule, label=self._week.rule(rule)) for rule in self._week.offered(found)
        ]
        ticks = SelectSelector(
            SelectSelectorConfig(options=offered, multiple=True, mode=SelectSelectorMode.LIST)
        )
        schema: Any = vol.Schema({vol.Optional("rules", default=list): ticks} if offered else {})
        return self.async_show_form(
            step_id="init", data_schema=schema, description_placeholders=self._week.placeholders(found)
        )

    async def _answered(self, given: dict[str, Any]) -> RepairsFlowResult:
        actor = await request_actor(self.hass, "repairs")
        if actor is None or not actor.admin:
            return self.async_abort(reason="not_an_admin")
        await self._week.answer(given.get("rules", []), actor)
        return self.async_create_entry(data={})


class BreakerFlow(ConfirmRepairFlow):
    """Lets what failed too often be tried by itself again."""

    def __init__(self, guardian: Guardian, rule: str) -> None:
        """Remember which rule the issue is about."""
        self._of = guardian
        self._rule = rule

    @override
    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Explain, then reset it."""
        if user_input is not None:
            actor = await request_actor(self.hass, "repairs")
            try:
                await self._of.answers.reset_breaker(self._rule, actor or SYSTEM)
            except Refused as err:
                reason = self._of.texts.refusal(err.refusal.key, err.refusal.placeholders)
                return self.async_abort(reason="refused", description_placeholders={"reason": reason})
            except JournalFailed:
                reason = self._of.texts.refusal("journal_failed", {})
                return self.async_abort(reason="refused", description_placeholders={"reason": reason})
        return await super().async_step_confirm(user_input)


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that fixes an issue; where its entry is gone there is nothing left to do but to confirm."""
    if issue_id.startswith(SERVER_MISSING):
        about = data or {}
        return ServerMissingFlow(str(about.get("server") or HOME), str(about.get("name") or "Home"))
    if issue_id.startswith(DISKS_UNREAD):
        about = data or {}
        server = hass.data[HOUSE].guardian(str(about.get("server")))
        return DisksUnreadFlow(server, str(about.get("source") or ""))
    if data and (guardian := hass.data[HOUSE].guardian(str(data.get("server")))):
        if issue_id.startswith(WAITING):
            return WaitingFlow(guardian, str(data["proposal"]))
        if data.get("proposal"):
            return ProposalFlow(guardian, str(data["proposal"]))
        if issue_id == guardian.week.issue_id:
            return WeekFlow(guardian.week)
        if data.get("finding"):
            return AnswerFlow(guardian, str(data["finding"]))
        if data.get("rule"):
            return BreakerFlow(guardian, str(data["rule"]))
    if data and issue_id.startswith(CERTIFICATE_CHANGED):
        entry = hass.config_entries.async_get_entry(str(data["entry_id"]))
        if entry and isinstance(new := data["new"], str):
            return CertificateChangedFlow(entry, new)
    return ConfirmRepairFlow()
