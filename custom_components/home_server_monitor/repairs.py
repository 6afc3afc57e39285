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
    TextSelector,
)
import voluptuous as vol

from .const import CONF_FINGERPRINT, CONF_SERVER, DOMAIN, HOME
from .edge.decisions import WAITING
from .edge.guardian import Guardian
from .edge.house_key import HOUSE
from .edge.people import request_actor
from .edge.repairs import AnswerFlow
from .edge.waits import WHEN
from .edge.week import Week
from .guardian.contract import SYSTEM, NotDone, Refused, Risk
from .guardian.finding import Tracked
from .guardian.journal import JournalFailed
from .guardian.remediation import Record, State
from .issues import CERTIFICATE_CHANGED, DISKS_UNREAD, SERVER_MISSING
from .repairs_disks import DisksUnreadFlow
from .sources.errors import ClientError


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


class ProposalFlow(RepairsFlow):
    """Shows a plan; approves it, denies it, or acknowledges what it would mend.

    What is of high risk is approved by typing the name of what it is about, so that no tap does it by mistake.
    """

    def __init__(self, guardian: Guardian, proposal: str) -> None:
        """Remember which proposal the issue is about."""
        self._of = guardian
        self._proposal = proposal
        # the record whose plan was shown last: no other is approved
        self._shown = proposal

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show the plan, and what may be decided."""
        record, tracked = await self._now()
        if record is None:
            return self.async_abort(reason="proposal_gone")
        self._shown = record.id
        choices = self._of.waits.choices(record)
        later = ["after_it_ends"] if choices.interrupts else []
        later += ["next_window"] if choices.opens else []
        options = ["approve", *later, "deny", *(["acknowledge"] if tracked else [])]
        return self.async_show_menu(
            step_id="init",
            menu_options=options,
            description_placeholders=self._of.wording.issue_placeholders(record, tracked),
        )

    async def async_step_approve(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Approve; what is of high risk asks for the name first."""
        return await self._approve("approve", "now", user_input)

    async def async_step_after_it_ends(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Approve it for when what it would interrupt has ended."""
        return await self._approve("after_it_ends", "after_it_ends", user_input)

    async def async_step_next_window(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Approve it for the next maintenance hours."""
        return await self._approve("next_window", "next_window", user_input)

    async def _approve(self, step: str, when: str, user_input: dict[str, Any] | None) -> RepairsFlowResult:
        record, tracked = await self._now()
        if record is None:
            return self.async_abort(reason="proposal_gone")
        if record.id != self._shown:
            return await self.async_step_init()
        named = self._of.wording.issue_placeholders(record, tracked)
        typed = None
        schema: Any = vol.Schema({vol.Required("name"): TextSelector()})
        if record.risk is Risk.HIGH:
            typed = str((user_input or {}).get("name", ""))
            if not self._of.desk.policy.is_named(record, typed):
                return self.async_show_form(
                    step_id=step,
                    data_schema=schema,
                    errors={"name": "wrong_name"} if typed.strip() else {},
                    description_placeholders=named,
                )
        actor = await request_actor(self.hass, "repairs")
        if actor is None or self._of.desk.policy.may_decide(record, actor):
            return self.async_abort(reason="not_an_approver")
        try:
            await self._of.desk.approve(record.id, actor, typed=typed, waits=WHEN[when])
        except (Refused, JournalFailed, ClientError, NotDone, TimeoutError) as err:
            return self._refused(err)
        return self.async_create_entry(data={})

    def _refused(self, err: Exception) -> RepairsFlowResult:
        """Say why nothing was done."""
        match err:
            case Refused():
                key, named = err.refusal.key, err.refusal.placeholders
            case JournalFailed():
                key, named = "journal_failed", {}
            case _:
                key, named = "action_failed", {"error": str(err) or "no answer in time"}
        reason = self._of.texts.refusal(key, named)
        return self.async_abort(reason="refused", description_placeholders={"reason": reason})

    async def async_step_deny(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Say no to the plan; what it would mend stays known, and is told no more."""
        record, tracked = await self._now()
        actor = await request_actor(self.hass, "repairs")
        if record is None:
            return self.async_abort(reason="proposal_gone")
        if record.id != self._shown:
            return await self.async_step_init()
        if actor is None or self._of.desk.policy.may_decide(record, actor):
            return self.async_abort(reason="not_an_approver")
        try:
            await self._of.desk.deny(record.id, actor)
        except (Refused, JournalFailed) as err:
            # somebody was faster, or it cannot be written down: the problem is not taken for answered
            return self._refused(err)
        if tracked is not None:
            await self._of.answers.acknowledge(tracked, actor)
        return self.async_create_entry(data={})

    async def async_step_acknowledge(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Somebody takes care of it some other way."""
        _, tracked = await self._now()
        if tracked is not None:
            await self._of.answers.acknowledge(tracked, await request_actor(self.hass, "repairs"))
        return self.async_create_entry(data={})

    async def _now(self) -> tuple[Record | None, Tracked | None]:
        """Return the proposal, or the one that took its place, and its finding."""
        record = self._of.desk.records.get(self._proposal)
        tracked = self._of.tracked(record.finding) if record and record.finding else None
        if record is not None and record.state is not State.PROPOSED:
            record = await self._of.proposals.propose_for(tracked) if tracked else None
        return record, tracked


class WaitingFlow(ConfirmRepairFlow):
    """Shows what is approved and waits; cancels it."""

    def __init__(self, guardian: Guardian, proposal: str) -> None:
        """Remember what waits."""
        self._of = guardian
        self._proposal = proposal

    @override
    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Say what it waits for, then cancel it."""
        record = self._of.desk.records.get(self._proposal)
        if record is None or not record.is_waiting:
            return self.async_abort(reason="proposal_gone")
        if user_input is None:
            nothing: Any = vol.Schema({})
            return self.async_show_form(
                step_id="confirm",
                data_schema=nothing,
                description_placeholders={"said": self._of.waits.said(record)},
            )
        actor = await request_actor(self.hass, "repairs")
        if actor is None or self._of.desk.policy.may_decide(record, actor):
            return self.async_abort(reason="not_an_approver")
        try:
            await self._of.desk.deny(record.id, actor)
        except Refused, JournalFailed:
            return self.async_abort(reason="proposal_gone")
        return self.async_create_entry(data={})


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
