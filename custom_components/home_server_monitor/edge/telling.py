"""Delivers messages to phones, and to the next channel where none of them takes a critical one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
import logging
from typing import Any

from homeassistant.components import persistent_notification
from homeassistant.core import Context, HomeAssistant

from .messages import Message
from .settings import Phone

_LOGGER = logging.getLogger(__name__)

NOTIFY = "notify"
SEND = "send_message"
TAKEN_WITHIN = 30.0
CLEAR = "clear_notification"
GROUP = "home-server-monitor"

type Buttons = list[dict[str, Any]]


def phone_data(message: Message, buttons: Buttons) -> dict[str, Any]:
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
        data["channel"] = "Home Server Monitor"
        if message.quiet:
            # for Android, then for iOS
            data |= {"alert_once": True, "push": {"interruption-level": "passive"}}
    return data


async def no_buttons() -> Buttons:
    """Return none."""
    return []


class Teller:
    """Sends pushes and knows which phone was told of what, so that every outcome replaces it there.

    Each phone gets what has the same tag in order, and waits for no other phone.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        # by tag: the entry ids of the phones that show it
        self.told: dict[str, set[str]] = {}
        # by tag and phone: the end of the newest push that is under way
        self._turns: dict[tuple[str, str], asyncio.Future[None]] = {}

    def showing(self, tag: str) -> set[str]:
        """Return the phones that show a tag, or are about to."""
        coming = {phone for each, phone in self._turns if each == tag}
        return self.told.get(tag, set()) | coming

    async def push(
        self,
        phone: Phone,
        message: Message,
        buttons: Callable[[], Awaitable[Buttons]] = no_buttons,
        *,
        follows: bool = False,
        ends: bool = False,
    ) -> bool:
        """Send one push; returns whether the phone, or the service behind it, took it, within its deadline.

        follows: it is nothing to a phone that has not taken what it replaces; ends: nothing is to replace it.
        """
        try:
            async with asyncio.timeout(TAKEN_WITHIN), self._turn(message.tag, phone):
                if follows and phone.entry_id not in self.told.get(message.tag, ()):
                    return False
                if not await self._show(phone, message, buttons):
                    return False
                self.told.setdefault(message.tag, set()).add(phone.entry_id)
                if ends:
                    self.forget(message.tag, {phone.entry_id})
                return True
        except TimeoutError:
            _LOGGER.warning(
                "The notify action %s did not take a message in time", phone.action or phone.entity
            )
            return False

    async def clear(self, phones: Iterable[Phone], tag: str) -> None:
        """Take a notification off the phones that show it."""
        showing, known = self.showing(tag), {phone.entry_id: phone for phone in phones}
        await asyncio.gather(*(self._clear(known[each], tag) for each in showing & known.keys()))

    def forget(self, tag: str, phones: Iterable[str]) -> None:
        """Note that these phones, by entry id, show nothing under a tag any more."""
        self.told.get(tag, set()).difference_update(phones)
        if not self.told.get(tag, True):
            del self.told[tag]

    async def _clear(self, phone: Phone, tag: str) -> None:
        try:
            async with asyncio.timeout(TAKEN_WITHIN), self._turn(tag, phone):
                if phone.entry_id in self.told.get(tag, ()):
                    self.forget(tag, {phone.entry_id})
                    await self._send(phone.action, {"message": CLEAR, "data": {"tag": tag}})
        except TimeoutError:
            return

    @asynccontextmanager
    async def _turn(self, tag: str, phone: Phone) -> AsyncIterator[None]:
        """Wait until all that was sent before under a tag to a phone has arrived or failed."""
        key = tag, phone.entry_id
        before = self._turns.get(key)
        mine = self._turns[key] = self._hass.loop.create_future()
        try:
            if before is not None:
                await asyncio.wait({before})
            yield
        finally:
            mine.set_result(None)
            if self._turns.get(key) is mine:
                del self._turns[key]

    def last_resort(self, message: Message) -> None:
        """Show a message in Home Assistant itself."""
        persistent_notification.async_create(self._hass, message.text, message.title, message.tag)

    def take_back(self, tag: str) -> None:
        """Take it off there again."""
        persistent_notification.async_dismiss(self._hass, tag)

    async def other_channel(self, message: Message, phones: Iterable[Phone]) -> bool:
        """Try every other phone app of an admin, the next channel, until one takes it."""
        for phone in phones:
            if await self.push(phone, message):
                return True
        return False

    async def _show(self, phone: Phone, message: Message, buttons: Callable[[], Awaitable[Buttons]]) -> bool:
        body: dict[str, Any] = {"title": message.title, "message": message.text}
        if phone.action or not phone.entity:
            return await self._send(phone.action, {**body, "data": phone_data(message, await buttons())})
        # nothing replaces what an entity shows, so that only what makes a sound is sent to it
        return message.quiet or await self._send(SEND, {**body, "entity_id": phone.entity})

    async def _send(self, action: str, body: dict[str, Any]) -> bool:
        if not self._hass.services.has_service(NOTIFY, action):
            return False
        try:
            await self._hass.services.async_call(NOTIFY, action, body, blocking=True, context=Context())
        except Exception as err:  # noqa: BLE001 - whatever a phone's service raises, the next channel is tried
            # what it said may hold the person's own text: only that it failed is noted
            _LOGGER.warning("The notify action %s did not take a message: %s", action, type(err).__name__)
            return False
        return True
