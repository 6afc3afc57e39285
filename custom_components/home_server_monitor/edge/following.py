"""What follows where findings or actions of ours became something: it is told, counted, and remedies are proposed."""

import asyncio
from collections.abc import Sequence
from heapq import nlargest
from typing import TYPE_CHECKING

from homeassistant.core import callback
from homeassistant.helpers.dispatcher import async_dispatcher_send

from ..const import DOMAIN
from ..guardian import notice
from ..guardian.finding import PIECE, Change, Tracked
from ..guardian.remediation import Record, State
from ..guardian.waking import waking_of
from . import clock
from .naming import target_node
from .own_findings import source_node
from .proposals import MOST_PROPOSALS

if TYPE_CHECKING:
    from .guardian import Guardian

# sent with each change of a record, by its source
RECORD_CHANGED = f"{DOMAIN}_record_{{}}"
# actions after which a server is silent for a while, as planned, in seconds
SILENT_AFTER = {"reboot": 1200.0, "install_update": 3600.0, "shutdown": 7200.0}


class Following:
    """What one guardian makes of news."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian

    @callback
    def record_changed(self, record: Record) -> None:
        """An action of ours goes on: what it changes is ours, and a silence that it brings is planned."""
        of = self._of
        if record.state is State.RUNNING and record.step == 0:
            now = clock.now()
            for node in (target_node(of, record.source, record.target), *record.plan.touches):
                of.changes.acted(node, now)
            if silent := SILENT_AFTER.get(record.action):
                of.alerts.expect_silence(source_node(record.source), now + silent)
        away = record.action == "shutdown" and record.state is State.SUCCEEDED
        if record.over and record.action in SILENT_AFTER and not away:
            of.alerts.expect_silence(source_node(record.source), clock.now())
        async_dispatcher_send(of.hass, RECORD_CHANGED.format(record.source), record)
        self._offer_again(record)
        of.speaker.record_changed(record)

    @callback
    def _offer_again(self, record: Record) -> None:
        """Offer anew what nobody decided on in time, or is not as it was, where its finding is there for the offer."""
        tracked = self._of.tracked(record.finding) if record.finding else None
        if tracked is None or record.approved_at is not None:
            return
        if record.state not in (State.EXPIRED, State.SUPERSEDED):
            return
        if waking_of(tracked.finding.rule).renewed and not self._of.register.silence(tracked):
            self._of.speaker.propose(tracked.id)

    async def findings_changed(self, changes: Sequence[Change], now: float) -> None:
        """Have told what findings became, and their remedies proposed. Under the lock only."""
        of = self._of
        notices: list[notice.Notice] = []
        for part in of.alerts.ticking(now, started=of.started, booted=of.booted):
            notices += part
            if len(of.register.tracked) > PIECE:
                # of thousands each part is told in a turn of its own: together they would hold the event loop
                of.speaker.say(notices)
                notices = []
                await asyncio.sleep(0)
        of.speaker.say(notices)
        of.ticks.look_again(now)
        if len(changes) > PIECE:
            of.hass.loop.call_soon(self._follow, changes, now)
        else:
            self._follow(changes, now)

    @callback
    def _follow(self, changes: Sequence[Change], now: float) -> None:
        """Count what happened, and have remedies planned."""
        of = self._of
        if of.ended:
            return
        mendable: list[Tracked] = []
        for change in changes:
            tracked = of.tracked(change.id) if change.kind in ("raised", "severer") else None
            if tracked is not None and tracked.finding.proposal is not None:
                mendable.append(tracked)
            of.month.happened(change.kind, tracked, now)
        # no more can be open at a time; whoever looks at another one has its remedy planned then
        for tracked in nlargest(MOST_PROPOSALS, mendable, key=lambda each: each.severity):
            of.speaker.propose(tracked.id)
        of.listeners.tell_soon()
