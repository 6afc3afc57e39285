"""What people answer: taps on phones, buttons in the dashboard, orders by action."""

from typing import TYPE_CHECKING

from ..guardian.approval import Problem, Redeemed
from ..guardian.contract import Actor, NotDone, Refused
from ..guardian.finding import Tracked
from ..guardian.journal import JournalFailed
from ..guardian.remediation import Record, State
from ..guardian.tracked import State as Life
from ..sources.errors import ClientError
from . import clock, own_answers
from .messages import REPAIRS, Message, moment, snooze_until, tag_of
from .settings import phones

if TYPE_CHECKING:
    from .guardian import Guardian

PRACTICE = 900.0
# states into which an answer brought a proposal, and in which it asks nobody any more
ANSWERED = frozenset({State.APPROVED, State.RUNNING, State.VERIFYING, State.SUCCEEDED, State.DENIED})


# answers that one person gets in so many seconds to taps that change nothing: a storm of them is only counted
MOST_ANSWERS = 5
ANSWERS_WITHIN = 60.0


class Answers:
    """Takes the answers to what one guardian said."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian
        # person → when the last answers to taps that changed nothing were given
        self._answered: dict[str, list[float]] = {}

    async def tap(self, verb: str, token: str, actor: Actor | None) -> bool:
        """Take a tap; returns whether the token is one of this guardian's.

        The token says what was meant, the person whether it may be: both must hold, and each token works once.
        """
        of, desk, tokens = self._of, self._of.desk, self._of.tokens
        about = tokens.about(token)
        if about is None:
            return False
        found = tokens.redeem(token, actor.id if actor else "", clock.now(), verb)
        if not isinstance(found, Redeemed):
            if actor is not None:
                await self._too_late(found, about, actor)
        elif actor is not None:
            record = desk.records.get(about)
            await self._answer(found.verb, record, of.tracked(record.finding if record else about), actor)
        await tokens.save()
        return True

    async def _answer(self, verb: str, record: Record | None, tracked: Tracked | None, actor: Actor) -> None:
        match verb:
            case "approve" if record is not None:
                await self._approve(record, tracked, actor)
            case "after" if record is not None:
                await self._approve(record, tracked, actor, "in_use")
            case "window" if record is not None:
                await self._approve(record, tracked, actor, "window")
            case "deny" if record is not None:
                await self._deny(record, tracked, actor)
            case "why":
                await self._why(tracked, record, actor)
            case "snooze" if tracked is not None:
                await self.snooze(tracked, snooze_until(self._of.settings, clock.now()), actor)
            case "acknowledge" if tracked is not None:
                await self.acknowledge(tracked, actor)
            case _ if tracked is not None:
                await self._own(verb, tracked, actor)

    async def _own(self, verb: str, tracked: Tracked, actor: Actor) -> None:
        """Hand on what a source takes itself."""
        try:
            text = await own_answers.take(self._of, tracked, verb, actor)
        except Refused as err:
            text = self._of.texts.refusal(err.refusal.key, err.refusal.placeholders)
        if text:
            await self._say(None, tracked, actor, text)

    async def _approve(
        self, record: Record, tracked: Tracked | None, actor: Actor, waits: str | None = None
    ) -> None:
        of = self._of
        of.speaker.outcomes.asked_by(record.id, actor.id)
        if of.desk.policy.may_decide(record, actor):
            await of.note("refused", {"verb": "approve", "reason": "not_an_approver", "who": actor.name})
            await self._say(record, tracked, actor, of.texts.refusal("not_an_approver", {}))
            return
        try:
            await of.desk.approve(record.id, actor, waits=waits)
        except Refused as err:
            text = of.texts.refusal(err.refusal.key, err.refusal.placeholders)
            await self._say(record, tracked, actor, text, again=True)
        except JournalFailed:
            await self._say(record, tracked, actor, of.texts.refusal("journal_failed", {}))
        except (ClientError, NotDone, TimeoutError) as err:
            text = of.texts.refusal("action_failed", {"error": str(err) or "no answer in time"})
            await self._say(record, tracked, actor, text, again=True)

    async def _deny(self, record: Record, tracked: Tracked | None, actor: Actor) -> None:
        of = self._of
        of.speaker.outcomes.asked_by(record.id, actor.id)
        try:
            await of.desk.deny(record.id, actor)
        except Refused as err:
            text = of.texts.refusal(err.refusal.key, err.refusal.placeholders)
            await self._say(record, tracked, actor, text)
            return
        except JournalFailed:
            await self._say(record, tracked, actor, of.texts.refusal("journal_failed", {}))
            return
        # who cancels what was approved and still waited has not said that the problem is taken care of
        if tracked is not None and record.state is State.PROPOSED:
            await self.acknowledge(tracked, actor)

    async def _why(self, tracked: Tracked | None, record: Record | None, actor: Actor) -> None:
        of = self._of
        if record is None and tracked is not None:
            record = await of.proposals.propose_for(tracked)
        lines = of.wording.plan(record, tracked) if record else []
        if tracked is not None and not lines:
            lines = [of.texts.finding(tracked.finding).message]
        if tracked is not None:
            more = of.texts.placeholders(tracked.finding)
            lines.append(of.texts.common(f"why_{tracked.finding.rule}", more, default=""))
            lines += of.wording.changes(tracked)
        url = of.wording.url(tracked) if tracked else REPAIRS
        snooze = of.compose.snooze(of.settings, clock.now())
        own = own_answers.buttons_of(of, tracked)
        message = of.compose.why(tracked, record, lines, url, of.waits.choices(record), snooze, own)
        await self._to(actor, message)

    async def unknown(self, token: str, actor: Actor | None) -> None:
        """A button that no guardian knows: of another installation, or forged. It is only noted."""
        self._of.tokens.redeem(token, actor.id if actor else "", clock.now())
        await self._of.tokens.save()

    async def _too_late(self, problem: Problem, subject: str, actor: Actor) -> None:
        """Say within seconds, in the same notification, why a tap changed nothing, with a new proposal if there is one."""
        of = self._of
        record = of.desk.records.get(subject)
        tracked = of.tracked(record.finding if record else subject)
        if problem is Problem.SUPERSEDED and record is not None and record.state in ANSWERED:
            # somebody was faster, elsewhere than on a phone
            problem = Problem.USED
        text = of.texts.common(f"tap_{problem.value}")
        if problem is Problem.USED or tracked is None or tracked.state is not Life.FIRING:
            text = f"{text} {self._what_happened(record, tracked)}".strip()
        if problem is Problem.WRONG_PERSON or not self._has_patience(actor):
            # what it is about is not told to somebody it was not meant for
            return
        await self._say(record, tracked, actor, text, again=problem is not Problem.USED)

    def _what_happened(self, record: Record | None, tracked: Tracked | None) -> str:
        """Return what became of what a button was about, as far as that is known."""
        of = self._of
        if record is not None and (record.actor is not None or tracked is None):
            return of.wording.outcome(record)
        if tracked is None:
            return ""
        if (settled := of.wording.settled(tracked)) is not None:
            return settled.text
        if tracked.snoozed is not None and tracked.snoozed_until is not None:
            until = moment(tracked.snoozed_until, clock.now())
            return of.texts.common("snoozed_by", {"who": tracked.snoozed.who, "time": until})
        return ""

    def _has_patience(self, actor: Actor) -> bool:
        """Return whether this person is answered once more, and count it."""
        now = clock.now()
        given = [at for at in self._answered.get(actor.id, ()) if 0 <= now - at < ANSWERS_WITHIN]
        self._answered[actor.id] = given
        if len(given) >= MOST_ANSWERS:
            return False
        given.append(now)
        return True

    async def _say(
        self, record: Record | None, tracked: Tracked | None, actor: Actor, text: str, *, again: bool = False
    ) -> None:
        """Replace the notification by a sentence, and by a newly made proposal where the finding is still there."""
        of = self._of
        if again and tracked is not None and tracked.state is Life.FIRING:
            new = await of.proposals.propose_for(tracked, actor)
            message = of.compose.finding(
                tracked,
                new,
                settings=of.settings,
                now=clock.now(),
                critical=False,
                url=of.wording.url(tracked),
                choices=of.waits.choices(new),
            )
            await self._to(actor, message.saying_first(text))
            return
        subject = tracked.id if tracked else record.id if record else ""
        title = of.texts.finding(tracked.finding).title if tracked else of.compose.titled(record)
        shown = (tracked.told_as if tracked else "") or subject
        await self._to(actor, Message(tag=tag_of(shown), title=title, text=text, subject=subject))

    async def _to(self, actor: Actor, message: Message) -> None:
        mine = {each.entry_id for each in phones(self._of.hass).values() if each.user_id == actor.id}
        told = self._of.speaker.teller.showing(message.tag)
        # also where a blueprint told that phone: who taps is answered
        await self._of.speaker.deliver(message, only=(mine & told) or mine, chosen=False)

    # Also by action

    async def acknowledge(self, tracked: Tracked, actor: Actor | None) -> None:
        """Somebody takes care of it: it is told no more while it lasts."""
        name = actor.name if actor else "an automation"
        self._of.register.acknowledge(tracked.id, name, clock.now())
        self._of.speaker.silenced(tracked, "acknowledged", actor)

    async def snooze(self, tracked: Tracked, until: float, actor: Actor | None) -> None:
        """Nothing of it is told until then."""
        name = actor.name if actor else "an automation"
        self._of.register.snooze(tracked.id, until, name, clock.now())
        self._of.speaker.silenced(tracked, "snoozed", actor)

    async def dismiss(self, tracked: Tracked, reason: str, actor: Actor) -> None:
        """It is none: told no more until it comes back worse."""
        self._of.register.dismiss(tracked.id, actor.name, reason, clock.now())
        await self._of.note("dismissed", {"finding": tracked.id, "reason": reason, "who": actor.name})
        self._of.speaker.silenced(tracked, "dismissed", actor)

    async def accept(self, rule: str, actor: Actor) -> int:
        """Accept all notes of a kind; returns how many there are now."""
        self._of.register.accept(rule, actor.name, clock.now())
        register = self._of.register
        changed = sum(
            each.finding.rule == rule and register.silence(each) == "accepted" for each in register.firing()
        )
        await self._of.note("accepted", {"rule": rule, "who": actor.name})
        self._of.notify()
        return changed

    async def reset_breaker(self, rule: str, actor: Actor) -> None:
        """Let what failed too often be tried by itself again. Raises Refused and JournalFailed."""
        await self._of.desk.helm.reset(rule, actor)
        await self._of.tick()

    async def practise(self) -> None:
        """Send a real alert whose approval does nothing but is journalled."""
        self._of.practising = clock.now() + PRACTICE
        await self._of.tick()
