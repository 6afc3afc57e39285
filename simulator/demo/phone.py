"""A phone with Home Assistant's app, as far as notifications go: it registers, shows pushes, and its buttons work."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from .client import Client, WebSocket
from .steps import wait_for


@dataclass
class Phone:
    """A phone of the user behind `client`; `shown` is what its screen shows, by tag, `pushes` all that ever came."""

    client: Client
    name: str
    webhook: str
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    pushes: list[dict[str, Any]] = field(default_factory=list)
    on_push: Callable[[dict[str, Any]], None] | None = None

    def take(self, push: dict[str, Any]) -> None:
        """Show a push; one with the tag of an earlier one replaces it."""
        self.pushes.append(push)
        if self.on_push is not None:
            self.on_push(push)
        tag = str(push.get("data", {}).get("tag", len(self.pushes)))
        if push.get("message") == "clear_notification":
            self.shown.pop(tag, None)
        else:
            self.shown[tag] = push

    def button(self, push: dict[str, Any], verb: str) -> dict[str, Any]:
        """Return the button of a verb (`approve`, `why`, …). Raises KeyError."""
        for button in push["data"].get("actions", ()):
            if button["action"].startswith(f"hsm:{verb}:"):
                return dict(button)
        raise KeyError(verb)

    async def tap(self, push: dict[str, Any], verb: str) -> None:
        """Tap a button."""
        await self.fire(self.button(push, verb)["action"], push["data"]["tag"])

    async def fire(self, action: str, tag: str) -> None:
        """Send what the app sends for a tap."""
        data = {"action": action, "tag": tag}
        event = {"event_type": "mobile_app_notification_action", "event_data": data}
        await self.client.request(
            "POST", f"/api/webhook/{self.webhook}", {"type": "fire_event", "data": event}
        )

    async def until(self, what: str, text: str, within: float = 20.0) -> dict[str, Any]:
        """Wait until the screen shows a message whose title or text has this in it."""

        async def look() -> dict[str, Any]:
            for push in self.shown.values():
                if text in f"{push.get('title')}\n{push.get('message')}":
                    return push
            return {}

        return await wait_for(what, look, within=within, pause=0.05)


async def register(client: Client, name: str) -> str:
    """Register a phone of this user; returns its webhook id."""
    answer = await client.request(
        "POST",
        "/api/mobile_app/registrations",
        {
            "device_id": f"simulated-{name}",
            "app_id": "simulated",
            "app_name": "Simulated phone",
            "app_version": "1",
            "device_name": name,
            "manufacturer": "Nobody",
            "model": "Simulated",
            "os_name": "None",
            "os_version": "1",
            "supports_encryption": False,
            "app_data": {"push_websocket_channel": True},
        },
    )
    return str(answer["webhook_id"])


async def _listen(socket: WebSocket, phone: Phone) -> None:
    while True:
        push = await socket.events.get()
        await socket.call(
            "mobile_app/push_notification_confirm",
            webhook_id=phone.webhook,
            confirm_id=push.pop("hass_confirm_id"),
        )
        phone.take(push)


def as_text(push: dict[str, Any]) -> str:
    """Return a push as a person reads it, for a terminal."""
    if push.get("message") == "clear_notification":
        return "  ┌ phone: a message was taken away\n"
    lines = [f"  ┌ phone: {push.get('title') or ''}"]
    lines += [f"  │ {line}" for line in str(push.get("message", "")).splitlines()]
    if buttons := push.get("data", {}).get("actions"):
        lines.append("  └ " + "  ".join(f"[{button['title']}]" for button in buttons))
    return "\n".join(lines) + "\n"


@asynccontextmanager
async def phone_of(client: Client, name: str, webhook: str | None = None) -> AsyncIterator[Phone]:
    """A phone that is switched on and takes pushes."""
    phone = Phone(client, name, webhook or await register(client, name))
    async with client.websocket() as socket:
        await socket.call(
            "mobile_app/push_notification_channel", webhook_id=phone.webhook, support_confirm=True
        )
        listening = asyncio.create_task(_listen(socket, phone))
        try:
            yield phone
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
