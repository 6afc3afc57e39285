"""Says what the alert engine decided, and answers who taps: one queue, so that messages keep their order."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.dispatcher import async_dispatcher_send

from ..const import DOMAIN
from ..guardian.contract import Actor, Severity
from ..guardian.finding import Tracked
from ..guardian.notice import Notice
from ..guardian.remediation import DAY, Record, State
from . import clock
from .messages import REPAIRS, Message, tag_of
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
PING_EVERY = 300.0
PING_WITHIN = 10.0
PLANNED_WITHIN = 5.0
# ends that somebody must hear of, whoever asked for it
UNHAPPY = frozenset({State.FAILED, State.ROLLED_BACK, State.INCONCLUSIVE})
# ends that a restart brought about, of which nobody waits for the answer any more
CUT_OFF = UNHAPPY | {State.CANCELLED}
# seconds until an end that no phone took is told again; doubled each time
FIRST_AGAIN = 2.0
LAST_AGAIN = 300.0


def _waits_for_it(record: Record) -> bool:
    """Return whether a person stands there and is answered anyway."""
    return record.actor is not None and record.actor.via in ("entity", "action")


class Speaker:
    """The mouth of one guardian."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian
        self.teller = Teller(guardian.hass)
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._pinged = 0.0
        # records that ended while nobody could be told
        self.late: set[str] = set()
        # record → the phones whose owner tapped it, which hear how it ended even where the finding was not told
        self._askers: dict[str, set[str]] = {}
        # ends that no phone took yet, with how often they were told, and what tells them again
        self._missed: dict[str, int] = {}
        self._again: dict[str, asyncio.TimerHandle] = {}
        # record → the state that was told last: a receipt that is noted meanwhile is no news
        self._stage: dict[str, State] = {}

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
        for timer in self._again.values():
            timer.cancel()

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
                        await self._outcome(item)
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

    def _phones(self) -> list[Phone]:
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
            self._of.hass, self._of.propose_for(tracked), f"{DOMAIN} offer"
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
        known = self._phones() if chosen else list(phones(self._of.hass).values())
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
            tokens |= await self._of.mint(record.id, deciding, where, deciders)
        if others and people and message.subject:
            tokens |= await self._of.mint(message.subject, others, where, people)
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

    # Outcomes

    def asked_by(self, record: str, phone_user: str) -> None:
        """Remember whose phones hear how this ends."""
        mine = {each.entry_id for each in phones(self._of.hass).values() if each.user_id == phone_user}
        self._askers.setdefault(record, set()).update(mine)

    async def _outcome(self, record: Record) -> None:
        self._of.notify()
        again = record.id in self._missed
        if record.state is State.PROPOSED or (self._stage.get(record.id) is record.state and not again):
            return
        self._stage[record.id] = record.state
        if not again:
            self.fire("outcome", [record.finding] if record.finding else [], record, Severity.INFO)
        newest = self._of.desk.records.get(record.id, record)
        tracked = self._of.tracked(record.finding) if record.finding else None
        about = (tracked.told_as or tracked.id) if tracked else record.finding or record.id
        who = self.teller.told.get(tag_of(about), set()) | self._asking(record)
        aimed = taken = False
        # what is overtaken already is not pushed: its end is next in the queue
        if newest.state is record.state and (text := self._of.wording.outcome(record)):
            title = (
                self._of.texts.finding(tracked.finding).title if tracked else self._of.compose.verb(record)
            )
            tag, quiet = tag_of(about), not record.over
            message = Message(tag=tag, title=title, text=text, subject=about, url=REPAIRS, quiet=quiet)
            unheard = record.id in self.late and record.state in CUT_OFF
            if who or unheard or (record.state in UNHAPPY and not _waits_for_it(record)):
                aimed = any(not who or phone.entry_id in who for phone in self._phones())
                taken = await self.deliver(message, only=who or None)
        if record.over and aimed and not taken and self._tell_again(record):
            return
        if record.over:
            self._missed.pop(record.id, None)
            self._askers.pop(record.id, None)
            self._stage.pop(record.id, None)
            await self._of.desk.told(record.id)
            if record.action == "practise":
                # the exercise is over
                self._of.practising = 0.0

    def _asking(self, record: Record) -> set[str]:
        """Return the phones whose owner tapped it; after a restart only the record knows who that was."""
        actor = record.actor
        if actor is None or actor.via != "phone":
            return self._askers.get(record.id, set())
        mine = {each.entry_id for each in self._phones() if each.user_id == actor.id}
        return self._askers.get(record.id, set()) | mine

    @callback
    def _tell_again(self, record: Record) -> bool:
        """Have an end told once more that no phone took: one that has just started, or is away. Returns whether."""
        newer = any(
            each.finding == record.finding and each.created > record.created
            for each in self._of.desk.records.values()
            if record.finding
        )
        if newer or clock.now() - record.changed > DAY:
            return False
        missed = self._missed[record.id] = self._missed.get(record.id, 0) + 1
        wait = min(FIRST_AGAIN * 2 ** min(missed - 1, 10), LAST_AGAIN)
        self._again[record.id] = self._of.hass.loop.call_later(wait, self._once_more, record)
        return True

    @callback
    def _once_more(self, record: Record) -> None:
        del self._again[record.id]
        self.record_changed(record)

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

    # Being missed

    async def ping(self, now: float) -> None:
        """Call the dead-man address while all is well: nothing critical is open and the journal can be written."""
        url = self._of.settings.dead_man
        if not url or now - self._pinged < PING_EVERY or not self._of.is_well:
            return
        self._pinged = now
        try:
            async with asyncio.timeout(PING_WITHIN):
                async with async_get_clientsession(self._of.hass).get(url, allow_redirects=False):
                    pass
        except Exception as err:  # noqa: BLE001 - whatever it is, the next one comes; the address may hold a secret
            _LOGGER.debug("The dead-man address did not answer: %s", type(err).__name__)
