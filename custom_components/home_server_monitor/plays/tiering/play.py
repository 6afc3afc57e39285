"""NVMe first, hard disks at night: what is done about it, and given back.

Both are off until they are ticked in the options of the home and an admin approved exactly that. What is changed is
lent: it goes back when the reason is over, when somebody says stop, when Home Assistant stops, and after a crash.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ...edge import clock
from ...edge.guardian import Guardian
from ...edge.settings import Tier
from ...guardian.capabilities_media import (
    HOLD_IMPORTS,
    PAUSE_DOWNLOADS,
    Downloads,
    HoldsImports,
    PausesDownloads,
)
from ...guardian.capabilities_streams import PlaysStreams
from ...guardian.contract import Finding
from ...guardian.house import House
from ..below import Below
from ..lender import LendingPlay
from ..standing import granted
from .backlog import Backlog, read_backlog
from .consent import KEEP_TIERS, ApproveKeepTiers, Written
from .findings import Stand, findings_of
from .hours import Hours
from .rules import SHOWN, Case, Imports, Pace, choose, is_critical, is_low
from .showing import Showing
from .watching import is_watched

LOOK: Final = timedelta(seconds=60)
# what is held ends by itself after this many minutes, should nobody look any more; it is taken anew before
MINUTES: Final = 120.0


class Tiering(LendingPlay):
    """A source of its own for the guardian: it looks at clients, Arrs and streams, and sees that tiers are kept."""

    key = kind = "tiering"
    name = "Download disk"
    approves = ApproveKeepTiers
    by, unapproved = "by_tiering", "tier_unapproved"
    follows = (PausesDownloads, HoldsImports, PlaysStreams)
    every = LOOK

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], house: House, guardian: Guardian
    ) -> None:
        super().__init__(hass, entry, house, guardian)
        self.hours = Hours(hass, self.server, guardian.desk.policy.local)
        self.backlog = Backlog()
        self.pace = Pace()
        # what was still there when the hours ended, by id
        self._left: frozenset[str] = frozenset()
        # by id of a client, whether its disk is nearly full, and more than that; by id of an Arr, whether its imports wait
        self._low: dict[str, bool] = {}
        self._critical: dict[str, bool] = {}
        self._imports: dict[str, Imports] = {}
        self._showing = Showing(hass, self)
        self._below = Below(self.mine)
        # what was wanted and allowed in the last look, and what was told
        self._wish: tuple[Any, ...] = ()
        self._told: tuple[Any, ...] = ()

    @property
    def findings(self) -> Sequence[Finding]:
        """Return where a disk stays nearly full, and imports that the hours are too short for."""
        stands = [
            Stand(
                client=each.id,
                name=each.name,
                free=each.line().free,
                paused=each.line().paused or self.lending.is_lent(each.id),
                waits=self.backlog.frees({each.id}),
            )
            for each in self.clients()
            if self._low.get(each.id) and each.judged
        ]
        found = findings_of(self, stands)
        return found + self.waits_for_approval() if self.judged else found

    # What is so

    @property
    def tier(self) -> Tier:
        """Return what the options say."""
        return self.guardian.settings.tier

    @property
    @override
    def written(self) -> Written:
        return Written(self.tier)

    def _now_wished(self) -> tuple[Any, ...]:
        approved = granted(self.guardian.desk, KEEP_TIERS, self.id)
        return self.tier, self.is_ready, tuple(each.id for each in approved)

    @property
    def imports(self) -> Imports:
        """Return whether imports wait, of several Arrs what weighs most."""
        there = {*self._imports.values()}
        return next((each for each in SHOWN if each in there), Imports.OFF)

    @property
    def free(self) -> int | None:
        """Return the free bytes of the client that has least, None where nobody knows."""
        known = [each.line().free for each in self.clients() if each.judged]
        return min((each for each in known if each is not None), default=None)

    @property
    def room(self) -> str:
        """Return how the disk of the downloads stands: enough, low, or paused for it."""
        low = [key for key, is_low in self._low.items() if is_low]
        if any(self.lending.is_lent(key) for key in low):
            return "paused"
        return "low" if low else "enough"

    @property
    def left_over(self) -> int:
        """Return the bytes that were still there when the hours ended, and are."""
        return sum(each.size for key, each in self.backlog.items.items() if key in self._left)

    @property
    def until(self) -> float | None:
        """Return until when imports wait, as far as the hours say."""
        return self.hours.opens(self.tier) if self.imports is Imports.HOURS else None

    @property
    def moves_wait_until(self) -> float | None:
        """Return when moves may begin, while imports wait for the hours (capability KeepsHours)."""
        return self.hours.opens(self.tier) if self.imports.held else None

    def clients(self) -> list[Any]:
        """Return the download clients of this server."""
        return [each for each in self.mine(PausesDownloads) if isinstance(each, Downloads)]

    def arrs(self) -> list[Any]:
        """Return the Arrs of this server whose imports can wait."""
        return [each for each in self.mine(HoldsImports) if each.judged and each.holds_imports]

    # Life

    @override
    async def async_start(self) -> None:
        """Follow the sources for as long as the server's entry is loaded, and give all back at its end."""
        await self.hours.async_load()
        await super().async_start()

    @callback
    @override
    def said(self) -> None:
        """Look at once where a person changed what is wanted, or what may be done."""
        if self._wish != self._now_wished():
            self.soon()

    @callback
    def join(self, platform: Platform, add: Callable[[list[Any]], None]) -> None:
        """Add entities through a platform of the server, as soon as there is something to show."""
        self._showing.join(platform, add)
        self.soon()

    async def suspend(self, *, on: bool) -> None:
        """Hold no imports until the coming hours have ended, or hold them again."""
        await self.hours.suspend(self.tier, on=on)
        await self.async_look()

    # Looking

    @override
    async def see_to_it(self) -> None:
        """Judge, and see that it is as it is wanted."""
        self._wish = self._now_wished()
        tier, clients, arrs = self.tier, self.clients(), self.arrs()
        self._measure(clients if tier.pauses or tier.holds else ())
        before, self.backlog = self.backlog, Backlog()
        if tier.holds:
            self.backlog = await read_backlog(clients, arrs, before, dt_util.utcnow())
        # whose space nobody sees would run full behind what waits
        sees = bool(self._imports) or self.free is not None
        self._imports = await self._choose(clients, arrs) if tier.holds and self.allowed and sees else {}
        self._follow(importing=self.imports in (Imports.OPEN, Imports.SPACE, Imports.SUSPENDED))
        await self._pause(clients)
        await self._hold(arrs)
        self._showing.show(pauses=tier.pauses or tier.holds, holds=tier.holds)
        told, self._told = self._told, self._shown()
        first, self.checked = not self.judged, clock.now()
        if first or told != self._told or self.findings:
            self.tell()

    def _shown(self) -> tuple[Any, ...]:
        return (
            self.room,
            self.free,
            self.allowed,
            self._imports,
            self.until,
            self.hours.suspended(),
            self.left_over,
            self.backlog,
        )

    def _measure(self, clients: Sequence[Any]) -> None:
        """See which disks are nearly full; one that nobody can see stays as it was, also over a restart."""
        low, critical, tier = self._low, self._critical, self.tier
        free = {each.id: each.line().free if each.judged else None for each in clients}
        self._low = {
            key: is_low(left, tier.low, tier.again, was=low.get(key, self.lending.is_lent(key)))
            for key, left in free.items()
        }
        self._critical = {
            key: is_critical(left, tier.low, was=critical.get(key, False)) for key, left in free.items()
        }

    async def _choose(self, clients: Sequence[Any], arrs: Sequence[Any]) -> dict[str, Imports]:
        tier = self.tier
        low = {each.id for each in clients if self._low.get(each.id)}
        streams = [
            (source, stream)
            for source in self.mine(PlaysStreams)
            if source.judged and source.knows_streams
            for stream in source.streams()
        ]
        return {
            arr.id: choose(
                Case(
                    in_hours=self.hours.are_open(tier),
                    suspended=self.hours.suspended(),
                    trouble=self.guardian.proposals.trouble_at(arr.places) is not None,
                    low=bool(low),
                    critical=any(self._critical.get(key) for key in low),
                    frees=self.backlog.frees(low, arr.id),
                    paused=all(
                        each.line().paused or self._pauses(each) for each in clients if each.id in low
                    ),
                    watching=tier.spares and await is_watched(self._below, arr, streams),
                )
            )
            for arr in arrs
        }

    def _pauses(self, client: Any) -> bool:
        """Return whether a client is paused by us, or about to be."""
        return self.tier.pauses and not self.lending.is_left(client.id)

    def _follow(self, *, importing: bool) -> None:
        """Learn how fast imports go, and see what is left once the hours have ended."""
        self.pace.follow(self.backlog.size, clock.now(), importing=importing)
        if self.hours.ended(self.tier) and self.imports is Imports.HOURS:
            self._left = frozenset(self.backlog.items)
        self._left &= self.backlog.items.keys()

    async def _pause(self, clients: Sequence[Any]) -> None:
        for client in clients:
            wanted = self._low.get(client.id, False) and self.tier.pauses and self.allowed
            if wanted and client.judged:
                await self.lending.hold(client, PAUSE_DOWNLOADS, {"minutes": MINUTES})
            elif not wanted:
                await self.lending.give_back({client.id})
                self.lending.forgive(client.id)

    async def _hold(self, arrs: Sequence[Any]) -> None:
        for arr in arrs:
            imports = self._imports.get(arr.id, Imports.OFF)
            if imports.held:
                await self.lending.hold(arr, HOLD_IMPORTS, {"minutes": MINUTES})
                continue
            await self.lending.give_back({arr.id})
            if imports in (Imports.OPEN, Imports.OFF):
                # what a person set is theirs until the hours
                self.lending.forgive(arr.id)
