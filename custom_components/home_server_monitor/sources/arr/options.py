"""The preferences of one Arr: when a download counts as stuck, and whether a remedy is offered."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
import voluptuous as vol

from .signals import Limits
from .strikes import MOST

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


def limits_of(options: Mapping[str, Any]) -> Limits:
    """Return what is too little, by the options."""
    usual = Limits()
    keep = options.get(KEEP)
    return Limits(
        slow=int(options.get(SLOW, usual.slow / 1000)) * 1000,
        grace=timedelta(minutes=float(options.get(GRACE, usual.grace.total_seconds() / 60))),
        keep=usual.keep if keep is None else frozenset(str(each).strip().lower() for each in keep),
    )
