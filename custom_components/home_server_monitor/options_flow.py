"""Preferences: of a service those of its kind, of a server whom it tells, who may approve, and when it is quiet."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow, OptionsFlowWithReload
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
    TimeSelector,
)
import voluptuous as vol

from .const import CONF_KIND, CONF_OWN_PATH
from .edge import settings as keys
from .edge.settings import DAYS, DEFAULTS, MODES, is_ping_url, phones, telegram_pair
from .kinds import KINDS

# the form's sections: what belongs together
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "telling": (keys.PHONES, keys.QUIET, keys.QUIET_FROM, keys.QUIET_TO),
    "approving": (keys.APPROVERS, keys.LOW_APPROVERS, keys.TELEGRAM),
    "acting": (
        keys.CEILING,
        keys.AUTOMATIC,
        keys.PER_HOUR,
        keys.WINDOW_DAYS,
        keys.WINDOW_FROM,
        keys.WINDOW_TO,
        CONF_OWN_PATH,
    ),
    "being_missed": (keys.DEAD_MAN,),
}
# rules whose remedy is of low risk, so that they may be allowed to run by themselves
LOW_RISK_RULES = ("pool_errors", "scrub_overdue", "task_failed", "task_overdue", "service_stopped")


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
        errors: dict[str, str] = {}
        if user_input is not None:
            given = {name: value for part in user_input.values() for name, value in part.items()}
            if not (errors := _wrong(given)):
                return self.async_create_entry(data=_tidy(given))
            shown = given
        else:
            shown = {**DEFAULTS, **self.config_entry.options}
        schema: Any = await _server_schema(self.hass)
        suggested = {name: {key: shown.get(key) for key in fields} for name, fields in SECTIONS.items()}
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
        )


def _wrong(given: Mapping[str, Any]) -> dict[str, str]:
    """Return what cannot be taken, as the form shows it: on top, since sections hold no errors of their own."""
    if given.get(keys.DEAD_MAN) and not is_ping_url(given[keys.DEAD_MAN]):
        return {"base": "not_an_address"}
    if any(telegram_pair(text) is None for text in given.get(keys.TELEGRAM, ())):
        return {"base": "not_a_telegram_id"}
    return {}


def _tidy(given: Mapping[str, Any]) -> dict[str, Any]:
    data = {**DEFAULTS, **given}
    names = (name.strip() for name in data[CONF_OWN_PATH])
    data[CONF_OWN_PATH] = list(dict.fromkeys(filter(None, names)))
    data[keys.PER_HOUR] = int(data[keys.PER_HOUR])
    return data


async def _server_schema(hass: HomeAssistant) -> vol.Schema:
    people = [
        user for user in await hass.auth.async_get_users() if user.is_active and not user.system_generated
    ]
    admins = [SelectOptionDict(value=user.id, label=user.name or user.id) for user in people if user.is_admin]
    others = [
        SelectOptionDict(value=user.id, label=user.name or user.id) for user in people if not user.is_admin
    ]
    told = [SelectOptionDict(value=key, label=phone.name) for key, phone in phones(hass).items()]
    fields: dict[str, Any] = {
        keys.PHONES: _several(told),
        keys.QUIET: BooleanSelector(),
        keys.QUIET_FROM: TimeSelector(),
        keys.QUIET_TO: TimeSelector(),
        keys.APPROVERS: _several(admins),
        keys.LOW_APPROVERS: _several(others),
        keys.TELEGRAM: TextSelector(TextSelectorConfig(multiple=True)),
        keys.CEILING: _choice(MODES, "mode", multiple=False),
        keys.AUTOMATIC: _choice(LOW_RISK_RULES, "rule", multiple=True),
        keys.PER_HOUR: NumberSelector(
            NumberSelectorConfig(min=1, max=50, step=1, mode=NumberSelectorMode.BOX)
        ),
        keys.WINDOW_DAYS: _choice(DAYS, "day", multiple=True),
        keys.WINDOW_FROM: TimeSelector(),
        keys.WINDOW_TO: TimeSelector(),
        keys.DEAD_MAN: TextSelector(TextSelectorConfig(type=TextSelectorType.URL)),
        CONF_OWN_PATH: TextSelector(TextSelectorConfig(multiple=True)),
    }
    parts: dict[Any, Any] = {}
    for name, members in SECTIONS.items():
        part: Any = vol.Schema({vol.Optional(key, default=DEFAULTS[key]): fields[key] for key in members})
        parts[vol.Required(name)] = section(part, {"collapsed": name != "telling"})
    return vol.Schema(parts)


def _several(options: list[SelectOptionDict]) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(options=options, multiple=True, mode=SelectSelectorMode.LIST, custom_value=False)
    )


def _choice(options: tuple[str, ...], key: str, *, multiple: bool) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options), multiple=multiple, translation_key=key, mode=SelectSelectorMode.DROPDOWN
        )
    )
