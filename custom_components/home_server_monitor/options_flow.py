"""Preferences: of a service those of its kind, of a server whom it tells, who may approve, and what is protected."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import ConfigFlowResult, OptionsFlow, OptionsFlowWithReload
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
    TimeSelector,
)
import voluptuous as vol

from .choosing import choice, gigabytes, mbit, number, one_of, several
from .const import CONF_KIND, CONF_OWN_PATH
from .edge import power_settings, settings as keys
from .edge.choices import Named, async_known, names_of, offered_links, offers
from .edge.house_key import HOUSE
from .edge.settings import DAYS, DEFAULTS, LOW_RISK_RULES, MODES, is_ping_url, telegram_pair
from .edge.texts import Texts
from .guardian.links import Link, links_of, wrong
from .guardian.topology import Topology
from .kinds import KINDS

# the two ends of a link that is added; not stored themselves
UPPER, LOWER = "added_object", "added_runs_on"
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
    "streaming": (
        keys.UPLOAD,
        keys.UPLOAD_SENSOR,
        keys.SPARE_UPLINK,
        keys.STREAM_DOWN,
        keys.STREAM_PAUSE,
        keys.QUALITY,
    ),
    "tiering": (
        keys.PAUSE_LOW,
        keys.LOW,
        keys.AGAIN,
        keys.HOLD_IMPORTS,
        keys.IMPORT_FROM,
        keys.IMPORT_TO,
        keys.SPARE_STREAMS,
    ),
    "protecting": (keys.PROTECTED, CONF_OWN_PATH),
    "standing": (keys.LINKS, UPPER, LOWER),
    **power_settings.SECTIONS,
    "being_missed": (keys.DEAD_MAN,),
}
# what is chosen among things that may be gone one day
OF_THINGS = (
    keys.PHONES,
    keys.APPROVERS,
    keys.LOW_APPROVERS,
    keys.PROTECTED,
    keys.STREAM_PAUSE,
    power_settings.CHOSEN,
    power_settings.NEVER,
)


class ServiceOptionsFlow(OptionsFlowWithReload):
    """The options of one kind of service; its sections fold the form only, what is stored is flat."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show and take them."""
        kind = KINDS[self.config_entry.data[CONF_KIND]]
        schema: Any = kind.options_of(self.config_entry) if kind.options_of else kind.options
        parts = _parts(schema)
        shown: Mapping[str, Any] = self.config_entry.options
        errors: dict[str, str] = {}
        if user_input is not None:
            shown = given = _flat(parts, user_input)
            if not (errors := kind.wrong_options(given)):
                return self.async_create_entry(data=given)
        inside = frozenset().union(*parts.values())
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, _folded(parts, shown)),
            errors={"base" if field in inside else field: key for field, key in errors.items()},
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
            ends, topology = (given.pop(UPPER, None), given.pop(LOWER, None)), self._topology()
            if not (errors := _wrong(given) or _wrong_link(given, ends, topology)):
                return self.async_create_entry(data=_tidy(_linked(given, ends), known, stored[keys.NAMES]))
            shown = {
                **stored,
                **given,
                **{key: end for key, end in zip((UPPER, LOWER), ends, strict=True) if end},
            }
        texts = Texts(self.hass)
        await texts.async_load()
        offer = offers(known, stored, texts)
        offer[keys.LINKS] = offered_links(links_of(stored[keys.LINKS]), stored[keys.NAMES], texts)
        schema: Any = _server_schema(offer, known[keys.PROTECTED], known[power_settings.UPS])
        suggested = {
            name: {key: shown[key] for key in fields if key in shown} for name, fields in SECTIONS.items()
        }
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
        )

    def _topology(self) -> Topology:
        guardian = self.hass.data[HOUSE].guardian(self.config_entry.unique_id or self.config_entry.entry_id)
        return guardian.topology if guardian is not None else Topology()


type Parts = Mapping[str, frozenset[str]]


def _parts(schema: vol.Schema) -> Parts:
    """Return the fields of each section of a form."""
    return {
        str(key): frozenset(map(str, part.schema.schema))
        for key, part in schema.schema.items()
        if isinstance(part, section)
    }


