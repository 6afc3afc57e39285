"""Tells an outage: one notification, edited as it goes on, with Cancel for as long as that changes anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from ...edge.guardian import Guardian
from ...edge.messages import MESSAGE, REPAIRS, Button, Message as Push, tag_of
from ...edge.texts import TITLE, Made, cut
from ...guardian.contract import Finding, Severity, Source
from ...guardian.finding import finding_id
from .commands import Message, Tell
from .restoring import Report
from .told import some, span

RULE: Final = "power_outage"
# what is worth waking somebody for
CRITICAL: Final = frozenset(
    {
        Message.LOW,
        Message.SILENT,
        Message.FORCED,
        Message.ASKED,
        Message.NOT_ASKED,
        Message.PARTLY_ASKED,
        Message.NAS_STILL_ON,
        Message.HELD,
    }
)
# what makes a sound; all else replaces what is shown quietly
LOUD: Final = CRITICAL | {Message.COUNTDOWN, Message.SHEDDING, Message.POWER_BACK, Message.NOT_RESTORED}
# after these there is nothing to come back, or all of it is
LAST: Final = frozenset({Message.RESTORED})


class Tells(Protocol):
    """The play that is told of."""

    id: str

    @property
    def source(self) -> Source:
        """Return the source whose finding it is."""
        ...

    @property
    def guardian(self) -> Guardian:
        """Return through whom people are told."""
        ...

    @property
    def title(self) -> str:
        """Return what the UPS is called."""
        ...

    @property
    def about(self) -> str:
        """Return the node id of the UPS."""
        ...

    def can_cancel(self) -> bool:
        """Return whether a person can still cancel."""
        ...

    def shed_names(self) -> list[str]:
        """Return the names of what was ended and is not back."""
        ...

    def report(self) -> Report:
        """Return what came back."""
        ...

    def missed(self) -> list[str]:
        """Return the names of the NASes that were not asked to shut down, while others were."""
        ...

    def why_not_asked(self) -> str:
        """Return why the NAS is not asked to shut down, in words, "" where nobody knows."""
        ...


@dataclass(slots=True)
class Told:
    """What was said last of the outage that is under way."""

    key: str = ""
    values: dict[str, str] = field(default_factory=dict)
    severity: Severity = Severity.INFO


class Telling:
    """Says it, and keeps the finding that says the same in the dashboard."""

    def __init__(self, play: Tells) -> None:
        self._play = play
        self._told = Told()
        # mains that comes and goes begins a countdown each time: one sound is enough
        self._rang = False
        # how long the outage lasted, once mains is back, in words
        self._lasted = "?"

    @property
    def finding_id(self) -> str:
        """Return the id of the finding, under whose tag all of it is told."""
        return finding_id(self._play.id, RULE, self._play.about)

    def clear(self) -> None:
        """Begin anew: the outage is over."""
        self._told, self._lasted, self._rang = Told(), "?", False

    @property
    def said(self) -> bool:
        """Return whether anything was said of this outage."""
        return bool(self._told.key)

    def finding(self) -> Finding:
        """Return the outage as a finding; before anything was said it is a note, which wakes nobody."""
        key = self._told.key or "power_on_battery"
        said = {"ups": self._play.title, **self._told.values}
        return Finding(
            source=self._play.id,
            rule=RULE,
            object=self._play.about,
            severity=self._told.severity,
            placeholders=said,
            evidence={"cause": key},
        )

    def words(self) -> str:
        """Return the outage in words."""
        finding = self.finding()
        key = f"cause_{finding.evidence['cause']}"
        return self._play.guardian.texts.common(key, finding.placeholders).strip()

    def tell(self, command: Tell) -> None:
        """Say what the machine says."""
        of, message = self._play.guardian, command.message
        values = self._values(command.values)
        key = self._key(command, values)
        if message is Message.POWER_BACK:
            self._lasted = values["seconds"]
        severity = Severity.HIGH
        if message in CRITICAL and not command.would:
            severity = Severity.CRITICAL
        # what is over does not become worse, and what is worse stays so until it is
        self._told = Told(key, values, max(severity, self._told.severity))
        text = of.texts.common(f"cause_{key}", {"ups": self._play.title, **values}).strip()
        ends = message in LAST or (message is Message.POWER_BACK and not self._play.shed_names())
        again = message is Message.COUNTDOWN and self._rang
        self._rang = self._rang or message is Message.COUNTDOWN
        buttons = (Button("cancel", of.texts.common("answer_cancel")),) if self._cancels(command) else ()
        push = Push(
            tag=tag_of(self.finding_id),
            title=cut(of.texts.common("power_title", {"ups": self._play.title}), TITLE),
            text=cut(text, MESSAGE),
            critical=message in CRITICAL and not command.would,
            quiet=message not in LOUD or again,
            severity=severity.name.lower(),
            url=REPAIRS,
            subject=self.finding_id,
            buttons=buttons,
        )
        of.speaker.spawn(self._push(push, message.value, ends=ends))

    async def _push(self, push: Push, state: str, *, ends: bool) -> None:
        """Push it once what its buttons are bound to is known."""
        of = self._play.guardian
        await of.intake.at_once(self._play.source)
        of.speaker.fire(
            "outage", [self.finding_id], None, Severity[push.severity.upper()],
            critical=push.critical, stage=True, state=state,
        )  # fmt: skip
        if push.critical:
            await of.speaker.delivery.deliver(push)
        else:
            of.speaker.delivery.follow_up(push, ends=ends)

    def _key(self, command: Tell, values: Mapping[str, str]) -> str:
        """Return which text says it."""
        if command.would:
            return f"power_would_{command.message.value}"
        match command.message:
            case Message.CANCELLED if self._play.shed_names():
                return "power_cancelled_back"
            case Message.RESTORED if values["unwell"]:
                return "power_restored_partly"
        return f"power_{command.message.value}"

    def _cancels(self, command: Tell) -> bool:
        return not command.would and self._play.can_cancel()

    def _values(self, given: Mapping[str, float | str]) -> dict[str, str]:
        of, found = self._play.guardian, {}
        for name, value in given.items():
            if name in ("seconds", "left") and isinstance(value, int | float):
                found[name] = span(float(value))
            elif name in ("charge", "needed") and isinstance(value, int | float):
                found[name] = f"{value:.0f} %"
            elif name == "reason":
                found[name] = of.texts.common(f"power_reason_{value}", default=str(value))
            elif name in ("stage", "stages"):
                keys = [each.strip() for each in str(value).split(",")]
                found[name] = ", ".join(of.texts.common(f"power_stage_{each}", default=each) for each in keys)
            else:
                found[name] = str(value)
        found.setdefault("seconds", self._lasted)
        found.setdefault("left", of.texts.common("power_left_unknown"))
        found["why"] = Made(self._play.why_not_asked())
        found["missed"] = some(self._play.missed())
        report = self._play.report()
        found["names"] = some(self._play.shed_names()) or of.texts.common("power_nothing")
        found["back"] = str(len(report.back) + len(report.unwell) + len(report.theirs))
        unwell = [*report.unwell, *report.late]
        found["unwell"] = of.texts.common("power_unwell", {"names": some(unwell)}) if unwell else ""
        return found
