"""Preferences: of a service those of its kind, of a server what must never be stopped."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow, OptionsFlowWithReload
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig
import voluptuous as vol

from .const import CONF_KIND, CONF_OWN_PATH
from .kinds import KINDS

SERVER_SCHEMA = vol.Schema(
    {vol.Optional(CONF_OWN_PATH, default=list): TextSelector(TextSelectorConfig(multiple=True))}
)


class ServiceOptionsFlow(OptionsFlowWithReload):
    """The options of one kind of service."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show and take them."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        schema: Any = KINDS[self.config_entry.data[CONF_KIND]].options
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, self.config_entry.options),
        )


class ServerOptionsFlow(OptionsFlow):
    """The options of a server; its listener applies them without a reload."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show and take them."""
        if user_input is not None:
            names = (name.strip() for name in user_input[CONF_OWN_PATH])
            return self.async_create_entry(data={CONF_OWN_PATH: list(dict.fromkeys(filter(None, names)))})
        schema: Any = SERVER_SCHEMA
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, self.config_entry.options),
        )
