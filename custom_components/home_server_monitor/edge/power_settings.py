"""What the server's options say about a power failure: their keys, what holds without them, and their form."""

from collections.abc import Mapping
import re
from typing import Any, Final

from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

MODE, STAGES, UPS = "power_mode", "power_stages", "power_ups"
CHOSEN, NEVER, SCRIPTS, WAKE = "power_chosen", "power_never", "power_scripts", "power_wake"
HOLD_OFF, COUNTDOWN, CHARGE, SECONDS = "power_hold_off", "power_countdown", "power_charge", "power_seconds"
BACK_CHARGE, BACK_MINUTES = "power_back_charge", "power_back_minutes"
LIMIT: Final = "power_limit_"

MODES: Final = ("observe", "prepare", "decide")
STAGE_KEYS: Final = ("downloads", "jobs", "workloads", "snapshot")
# what can be stopped, and so be chosen
KINDS: Final = frozenset({"app", "machine", "container"})
LIMITS: Final[Mapping[str, float]] = {
    "settle": 60,
    "downloads": 20,
    "jobs": 30,
    "workloads": 120,
    "snapshot": 20,
    "hosts": 60,
}
DEFAULTS: Mapping[str, Any] = {
    MODE: "observe",
    STAGES: ["downloads", "jobs", "workloads"],
    CHOSEN: [],
    NEVER: [],
    SCRIPTS: [],
    WAKE: "",
    UPS: "",
    HOLD_OFF: 30,
    COUNTDOWN: 30,
    CHARGE: 20,
    SECONDS: 0,
    BACK_CHARGE: 50,
    BACK_MINUTES: 30,
    **{f"{LIMIT}{kind}": seconds for kind, seconds in LIMITS.items()},
}
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "power": (MODE, STAGES, CHOSEN, NEVER, SCRIPTS, WAKE, UPS),
    "power_when": (HOLD_OFF, COUNTDOWN, CHARGE, SECONDS, BACK_CHARGE, BACK_MINUTES),
    "power_limits": tuple(f"{LIMIT}{kind}" for kind in LIMITS),
}
NUMBERS: Final = (*SECTIONS["power_when"], *SECTIONS["power_limits"])
_MAC: Final = re.compile(r"^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}$")


def is_mac(text: str) -> bool:
    """Return whether this is the address of a network card."""
    return bool(_MAC.match(text.strip()))


def wrong(given: Mapping[str, Any]) -> str | None:
    """Return why the options cannot be taken, a key of the form's errors."""
    if given.get(WAKE) and not is_mac(given[WAKE]):
        return "not_a_mac"
    return None


def fields(objects: Mapping[str, str], units: Mapping[str, str]) -> dict[str, Any]:
    """Return the selectors. objects: what can be stopped, units: the UPSes, by id, in words."""
    chosen = [SelectOptionDict(value=key, label=label) for key, label in objects.items()]
    ups = [SelectOptionDict(value=key, label=label) for key, label in units.items()]
    several = SelectSelectorConfig(options=chosen, multiple=True, mode=SelectSelectorMode.DROPDOWN)
    return {
        MODE: SelectSelector(SelectSelectorConfig(options=list(MODES), translation_key="power_mode")),
        STAGES: SelectSelector(
            SelectSelectorConfig(
                options=list(STAGE_KEYS),
                multiple=True,
                translation_key="power_stage",
                # chips keep the order in which they were picked
                mode=SelectSelectorMode.DROPDOWN,
            )
        ),
        CHOSEN: SelectSelector(several),
        NEVER: SelectSelector(several),
        SCRIPTS: EntitySelector(EntitySelectorConfig(domain="script", multiple=True)),
        WAKE: TextSelector(),
        UPS: SelectSelector(
            SelectSelectorConfig(options=ups, mode=SelectSelectorMode.DROPDOWN, custom_value=True)
        ),
        HOLD_OFF: _number(5, 600, "s"),
        COUNTDOWN: _number(0, 600, "s"),
        CHARGE: _number(5, 95, "%"),
        SECONDS: _number(0, 86_400, "s"),
        BACK_CHARGE: _number(0, 100, "%"),
        BACK_MINUTES: _number(1, 1440, "min"),
        **{f"{LIMIT}{kind}": _number(5, 900, "s") for kind in LIMITS},
    }


def _number(least: float, most: float, unit: str) -> NumberSelector:
    config = NumberSelectorConfig(
        min=least, max=most, step=1, unit_of_measurement=unit, mode=NumberSelectorMode.BOX
    )
    return NumberSelector(config)
