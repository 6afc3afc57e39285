"""What would have been done by itself: told once, after the first week, and shown whenever it is asked for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..guardian.book import KIND
from ..guardian.contract import Actor
from ..guardian.first_week import ANSWERED, IGNORED, OPEN
from ..guardian.journal import JournalFailed
from ..guardian.policy import OBSERVE_FIRST
from ..guardian.would_have import ENDS, Would, look_back
from . import clock
from .messages import MESSAGE, REPAIRS, Message
from .naming import iso
from .settings import AUTOMATIC, LOW_RISK_RULES
from .texts import cut

if TYPE_CHECKING:
    from .guardian import Guardian

TAG = "hsm-week"
DAY = 86400.0
# objects that a line names
MOST_NAMED = 5


class Week:
    """The report of one guardian's first week."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian

    @property
    def open(self) -> bool:
        """Return whether it waits for an answer."""
        return self._of.desk.ready and self._of.desk.helm.first_week.state == OPEN

    async def tick(self, now: float) -> None:
        """Make and tell it when its time has come, outside of the quiet hours, once."""
        helm = self._of.desk.helm
        if not self._of.desk.ready or helm.first_week.state or now - helm.installed < OBSERVE_FIRST:
            return
        if self._of.alerts.settings.is_quiet(now):
            return
        try:
            found = await self.look(helm.installed, now)
            await helm.first_week.made(helm.installed, now, empty=not found)
        except JournalFailed:
            return
        if found:
            self._of.notify()
            await self._of.speaker.deliver(self._message(found))

    async def look(self, since: float, until: float) -> tuple[Would, ...]:
        """Return what would have been done in that time. Raises JournalFailed."""
        rows = await self._of.desk.journal.newest(since, (KIND,))
        return look_back(rows, since, until, LOW_RISK_RULES, self._of.desk.policy.settings)

    async def first(self) -> tuple[Would, ...]:
        """Return what the report is about. Raises JournalFailed."""
        week = self._of.desk.helm.first_week
        return await self.look(week.since, week.until)

    def _message(self, found: Sequence[Would]) -> Message:
        texts = self._of.texts
        lines = [*map(self.line, found), texts.common("week_asks")]
        return Message(
            tag=TAG, title=texts.common("week_title"), text=cut("\n".join(lines), MESSAGE), url=REPAIRS
        )

    def line(self, would: Would) -> str:
        """Return one rule in a sentence: what, how often, on what, and how that ended instead."""
        texts = self._of.texts
        ends = [texts.common(f"week_{end}", {"count": would.ended[end]}) for end in ENDS if would.ended[end]]
        named = list(would.about)[:MOST_NAMED]
        if (more := len(would.about) - len(named)) > 0:
            named.append(texts.common("and_more", {"count": more}))
        known = {
            "rule": self.rule(would.rule),
            "count": would.times,
            "names": ", ".join(named),
            "ends": ", ".join(ends),
        }
        return texts.common("week_line" if would.times != 1 else "week_line_once", known)

    def rule(self, rule: str) -> str:
        """Return what a rule does, in words."""
        return self._of.texts.get(f"selector.rule.options.{rule}", default=rule)

    def placeholders(self, found: Sequence[Would]) -> dict[str, str]:
        """Return what the repair shows."""
        week, texts = self._of.desk.helm.first_week, self._of.texts
        mode = texts.get(f"selector.mode.options.{self._of.desk.helm.mode.value}")
        return {
            "days": str(max(round((week.until - week.since) / DAY), 1)),
            "lines": "\n".join(f"- {self.line(each)}" for each in found) or "-",
            "mode": mode,
        }

    def offered(self, found: Sequence[Would]) -> list[str]:
        """Return the rules that may be ticked: what would have acted and is not allowed to yet."""
        return [each.rule for each in found if each.rule not in self._of.settings.automatic]

    async def answer(self, rules: Sequence[str], actor: Actor) -> None:
        """Let these rules act by themselves; the mode stays as it is. Raises JournalFailed, having changed nothing."""
        of = self._of
        allowed = {*of.settings.automatic, *(rule for rule in rules if rule in LOW_RISK_RULES)}
        words = ", ".join(self.rule(rule) for rule in rules)
        await of.desk.helm.first_week.closed(ANSWERED, actor, words or "-")
        if rules:
            options = {**of.entry.options, AUTOMATIC: [rule for rule in LOW_RISK_RULES if rule in allowed]}
            of.hass.config_entries.async_update_entry(of.entry, options=options)
        await self._done()

    async def ignore(self) -> None:
        """Somebody ignored the issue: it is not shown again."""
        try:
            await self._of.desk.helm.first_week.closed(IGNORED, None)
        except JournalFailed:
            return
        await self._done()

    async def _done(self) -> None:
        self._of.notify()
        await self._of.speaker.teller.clear(self._of.speaker.delivery.phones(), TAG)

    async def view(self, days: float) -> dict[str, Any]:
        """Return the same of the last days, for the action. Raises JournalFailed."""
        until = clock.now()
        since = until - days * DAY
        found = await self.look(since, until)
        return {
            "from": iso(since),
            "to": iso(until),
            "mode": self._of.desk.helm.mode.value,
            "automatic_rules": [rule for rule in LOW_RISK_RULES if rule in self._of.settings.automatic],
            "nothing_automatic_until": iso(self._of.desk.helm.installed + OBSERVE_FIRST),
            "rules": [
                {
                    "rule": each.rule,
                    "text": self.line(each),
                    "times": each.times,
                    "about": dict(each.about),
                    **each.ended,
                    "automatic": each.rule in self._of.settings.automatic,
                }
                for each in found
            ],
        }

    @property
    def issue_id(self) -> str:
        """Return the id of its issue."""
        return f"first_week_{self._of.id}"
