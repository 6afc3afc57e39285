"""What a person decides about proposals in Repairs: the flow of one that is open, and of one that was approved and waits."""

from typing import Any, override

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.helpers.selector import TextSelector
import voluptuous as vol

from .edge.guardian import Guardian
from .edge.people import request_actor
from .edge.waits import WHEN
from .guardian.contract import NotDone, Refused, Risk
from .guardian.finding import Tracked
from .guardian.journal import JournalFailed
from .guardian.remediation import Record, State
from .sources.errors import ClientError


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
        named = self._of.wording.issue_placeholders(record, tracked)
        actor = await request_actor(self.hass, "repairs")
        if actor is not None and not self._of.desk.policy.may_decide(record, actor):
            # who watches what is for who decides alone: the texts of an issue are read by all
            named["what"] = " ".join(filter(None, (named["what"], self._of.waits.viewers(record.plan))))
        return self.async_show_menu(step_id="init", menu_options=options, description_placeholders=named)

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
        # not as the flow of an issue that is repaired ends: whether it is, is not known before the work is done
        self._of.decisions.decided(record)
        return self.async_abort(reason="approved" if when == "now" else "approved_later")

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
        except Refused:
            return self.async_abort(reason="proposal_gone")
        except JournalFailed:
            # it waits on, and begins once it may
            reason = self._of.texts.refusal("journal_failed", {})
            return self.async_abort(reason="refused", description_placeholders={"reason": reason})
        return self.async_create_entry(data={})
