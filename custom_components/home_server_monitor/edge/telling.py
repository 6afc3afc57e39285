"""Delivers messages to phones, and to the next channel where none of them takes a critical one."""

import asyncio
from collections.abc import Iterable
import logging
from typing import Any

from homeassistant.components import persistent_notification
from homeassistant.core import Context, HomeAssistant

from .messages import Message
from .settings import Phone

_LOGGER = logging.getLogger(__name__)

NOTIFY = "notify"
TAKEN_WITHIN = 30.0
CLEAR = "clear_notification"
GROUP = "home-server-monitor"


def phone_data(message: Message, buttons: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the data of a push, for both kinds of phones."""
    data: dict[str, Any] = {
        "tag": message.tag,
        "group": GROUP,
        "url": message.url,
        "clickAction": message.url,
    }
    if buttons:
        data["actions"] = buttons
    if message.critical:
        # through silence: the first two lines for Android, the last for iOS
        data |= {"ttl": 0, "priority": "high", "channel": "alarm_stream", "importance": "high"}
        data["push"] = {
            "interruption-level": "critical",
            "sound": {"name": "default", "critical": 1, "volume": 1.0},
        }
    else:
        data["channel"] = "Home server"
        if message.quiet:
            # for Android, then for iOS
            data |= {"alert_once": True, "push": {"interruption-level": "passive"}}
    return data


class Teller:
    """Sends pushes and knows which phone was told of what, so that every outcome replaces it there."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        # by tag: the entry ids of the phones that show it
        self.told: dict[str, set[str]] = {}

    async def push(self, phone: Phone, message: Message, buttons: list[dict[str, Any]]) -> bool:
        """Send one push; returns whether the phone, or the service behind it, took it."""
        data = phone_data(message, buttons)
        if not await self._send(phone.action, message.title, message.text, data):
            return False
        self.told.setdefault(message.tag, set()).add(phone.entry_id)
        return True

    async def clear(self, phones: Iterable[Phone], tag: str) -> None:
        """Take a notification off the phones that show it."""
        showing = self.told.pop(tag, set())
        for phone in phones:
            if phone.entry_id in showing:
                await self._send(phone.action, None, CLEAR, {"tag": tag})

    def last_resort(self, message: Message) -> None:
        """Show a message in Home Assistant itself."""
        persistent_notification.async_create(self._hass, message.text, message.title, message.tag)

    def take_back(self, tag: str) -> None:
        """Take it off there again."""
        persistent_notification.async_dismiss(self._hass, tag)

    async def other_channel(self, message: Message, phones: Iterable[Phone]) -> bool:
        """Try every other phone app of an admin, the next channel, until one takes it."""
        for phone in phones:
            if await self.push(phone, message, []):
                return True
        return False

    async def _send(self, action: str, title: str | None, text: str, data: dict[str, Any]) -> bool:
        if not self._hass.services.has_service(NOTIFY, action):
            return False
        body: dict[str, Any] = {"message": text, "data": data}
        if title:
            body["title"] = title
        try:
            async with asyncio.timeout(TAKEN_WITHIN):
                await self._hass.services.async_call(NOTIFY, action, body, blocking=True, context=Context())
        except Exception as err:  # noqa: BLE001 - whatever a phone's service raises, the next channel is tried
            # what it said may hold the person's own text: only that it failed is noted
            _LOGGER.warning("The notify action %s did not take a message: %s", action, type(err).__name__)
            return False
        return True
