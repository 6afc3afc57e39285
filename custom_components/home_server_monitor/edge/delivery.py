"""Brings messages to phones: to each with the buttons of its owner, critical ones on until somebody has them."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ..guardian.contract import Actor
from ..guardian.remediation import State
from .elsewhere import Elsewhere
from .messages import Message
from .people import user_actor
from .settings import Phone, phones
from .telling import Buttons, Teller

if TYPE_CHECKING:
    from .guardian import Guardian

DECISIONS = frozenset({"approve", "after", "window", "deny"})
# what only an administrator may answer, or whom one has tied
OF_ADMINS = frozenset({"replacing", "stop", "remove"})


class Delivery:
    """The way to the phones of one household. spawn: begins a task that outlives its caller."""

    def __init__(
        self, guardian: Guardian, spawn: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]
    ) -> None:
        self._of = guardian
        self._spawn = spawn
        self.teller = Teller(guardian.hass)
        self.elsewhere = Elsewhere()

    def phones(self) -> list[Phone]:
        """Return the phones that are told."""
        known = phones(self._of.hass)
        return [known[key] for key in self._of.settings.phones if key in known]

    async def deliver(
        self, message: Message, only: Collection[str] | None = None, *, chosen: bool = True
    ) -> bool:
        """Push a message to the phones that are told; returns as soon as one has it, or once none took it.

        only: some of them; with `chosen` off also phones that the options do not name.
        """
        known = self.phones() if chosen else list(phones(self._of.hass).values())
        told = [phone for phone in known if only is None or phone.entry_id in only]
        return await self.arrived(message, told, self.begin(message, told))

    def begin(
        self,
        message: Message,
        told: Sequence[Phone],
        taken: set[str] | None = None,
        *,
        follows: bool = False,
        ends: bool = False,
    ) -> list[asyncio.Task[bool]]:
        """Begin the pushes to some phones; what is begun later under the same tag arrives later.

        taken: the phones that have it, which is kept up; follows: it is nothing to who has not seen what it replaces;
        ends: nothing is to replace it.
        """
        taken = set() if taken is None else taken

        async def push(phone: Phone) -> bool:
            buttons = partial(self._buttons_on, phone, message)
            if done := await self.teller.push(phone, message, buttons, follows=follows, ends=ends):
                taken.add(phone.entry_id)
            return done

        return [self._spawn(push(phone)) for phone in told if phone.entry_id not in taken]

    def follow_up(self, message: Message, asker: str = "", *, ends: bool = False) -> None:
        """Push how something goes on: to the phones that show it and those of the user who asked, else to all that are told."""
        showing = self.teller.showing(message.tag)
        known = phones(self._of.hass).values()
        told = [each for each in known if each.entry_id in showing or (asker and each.user_id == asker)]
        self.begin(message, told or self.phones(), ends=ends)

    async def arrived(
        self, message: Message, told: Sequence[Phone], pushes: Collection[asyncio.Task[bool]]
    ) -> bool:
        """Return whether a phone took it, as soon as that is known; a critical one goes on until somebody has it."""
        if await _any(pushes):
            return True
        if not message.critical:
            return False
        self.teller.last_resort(message)
        tried = {phone.entry_id for phone in told}
        rest = [phone for phone in phones(self._of.hass).values() if phone.entry_id not in tried]
        admins = [phone for phone in rest if await self._is_admin(phone)]
        return await self.teller.other_channel(message, admins)

    async def _buttons_on(self, phone: Phone, message: Message) -> Buttons:
        return await self.buttons(message, phone.entry_id, await self.people_of(phone))

    async def _is_admin(self, phone: Phone) -> bool:
        actor = await user_actor(self._of.hass, phone.user_id, "phone")
        return actor is not None and actor.admin

    async def buttons(self, message: Message, where: str, people: Sequence[Actor]) -> Buttons:
        """Return the buttons for these people, each with a token; none that they may not use, none that is dead."""
        record = self._of.desk.records.get(message.record or "")
        decisions = DECISIONS
        if record is not None and record.is_waiting:
            decisions = frozenset({"deny"})
        elif record is not None and record.state is not State.PROPOSED:
            record = None
        deciders = [
            each
            for each in people
            if record is not None and not self._of.desk.policy.may_decide(record, each)
        ]
        deciding = [each.verb for each in message.buttons if each.verb in decisions and deciders]
        others = [each.verb for each in message.buttons if each.verb not in DECISIONS and not each.uri]
        tokens: dict[str, str] = {}
        if deciding and record is not None:
            tokens |= await self._of.proposals.mint(record.id, deciding, where, deciders)
        if message.subject:
            admins = [each for each in people if self._of.desk.policy.is_trusted(each)]
            for verbs, who in (
                ([verb for verb in others if verb not in OF_ADMINS], people),
                ([verb for verb in others if verb in OF_ADMINS], admins),
            ):
                if verbs and who:
                    tokens |= await self._of.proposals.mint(message.subject, verbs, where, who)
        return [
            button.data(tokens.get(button.verb, ""))
            for button in message.buttons
            if button.uri or button.verb in tokens
        ]

    async def people_of(self, phone: Phone) -> list[Actor]:
        """Return who answers on a phone: its owner."""
        actor = await user_actor(self._of.hass, phone.user_id, "phone")
        return [actor] if actor is not None else []


async def _any(pushes: Collection[asyncio.Task[bool]]) -> bool:
    """Return whether one of them succeeds, without waiting for the others then."""
    waiting = set(pushes)
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if any(not each.cancelled() and each.exception() is None and each.result() for each in done):
            return True
    return False
