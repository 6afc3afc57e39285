"""Offers the dashboard to the frontend, where there is one."""

import hashlib
from pathlib import Path

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant, callback
from homeassistant.setup import async_when_setup

from .const import DOMAIN

FOLDER = Path(__file__).parent / "dashboard"
FRONTEND = "frontend"


@callback
def async_setup_dashboard(hass: HomeAssistant) -> None:
    """Offer the dashboard as soon as the frontend is there; without one nothing happens, and nothing is missed."""
    async_when_setup(hass, FRONTEND, _async_serve)


async def _async_serve(hass: HomeAssistant, component: str) -> None:
    # the address changes with the content: browsers keep the files for a month, and the files import one another
    digest = await hass.async_add_executor_job(_digest)
    url = f"/{DOMAIN}/{digest}"
    await hass.http.async_register_static_paths([StaticPathConfig(url, str(FOLDER))])
    add_extra_js_url(hass, f"{url}/strategy.js")


def _digest() -> str:
    found = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.js")):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:12]
