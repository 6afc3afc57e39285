"""Which notify action is a phone's own. Home Assistant names it after the phone, so of two alike only one has one."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import slugify

APP = "mobile_app"


class PhoneActions:
    """The actions and entities of the phones, as they are registered now."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._entries = hass.config_entries.async_entries(APP, include_ignore=False, include_disabled=False)
        # by the app itself: action → webhook of the phone that it reaches; empty until it is set up
        self._targets = _registered(hass)
        self._alike = Counter(self._named(entry) for entry in self._entries)

    @staticmethod
    def _named(entry: ConfigEntry) -> str:
        return slugify(f"{APP}_{name_of(entry)}")

    def action(self, entry: ConfigEntry) -> str:
        """Return the action that reaches this phone and no other, or "" where another one of its name has it."""
        webhook, named = entry.data.get("webhook_id"), self._named(entry)
        own = next((action for action, each in self._targets.items() if webhook and each == webhook), None)
        if own is not None:
            return own
        taken = self._targets.get(named) not in (None, webhook)
        return "" if taken or self._alike[named] > 1 else named

    def entity(self, entry: ConfigEntry) -> str:
        """Return the notify entity of a phone, which takes text only, or ""."""
        own = str(entry.data.get("device_id", ""))
        return er.async_get(self._hass).async_get_entity_id("notify", APP, own) or ""


def name_of(entry: ConfigEntry) -> str:
    """Return what a phone is called in its app."""
    return str(entry.data.get("device_name", entry.title))


def _registered(hass: HomeAssistant) -> Mapping[str, Any]:
    data = hass.data.get(APP)
    found = getattr(data.get("notify"), "registered_targets", None) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}
