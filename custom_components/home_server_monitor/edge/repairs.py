"""The repair of a finding that a source takes answers of its own to."""

from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.helpers.selector import TextSelector
import voluptuous as vol

from ..guardian.capabilities import TendsDisks
from ..guardian.contract import Refused
from ..guardian.finding import Tracked
from ..guardian.tracked import State as Life
from ..guardian.waking import waking_of
from . import own_answers
from .guardian import Guardian
from .people import request_actor

SHORTEST = 3


class AnswerFlow(RepairsFlow):
    """Shows a finding, and takes one answer to it."""

    def __init__(self, guardian: Guardian, finding: str) -> None:
        """Remember which finding the issue is about."""
        self._of = guardian
        self._finding = finding

    def _now(self) -> Tracked | None:
        tracked = self._of.tracked(self._finding)
        return tracked if tracked is not None and tracked.state is Life.FIRING else None

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show it, and what may be answered."""
        if (tracked := self._now()) is None:
            return self.async_abort(reason="finding_gone")
        # what is there because somebody said so is taken back as it was said
        usual = () if waking_of(tracked.finding.rule).expects else ("acknowledge", "dismiss")
        return self.async_show_menu(
            step_id="init",
            menu_options=[*own_answers.verbs_of(self._of, tracked), *usual],
            description_placeholders=self._of.wording.finding_placeholders(tracked),
        )

    async def async_step_ordered(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """A replacement is on its way."""
        return await self._answer("ordered")

    async def async_step_replacing(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Somebody takes the disk out now: say how, then expect it."""
        if (tracked := self._now()) is None:
            return self.async_abort(reason="finding_gone")
        if user_input is not None:
            return await self._answer("replacing")
        nothing: Any = vol.Schema({})
        steps = next(
            (
                each.steps_to_replace(tracked.finding)
                for each in self._of.house.capable(TendsDisks)
                if each.server == self._of.id
            ),
            "-",
        )
        return self.async_show_form(
            step_id="replacing",
            data_schema=nothing,
            description_placeholders={
                **self._of.wording.finding_placeholders(tracked),
                "steps": steps.replace("\n", "\n\n"),
            },
        )

    async def async_step_stop(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Nobody replaces it."""
        return await self._answer("stop")

    async def async_step_remove(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Delete the device of the disk that was replaced."""
        return await self._answer("remove")

    async def async_step_cancel(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Nothing is stopped in this outage."""
        return await self._answer("cancel")

    async def _answer(self, verb: str) -> RepairsFlowResult:
        tracked, actor = self._now(), await request_actor(self.hass, "repairs")
        if tracked is None:
            return self.async_abort(reason="finding_gone")
        if actor is None:
            return self.async_abort(reason="not_an_admin")
        try:
            await own_answers.take(self._of, tracked, verb, actor)
        except Refused as err:
            reason = self._of.texts.refusal(err.refusal.key, err.refusal.placeholders)
            return self.async_abort(reason="refused", description_placeholders={"reason": reason})
        return self.async_create_entry(data={})

    async def async_step_acknowledge(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Somebody takes care of it some other way."""
        if (tracked := self._now()) is not None:
            await self._of.answers.acknowledge(tracked, await request_actor(self.hass, "repairs"))
        return self.async_create_entry(data={})

    async def async_step_dismiss(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """It is no problem: that takes a reason, which goes into the journal."""
        if (tracked := self._now()) is None:
            return self.async_abort(reason="finding_gone")
        reason = str((user_input or {}).get("reason", "")).strip()
        if len(reason) < SHORTEST:
            schema: Any = vol.Schema({vol.Required("reason"): TextSelector()})
            return self.async_show_form(
                step_id="dismiss",
                data_schema=schema,
                errors={"reason": "no_reason"} if user_input is not None else {},
                description_placeholders=self._of.wording.finding_placeholders(tracked),
            )
        actor = await request_actor(self.hass, "repairs")
        if actor is None or not actor.admin:
            return self.async_abort(reason="not_an_admin")
        await self._of.answers.dismiss(tracked, reason[:200], actor)
        return self.async_create_entry(data={})
