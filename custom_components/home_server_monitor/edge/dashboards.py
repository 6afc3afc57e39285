"""Which dashboard of this household is ours: people add it, and name it, themselves."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..guardian.plain import plain

CHANGED = "lovelace_updated"
STRATEGY = "custom:home-server-monitor"


async def our_dashboard(hass: HomeAssistant) -> str:
    """Return the title of the first dashboard that our strategy fills, or "" where there is none."""
    known = getattr(hass.data.get("lovelace"), "dashboards", None)
    for each in list(known.values()) if isinstance(known, dict) else ():
        try:
            config = await each.async_load(False)
        except HomeAssistantError:
            # one that Home Assistant makes by itself
            continue
        if isinstance(config, Mapping) and _is_ours(config):
            shown = (each.config or {}).get("title") or config.get("title") or each.url_path
            return plain(shown or "Home server", 40)
    return ""


def _is_ours(config: Mapping[str, Any]) -> bool:
    """Return whether our strategy fills a dashboard, or one of its views."""
    views = config.get("views")
    for part in (config, *(views if isinstance(views, list) else ())):
        strategy = part.get("strategy") if isinstance(part, Mapping) else None
        if isinstance(strategy, Mapping) and str(strategy.get("type")).startswith(STRATEGY):
            return True
    return False
