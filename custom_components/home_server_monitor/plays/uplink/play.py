"""Judges the line, and sees that others make room on it for streams; a limit that is stricter stays."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback

from ...edge import clock
from ...edge.guardian import Guardian
from ...guardian.capabilities_media import LIMIT_BANDWIDTH, LimitsBandwidth, limit_params
from ...guardian.capabilities_streams import PAUSE_CONTAINER, LimitsQuality, PausesContainers, PlaysStreams
from ...guardian.contract import Finding
from ...guardian.house import House
from ..lender import LendingPlay
from ..lending import key_of
from .consent import ApproveMakeRoom, Written
from .entities import Showing, state_of
from .findings import Offer, full
from .line import load_of, speed
from .rules import Load, Patience, allowance, must_pause, quality

LOOK: Final = timedelta(seconds=30)
# what is held ends by itself after this, should nobody look any more; it is taken anew before
MINUTES: Final = 120.0
# a pause cannot be taken anew while it lasts, so it is taken for longer than anybody watches
PAUSE_MINUTES: Final = 12 * 60.0
# what is wanted of containers has no degrees
PAUSED: Final = 1.0


class Uplink(LendingPlay):
    """A source of its own for the guardian: it looks at what streams and clients show, and judges the line."""

    key = kind = "uplink"
    name = "Upload line"
    approves = ApproveMakeRoom
    by, unapproved = "by_uplink", "uplink_unapproved"
    follows = (PlaysStreams, LimitsBandwidth)
    every = LOOK

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], house: House, guardian: Guardian
    ) -> None:
        super().__init__(hass, entry, house, guardian)
        self._limits, self._pauses = Patience(), Patience()
        self._showing = Showing(self)
        self._found: list[Finding] = []
        # what is known since the last look, and whether the line was full then
        self.load: Load | None = None
        self.full = False

    # As a source

    @property
    @override
    def findings(self) -> Sequence[Finding]:
        return self._found

    def _judge(self) -> Iterator[Finding]:
        if self.load is not None and self.full:
            yield full(self.id, self.node, self.load, self._offer(self.load))
        yield from self.waits_for_approval()

    def _offer(self, load: Load) -> Offer:
        """Return what would help where streams alone fill the line: the Plex that may be held to less, and to how much."""
        step = quality(load) if load.is_full_of_streams and self.guardian.settings.offer_quality else None
        players: list[LimitsQuality] = [each for each in self.mine(LimitsQuality) if each.judged]
        if step is None or len(players) != 1:
            # of several nobody knows whose stream is to give way
            return None
        return players[0].offer_quality(step)

    # What is wanted, and by whom

    @property
    @override
    def written(self) -> Written:
        return Written.of(self.guardian.settings)

    @property
    def allowance(self) -> float | None:
        """Return what all uploads together are held to now, bytes a second; None where they are not."""
        return self._limits.level if self.lending.lends else None

    def media(self) -> Mapping[str, Any]:
        """Return the line at a glance (capability ShowsMedia)."""
        if (load := self.load) is None:
            return {}
        return {
            "part": "line",
            "state": state_of(self),
            "speed": load.line,
            "used": load.used,
            "streams": len(load.streams),
            "spared": self.lending.lends,
            "allowance": self.allowance,
        }

    def _clients(self) -> list[Any]:
        return [each for each in self.mine(LimitsBandwidth) if "up" in each.limits_bandwidth]

    async def _limit(self, level: float) -> Sequence[str]:
        """Hold each client that answers to its share; returns all whose limits are to stay.

        Downloads take nothing of the upload; who wants them held to something as well means all clients.
        """
        wanted = {"up": level} | ({"down": self.written.down} if self.written.down else {})
        known = self.mine(LimitsBandwidth)
        shares = {
            way: total / max(sum(each.judged and way in each.limits_bandwidth for each in known), 1)
            for way, total in wanted.items()
        }
        for each in known:
            mine = {way: share for way, share in shares.items() if way in each.limits_bandwidth}
            if each.judged and mine:
                await self.lending.hold(each, LIMIT_BANDWIDTH, limit_params(minutes=MINUTES, **mine))
        return [each.id for each in known if shares.keys() & each.limits_bandwidth]

    async def _pause(self) -> Sequence[str]:
        """Let the containers rest that are to; returns all that are to stay so."""
        resting = list(self._resting())
        for engine, name in resting:
            if engine.judged:
                minutes = {"minutes": PAUSE_MINUTES}
                await self.lending.hold(engine, PAUSE_CONTAINER, minutes, target=name, name=name)
        return [key_of(engine.id, name) for engine, name in resting]

    def _resting(self) -> Iterator[tuple[Any, str]]:
        """Yield the containers that are to rest, but never what streams, each with its engine."""
        topology = self.guardian.topology
        streaming = {
            node for each in self.mine(PlaysStreams) for node in topology.above(f"host:{each.id}", each.id)
        }
        for engine in self.mine(PausesContainers):
            for node in self.written.pause:
                name = node.removeprefix(f"member:{engine.id}:")
                if name != node and topology.canonical(node) not in streaming:
                    yield engine, name

    @callback
    def join(self, platform: Platform, add: Callable[[list[Any]], None]) -> None:
        """Add entities of the line through a platform of the server, once there is something to show."""
        self._showing.join(platform, add)

    # Looking

    @override
    async def see_to_it(self) -> None:
        """Judge the line, and see that others keep to what is wanted."""
        line = speed(self.hass, self.guardian.settings)
        self.load = load_of(line, self.mine(PlaysStreams), self._clients())
        self.full = self.load is not None and self.load.is_full(was=self.full)
        await self._make_room()
        self._showing.add()
        found, first = [*self._judge()], not self.judged
        self.checked = clock.now()
        if first or found != self._found:
            self._found = found
            self.tell()
        else:
            self.show()

    async def _make_room(self) -> None:
        load = self.load if self.allowed and self.load is not None and self.load.streams else None
        written, now = self.written, self.hass.loop.time()
        limit = allowance(load) if load is not None and written.limit else None
        pause = PAUSED if load is not None and written.pause and must_pause(load) else None
        limit, pause = self._limits.follow(limit, now), self._pauses.follow(pause, now)
        if not self.allowed or (limit is None and pause is None):
            # who took it back, or says to leave all alone, waits for nothing
            self._limits.level = self._pauses.level = None
            if load is None:
                self.lending.forgive()
            await self.lending.give_back()
            return
        kept = [] if limit is None else [*await self._limit(limit)]
        kept += [] if pause is None else await self._pause()
        await self.lending.keep(kept)
