"""What a notice says by the time it is sent: what was decided meanwhile comes first, what is over is left out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..guardian.contract import Severity
from ..guardian.finding import Tracked
from ..guardian.notice import Notice
from ..guardian.remediation import Record, State
from ..guardian.tracked import State as Life
from ..guardian.waking import ALERT, STORAGE, waking_of
from . import clock
from .messages import Message, tag_of

if TYPE_CHECKING:
    from .guardian import Guardian

PUSHED = frozenset({"raised", "repeated", "severer", "flapping", "summary", "escalated"})
# somebody said yes, and it is not over
UNDER_WAY = frozenset({State.APPROVED, State.RUNNING, State.VERIFYING})
# over otherwise than the person wanted: it may be tried again
NOT_DONE = frozenset({State.FAILED, State.ROLLED_BACK, State.INCONCLUSIVE, State.CANCELLED})


class Notices:
    """The messages of one guardian's notices."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian

    def about(self, notice: Notice) -> list[Tracked]:
        """Return the findings that a notice is about, most severe first."""
        return [tracked for each in notice.ids if (tracked := self._of.tracked(each))]

    def still_so(self, notice: Notice, found: Sequence[Tracked]) -> list[Tracked]:
        """Return those of which it is still true, and which nobody has silenced meanwhile."""
        # what comes and goes may be gone at this instant
        comes_and_goes = notice.kind == "flapping"
        wanted = Life.RESOLVED if notice.kind == "resolved" else Life.FIRING
        return [
            each
            for each in found
            if (comes_and_goes or each.state is wanted)
            and not self._of.register.silence(each)
            and not waking_of(each.finding.rule).self_told
        ]

    def others_shown_with(self, tracked: Tracked) -> bool:
        """Return whether the notification of a finding also tells others that somebody still has to see to."""
        return any(
            each.told_as == tracked.told_as != "" and each.told_severity is not None
            for each in self._of.open_findings()
            if each.id != tracked.id and not self._of.register.silence(each)
        )

    def offers(self, notice: Notice, found: Sequence[Tracked]) -> Tracked | None:
        """Return the finding whose remedy the message offers: of one alone, on which nobody has decided."""
        if len(found) != 1 or notice.kind in ("digest", "resolved"):
            return None
        decided = self._decided(notice, found[0])
        return found[0] if decided is None or decided.state in NOT_DONE else None

    def message(self, notice: Notice, found: Sequence[Tracked], record: Record | None) -> Message | None:
        """Return what a notice says, or None where nobody has to hear of it any more."""
        if notice.kind == "digest":
            return self._of.wording.digest(notice)
        still = self.still_so(notice, found)
        if notice.kind not in PUSHED or not still:
            return None
        message = self._of_one(notice, still[0], record) if len(still) == 1 else self._of_many(notice, still)
        return replace(message, tag=tag_of(notice.lead)) if message and notice.lead else message

    def _of_many(self, notice: Notice, found: Sequence[Tracked]) -> Message:
        title = ""
        # what only gathered while things were starting is no first look
        if notice.kind == "summary" and any(each.baseline for each in found):
            title = self._of.texts.common("first_look", {"count": len(found)})
        return self._of.compose.several(found, critical=notice.critical, title=title)

    def _of_one(self, notice: Notice, tracked: Tracked, record: Record | None) -> Message | None:
        of = self._of
        if notice.kind == "summary" and tracked.baseline:
            return self._of_many(notice, [tracked])
        decided = self._decided(notice, tracked)
        if decided is not None and decided.state is State.SUCCEEDED and not notice.critical:
            return None
        message = self._finding(tracked, record, critical=notice.critical)
        return message.saying_first(of.wording.decided(decided)) if decided is not None else message

    def _finding(self, tracked: Tracked, record: Record | None, *, critical: bool) -> Message:
        of = self._of
        return of.compose.finding(
            tracked,
            record if record is not None and record.state is State.PROPOSED else None,
            settings=of.settings,
            now=clock.now(),
            critical=critical,
            url=of.wording.url(tracked),
            changes=of.wording.changes(tracked),
            choices=of.waits.choices(record),
        )

    def _decided(self, notice: Notice, tracked: Tracked) -> Record | None:
        """Return the proposal on which somebody decided before this is told; what is over counts for news only."""
        record = self._of.proposals.decided(tracked)
        if record is None or record.state in UNDER_WAY:
            return record
        return record if notice.kind == "raised" else None

    def ended(self, notice: Notice, found: Sequence[Tracked]) -> tuple[Message | None, bool]:
        """Return what replaces what is shown, None where that is only taken away, and whether it is the end of it.

        What is explained by something that is still open, or was followed by something serious, is left to that.
        """
        of, tag = self._of, tag_of(notice.lead)
        if rest := [tracked for each in notice.rest if (tracked := of.tracked(each))]:
            return replace(self._still_open(rest), tag=tag, quiet=True), False
        others = self._others(found)
        if all(self._is_left_to(each, others) for each in found):
            return None, True
        return self._over(found[0], others, tag), True

    def _still_open(self, rest: Sequence[Tracked]) -> Message:
        if len(rest) == 1:
            return self._finding(rest[0], self._of.proposals.proposal_of(rest[0]), critical=False)
        return self._of.compose.several(rest, critical=False)

    def _others(self, found: Sequence[Tracked]) -> list[Tracked]:
        """Return what else of the kind is open on the same things, what they are part of and what they consist of."""
        topology = self._of.topology
        gone = {each.id for each in found}
        near = frozenset[str]().union(
            *(topology.within_host(each.finding.object, each.finding.source) for each in found)
        )
        mine = {topology.canonical(each.finding.object) for each in found}
        areas = {waking_of(each.finding.rule).area for each in found}
        areas |= {STORAGE} if ALERT in areas else set()
        others = []
        for other in self._of.open_findings():
            if waking_of(other.finding.rule).area not in areas:
                continue
            about = topology.canonical(other.finding.object)
            theirs = topology.within_host(other.finding.object, other.finding.source)
            close = about in near or not mine.isdisjoint(theirs)
            if close and other.id not in gone and other.severity >= Severity.WARNING:
                others.append(other)
        return sorted(others, key=lambda each: (-each.severity, each.since, each.id))

    def _is_left_to(self, ended: Tracked, others: Sequence[Tracked]) -> bool:
        """Return whether something else that is open is told anyway, and says what this said or what it became."""
        return any(
            other.id == ended.inhibited_by
            or (
                other.since >= ended.since
                and other.severity >= Severity.HIGH
                and not other.inhibited_by
                and not self._of.register.silence(other)
            )
            for other in others
        )

    def over(self, ended: Tracked) -> Message:
        """Return the end of one finding, for who is not shown what it was left to."""
        return self._over(ended, self._others([ended]), tag_of(ended.told_as or ended.id))

    def _over(self, ended: Tracked, others: Sequence[Tracked], tag: str) -> Message:
        """Return the end of one thing, with what is still wrong there: if that is no better, it comes first."""
        texts, topology = self._of.texts, self._of.topology
        over = self._of.wording.over(ended)
        titles = [texts.finding(each.finding).title for each in others]
        same = topology.canonical(ended.finding.object)
        worst = next((each for each in others if topology.canonical(each.finding.object) == same), None)
        if worst is not None and worst.severity >= ended.severity:
            words = texts.finding(worst.finding)
            title = texts.common("now", {"title": words.title})
            return Message(tag=tag, title=title, text=f"{over}\n{words.meaning}", subject=worst.id)
        text = self._of.wording.why_over(ended)
        if titles:
            text += "\n" + texts.common("still_open", {"titles": ", ".join(titles[:3])})
        return Message(tag=tag, title=over, text=text, subject=ended.id)

    def is_told_again(self, notice: Notice) -> bool:
        """Return whether a notice that no phone took is told once more: what is serious, while it is so."""
        serious = notice.severity >= Severity.HIGH and notice.kind != "digest"
        return serious and bool(self.still_so(notice, self.about(notice)))
