"""The preferences of one engine: the gate, quotas, and what happens when there is a newer image."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
import voluptuous as vol

from .aftermath import WATCHED_HOURS
from .app_probe import AppProbe
from .gate import TIMEOUT
from .leftovers import leftover
from .policies import COOL_DOWN, DAYS, DEFAULT, FIELDS, Policy
from .quotas import Allowed

if TYPE_CHECKING:
    from ...coordinator import HsmConfigEntry


def _number(least: int, most: int, step: int, unit: str = "") -> NumberSelector:
    """Return a field to type into: on a slider, 5 of 100,000 cannot be met."""
    config = NumberSelectorConfig(min=least, max=most, step=step, mode=NumberSelectorMode.BOX)
    if unit:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


# seconds that a new container may take to be well; a label never shortens them
CONF_GATE_TIMEOUT = "gate_timeout"
# lines such as `sonarr http://nas.lan:8989/ping 200`
PROBES = "app_probes"
# whether smartctl may be run in a container, and in which one where none is to be looked for
SMART_EXEC, SMART_CONTAINER = "smart_exec", "smart_container"
_LINES = TextSelector(TextSelectorConfig(multiple=True))
_SECONDS = _number(60, 1800, 10, "s")
_MAY = Allowed()
_PERCENT = _number(0, 100, 1, "%")
_CORES = _number(0, 12800, 10, "%")
_MANY = _number(0, 100000, 1)
_MBIT = _number(0, 100000, 1, "Mbit/s")
_HOURS = _number(0, 168, 1, "h")
_MINUTES = _number(5, 120, 1, "min")
_COOL = _number(0, 90, 1, "d")
_POLICY = SelectSelector(
    SelectSelectorConfig(
        options=[each.value for each in Policy],
        translation_key="update_policy",
        mode=SelectSelectorMode.DROPDOWN,
    )
)


def _schema(names: list[str]) -> vol.Schema:
    """Return the form: what most people decide, and folded away what few do; names: of the containers."""
    one = SelectSelector(
        SelectSelectorConfig(options=names, custom_value=True, mode=SelectSelectorMode.DROPDOWN)
    )
    some = SelectSelector(
        SelectSelectorConfig(
            options=names, multiple=True, custom_value=True, mode=SelectSelectorMode.DROPDOWN
        )
    )
    parts: dict[str, Any] = {name: vol.Schema(fields) for name, fields in _folded(one, some).items()}
    return vol.Schema(
        {
            vol.Required(DEFAULT, default=Policy.ASK.value): _POLICY,
            vol.Required(COOL_DOWN, default=DAYS): _COOL,
            **{vol.Required(name): section(part, {"collapsed": True}) for name, part in parts.items()},
        }
    )


def _folded(one: SelectSelector, some: SelectSelector) -> dict[str, dict[Any, Any]]:
    """Return what few decide, by section. one, some: to choose from the containers."""
    return {
        # containers that have a policy of their own
        "single_containers": {vol.Optional(FIELDS[each], default=list): some for each in Policy},
        "after_an_update": {
            vol.Required(CONF_GATE_TIMEOUT, default=TIMEOUT): _SECONDS,
            # how long going back is offered for what goes wrong then; 0 is never
            vol.Required("watch_hours", default=WATCHED_HOURS): _HOURS,
            vol.Optional(PROBES, default=list): _LINES,
        },
        # what containers may use for long; 0 is no quota
        "quotas": {
            vol.Required("quota_memory", default=_MAY.memory): _PERCENT,
            vol.Required("quota_cpu", default=_MAY.cpu): _CORES,
            vol.Required("quota_pids", default=_MAY.pids): _MANY,
            vol.Required("quota_restarts", default=_MAY.restarts): _MANY,
            vol.Required("quota_network", default=_MAY.network): _MBIT,
            vol.Required("quota_log", default=_MAY.log): _MANY,
            # of the machine's link, where no NAS tells it; 0 is not known
            vol.Required("link_mbit", default=0): _MBIT,
            vol.Required("quota_minutes", default=_MAY.minutes): _MINUTES,
        },
        "smart": {
            vol.Required(SMART_EXEC, default=True): BooleanSelector(),
            vol.Optional(SMART_CONTAINER): one,
        },
    }


OPTIONS = _schema([])


def options_of(entry: HsmConfigEntry) -> vol.Schema:
    """Return the form of one engine, with its containers to choose from, and those that were chosen and are gone."""
    chosen = {str(name) for field in FIELDS.values() for name in entry.options.get(field) or ()}
    chosen |= {str(name) for name in (entry.options.get(SMART_CONTAINER),) if name}
    data = getattr(getattr(entry, "runtime_data", None), "data", None)
    there = {name for name in data.containers if leftover(name) is None} if data is not None else set()
    return _schema(sorted(there | chosen))


def wrong_options(given: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with options that were typed, by field, as keys of the texts."""
    for line in given.get(PROBES) or ():
        try:
            AppProbe.parse(str(line))
        except ValueError:
            return {PROBES: "no_app_probe"}
    return {}
