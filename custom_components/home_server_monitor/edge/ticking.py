"""What time brings to the guardian of one server: a look every 15 seconds, or when the next thing is due."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from homeassistant.core import callback

from ..const import DOMAIN
from ..guardian.remediation import Record, State
from . import clock
from .own_findings import own_findings
from .people import user_actor

if TYPE_CHECKING:
    from .guardian import Guardian

TICK = timedelta(seconds=15)
CLOCK_JUMP = 60.0
# seconds for which an offer outlives its problem: it may come back at once
OFFER_OUTLIVES = 300.0


class Ticks:
    """Looks at all that time brings."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian
        self._due: asyncio.TimerHandle | None = None
        # what is done with each tick and may take long, so that it keeps nobody from looking
        self._chores = asyncio.Lock()
        self._clocks = (clock.now(), guardian.hass.loop.time())
        # when the clock jumped last, and by how many seconds
        self.jumped: tuple[float, float] | None = None

    async def tick(self) -> None:
        """Look now."""
        of = self._of
        async with of.lock:
            now = clock.now()
            await self._look_at_the_clock(now)
            if of.take_up is not None:
                await of.take_up()
            changes = list(of.register.tick(now))
            await asyncio.sleep(0)
            changes += of.register.observe(of.own, await own_findings(of, now), now)
            await of.following.findings_changed(changes, now)
            of.retrying.look(now)
        if self._chores.locked():
            return
        async with self._chores:
            await of.desk.look_at_people(partial(user_actor, of.hass, via="now"))
            await of.proposals.follow()
            await of.desk.expire_where(partial(self._is_over, now=now))
            await of.desk.tick()
            await of.tokens.save()
            await of.proposals.act_automatically()
            await of.dead_man.ping(now)
            await of.month.tick(now)
            await of.week.tick(now)

    def look_again(self, now: float) -> None:
        """Look when the next thing is due, if that is before the next tick."""
        self.stop()
        if (due := self._of.alerts.next_due()) is not None and due - now < TICK.total_seconds():
            self._due = self._of.hass.loop.call_later(max(due - now, 0.1), self._tick_soon)

    @callback
    def stop(self) -> None:
        """Look no more before the next tick."""
        if self._due is not None:
            self._due.cancel()
            self._due = None

    @callback
    def _tick_soon(self) -> None:
        self._due = None
        self._of.entry.async_create_background_task(self._of.hass, self._of.tick(), f"{DOMAIN} due")

    def _is_over(self, record: Record, *, now: float) -> bool:
        """Return whether the problem that a proposal is about has been over for a while, and not only comes and goes."""
        tracked = self._of.tracked(record.finding) if record.finding else None
        ended = tracked.resolved_at if tracked is not None and not tracked.flapping else None
        return ended is not None and now - ended >= OFFER_OUTLIVES

    async def _look_at_the_clock(self, now: float) -> None:
        of = self._of
        wall, loop = self._clocks
        self._clocks = (now, of.hass.loop.time())
        by = (now - wall) - (self._clocks[1] - loop)
        if abs(by) > CLOCK_JUMP:
            self.jumped = (now, by)
            offered = [each.finding for each in of.desk.records.values() if each.state is State.PROPOSED]
            # before anything is judged by the new time
            await of.desk.clock_jumped(by)
            for finding in filter(None, offered):
                of.speaker.propose(finding)
