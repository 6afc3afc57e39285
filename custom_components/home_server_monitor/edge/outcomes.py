"""Tells how proposals end, in the notification of their finding, until a phone has taken it."""

import asyncio
from typing import TYPE_CHECKING

from homeassistant.core import callback

from ..guardian.contract import Actor, Refusal, Severity
from ..guardian.remediation import DAY, OUTAGE, Record, State
from . import clock
from .messages import REPAIRS, Button, Message, tag_of
from .people import context_of
from .settings import Phone, phones

if TYPE_CHECKING:
    from .guardian import Guardian
    from .speaker import Speaker

# ends that somebody must hear of, whoever asked for it
UNHAPPY = frozenset({State.FAILED, State.ROLLED_BACK, State.INCONCLUSIVE})
# ends that a restart brought about, of which nobody waits for the answer any more
CUT_OFF = UNHAPPY | {State.CANCELLED}
# seconds until an end that no phone took is told again; doubled each time
FIRST_AGAIN = 2.0
LAST_AGAIN = 300.0


def _waits_for_it(record: Record) -> bool:
    """Return whether a person stands there and is answered anyway."""
    stands_there = record.actor is not None and record.actor.via in ("entity", "action")
    # what goes on for minutes and takes something away is for the whole household to know
    return record.waits is None and stands_there and len(record.plan.steps) == 1


def _is_awaited(record: Record) -> bool:
    """Return whether somebody must hear of an end: it went wrong, or was approved for later."""
    approved_for_later = record.waits is not None and record.over
    if record.blocked is not None:
        # something stands still for nobody knows how long
        return True
    return (record.state in UNHAPPY and not _waits_for_it(record)) or approved_for_later


class Outcomes:
    """Tells the stages and ends of one guardian's proposals."""

    def __init__(self, guardian: Guardian, speaker: Speaker) -> None:
        self._of = guardian
        self._speaker = speaker
        # records that ended while nobody could be told
        self.late: set[str] = set()
        # record → the phones whose owner tapped it, which hear how it ended even where the finding was not told
        self._askers: dict[str, set[str]] = {}
        # records whose end was promised to somebody who could not be kept waiting
        self._promised: set[str] = set()
        # ends that no phone took yet, with how often they were told, and what tells them again
        self._missed: dict[str, int] = {}
        self._again: dict[str, asyncio.TimerHandle] = {}
        # record → the state, and what is in its way, that was told last: a receipt that is noted meanwhile is no news
        self._stage: dict[str, tuple[State, Refusal | None]] = {}
        self._stopped = False

    @callback
    def stop(self) -> None:
        """Tell nothing again, also not what is on its way now: the next start does."""
        self._stopped = True
        for timer in self._again.values():
            timer.cancel()
        self._again.clear()

    def asked_by(self, record: str, phone_user: str) -> None:
        """Remember whose phones hear how this ends."""
        mine = {each.entry_id for each in phones(self._of.hass).values() if each.user_id == phone_user}
        self._askers.setdefault(record, set()).update(mine)

    def promise(self, record: str, actor: Actor | None) -> None:
        """Remember that somebody waited, is no longer kept waiting, and is to hear how it ends."""
        self._promised.add(record)
        if actor is not None:
            self.asked_by(record, actor.id)

    def about(self, record: Record) -> str:
        """Return what an outcome replaces: the finding, or that which it was told with, or the proposal itself."""
        tracked = self._of.tracked(record.finding) if record.finding else None
        return (tracked.told_as or tracked.id) if tracked else record.finding or record.id

    @callback
    def tell(self, record: Record) -> None:
        """Tell a stage, or the end, of a proposal, to whom its finding was told and who asked."""
        context = context_of(record.actor)
        self._of.notify(context)
        whole = self._of.desk.records.get(record.part_of)
        if whole is not None and not whole.over and record.blocked is None:
            # the whole tells of it
            if record.over:
                self._speaker.spawn(self._end(record))
            return
        again = record.id in self._missed
        stage = record.state, record.blocked
        same = self._stage.get(record.id, (None, None))
        # that nothing is in the way any more is no news either: how it ends is
        known = same[0] is record.state and (record.blocked is None or same == stage)
        if record.state is State.PROPOSED or (known and not again):
            return
        self._stage[record.id] = stage
        if not again:
            ids = [record.finding] if record.finding else []
            self._speaker.fire("outcome", ids, record, Severity.INFO, stage=not record.over, context=context)
        if record.rule == OUTAGE:
            # one outage is one notification, and the plan itself tells it
            if record.over:
                self._speaker.spawn(self._end(record))
            return
        newest = self._of.desk.records.get(record.id, record)
        who = self._speaker.teller.showing(tag_of(self.about(record))) | self._asking(record)
        told: list[Phone] = []
        message = None
        # what is overtaken already is not pushed: its end is next
        if newest.state is record.state and (message := self.message(record)):
            unheard = record.id in self.late and record.state in CUT_OFF
            promised = record.over and record.id in self._promised
            if who or unheard or promised or _is_awaited(record):
                told = [
                    phone for phone in self._speaker.delivery.phones() if not who or phone.entry_id in who
                ]
        if message is not None and told:
            pushes = self._speaker.delivery.begin(message, told)
            self._speaker.spawn(self._arrive(record, message, told, pushes))
        elif record.over:
            self._speaker.spawn(self._end(record))

    def message(self, record: Record) -> Message | None:
        """Return what is said of a stage or an end, None where that is nothing; what waits can be cancelled."""
        if record.state is State.PROPOSED or not (text := self._of.wording.outcome(record)):
            return None
        about, texts = self.about(record), self._of.texts
        tracked = self._of.tracked(record.finding) if record.finding else None
        title = texts.finding(tracked.finding).title if tracked else self._of.compose.titled(record)
        if tracked is None and record.state is State.ROLLED_BACK:
            # a title alone is what a locked phone shows
            known = {"title": title, "target": record.name}
            title = texts.common(f"undone_{record.action}", known, default="") or texts.common(
                "undone", known
            )
        cancel = Button("deny", texts.common("cancel"))
        return Message(
            tag=tag_of(about),
            title=title,
            text=text,
            subject=about,
            url=REPAIRS,
            quiet=not record.over and record.blocked is None,
            record=record.id,
            buttons=(cancel,) if record.is_waiting else (),
        )

    async def _arrive(
        self, record: Record, message: Message, told: list[Phone], pushes: list[asyncio.Task[bool]]
    ) -> None:
        taken = await self._speaker.delivery.arrived(message, told, pushes)
        if record.over and (taken or not self._tell_again(record)):
            await self._end(record)

    async def _end(self, record: Record) -> None:
        """Note that it is told, or that nobody is to hear of it."""
        self._missed.pop(record.id, None)
        self._askers.pop(record.id, None)
        self._promised.discard(record.id)
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
        mine = {each.entry_id for each in self._speaker.delivery.phones() if each.user_id == actor.id}
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
        if self._stopped:
            return True
        missed = self._missed[record.id] = self._missed.get(record.id, 0) + 1
        wait = min(FIRST_AGAIN * 2 ** min(missed - 1, 10), LAST_AGAIN)
        self._again[record.id] = self._of.hass.loop.call_later(wait, self._once_more, record)
        return True

    @callback
    def _once_more(self, record: Record) -> None:
        del self._again[record.id]
        self._speaker.record_changed(record)
