"""Composes what a person reads on a phone: the finding, its plan, its outcome, each with its buttons."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from homeassistant.util import dt as dt_util

from ..guardian.contract import Risk
from ..guardian.finding import Tracked
from ..guardian.remediation import Record
from .settings import Settings
from .texts import Texts, Words, cut

LINES = 5
MESSAGE = 600
REPAIRS = "/config/repairs"
OPEN = "URI"


@dataclass(frozen=True, slots=True)
class Button:
    """One button: a verb that the integration answers, or a link (`uri`)."""

    verb: str
    title: str
    danger: bool = False
    locked: bool = False
    uri: str = ""

    def data(self, token: str) -> dict[str, Any]:
        """Return it as the app takes it."""
        if self.uri:
            return {"action": OPEN, "title": self.title, "uri": self.uri}
        shown: dict[str, Any] = {"action": f"hsm:{self.verb}:{token}", "title": self.title}
        if self.locked:
            shown["authenticationRequired"] = True
        if self.danger:
            shown["destructive"] = True
        return shown


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be chosen beside now. interrupts: what now would interrupt, a sentence; opens: when maintenance begins."""

    interrupts: str = ""
    opens: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is shown; `tag` is the same for all that is ever said about one finding, so that it replaces itself.

    subject: the finding or proposal that the buttons are about; record: the proposal that `approve` means.
    quiet: it replaces what is shown without a sound.
    """

    tag: str
    title: str
    text: str
    critical: bool = False
    quiet: bool = False
    severity: str = "info"
    url: str = REPAIRS
    subject: str = ""
    record: str | None = None
    risk: Risk | None = None
    buttons: tuple[Button, ...] = ()

    def saying_first(self, text: str) -> Message:
        """Return it with a sentence in front."""
        return replace(self, text=cut(f"{text}\n{self.text}", MESSAGE))


def tag_of(finding: str) -> str:
    """Return the tag of a finding's (or a proposal's) notification."""
    return f"hsm-{finding}"


def snooze_until(settings: Settings, now: float) -> float:
    """Return when a snooze ends: with the quiet hours that are on, else in a day; seconds since 1970."""
    local = dt_util.as_local(dt_util.utc_from_timestamp(now))
    if settings.quiet is None:
        return now + 86400
    start, end = settings.quiet
    minute = local.hour * 60 + local.minute
    within = start <= minute < end if start < end else minute >= start or minute < end
    if not within:
        return now + 86400
    ends = local.replace(hour=end // 60, minute=end % 60, second=0, microsecond=0)
    if ends <= local:
        ends = _next_day(ends)
    return ends.timestamp()


def _next_day(moment: datetime) -> datetime:
    return dt_util.as_local(moment + timedelta(days=1)).replace(hour=moment.hour, minute=moment.minute)


def clock(now: float) -> str:
    """Return the local time of day."""
    return dt_util.as_local(dt_util.utc_from_timestamp(now)).strftime("%H:%M")


def moment(at: float, now: float) -> str:
    """Return an instant ahead: the local time of day, with its weekday where that is not clear."""
    local = dt_util.as_local(dt_util.utc_from_timestamp(at))
    return local.strftime("%H:%M" if at - now < 43200 else "%a %H:%M")


class Composer:
    """Makes messages out of findings and records."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts

    def verb(self, record: Record) -> str:
        """Return what the approve button says."""
        return self.texts.common(
            f"verb_{record.action}", default=record.action.replace("_", " ").capitalize()
        )

    def titled(self, record: Record | None) -> str:
        """Return the title of a proposal that belongs to no finding: what is done, to what."""
        return ": ".join(filter(None, (self.verb(record), record.name))) if record else ""

    def finding(
        self,
        tracked: Tracked,
        record: Record | None,
        *,
        settings: Settings,
        now: float,
        critical: bool,
        url: str,
        changes: Sequence[str] = (),
        choices: Choices = Choices(),
        own: tuple[Button, ...] = (),
    ) -> Message:
        """Return what is said about one finding when it is new; of its buttons Android shows three.

        own: answers that its source takes itself and that cannot wait.
        """
        words = self.texts.finding(tracked.finding)
        lines = [words.message, choices.interrupts, *changes]
        first = self.approve(record) if record else Button("acknowledge", self.texts.common("acknowledge"))
        more: tuple[Button, ...] = (self.snooze(settings, now), Button("why", self.texts.common("why")))
        if record is not None and (after := self.after(record, choices)):
            more = (*after, *reversed(more))
        return Message(
            tag=tag_of(tracked.told_as or tracked.id),
            title=words.title,
            text=cut("\n".join(filter(None, lines)), MESSAGE),
            critical=critical,
            severity=tracked.severity.name.lower(),
            url=url,
            subject=tracked.id,
            record=record.id if record else None,
            risk=record.risk if record else None,
            buttons=(*own, first, *more),
        )

    def approve(self, record: Record) -> Button:
        """Return the button that approves; of what is high, the one that opens Repairs."""
        if record.risk is Risk.HIGH:
            return Button(OPEN, self.texts.common("open_repairs"), uri=REPAIRS)
        return Button("approve", self.verb(record), danger=record.plan.takes_away, locked=True)

    def after(self, record: Record, choices: Choices) -> tuple[Button, ...]:
        """Return the button that approves it for when what it interrupts has ended; what is high has none."""
        if record.risk is Risk.HIGH or not choices.interrupts:
            return ()
        return (Button("after", self.texts.common("after_it_ends"), locked=True),)

    def window(self, record: Record, choices: Choices) -> tuple[Button, ...]:
        """Return the button that approves it for the next maintenance hours; what is high has none."""
        if record.risk is Risk.HIGH or not choices.opens:
            return ()
        title = self.texts.common("next_window", {"time": choices.opens})
        return (Button("window", title, locked=True),)

    def snooze(self, settings: Settings, now: float) -> Button:
        """Return the button that says until when it will be quiet."""
        until = snooze_until(settings, now)
        short = until - now < 86000
        title = (
            self.texts.common("snooze_until", {"time": clock(until)})
            if short
            else self.texts.common("snooze_day")
        )
        return Button("snooze", title)

    def why(
        self,
        tracked: Tracked | None,
        record: Record | None,
        plan: Sequence[str],
        url: str,
        choices: Choices = Choices(),
        snooze: Button | None = None,
        own: tuple[Button, ...] = (),
    ) -> Message:
        """Return the plan: what, why, risk, undo, what depends on it; where there is none, it can still be snoozed.

        own: answers that a source takes itself.
        """
        words = self.texts.finding(tracked.finding) if tracked else Words("", "", "")
        subject = tracked.id if tracked else record.id if record else ""
        buttons: tuple[Button, ...] = (Button("acknowledge", self.texts.common("acknowledge")),)
        if record is not None:
            deny = Button("deny", self.texts.common("deny"))
            later = (*self.after(record, choices), *self.window(record, choices))
            buttons = (self.approve(record), *later, deny, *own, *buttons)
        else:
            # of these Android shows three
            buttons = (*own, *buttons, *((snooze,) if snooze is not None else ()))
        return Message(
            tag=tag_of((tracked.told_as if tracked else "") or subject),
            title=words.title or self.titled(record),
            text=cut("\n".join([*filter(None, plan)] or [words.message]), MESSAGE),
            severity=tracked.severity.name.lower() if tracked else "info",
            url=url,
            subject=subject,
            record=record.id if record else None,
            risk=record.risk if record else None,
            buttons=buttons if tracked else buttons[:-1],
        )

    def several(self, found: Sequence[Tracked], *, critical: bool, title: str = "") -> Message:
        """Return one message about several findings: five lines at most."""
        shown = [f"• {self.texts.finding(each.finding).title}" for each in found[:LINES]]
        if len(found) > LINES:
            shown.append(self.texts.common("and_more", {"count": len(found) - LINES}))
        worst = max(found, key=lambda each: each.severity)
        return Message(
            tag=f"hsm-group-{worst.id}",
            title=title or self.texts.common("several", {"count": len(found)}),
            text="\n".join(shown),
            critical=critical,
            severity=worst.severity.name.lower(),
            subject=worst.id,
        )
