"""Says what the alert engine decided: of one notification in order, of all others at the same time."""

import asyncio
from collections.abc import Collection, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.start import async_at_started

from ..const import DOMAIN
from ..guardian.contract import Actor, Severity
from ..guardian.finding import Tracked
from ..guardian.notice import Notice
from ..guardian.remediation import Record
from . import clock
from .delivery import Delivery
from .lanes import Lanes
from .messages import Message, tag_of
from .notices import Notices
from .outbox import KEPT_FOR, Letter, Outbox
from .outcomes import Outcomes
from .people import context_of
from .settings import phones

if TYPE_CHECKING:
    from .guardian import Guardian

EVENT = f"{DOMAIN}_alert"
# a stage of what was approved: whoever shows it goes along, and Activity, which describes the other, tells the end alone
PROGRESS = f"{DOMAIN}_progress"
SIGNAL = f"{DOMAIN}_alert_{{}}"
# seconds: how long a message waits for its proposal
PLANNED_WITHIN = 5.0
# proposals that nobody waits for are planned so many at a time
PLANNED_AT_ONCE = 4
# until what no phone took is told again, doubled each time
FIRST_AGAIN = 2.0
LAST_AGAIN = 300.0
# how long what was on its way at a restart waits for its source to be looked at again
LOOKED_AT_WITHIN = 90.0
# how long an unload waits for what is just being said
FINISHED_WITHIN = 5.0


