"""A Home Assistant with phones and channels, and an integration that answers as ours does."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
import shutil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.notify.const import NOTIFY_SERVICE_SCHEMA
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.setup import async_setup_component
import homeassistant.util.dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
import voluptuous as vol

from .files import FOLDER, NAMES

DOMAIN = "home_server_monitor"
EVENT = "home_server_monitor_alert"
PROGRESS = "home_server_monitor_progress"

# Turns of the loop after which nothing moves any more, with room to spare
TURNS = 300

# The shapes of the integrations' actions in 2026.10; extra keys are refused as there
ENTITIES = {vol.Required("entity_id"): cv.entity_ids}
TEXT = {vol.Required("title"): str, vol.Required("message"): str}
TELEGRAM = {
    **TEXT,
    vol.Optional("config_entry_id"): str,
    vol.Optional("inline_keyboard"): [[[str]]],
    vol.Required("parse_mode"): vol.In(["html", "markdown", "markdownv2", "plain_text"]),
}
SHAPES: Mapping[str, vol.Schema] = {
    "telegram_bot.send_message": vol.Schema(
        {
            **TELEGRAM,
            vol.Required("chat_id"): int,
            vol.Optional("message_tag"): str,
            vol.Optional("disable_notification"): bool,
        }
    ),
    "telegram_bot.edit_message": vol.Schema(
        {**TELEGRAM, vol.Required("chat_id"): int, vol.Required("message_id"): int}
    ),
    "pushover.cancel": vol.Schema({vol.Required("entry_id"): str, vol.Optional("tag"): str}),
    "smtp.send_message": vol.Schema(
        {**ENTITIES, **TEXT, vol.Optional("priority"): vol.In(["highest", "high", "normal", "low", "lowest"])}
    ),
    "ntfy.publish": vol.Schema(
        {
            **ENTITIES,
            **TEXT,
            vol.Optional("markdown"): bool,
            vol.Optional("priority"): vol.All(int, vol.Range(1, 5)),
            vol.Optional("sequence_id"): str,
            vol.Optional("click"): vol.Url(),
        }
    ),
    "ntfy.clear": vol.Schema({**ENTITIES, vol.Required("sequence_id"): str}),
    "notify.send_message": vol.Schema({**ENTITIES, **TEXT}),
    "select.select_option": vol.Schema({**ENTITIES, vol.Required("option"): str}),
}

type Sent = tuple[str, dict[str, Any]]


class Kit:
    """What was sent, and what the integration knows."""

    def __init__(self, hass: HomeAssistant, clock: FrozenDateTimeFactory) -> None:
        self.hass = hass
        self.clock = clock
        self.sent: list[Sent] = []
        self.asked: list[dict[str, Any]] = []
        self.told: set[str] = set()
        self.findings: dict[str, dict[str, Any]] = {}
        self.extra: dict[str, Any] = {}
        self.failing: set[str] = set()
        self.unknown: set[str] = set()
        self.digest: dict[str, Any] = {
            "title": "Home server: 1 open",
            "message": "Pool tank: 14 checksum errors",
        }
        self.apps = MockConfigEntry(domain="mobile_app")
        self.apps.add_to_hass(hass)
        for name, shape in SHAPES.items():
            self.channel(name, shape)
        responses = {
            "get_buttons": (
                self._buttons,
                {vol.Exclusive("finding", "of"): str, vol.Exclusive("proposal", "of"): str, vol.Required("recipient"): str},
            ),
            "list_findings": (self._list, {vol.Optional("severity"): str, vol.Optional("include_resolved"): bool}),
            "digest": (self._digest, {}),
        }  # fmt: skip
        for verb, (answer, fields) in responses.items():
            hass.services.async_register(
                DOMAIN, verb, answer, vol.Schema(fields), supports_response=SupportsResponse.ONLY
            )

    def channel(self, action: str, shape: Any = NOTIFY_SERVICE_SCHEMA) -> str:
        """Let an action exist that notes what it was given."""

        async def note(call: ServiceCall) -> None:
            if action in self.failing:
                raise ServiceValidationError("gone")
            self.sent.append((action, dict(call.data)))

        self.hass.services.async_register(*action.split("."), note, shape)
        return action

    def phone(self, name: str) -> str:
        """Let a phone exist and return its device's id."""
        device = dr.async_get(self.hass).async_get_or_create(
            config_entry_id=self.apps.entry_id, identifiers={("mobile_app", name)}, name=name
        )
        self.channel(self.action(name))
        return device.id

    @staticmethod
    def action(name: str) -> str:
        """Return the notify action of a phone."""
        return f"notify.mobile_app_{name.lower().replace(' ', '_')}"

    def finding(self, ident: str = "f00d", **changes: Any) -> dict[str, Any]:
        """Let the integration have a finding."""
        self.findings[ident] = {
            "id": ident, "severity": "critical", "state": "firing", "since": dt_util.utcnow().isoformat(), **changes,
        }  # fmt: skip
        return self.findings[ident]

    def alert(self, kind: str = "raised", finding: str | None = "f00d", **changes: Any) -> dict[str, Any]:
        """Return the event that the integration fires for a finding."""
        severity = self.findings.get(finding or "", {}).get("severity", "warning")
        return {
            "server": "home", "kind": kind, "findings": [finding] if finding else [], "finding": finding,
            "proposal": None, "severity": severity, "critical": severity == "critical" and kind == "raised",
            "tag": f"hsm-{finding}", **changes,
        }  # fmt: skip

    async def fire(
        self, kind: str = "raised", finding: str | None = "f00d", event: str = EVENT, **changes: Any
    ) -> list[Sent]:
        """Fire an alert and return what was sent because of it."""
        before = len(self.sent)
        self.hass.bus.async_fire(event, self.alert(kind, finding, **changes))
        await self.settle()
        return self.sent[before:]

    async def goes_on(self, finding: str | None = "f00d", **changes: Any) -> list[Sent]:
        """Tell a stage of what was approved and return what was sent because of it."""
        return await self.fire("outcome", finding, PROGRESS, **changes)

    async def end(self) -> None:
        """Stop every automation, so that nothing waits any more."""
        if running := self.hass.states.async_entity_ids("automation"):
            await self.hass.services.async_call(
                "automation", "turn_off", {"entity_id": running}, blocking=True
            )

    async def starts(self) -> None:
        """Let Home Assistant have started; before this it must not have been running."""
        await self.hass.async_start()
        await self.settle()

    async def settle(self) -> None:
        """Let everything run that does not wait for a later hour; Home Assistant's own way waits for that too."""
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def passes(self, **time: float) -> list[Sent]:
        """Let time pass and return what was sent meanwhile."""
        before = len(self.sent)
        self.clock.tick(timedelta(**time))
        async_fire_time_changed(self.hass, datetime.now(dt_util.UTC))
        await self.settle()
        return self.sent[before:]

    async def install(self, inputs: Mapping[str, Mapping[str, Any]]) -> None:
        """Install blueprints by name with what the user picked."""
        place = Path(self.hass.config.path("blueprints", "automation", DOMAIN))
        await self.hass.async_add_executor_job(_copy, place)
        config = [
            {
                "id": name,
                "alias": name,
                "use_blueprint": {"path": f"{DOMAIN}/{name}.yaml", "input": dict(given)},
            }
            for name, given in inputs.items()
        ]
        assert await async_setup_component(self.hass, "automation", {"automation": config})
        await self.hass.async_block_till_done()
        assert {self.hass.states.get(f"automation.{name}").state for name in inputs} == {"on"}  # type: ignore[union-attr]

    def pushes(self, name: str) -> list[dict[str, Any]]:
        """Return what a phone showed, without what only took a notification away."""
        return [
            data for action, data in self.sent
            if action == self.action(name) and data["message"] != "clear_notification"
        ]  # fmt: skip

    async def _buttons(self, call: ServiceCall) -> ServiceResponse:
        """Answer as `get_buttons` does."""
        self.asked.append(dict(call.data))
        recipient, ident = call.data["recipient"], call.data.get("finding") or call.data["proposal"]
        if recipient in self.unknown:
            raise ServiceValidationError("unknown recipient")
        person = recipient.startswith(("notify.mobile_app", "telegram:"))
        return {
            "title": f"{ident}: 14 checksum errors",
            "message": "No data lost; the mirror repaired them.\nA scrub is proposed.",
            "tag": f"hsm-{ident}", "critical": True, "severity": "critical", "url": "/home-server/problems",
            "told": recipient in self.told,
            "buttons": [
                {"action": f"hsm:approve:{ident}-{recipient}", "title": "Start scrub", "authenticationRequired": True,
                 "destructive": False},
                {"action": "URI", "title": "Open", "uri": "/config/repairs"},
            ] if person else [],
            **self.extra,
        }  # fmt: skip

    async def _list(self, call: ServiceCall) -> ServiceResponse:
        """Answer as `list_findings` does."""
        order = ["info", "warning", "high", "critical"]
        least = order.index(call.data.get("severity", "info"))
        return {
            "findings": [
                row for row in self.findings.values()
                if order.index(row["severity"]) >= least
                and (row["state"] != "resolved" or call.data.get("include_resolved"))
            ],
            "checked": dt_util.utcnow().isoformat(), "sources": [],
        }  # fmt: skip

    async def _digest(self, call: ServiceCall) -> ServiceResponse:
        """Answer as `digest` does."""
        return dict(self.digest)


def _copy(place: Path) -> None:
    """Copy the blueprints to where an import puts them."""
    place.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        shutil.copy(FOLDER / f"{name}.yaml", place)
