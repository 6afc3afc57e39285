"""The preferences of one Arr: when a download counts as stuck, and whether a remedy is offered."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
import voluptuous as vol

from .apps import APPS, App
from .signals import Limits
from .strikes import MOST

# which app answered when the entry was made, by its name
CONF_APP: Final = "app"
STRIKES: Final = "queue_strikes"
MINUTES: Final = "queue_minutes"
SLOW: Final = "queue_slow"
GRACE: Final = "queue_grace"
KEEP: Final = "queue_keep"
OFFER: Final = "queue_offer"


def _number(least: int, most: int, unit: str = "") -> NumberSelector:
    config = NumberSelectorConfig(min=least, max=most, step=1, mode=NumberSelectorMode.BOX)
    if unit:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


OPTIONS = vol.Schema(
    {
        vol.Required(OFFER, default=True): BooleanSelector(),
        vol.Required(STRIKES, default=MOST): _number(2, 20),
        vol.Required(MINUTES, default=10): _number(1, 240, "min"),
        vol.Required(GRACE, default=30): _number(5, 1440, "min"),
        vol.Required(SLOW, default=50): _number(0, 100_000, "kB/s"),
        vol.Optional(KEEP, default=lambda: ["keep"]): TextSelector(TextSelectorConfig(multiple=True)),
    }
)


def _app(data: Mapping[str, Any]) -> App | None:
    """Return which app the dialog found; None for an entry of before it was kept."""
    return APPS.get(str(data.get(CONF_APP) or "").lower())


def has_options(data: Mapping[str, Any]) -> bool:
    """Return whether there is a queue to be judged: Prowlarr and Bazarr have none."""
    app = _app(data)
    return app is None or app.queue


def options_of(entry: ConfigEntry) -> vol.Schema:
    """Return the form of one entry: of an Arr that is only read nothing is offered."""
    app = _app(entry.data)
    if app is None or app.writes:
        return OPTIONS
    return vol.Schema({key: field for key, field in OPTIONS.schema.items() if key != OFFER})


def limits_of(options: Mapping[str, Any]) -> Limits:
    """Return what is too little, by the options."""
    usual = Limits()
    keep = options.get(KEEP)
    return Limits(
        slow=int(options.get(SLOW, usual.slow / 1000)) * 1000,
        grace=timedelta(minutes=float(options.get(GRACE, usual.grace.total_seconds() / 60))),
        keep=usual.keep if keep is None else frozenset(str(each).strip().lower() for each in keep),
    )
