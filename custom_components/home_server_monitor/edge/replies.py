"""Takes taps on phones and in Telegram: one listener for all, from the start, so that a restart loses none."""

from collections.abc import Awaitable, Callable
import re
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback

from ..guardian.contract import Actor
from .people import user_actor

PHONE_EVENT = "mobile_app_notification_action"
TELEGRAM_EVENT = "telegram_callback"
# the last ones are answers of sources of their own (capability AnswersFindings)
VERBS = (
    *("approve", "after", "window", "deny", "snooze", "why", "acknowledge"),
    *("ordered", "replacing", "stop", "remove", "cancel"),
)
_REPLY = re.compile(rf"^/?hsm:({'|'.join(VERBS)}):([A-Za-z0-9_-]{{16,64}})\Z")

type Handler = Callable[[str, str, Actor | None], Awaitable[None]]


def parse_reply(text: Any) -> tuple[str, str] | None:
    """Return verb and token of a button of ours, or None."""
    match = _REPLY.match(text) if isinstance(text, str) else None
    return (match[1], match[2]) if match else None


@callback
def async_listen_for_replies(hass: HomeAssistant, handle: Handler) -> None:
    """Hand every tap on one of our buttons to `handle`, with the person, or None where there is none."""

    async def from_phone(event: Event) -> None:
        if found := parse_reply(event.data.get("action")):
            await handle(*found, await user_actor(hass, event.context.user_id, "phone", event.context.id))

    async def from_telegram(event: Event) -> None:
        if not (found := parse_reply(event.data.get("data"))):
            return
        user, chat = event.data.get("user_id"), event.data.get("chat_id")
        # the bot's own event has no user: one that has was fired by somebody else
        genuine = event.context.user_id is None and isinstance(user, int) and isinstance(chat, int)
        actor = Actor(
            kind="telegram",
            id=f"{user}:{chat}",
            name=f"Telegram {user}",
            via="telegram",
            context=event.context.id,
        )
        await handle(*found, actor if genuine else None)

    hass.bus.async_listen(PHONE_EVENT, from_phone)
    hass.bus.async_listen(TELEGRAM_EVENT, from_telegram)