class Speaker:
    """The mouth of one guardian."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian
        self.delivery = Delivery(guardian, self.spawn)
        self.teller = self.delivery.teller
        self.deliver = self.delivery.deliver
        self.notices = Notices(guardian)
        self.outbox = Outbox()
        self.outcomes = Outcomes(guardian, self)
        self._lanes = Lanes[Letter | Record](self.spawn, self._say_one)
        self._offers = Lanes[str](self.spawn, self._propose, PLANNED_AT_ONCE)
        # by finding: its remedy that is being planned
        self._planning: dict[str, asyncio.Task[Record | None]] = {}
        self._under_way: set[asyncio.Task[Any]] = set()
        self._again: dict[Letter, asyncio.TimerHandle] = {}
        self._open = False
        self._since = 0.0

    @callback
    def start(self) -> None:
        """Begin to speak, with what was on its way when this was last unloaded."""
        self._open, self._since = True, clock.now()

        @callback
        def go_on(hass: HomeAssistant) -> None:
            for letter in self.outbox:
                if letter.again:
                    self._hand_over(letter)

        self._of.entry.async_on_unload(async_at_started(self._of.hass, go_on))

    async def stop(self, within: float = FINISHED_WITHIN) -> None:
        """Let what is being said be said; what is not then stays in the outbox."""
        self.close()
        if tasks := self._under_way - set(self._planning.values()):
            await asyncio.wait(tasks, timeout=within)
        for task in (late := set(self._under_way)):
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=within)

    @callback
    def close(self) -> None:
        """Begin to say nothing more."""
        self._open = False
        self._lanes.close()
        self._offers.close()
        for timer in self._again.values():
            timer.cancel()
        self._again.clear()
        self.outcomes.stop()

    @callback
    def say(self, notices: Sequence[Notice]) -> None:
        """Have these notices told, what is critical first."""
        for notice in sorted(notices, key=lambda each: not each.critical):
            for older in tuple(self._again):
                if older.notice.lead == notice.lead != "":
                    self._done(older)
            self._hand_over(self.outbox.add(notice, clock.now()))

    @callback
    def propose(self, finding: str) -> None:
        """Have the proposal of a finding made, unless somebody else already asked."""
        self._offers.put(finding, finding)

    @callback
    def record_changed(self, record: Record) -> None:
        """Have the outcome of a proposal told."""
        self._lanes.put(self.outcomes.about(record), record)

    async def idle(self) -> None:
        """Wait until all that was said so far is said."""
        while tasks := self._under_way - set(self._planning.values()):
            await asyncio.wait(tasks)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Begin a task that ends with the entry."""
        task = self._of.entry.async_create_background_task(self._of.hass, work, f"{DOMAIN} speaker")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    @callback
    def _hand_over(self, letter: Letter) -> None:
        self._again.pop(letter, None)
        if self._open:
            self._lanes.put(letter.notice.lead or letter.notice.kind, letter)

    @callback
    def _done(self, letter: Letter) -> None:
        self.outbox.done(letter)
        if (timer := self._again.pop(letter, None)) is not None:
            timer.cancel()

    @callback
    def _later(self, letter: Letter, seconds: float) -> None:
        if self._open:
            self._again[letter] = self._of.hass.loop.call_later(seconds, self._hand_over, letter)

    async def _say_one(self, item: Letter | Record) -> None:
        if isinstance(item, Record):
            self.outcomes.tell(item)
        elif item in self.outbox:
            try:
                await self._tell(item)
            except Exception:
                # it could not be made now, and could not be the next time
                self.outbox.done(item)
                raise

    # Telling

    async def _tell(self, letter: Letter) -> None:
        notice, found = letter.notice, self.notices.about(letter.notice)
        if wait := self._waits(letter, found):
            self._later(letter, wait)
            return
        if notice.kind == "resolved":
            self._resolved(letter, found)
            return
        offered = self.notices.offers(notice, found)
        record = await self._offer(offered) if offered is not None else None
        self._fire_once(letter, [each.id for each in found], record)
        if (message := self.notices.message(notice, found, record)) is None:
            self.outbox.done(letter)
            return
        self._carry(letter, message)

    def _waits(self, letter: Letter, found: Sequence[Tracked]) -> float:
        """Return for how many seconds what was not told in its time waits on: for a look at its source, for the day."""
        if not letter.again and not letter.tries:
            return 0.0
        notice, now = letter.notice, clock.now()
        if notice.severity < Severity.CRITICAL and self._of.alerts.settings.is_quiet(now):
            return LAST_AGAIN
        looked = notice.kind == "resolved" or not any(each.frozen for each in found)
        return 0.0 if looked or now - self._since >= LOOKED_AT_WITHIN else FIRST_AGAIN

    def _carry(
        self, letter: Letter, message: Message, only: Collection[str] | None = None, *, ends: bool = False
    ) -> None:
        """Bring a letter to the phones, in the order in which this is called."""
        told = [each for each in self.delivery.phones() if only is None or each.entry_id in only]
        follows = letter.notice.kind == "resolved"
        pushes = self.delivery.begin(message, told, letter.taken, follows=follows, ends=ends)

        async def arrive() -> None:
            arrived = bool(letter.taken) or await self.delivery.arrived(message, told, pushes)
            if pushes:
                # a phone that is slow may still take it, or not before the next reload
                await asyncio.wait(pushes)
            for lead in letter.notice.instead:
                self.take_away(tag_of(lead), letter.taken)
            old = clock.now() - letter.at > KEPT_FOR
            if arrived or not told or old or not self.notices.is_told_again(letter.notice):
                self.outbox.done(letter)
                return
            letter.tries += 1
            self._later(letter, min(FIRST_AGAIN * 2 ** min(letter.tries - 1, 10), LAST_AGAIN))

        self.spawn(arrive())

    async def _propose(self, finding: str) -> None:
        tracked = self._of.tracked(finding)
        if tracked is not None and await self._offer(tracked) is not None:
            self._of.notify()

    async def _offer(self, tracked: Tracked) -> Record | None:
        """Return the proposal of a finding; a server that does not answer keeps no alert waiting."""
        if (planning := self._planning.get(tracked.id)) is None:
            planning = self._planning[tracked.id] = self.spawn(self._of.proposals.propose_for(tracked))
            planning.add_done_callback(lambda _: self._planning.pop(tracked.id, None))
        done, _ = await asyncio.wait({planning}, timeout=PLANNED_WITHIN)
        return planning.result() if done else None

    def _resolved(self, letter: Letter, found: Sequence[Tracked]) -> None:
        """Replace what is shown: by its end, or by what of it is still open."""
        notice = letter.notice
        self._fire_once(letter, notice.ids, None)
        tag = tag_of(notice.lead)
        self.teller.take_back(tag)
        who = self.teller.showing(tag)
        if not who or not found:
            self.outbox.done(letter)
            return
        message, ends = self.notices.ended(notice, found)
        if message is None:
            self.take_away(tag)
            self.outbox.done(letter)
            return
        self._carry(letter, message, who, ends=ends)

    @callback
    def silenced(self, tracked: Tracked, kind: str, actor: Actor | None) -> None:
        """Take a finding's notification off all phones, because somebody has dealt with it."""
        context = context_of(actor)
        self.fire(kind, [tracked.id], None, tracked.severity, context=context)
        if not self.notices.others_shown_with(tracked):
            self.take_away(tag_of(tracked.told_as or tracked.id))
        self._of.notify(context)

    @callback
    def take_away(self, tag: str, only: Collection[str] | None = None) -> None:
        """Take a notification off the phones that show it, or off some of them."""
        known = phones(self._of.hass).values()
        told = [phone for phone in known if only is None or phone.entry_id in only]
        self.spawn(self.teller.clear(told, tag))
        self.teller.take_back(tag)

    @callback
    def _fire_once(self, letter: Letter, ids: Sequence[str], record: Record | None) -> None:
        if not letter.fired:
            letter.fired = True
            notice = letter.notice
            self.fire(notice.kind, ids, record, notice.severity, critical=notice.critical, lead=notice.lead)

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
        stage: bool = False,
        state: str = "",
        context: Context | None = None,
    ) -> None:
        """Put an event on the bus, with ids only, and hand it to the event entity; a stage is an event of its own.

        state: how far what it is about is, where that is no record.

        context: of who brought it about, so that the logbook shows that.
        """
        about = lead or (ids[0] if ids else record.id if record else "")
        data = {
            "server": self._of.id,
            "kind": str(kind),
            "findings": list(ids)[:50],
            "finding": ids[0] if ids else None,
            "proposal": record.id if record else None,
            "state": record.state.value if record else state or None,
            "severity": severity.name.lower(),
            "critical": critical,
            "tag": tag_of(about),
        }
        self._of.hass.bus.async_fire(PROGRESS if stage else EVENT, data, context=context)
        async_dispatcher_send(self._of.hass, SIGNAL.format(self._of.id), data, context)
