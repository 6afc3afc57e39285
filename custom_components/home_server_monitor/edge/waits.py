"""What may be chosen beside now: after what would be interrupted has ended, or in the maintenance hours."""

from typing import TYPE_CHECKING

from ..guardian.capabilities import Use
from ..guardian.contract import Plan
from ..guardian.plain import plain
from ..guardian.remediation import Record, State
from ..guardian.uses import Uses
from . import clock
from .messages import Choices, moment

if TYPE_CHECKING:
    from .guardian import Guardian

# after a start not all systems have said yet what goes on on them, in seconds
STARTING = 90.0
NAMED = 3
# what an answer may say beside now, and what is waited for then
WHEN = {"now": None, "after_it_ends": "in_use", "next_window": "window"}


class Waits:
    """Knows what the plans of one guardian interrupt, and when it may be better."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian
        self.uses = Uses(lambda: guardian.house.sources(guardian.id), lambda: guardian.topology)

    def _is_unknown(self, record: Record) -> bool:
        """Return whether not all have said yet what goes on: the record's own source, or any that is starting."""
        starting = any(stand.state == "starting" for stand in self._of.watch.stands.values())
        known = record.source == self._of.own or record.source in self._of.intake.checked
        return starting or not known or clock.now() - self._of.started < STARTING

    def in_use(self, record: Record) -> bool:
        """Return whether what a record interrupts is in use, as far as was seen; in doubt it is."""
        return bool(record.plan.touches) and (self._is_unknown(record) or bool(self.uses.seen(record.plan)))

    async def look_in_use(self, record: Record) -> bool:
        """Ask whether what a record interrupts is in use. Raises what a source raises."""
        return self.in_use(record) or bool(await self.uses.look(record.plan))

    def names(self, plan: Plan) -> list[str]:
        """Return what a plan would interrupt, in words."""
        return [self._words(use) for use in self.uses.seen(plan)]

    def viewers(self, plan: Plan) -> str:
        """Return who watches what until when, as a sentence for whoever may approve the plan; empty where nobody does."""
        texts, now = self._of.texts, clock.now()
        found = [
            texts.common(
                "viewer" if each.until is None else "viewer_until",
                {
                    "who": plain(each.who, 60) or "?",
                    "what": plain(each.what, 80),
                    "time": moment(each.until.timestamp(), now) if each.until else "",
                },
            )
            for use in self.uses.seen(plan)
            for each in use.viewers
        ]
        return texts.common("viewers", {"names": self._few(found)}) if found else ""

    def _words(self, use: Use) -> str:
        return self._of.texts.common(f"use_{use.kind}", {"name": use.name}, default=use.name)

    def interrupts(self, plan: Plan) -> str:
        """Return what a plan would interrupt, as a sentence; empty where it is nothing."""
        found = self.names(plan)
        return self._of.texts.common("interrupts", {"names": self._few(found)}) if found else ""

    def _few(self, names: list[str]) -> str:
        shown = ", ".join(names[:NAMED])
        more = len(names) - NAMED
        return f"{shown} {self._of.texts.common('and_more', {'count': more})}" if more > 0 else shown

    def choices(self, record: Record | None) -> Choices:
        """Return what else may be chosen for a proposal."""
        if record is None or record.state is not State.PROPOSED or not record.plan.touches:
            return Choices()
        now = clock.now()
        opens = self._of.desk.policy.next_window(now)
        return Choices(
            interrupts=self.interrupts(record.plan),
            opens=moment(opens, now) if opens is not None and opens > now else "",
        )

    def said(self, record: Record) -> str:
        """Return what an approved record waits for, in a sentence."""
        texts, now = self._of.texts, clock.now()
        known = {
            "verb": self._of.compose.verb(record),
            "who": record.actor.name if record.actor and record.actor.name else "Home Server Monitor",
            "until": moment(record.expires, now),
        }
        if record.waits == "window":
            opens = self._of.desk.policy.next_window(now)
            time = moment(opens, now) if opens is not None else "?"
            return texts.common("waits_window", {**known, "time": time})
        if record.waits == "source":
            stand = self._of.watch.stands.get(record.source)
            return texts.common("waits_source", {**known, "source": stand.name if stand else record.source})
        names = self._few(self.names(record.plan))
        return texts.common("waits_in_use", {**known, "names": names or texts.common("use_unknown")})
