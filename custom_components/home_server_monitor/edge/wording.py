"""Sentences that need the guardian's knowledge: outcomes, changes before a finding, digests, plans."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..guardian.capabilities import ExplainsEnds
from ..guardian.finding import Tracked
from ..guardian.lease import OF_RECORD, Change
from ..guardian.notice import Notice
from ..guardian.remediation import Record, State
from ..guardian.tracked import State as Life
from . import clock
from .batches import story
from .mended import mended_by, stays_as
from .messages import REPAIRS, Message, moment, tag_of
from .naming import device_of
from .views import plan_lines

if TYPE_CHECKING:
    from .guardian import Guardian

DAY = 86400.0
DIGEST_LINES = 8
DEPENDS = 5  # names in a plan; the rest is counted
DEPENDS_IN_REPAIRS = 20
AT_ONCE = 5.0  # seconds, in which one look finds both a change and what it brings


class Wording:
    """The sentences of one guardian."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian

    def outcome(self, record: Record, state: str = "") -> str:
        """Return what became of a proposal, or had by a state, in a sentence; empty where there is nothing to say yet."""
        texts = self._of.texts
        if record.is_waiting and state in ("", State.APPROVED):
            return self._of.waits.said(record)
        known = {
            "verb": self._of.compose.verb(record),
            "target": record.name,
            "who": self.who(record),
            "reason": self.reason(record),
        }
        if record.blocked is not None and not state:
            blocked = texts.refusal(record.blocked.key, record.blocked.placeholders)
            return texts.common("outcome_blocked", {**known, "blocked": blocked})
        state = state or record.state.value
        if state == State.EXPIRED and record.approved_at is not None:
            state = "waited_too_long"
        facts = record.verdict.facts if record.verdict is not None else {}
        known = {name: str(fact) for name, fact in facts.items()} | dict(record.details) | known
        known |= story(self._of, record)
        said = texts.common(f"outcome_{state}_{record.action}", known, default="")
        said = said or texts.common(f"outcome_{state}", known, default="")
        # the gate speaks in its verdict, or in what stopped the steps
        if state == State.ROLLED_BACK and known.get("said"):
            said = f"{said} {texts.common('new_one_said', known)}"
        ends = self._lent_until(record) if said and state == State.SUCCEEDED else None
        if not ends:
            return said
        return f"{said} {texts.common('lent_until', {'time': moment(ends, clock.now())})}"

    def reason(self, record: Record) -> str:
        """Return why a proposal ended as it did, in a sentence; empty where there is no reason."""
        reason = (record.verdict.facts.get("reason", "") if record.verdict else "") or record.reason
        details = {"target": record.name, **record.details}
        if details["target"] in ("", record.target):
            # people know it by its name
            details["target"] = record.name
        return self._of.texts.refusal(str(reason), details) if reason else ""

    def _lent_until(self, record: Record) -> float | None:
        """Return when what a record lent goes back."""
        owner = f"{OF_RECORD}{record.id}"
        return max(
            (
                lease.ends
                for change in self._of.desk.leases.changes.values()
                for lease in change.leases
                if lease.owner == owner
            ),
            default=None,
        )

    def lent(self, change: Change, *, exactly: bool = True) -> str:
        """Return what is changed for a while, in words without an end; exactly: also which value of it."""
        return self._of.texts.lent(change.kind, change.target if exactly else "", change.name)

    def decided(self, record: Record) -> str:
        """Return who decided on a proposal, how long ago, and how it stands."""
        text = self._of.texts.common(
            f"decided_{record.state.value}",
            {
                "who": self.who(record),
                "verb": self._of.compose.verb(record),
                "ago": ago(clock.now() - (record.approved_at or record.changed)),
            },
            default="",
        )
        return text or self.outcome(record)

    def settled(self, tracked: Tracked) -> Message | None:
        """Return what is said of a finding that needs nobody any more, or None where it still does."""
        of, texts = self._of, self._of.texts
        title = texts.finding(tracked.finding).title
        tag = tag_of(tracked.told_as or tracked.id)
        if tracked.state is Life.RESOLVED:
            return of.speaker.notices.over(tracked)
        newest = of.proposals.decided(tracked)
        if newest is not None and newest.state is not State.DENIED:
            return Message(tag=tag, title=title, text=self.outcome(newest), subject=tracked.id)
        if tracked.acknowledged and of.register.silence(tracked) == "acknowledged":
            text = texts.common("acknowledged_by", {"who": tracked.acknowledged.who})
            return Message(tag=tag, title=title, text=text, subject=tracked.id)
        return None

    def who(self, record: Record) -> str:
        """Return who decided on a proposal: a person, or the options in which one had allowed it."""
        if record.actor is None:
            return "Home Server Monitor"
        return record.actor.name or self._of.texts.common("your_options")

    def over(self, tracked: Tracked) -> str:
        """Return the title of what has ended: mended by what somebody approved, or over by itself."""
        title = self._of.texts.finding(tracked.finding).title
        mended = mended_by(self._of, tracked) is not None
        return self._of.texts.common("mended" if mended else "resolved", {"title": title})

    def why_over(self, tracked: Tracked) -> str:
        """Return why something has ended."""
        of = self._of
        if (record := mended_by(of, tracked)) is not None:
            known = {"verb": of.compose.verb(record), "who": self.who(record)}
            return of.texts.common("mended_by", known)
        if (other := stays_as(of, tracked)) is not None:
            return of.texts.finding(other.finding).message
        for source in of.house.sources(of.id):
            if isinstance(source, ExplainsEnds) and (why := source.why_ended(tracked.finding)) is not None:
                return of.texts.common(f"over_{why[0]}", why[1])
        return of.texts.common("resolved_text")

    def changes(self, tracked: Tracked) -> list[str]:
        """Return the changes of the day before on what a finding depends on, in sentences."""
        at = tracked.since
        lines = []
        for row in self._of.changes_before(tracked):
            text = self._of.texts.common(
                f"change_{row.change.key}", row.change.placeholders, default=row.change.key
            )
            key = "changed_by_us" if row.ours else "changed_not_by_us"
            if not row.ours and at - row.at < AT_ONCE:
                key = "changed_just_before"
            lines.append(self._of.texts.common(key, {"what": text, "ago": ago(at - row.at)}))
        return lines

    def url(self, tracked: Tracked) -> str:
        """Return the page that a tap on the message opens: what the finding is about, else Repairs."""
        device = device_of(self._of.hass, self._of, tracked.finding.object)
        return f"/config/devices/device/{device.id}" if device else REPAIRS

    def plan(self, record: Record, tracked: Tracked | None) -> list[str]:
        """Return a plan as lines of a message."""
        texts, found = self._of.texts, plan_lines(self._of, record, tracked)
        depends = ""
        if found["depends"]:
            depends = texts.common("depends", {"names": self._some(found["depends"], DEPENDS)})
        rest = [found["why"], found["risk_text"], found["undo"]]
        # what is taken away from others is said first
        named = [depends, *rest] if record.plan.takes_away else [*rest, depends]
        first = (self.not_now(record), found["what"], self._of.waits.interrupts(record.plan))
        return [each for each in (*first, *named) if each]

    def not_now(self, record: Record) -> str:
        """Return why what a record is about is not touched by itself now; empty where nothing speaks against it."""
        open_still = record.state is State.PROPOSED or record.is_waiting
        if not open_still or (trouble := self._of.proposals.trouble(record)) is None:
            return ""
        return self._of.texts.common("not_now", {"title": self._of.texts.finding(trouble.finding).title})

    def _some(self, names: Sequence[str], most: int) -> str:
        """Return names, the first ones where they are many, with how many more there are."""
        shown = ", ".join(names[:most])
        more = len(names) - most
        return f"{shown} {self._of.texts.common('and_more', {'count': more})}" if more > 0 else shown

    def digest(self, notice: Notice | None = None) -> Message:
        """Return the digest: what is new, what is open, what came and went."""
        of, now = self._of, clock.now()
        found = notice or of.alerts.digest(now)
        quiet = [each for key in (*found.new, *found.open) if (each := of.tracked(key))]
        gone = [each for key in found.resolved if (each := of.tracked(key))]
        lines = [f"• {of.texts.finding(each.finding).title}" for each in _worst_first(quiet)[:DIGEST_LINES]]
        if len(quiet) > DIGEST_LINES:
            lines.append(of.texts.common("and_more", {"count": len(quiet) - DIGEST_LINES}))
        lines += [f"• {self.over(each)}. {self.why_over(each)}" for each in gone if mended_by(of, each)]
        gone = [each for each in gone if not mended_by(of, each) and not stays_as(of, each)]
        if gone:
            names = ", ".join(of.texts.finding(each.finding).title for each in gone[:3])
            lines.append(of.texts.common("came_back", {"count": len(gone), "names": names}))
        done = self._done(now - DAY)
        if done:
            lines.append(of.texts.common("acted", {"count": done}))
        title = of.texts.common("digest_open" if quiet else "digest_well", {"count": len(quiet)})
        text = "\n".join(lines) or of.texts.common("all_well")
        return Message(tag="hsm-digest", title=title, text=text)

    def _done(self, then: float) -> int:
        return sum(
            record.state is State.SUCCEEDED and record.history[-1][1] >= then
            for record in self._of.desk.records.values()
        )

    def logged(self, data: Mapping[str, Any]) -> str:
        """Return what the logbook says of one of our events."""
        of = self._of
        record = of.desk.records.get(str(data.get("proposal")))
        if data.get("kind") == "outcome" and record is not None:
            return self.outcome(record, str(data.get("state") or "")) or record.state.value
        if data.get("kind") == "outcome" and (
            said := of.speaker.delivery.elsewhere.said(str(data.get("finding")))
        ):
            return f"{said.title}. {said.text}"
        named = [
            of.texts.finding(tracked.finding).title
            for each in data.get("findings", ())
            if (tracked := of.tracked(str(each)))
        ]
        ended = [tracked for each in data.get("findings", ()) if (tracked := of.tracked(str(each)))]
        if data.get("kind") == "resolved" and len(ended) == 1 and mended_by(of, ended[0]):
            return f"{self.over(ended[0])}. {self.why_over(ended[0])}"
        shown = ", ".join(named[:3]) + (f" (+{len(named) - 3})" if len(named) > 3 else "")
        return of.texts.common(f"logged_{data.get('kind')}", {"title": shown or "-"}, default=shown or "-")

    def finding_placeholders(self, tracked: Tracked) -> dict[str, str]:
        """Return what the repair of a finding without a proposal shows."""
        words = self._of.texts.finding(tracked.finding)
        return {"title": words.title, "meaning": words.meaning, "advice": words.advice or "-"}

    def issue_placeholders(self, record: Record, tracked: Tracked | None) -> dict[str, str]:
        """Return what the repair of a proposal shows."""
        found = plan_lines(self._of, record, tracked)
        title = self._of.texts.finding(tracked.finding).title if tracked else ""
        return {
            "title": title or found["what"],
            "what": " ".join(
                filter(None, (self.not_now(record), found["what"], self._of.waits.interrupts(record.plan)))
            ),
            "why": ". ".join(filter(None, (title, found["why"]))) or "-",
            "risk": found["risk_text"],
            "undo": found["undo"],
            "depends": self._some(found["depends"], DEPENDS_IN_REPAIRS) or "-",
            "name": record.name,
            "verb": self._of.compose.verb(record),
        }


def ago(seconds: float) -> str:
    """Return a span in one unit: `40 s`, `40 min`, `4 h`."""
    if seconds < 60:
        return f"{max(int(seconds), 0)} s"
    return f"{int(seconds // 60)} min" if seconds < 7200 else f"{int(seconds // 3600)} h"


def _worst_first(found: Sequence[Tracked]) -> list[Tracked]:
    return sorted(found, key=lambda each: (-each.severity, each.first_seen))
