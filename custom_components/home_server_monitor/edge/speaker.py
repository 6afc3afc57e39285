"""Says what the alert engine decided, and answers who taps: one queue, so that messages keep their order."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.core import callback
from homeassistant.helpers.dispatcher import async_dispatcher_send

from ..const import DOMAIN
from ..guardian.contract import Actor, Severity
from ..guardian.finding import Tracked
from ..guardian.notice import Notice
from ..guardian.remediation import Record
from . import clock
from .messages import Message, tag_of
from .outcomes import Outcomes
from .people import user_actor
from .settings import Phone, phones
from .telling import Teller

if TYPE_CHECKING:
    from .guardian import Guardian

_LOGGER = logging.getLogger(__name__)

EVENT = f"{DOMAIN}_alert"
SIGNAL = f"{DOMAIN}_alert_{{}}"
PUSHED = frozenset({"raised", "repeated", "severer", "flapping", "summary", "escalated", "digest"})
DECISIONS = frozenset({"approve", "deny"})
PLANNED_WITHIN = 5.0


class Speaker:
    """The mouth of one guardian."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian
        self.teller = Teller(guardian.hass)
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.outcomes = Outcomes(guardian, self)

    @callback
    def start(self) -> None:
        """Begin to speak."""
        self._task = self._of.entry.async_create_background_task(
            self._of.hass, self._work(), f"{DOMAIN} speaker"
        )

    @callback
    def stop(self) -> None:
        """Say nothing more."""
        if self._task is not None:
            self._task.cancel()
        self.outcomes.stop()

    @callback
    def say(self, notices: Sequence[Notice]) -> None:
        """Have these notices told."""
        for notice in notices:
            self._queue.put_nowait(notice)

    @callback
    def propose(self, finding: str) -> None:
        """Have the proposal of a finding made, unless somebody else already asked."""
        self._queue.put_nowait(finding)

    @callback
    def record_changed(self, record: Record) -> None:
        """Have the outcome of a proposal told."""
        self._queue.put_nowait(record)

    async def idle(self) -> None:
        """Wait until all that was said so far is said."""
        await self._queue.join()

    async def _work(self) -> None:
        while True:
            item = await self._queue.get()
            try:
                match item:
                    case Notice():
                        await self._tell(item)
                    case Record():
                        await self.outcomes.tell(item)
                    case str():
                        tracked = self._of.tracked(item)
                        if tracked is not None and await self._offer(tracked) is not None:
                            self._of.notify()
            except Exception:
                # one message that cannot be made keeps no other from being told
                _LOGGER.exception("A message could not be made")
            finally:
                self._queue.task_done()
            # a thousand at once are no reason to let all others wait
            await asyncio.sleep(0)

    # Telling

    def phones(self) -> list[Phone]:
        """Return the phones that are told."""
        known = phones(self._of.hass)
        return [known[key] for key in self._of.settings.phones if key in known]

    async def _tell(self, notice: Notice) -> None:
        found = [tracked for each in notice.ids if (tracked := self._of.tracked(each))]
        if notice.kind == "resolved":
            await self._resolved(notice, found)
            return
        record = None
        if len(found) == 1 and notice.kind != "digest":
            record = await self._offer(found[0])
        self.fire(
            notice.kind,
            [each.id for each in found],
            record,
            notice.severity,
            critical=notice.critical,
            lead=notice.lead,
        )
        if notice.kind not in PUSHED or (not found and notice.kind != "digest"):
            return
        message = self.message(notice, found, record)
        await self.deliver(replace(message, tag=tag_of(notice.lead)) if notice.lead else message)

    async def _offer(self, tracked: Tracked) -> Record | None:
        """Return the proposal of a finding; a server that does not answer keeps no alert waiting."""
        planning = self._of.entry.async_create_background_task(
            self._of.hass, self._of.proposals.propose_for(tracked), f"{DOMAIN} offer"
        )
        done, _ = await asyncio.wait({planning}, timeout=PLANNED_WITHIN)
        return planning.result() if done else None

    def message(self, notice: Notice, found: Sequence[Tracked], record: Record | None) -> Message:
        """Return what a notice says."""
        of, compose = self._of, self._of.compose
        if notice.kind == "digest":
            return of.wording.digest(notice)
        if notice.kind == "summary":
            title = of.texts.common("first_look", {"count": len(found)})
            return compose.several(found, critical=notice.critical, title=title)
        if len(found) > 1:
            return compose.several(found, critical=notice.critical)
        return compose.finding(
            found[0],
            record,
            settings=of.settings,
            now=clock.now(),
            critical=notice.critical,
            url=of.wording.url(found[0]),
            changes=of.wording.changes(found[0]),
        )

    async def deliver(self, message: Message, only: set[str] | None = None, *, chosen: bool = True) -> bool:
        """Push a message to the phones that are told; a critical one goes on until somebody has it.

        only: some of them; with `chosen` off also phones that the options do not name.
        """
        known = self.phones() if chosen else list(phones(self._of.hass).values())
        told = [phone for phone in known if only is None or phone.entry_id in only]
        results = await asyncio.gather(*(self._push(phone, message) for phone in told))
        if any(results):
            return True
        if message.critical:
            tried = {phone.entry_id for phone in told}
            rest = [phone for phone in phones(self._of.hass).values() if phone.entry_id not in tried]
            admins = [phone for phone in rest if await self._is_admin(phone)]
            await self.teller.other_channel(message, admins)
            self.teller.last_resort(message)
        return False

    async def _push(self, phone: Phone, message: Message) -> bool:
        shown = await self.buttons(message, phone.entry_id, await self.people_of(phone))
        return await self.teller.push(phone, message, shown)

    async def _is_admin(self, phone: Phone) -> bool:
        actor = await user_actor(self._of.hass, phone.user_id, "phone")
        return actor is not None and actor.admin

    async def buttons(self, message: Message, where: str, people: Sequence[Actor]) -> list[dict[str, Any]]:
        """Return the buttons for these people, each with a token; none that they may not use."""
        record = self._of.desk.records.get(message.record or "")
        deciders = [
            each
            for each in people
            if record is not None and not self._of.desk.policy.may_decide(record, each)
        ]
        deciding = [each.verb for each in message.buttons if each.verb in DECISIONS and deciders]
        others = [each.verb for each in message.buttons if each.verb not in DECISIONS and not each.uri]
        tokens: dict[str, str] = {}
        if deciding and record is not None:
            tokens |= await self._of.proposals.mint(record.id, deciding, where, deciders)
        if others and people and message.subject:
            tokens |= await self._of.proposals.mint(message.subject, others, where, people)
        return [
            button.data(tokens.get(button.verb, ""))
            for button in message.buttons
            if button.uri or button.verb in tokens
        ]

    async def people_of(self, phone: Phone) -> list[Actor]:
        """Return who answers on a phone: its owner."""
        actor = await user_actor(self._of.hass, phone.user_id, "phone")
        return [actor] if actor is not None else []

    async def _resolved(self, notice: Notice, found: Sequence[Tracked]) -> None:
        """Replace what is shown: by its end, or by what of it is still open."""
        self.fire("resolved", notice.ids, None, notice.severity, lead=notice.lead)
        tag = tag_of(notice.lead)
        self.teller.take_back(tag)
        who = self.teller.told.get(tag)
        if not who or not found:
            return
        if rest := [tracked for each in notice.rest if (tracked := self._of.tracked(each))]:
            message = self._of.compose.several(rest, critical=False)
            await self.deliver(replace(message, tag=tag), only=set(who))
            return
        words = self._of.texts.finding(found[0].finding)
        text = self._of.texts.common("resolved_text")
        title = self._of.texts.common("resolved", {"title": words.title})
        await self.deliver(Message(tag=tag, title=title, text=text, subject=found[0].id), only=set(who))
        self.teller.told.pop(tag, None)

    async def silenced(self, tracked: Tracked, kind: str) -> None:
        """Take a finding's notification off all phones, because somebody has dealt with it."""
        self.fire(kind, [tracked.id], None, tracked.severity)
        await self.teller.clear(phones(self._of.hass).values(), tag_of(tracked.id))
        self.teller.take_back(tag_of(tracked.id))
        self._of.notify()

    @callback
    def fire(
        self,
        kind: str,
        ids: Sequence[str],
        record: Record | None,
        severity: Severity,
        *,
        critical: bool = False,
        lead: str = "",
    ) -> None:
        """Put an event on the bus, with ids only, and hand it to the event entity."""
        about = lead or (ids[0] if ids else record.id if record else "")
        data = {
            "server": self._of.id,
            "kind": str(kind),
            "findings": list(ids)[:50],
            "finding": ids[0] if ids else None,
            "proposal": record.id if record else None,
            "state": record.state.value if record else None,
            "severity": severity.name.lower(),
            "critical": critical,
            "tag": tag_of(about),
        }
        self._of.hass.bus.async_fire(EVENT, data)
        async_dispatcher_send(self._of.hass, SIGNAL.format(self._of.id), data)
