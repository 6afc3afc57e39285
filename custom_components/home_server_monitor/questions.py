"""What the config flow asks a person in the middle of a test: questions to confirm, and choices."""

from abc import abstractmethod
from typing import Any

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from .sources.kind import Choice, Question


class AsksPeople(ConfigFlow):
    """Asks what a probe wants to know, takes the answer, and has it probe again."""

    def __init__(self) -> None:
        """Begin with nothing answered."""
        self._answers: dict[str, Any] = {}
        self._answered: frozenset[str] = frozenset()
        # holds for one test only: what was chosen wrongly is asked again
        self._chosen: dict[str, Any] = {}
        self._question: Question | Choice

    @abstractmethod
    async def async_test(self) -> ConfigFlowResult:
        """Probe what is known."""

    async def async_step_trust_certificate(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether to trust a certificate that no authority vouches for."""
        return await self._async_step_question(user_input)

    async def async_step_trust_new_certificate(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether to trust one that is not the trusted one."""
        return await self._async_step_question(user_input)

    async def async_step_proxy_warning(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether to send the key through what looks like a proxy."""
        return await self._async_step_question(user_input)

    async def async_step_limited_rights(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether to go on with credentials that may read but not act."""
        return await self._async_step_question(user_input)

    async def async_step_plain_http(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether to talk to an engine that anybody in the network can command."""
        return await self._async_step_question(user_input)

    async def async_step_plex_link(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Wait until the owner of a Plex has entered the letters on Plex's own page."""
        return await self._async_step_question(user_input)

    async def async_step_environment(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose one of Portainer's environments."""
        return await self._async_step_choice(user_input)

    async def async_step_which_ups(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose one of several UPSes of a server."""
        return await self._async_step_choice(user_input)

    async def _async_step_question(self, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        """Take the answer, which is yes, and probe again."""
        if user_input is None or not isinstance(self._question, Question):
            return self._ask(self._question)
        self._answers |= self._question.answer
        self._answered |= {self._question.step}
        return await self.async_test()

    async def _async_step_choice(self, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        """Take what was chosen, and probe again."""
        step = self._question.step
        if user_input is None or step not in user_input:
            return self._ask(self._question)
        self._chosen[step] = user_input[step]
        return await self.async_test()

    def _ask(self, question: Question | Choice) -> ConfigFlowResult:
        self._question = question
        schema: Any = None
        if isinstance(question, Choice):
            options = [
                SelectOptionDict(value=value, label=label) for value, label in question.options.items()
            ]
            config = SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
            schema = vol.Schema({vol.Required(question.step): SelectSelector(config)})
        return self.async_show_form(
            step_id=question.step, data_schema=schema, description_placeholders=question.placeholders
        )
