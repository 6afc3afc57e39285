"""The one preference of a UPS: when its battery was put in, which most devices do not know or tell wrongly."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from homeassistant.helpers.selector import DateSelector
from homeassistant.util import dt as dt_util
import voluptuous as vol

BATTERY_SINCE: Final = "battery_since"
OPTIONS = vol.Schema({vol.Optional(BATTERY_SINCE): DateSelector()})


def battery_since(options: Mapping[str, Any]) -> date | None:
    """Return the day that a person has told, if any."""
    return dt_util.parse_date(str(options.get(BATTERY_SINCE) or ""))


def wrong_options(given: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with what was typed: no battery comes from the future."""
    since = battery_since(given)
    return {BATTERY_SINCE: "in_the_future"} if since and since > dt_util.now().date() else {}
