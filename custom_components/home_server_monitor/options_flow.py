"""Preferences: of a service those of its kind, of a server whom it tells, who may approve, and what is protected."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow, OptionsFlowWithReload
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
from .edge.choices import Named, async_known, names_of, offers
from .edge.settings import DAYS, DEFAULTS, MODES, is_ping_url, telegram_pair
from .edge.texts import Texts
from .kinds import KINDS

# the form's sections: what belongs together
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "telling": (keys.PHONES, keys.QUIET, keys.QUIET_FROM, keys.QUIET_TO),
    "approving": (keys.APPROVERS, keys.LOW_APPROVERS, keys.TELEGRAM),
    "acting": (
        keys.CEILING,
        keys.AUTOMATIC,
        keys.PER_HOUR,
        keys.PER_TARGET,
        keys.WINDOW_DAYS,
        keys.WINDOW_FROM,
        keys.WINDOW_TO,
    ),
    "protecting": (keys.PROTECTED, CONF_OWN_PATH),
    "being_missed": (keys.DEAD_MAN,),
}
# rules whose remedy is of low risk, so that they may be allowed to run by themselves
LOW_RISK_RULES = ("pool_errors", "scrub_overdue", "task_failed", "task_overdue", "service_stopped")
# what is chosen among things that may be gone one day
OF_THINGS = (keys.PHONES, keys.APPROVERS, keys.LOW_APPROVERS, keys.PROTECTED)


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
        entry, stored = self.config_entry, {**DEFAULTS, **self.config_entry.options}
        known = await async_known(self.hass, entry.unique_id or entry.entry_id)
        shown = stored
        if user_input is not None:
            given = {name: value for part in user_input.values() for name, value in part.items()}
            if not (errors := _wrong(given)):
                return self.async_create_entry(data=_tidy(given, known, stored[keys.NAMES]))
            shown = {**stored, **given}
        texts = Texts(self.hass)
        await texts.async_load()
        schema: Any = _server_schema(offers(known, stored, texts))
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


def _tidy(given: Mapping[str, Any], known: Mapping[str, Named], names: Mapping[str, str]) -> dict[str, Any]:
    data = {**DEFAULTS, **given}
    written = (name.strip() for name in data[CONF_OWN_PATH])
    data[CONF_OWN_PATH] = list(dict.fromkeys(filter(None, written)))
    for key in (keys.PER_HOUR, keys.PER_TARGET):
        data[key] = int(data[key])
    data[keys.NAMES] = names_of([each for key in OF_THINGS for each in data[key]], known, names)
    return data


def _server_schema(offer: Mapping[str, Named]) -> vol.Schema:
    """Return the form. offer: what can be chosen, by option."""
    fields: dict[str, Any] = {
        keys.PHONES: _several(offer[keys.PHONES]),
        keys.QUIET: BooleanSelector(),
        keys.QUIET_FROM: TimeSelector(),
        keys.QUIET_TO: TimeSelector(),
        keys.APPROVERS: _several(offer[keys.APPROVERS]),
        keys.LOW_APPROVERS: _several(offer[keys.LOW_APPROVERS]),
        keys.TELEGRAM: TextSelector(TextSelectorConfig(multiple=True)),
        keys.CEILING: _choice(MODES, "mode", multiple=False),
        keys.AUTOMATIC: _choice(LOW_RISK_RULES, "rule", multiple=True),
        keys.PER_HOUR: _number(50),
        keys.PER_TARGET: _number(20),
        keys.WINDOW_DAYS: _choice(DAYS, "day", multiple=True),
        keys.WINDOW_FROM: TimeSelector(),
        keys.WINDOW_TO: TimeSelector(),
        keys.DEAD_MAN: TextSelector(TextSelectorConfig(type=TextSelectorType.URL)),
        keys.PROTECTED: _several(offer[keys.PROTECTED], SelectSelectorMode.DROPDOWN),
        CONF_OWN_PATH: TextSelector(TextSelectorConfig(multiple=True)),
    }
    parts: dict[Any, Any] = {}
    for name, members in SECTIONS.items():
        part: Any = vol.Schema({vol.Optional(key, default=DEFAULTS[key]): fields[key] for key in members})
        parts[vol.Required(name)] = section(part, {"collapsed": name != "telling"})
    return vol.Schema(parts)


def _several(offer: Named, mode: SelectSelectorMode = SelectSelectorMode.LIST) -> SelectSelector:
    options = [SelectOptionDict(value=key, label=label) for key, label in offer.items()]
    return SelectSelector(SelectSelectorConfig(options=options, multiple=True, mode=mode, custom_value=False))


def _number(most: int) -> NumberSelector:
    return NumberSelector(NumberSelectorConfig(min=1, max=most, step=1, mode=NumberSelectorMode.BOX))


def _choice(options: tuple[str, ...], key: str, *, multiple: bool) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options), multiple=multiple, translation_key=key, mode=SelectSelectorMode.DROPDOWN
        )
    )
