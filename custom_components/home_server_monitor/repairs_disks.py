"""The repair of “Disk prediction has no data”: Scrutiny installed from here, or the steps to do so by hand."""

from typing import TYPE_CHECKING, Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.helpers import issue_registry as ir
import voluptuous as vol

from .edge.people import request_actor
from .edge.views import risk_text
from .guardian.capabilities import InstallsSmartReader
from .guardian.contract import NotDone, Plan, Refused
from .guardian.journal import JournalFailed
from .sources.errors import ClientError

if TYPE_CHECKING:
    from .edge.guardian import Guardian

_NOTHING: Any = vol.Schema({})


class DisksUnreadFlow(RepairsFlow):
    """Shows the ways; the issue itself goes with the first reading.

    guardian: of the server, None while its entry is not loaded; source: id of what can install Scrutiny, "" for none.
    """

    def __init__(self, guardian: Guardian | None, source: str) -> None:
        """Remember what the issue said."""
        self._of = guardian
        self._source = source
        # the plan that was shown last: no other is approved
        self._shown: Plan | None = None

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Choose a way."""
        options = ["install"] if self._installer() else []
        return self.async_show_menu(
            step_id="init",
            menu_options=[*options, "by_hand", "compose"],
            description_placeholders=self._about(),
        )

    async def async_step_by_hand(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Say how it is installed click by click."""
        if user_input is not None:
            return self.async_abort(reason="until_read")
        return self.async_show_form(
            step_id="by_hand", data_schema=_NOTHING, description_placeholders=self._about()
        )

    async def async_step_compose(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show the file for Compose, with the disks of this server."""
        if user_input is not None:
            return self.async_abort(reason="until_read")
        return self.async_show_form(
            step_id="compose", data_schema=_NOTHING, description_placeholders=self._about()
        )

    async def async_step_install(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show what would be created, then approve exactly that."""
        guardian, found = self._of, self._installer()
        if guardian is None or found is None:
            return self.async_abort(reason="not_possible_now")
        if refusal := guardian.proposals.refusal():
            return self._refused(refusal)
        action, target = found
        try:
            plan = await guardian.desk.plan(self._source, action, target, {})
            if user_input is None or self._shown is None or self._shown.fingerprint != plan.fingerprint:
                self._shown = plan
                return self._plan_shown(plan)
            return await self._approve(guardian, action, target, plan)
        except Refused as err:
            return self._refused(err.refusal.key, dict(err.refusal.placeholders))
        except JournalFailed:
            return self._refused("journal_failed")
        except (ClientError, NotDone, TimeoutError) as err:
            return self._refused("action_failed", {"error": str(err) or "no answer in time"})

    async def _approve(self, guardian: Guardian, action: str, target: str, shown: Plan) -> RepairsFlowResult:
        actor = await request_actor(self.hass, "repairs")
        if actor is None:
            return self.async_abort(reason="not_an_approver")
        record = await guardian.desk.propose(self._source, action, target, actor=actor, name="Scrutiny")
        if guardian.desk.policy.may_decide(record, actor):
            # it stays as a proposal for somebody who may
            return self.async_abort(reason="not_an_approver")
        if record.plan.fingerprint != shown.fingerprint:
            self._shown = record.plan
            return self._plan_shown(record.plan)
        await guardian.desk.approve(record.id, actor)
        return self.async_create_entry(data={})

    def _plan_shown(self, plan: Plan) -> RepairsFlowResult:
        assert self._of is not None
        texts = self._of.texts
        shown = {key: str(value) for key, value in plan.before.get("shown", {}).items()}
        named = {**self._about(), **shown, "target": "Scrutiny"}
        return self.async_show_form(
            step_id="install",
            data_schema=_NOTHING,
            description_placeholders={
                **named,
                "what": texts.common(f"what_{plan.action}", named),
                "risk": risk_text(texts, plan),
                "undo": texts.common(f"undo_{plan.action}", named),
            },
        )

    def _refused(self, key: str, named: dict[str, str] | None = None) -> RepairsFlowResult:
        reason = self._of.texts.refusal(key, named or {}) if self._of is not None else key
        return self.async_abort(reason="refused", description_placeholders={"reason": reason})

    def _installer(self) -> tuple[str, str] | None:
        """Return action and target, where the source can install it now."""
        source = self._of.house.source(self._source) if self._of is not None and self._source else None
        if source is None or not source.judged or not isinstance(source, InstallsSmartReader):
            return None
        return source.smart_reader

    def _about(self) -> dict[str, str]:
        issue = ir.async_get(self.hass).async_get_issue(self.handler, self.issue_id)
        found = issue.translation_placeholders if issue is not None else None
        return dict(found or {"name": "?", "disks": "?", "compose": ""})
