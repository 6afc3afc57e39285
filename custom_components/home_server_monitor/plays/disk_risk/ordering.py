"""That the replacement of a disk is on its way: quiet until it can be there, and then said with a line more."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ...edge import clock
from ...edge.guardian import Guardian
from ...guardian.contract import Actor, Finding
from ...guardian.finding import Tracked
from ...prediction.tiers import Tier
from .promises import ORDERED, Ordered, Promises
from .told import day

if TYPE_CHECKING:
    from .play import DiskRisk

FAILING: Final = frozenset({"disk_failing", "disk_reports_failure"})
# a snooze ends this much after what was promised, so that the play has said by then that it is over
GRACE: Final = 900.0


def serial_of(finding: Finding) -> str | None:
    """Return the one disk that a finding is about, None where it is about none or several."""
    nodes = finding.evidence.get("nodes", (finding.object,))
    if not isinstance(nodes, list | tuple) or len(set(nodes)) != 1:
        return None
    kind, _, serial = str(nodes[0]).partition(":")
    return serial if kind == "disk" and serial else None


def open_about(of: Guardian, serial: str) -> list[Tracked]:
    """Return what is wrong now and is about this disk alone."""
    return [each for each in of.register.firing() if serial_of(each.finding) == serial]


class Ordering:
    """The orders of one play, which keeps them in its promises."""

    def __init__(self, play: DiskRisk, promises: Promises) -> None:
        self._play = play
        self._of = play.guardian
        self._promises = promises

    async def take(self, serial: str, actor: Actor, label: str) -> tuple[Sequence[str], float]:
        """Be quiet about a disk for 14 days, unless it gets worse; returns the findings, and until when."""
        now = clock.now()
        until = now + ORDERED
        about = [each for each in open_about(self._of, serial) if each.finding.rule in FAILING]
        self._promises.ordered[serial] = Ordered(actor.name, now, until, self._play.tier(serial))
        await self._of.note("disk_ordered", {"disk": label, "who": actor.name, "until": day(until)})
        for tracked in about:
            await self._of.answers.snooze(tracked, until + GRACE, actor)
        return [each.id for each in about], until

    async def look(self, now: float) -> bool:
        """Tell again what has got worse since it was ordered, or was not replaced in time; returns whether any."""
        changed = False
        for serial in tuple(self._promises.ordered):
            if (order := self._promises.ordered.get(serial)) is None:
                # somebody replaces it since another one was told
                continue
            about = [each for each in open_about(self._of, serial) if each.finding.rule in FAILING]
            if order.over or order.state(self._play.tier(serial), now) == "ordered":
                if not about and now >= order.until:
                    del self._promises.ordered[serial]
                    changed = True
                continue
            self._promises.ordered[serial] = replace(order, over=True)
            changed = True
            # what it says now goes out with it
            await self._of.intake.at_once(self._play)
            for tracked in about:
                self._of.register.reopen(tracked.id)
        return changed

    def explained(self, serial: str, tier: Tier) -> dict[str, Any] | None:
        """Return what was ordered, as plain values."""
        if (order := self._promises.ordered.get(serial)) is None:
            return None
        state = order.state(tier, clock.now())
        return {"by": order.who, "on": day(order.at), "until": day(order.until), "state": state}
