"""Ends this Home Assistant by SIGKILL at one line of the journal, before it or after it is on the disk.

`hsm_reaper.wait` says at which: `kind`, `state` of a record, `receipt` for the line that holds one, `written` for after.
"""

from collections.abc import Mapping
import os
import signal
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType
import voluptuous as vol

SCHEMA = vol.Schema(
    {
        vol.Optional("kind", default="remediation"): cv.string,
        vol.Optional("id"): cv.string,
        vol.Optional("state"): cv.string,
        vol.Optional("receipt", default=False): cv.boolean,
        vol.Optional("written", default=True): cv.boolean,
    }
)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the action."""

    async def wait(call: ServiceCall) -> None:
        wanted = call.data

        def look(line: Mapping[str, Any], written: bool) -> None:
            value = line["v"]
            if (
                written == wanted["written"]
                and line["k"] == wanted["kind"]
                and wanted.get("id") in (None, line["id"])
                and wanted.get("state") in (None, value.get("state"))
                and bool(value.get("receipts")) >= wanted["receipt"]
            ):
                os.kill(os.getpid(), signal.SIGKILL)

        (desk, _), *_ = hass.data["home_server_monitor"].desks.values()
        desk.journal.on_append = look

    hass.services.async_register("hsm_reaper", "wait", wait, SCHEMA)
    return True
