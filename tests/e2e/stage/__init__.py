"""A stage for the dashboard: the guardian's actions, in their exact shapes, with answers that a test sets.

`hsm_stage.show` sets what the listings answer, or `refuse`: action → what it fails with. `hsm_stage.played` tells
which actions were called, with what. They take the place of the real ones once Home Assistant has started.
"""

from typing import Any

from homeassistant.const import EVENT_COMPONENT_LOADED
from homeassistant.core import Event, HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.typing import ConfigType
from homeassistant.setup import ATTR_COMPONENT
import voluptuous as vol

DOMAIN = "home_server_monitor"
FINDING = {vol.Required("finding"): cv.string}
PROPOSAL = {vol.Required("proposal"): cv.string}
# action: its fields, and whether only administrators may
LISTINGS: dict[str, tuple[dict[Any, Any], bool]] = {
    "list_findings": (
        {vol.Optional("severity"): cv.string, vol.Optional("include_resolved"): cv.boolean},
        False,
    ),
    "list_proposals": ({}, True),
    "list_journal": ({vol.Optional("limit"): vol.All(int, vol.Range(1))}, True),
    "engine_overview": ({vol.Optional("device_id"): cv.string}, False),
    "power_overview": ({}, False),
}
ACTS: dict[str, tuple[dict[Any, Any], bool]] = {
    "acknowledge": (FINDING, False),
    "snooze": (FINDING | {vol.Optional("hours"): vol.Coerce(float)}, False),
    "approve": (PROPOSAL, True),
    "deny": (PROPOSAL, True),
    "power_cancel": ({}, False),
}


class Stage:
    """What is answered, and what was called."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.shown: dict[str, Any] = {
            "list_findings": {"findings": [], "checked": None, "sources": []},
            "list_proposals": {"proposals": [], "history": []},
            "list_journal": {"journal": []},
            "engine_overview": {"overview": []},
            "power_overview": {"units": [], "plan": None},
        }
        self.refuse: dict[str, str] = {}
        self.played: list[dict[str, Any]] = []

    async def show(self, call: ServiceCall) -> None:
        """Set answers, and say that something changed."""
        self.refuse = call.data.get("refuse", {})
        self.shown |= {key: value for key, value in call.data.items() if key != "refuse"}
        self.tell()

    def tell(self) -> None:
        """Fire the event, which carries ids alone."""
        self.hass.bus.async_fire(f"{DOMAIN}_alert", {"server": "home", "kind": "raised", "findings": []})

    async def answer(self, call: ServiceCall, admin: bool) -> ServiceResponse:
        """Answer a listing."""
        await self._check(call, admin)
        answer: dict[str, Any] = self.shown[call.service]
        return answer

    async def act(self, call: ServiceCall, admin: bool) -> None:
        """Do as if it were done."""
        self.played.append({"action": call.service, **call.data})
        await self._check(call, admin)
        if name := call.data.get("finding"):
            self._change(
                "list_findings",
                "findings",
                name,
                {"acknowledge": "acknowledged", "snooze": "snoozed"}[call.service],
            )
        if name := call.data.get("proposal"):
            self._change(
                "list_proposals", "proposals", name, {"approve": "running", "deny": "denied"}[call.service]
            )
        self.tell()

    def _change(self, action: str, key: str, name: str, state: str) -> None:
        items = [{**item, "state": state} if item["id"] == name else item for item in self.shown[action][key]]
        self.shown[action] = {**self.shown[action], key: items}

    async def _check(self, call: ServiceCall, admin: bool) -> None:
        user = await self.hass.auth.async_get_user(call.context.user_id) if call.context.user_id else None
        if admin and (user is None or not user.is_admin):
            raise Unauthorized(context=call.context)
        if why := self.refuse.get(call.service):
            raise HomeAssistantError(why)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set the stage."""
    stage = Stage(hass)

    async def played(call: ServiceCall) -> ServiceResponse:
        before, stage.played = stage.played, []
        return {"played": before}

    async def enter(hass: HomeAssistant) -> None:
        for table, handle, response in (
            (LISTINGS, stage.answer, SupportsResponse.ONLY),
            (ACTS, stage.act, SupportsResponse.NONE),
        ):
            for name, (fields, admin) in table.items():
                schema = vol.Schema({vol.Optional("server"): cv.string, **fields})

                async def run(call: ServiceCall, handle: Any = handle, admin: bool = admin) -> Any:
                    return await handle(call, admin)

                hass.services.async_register(DOMAIN, name, run, schema, response)

    hass.services.async_register("hsm_stage", "show", stage.show)
    hass.services.async_register("hsm_stage", "played", played, supports_response=SupportsResponse.ONLY)
    async_at_started(hass, enter)

    async def ours_came(event: Event) -> None:
        if event.data[ATTR_COMPONENT] == DOMAIN:
            await enter(hass)

    # the integration registers its own when its first entry is added
    hass.bus.async_listen(EVENT_COMPONENT_LOADED, ours_came)
    return True