def _flat(parts: Parts, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given, whatever section it stands in."""
    found = {key: value for key, value in given.items() if key not in parts}
    for name in parts:
        found |= given.get(name) or {}
    return found


def _folded(parts: Parts, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored, each in its section."""
    inside = {name: {key: stored[key] for key in fields if key in stored} for name, fields in parts.items()}
    return {**stored, **inside}


def _wrong(given: Mapping[str, Any]) -> dict[str, str]:
    """Return what cannot be taken, as the form shows it: on top, since sections hold no errors of their own."""
    if given.get(keys.DEAD_MAN) and not is_ping_url(given[keys.DEAD_MAN]):
        return {"base": "not_an_address"}
    speed = given.get(keys.UPLOAD) or given.get(keys.UPLOAD_SENSOR)
    if (given.get(keys.SPARE_UPLINK) or given.get(keys.STREAM_PAUSE)) and not speed:
        return {"base": "upload_not_known"}
    tier = {**DEFAULTS, **given}
    if tier[keys.PAUSE_LOW] and not 0 < tier[keys.LOW] < tier[keys.AGAIN]:
        return {"base": "resumes_too_soon"}
    if tier[keys.HOLD_IMPORTS] and tier[keys.IMPORT_FROM] == tier[keys.IMPORT_TO]:
        return {"base": "no_import_hours"}
    if (key := power_settings.wrong(given)) is not None:
        return {"base": key}
    if any(telegram_pair(text) is None for text in given.get(keys.TELEGRAM, ())):
        return {"base": "not_a_telegram_id"}
    return {}


def _wrong_link(
    given: Mapping[str, Any], ends: tuple[str | None, str | None], topology: Topology
) -> dict[str, str]:
    """Return why a link cannot be added, with those that stay."""
    if not any(ends):
        return {}
    if not all(ends):
        return {"base": "one_end_only"}
    kept = ((link.upper, link.lower) for link in links_of(given.get(keys.LINKS, ())))
    key = wrong(Link(*map(str, ends)), Topology(topology.nodes, kept))
    return {"base": key} if key else {}


def _linked(given: Mapping[str, Any], ends: tuple[str | None, str | None]) -> Mapping[str, Any]:
    added = [str(Link(*map(str, ends)))] if all(ends) else []
    return {**given, keys.LINKS: list(dict.fromkeys([*given.get(keys.LINKS, ()), *added]))}


def _tidy(given: Mapping[str, Any], known: Mapping[str, Named], names: Mapping[str, str]) -> dict[str, Any]:
    data = {**DEFAULTS, **given}
    written = (name.strip() for name in data[CONF_OWN_PATH])
    data[CONF_OWN_PATH] = list(dict.fromkeys(filter(None, written)))
    for key in (keys.PER_HOUR, keys.PER_TARGET, *power_settings.NUMBERS):
        data[key] = int(data[key])
    chosen = [each for key in OF_THINGS for each in data[key]]
    chosen += [end for link in links_of(data[keys.LINKS]) for end in (link.upper, link.lower)]
    data[keys.NAMES] = names_of(chosen, known, names)
    return data


def _server_schema(offer: Mapping[str, Named], objects: Named, units: Named) -> vol.Schema:
    """Return the form. offer: what can be chosen, by option; objects: what the topology knows; units: the UPSes."""
    fields: dict[str, Any] = {
        keys.PHONES: several(offer[keys.PHONES]),
        keys.QUIET: BooleanSelector(),
        keys.QUIET_FROM: TimeSelector(),
        keys.QUIET_TO: TimeSelector(),
        keys.APPROVERS: several(offer[keys.APPROVERS]),
        keys.LOW_APPROVERS: several(offer[keys.LOW_APPROVERS]),
        keys.TELEGRAM: TextSelector(TextSelectorConfig(multiple=True)),
        keys.CEILING: choice(MODES, "mode", multiple=False),
        keys.AUTOMATIC: choice(LOW_RISK_RULES, "rule", multiple=True),
        keys.PER_HOUR: number(50),
        keys.PER_TARGET: number(20),
        keys.WINDOW_DAYS: choice(DAYS, "day", multiple=True),
        keys.WINDOW_FROM: TimeSelector(),
        keys.WINDOW_TO: TimeSelector(),
        keys.UPLOAD: mbit(),
        keys.UPLOAD_SENSOR: EntitySelector(
            EntitySelectorConfig(domain="sensor", device_class=SensorDeviceClass.DATA_RATE)
        ),
        keys.SPARE_UPLINK: BooleanSelector(),
        keys.STREAM_DOWN: mbit(),
        keys.STREAM_PAUSE: several(offer[keys.STREAM_PAUSE], SelectSelectorMode.DROPDOWN),
        keys.QUALITY: BooleanSelector(),
        keys.PAUSE_LOW: BooleanSelector(),
        keys.LOW: gigabytes(),
        keys.AGAIN: gigabytes(),
        keys.HOLD_IMPORTS: BooleanSelector(),
        keys.IMPORT_FROM: TimeSelector(),
        keys.IMPORT_TO: TimeSelector(),
        keys.SPARE_STREAMS: BooleanSelector(),
        keys.DEAD_MAN: TextSelector(TextSelectorConfig(type=TextSelectorType.URL)),
        keys.PROTECTED: several(offer[keys.PROTECTED], SelectSelectorMode.DROPDOWN),
        CONF_OWN_PATH: TextSelector(TextSelectorConfig(multiple=True)),
        keys.LINKS: several(offer[keys.LINKS]),
        UPPER: one_of(objects),
        LOWER: one_of(objects),
        **power_settings.fields({**offer[power_settings.CHOSEN], **offer[power_settings.NEVER]}, units),
    }
    parts: dict[Any, Any] = {}
    for name, members in SECTIONS.items():
        part: Any = vol.Schema({_marker(key): fields[key] for key in members})
        parts[vol.Required(name)] = section(part, {"collapsed": name != "telling"})
    return vol.Schema(parts)


def _marker(key: str) -> vol.Marker:
    return vol.Optional(key, default=DEFAULTS[key]) if key in DEFAULTS else vol.Optional(key)
