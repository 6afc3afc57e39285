"""Streams that leave the house before uploads: what the line lacks is told, and clients make room where that was ticked.

What it changes, it changes for a while: under leases whose owner it is, so that a limit that is stricter stays, and
the old ones come back when the last stream has ended, when Home Assistant stops, and after a crash, whose restart ends
the leases of every owner that does not say anew what it wants.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP, UnitOfDataRate
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.unit_conversion import DataRateConverter

from ..edge import clock
from ..edge.guardian import Guardian
from ..guardian.capabilities_media import LimitsBandwidth
from ..guardian.capabilities_streams import PlaysStreams
from ..guardian.contract import Finding, Severity
from ..guardian.house import House
from ..guardian.policy import Mode
from .play import PlaySource
from .uplink_lending import Limits
from .uplink_rules import Load, Patience, allowance

LOOK: Final = timedelta(seconds=30)
MBIT: Final = 125_000.0


class Uplink(PlaySource):
    """A source of its own for the guardian: it looks at what streams and clients show, and judges the line."""

    key = kind = "uplink"
    name = "Upload"
    follows = (PlaysStreams, LimitsBandwidth)
    every = LOOK

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], house: House, guardian: Guardian
    ) -> None:
        super().__init__(hass, entry, house)
        self._guardian = guardian
        self.patience = Patience()
        self._full = False
        self._ended = False
        self.lending = Limits(guardian, self.id)

    @property
    @override
    def findings(self) -> Sequence[Finding]:
        """Return that the line is full, where it is known how much it carries."""
        load = self.load()
        if load is None or not self._full:
            return ()
        key = "uplink_streams" if load.is_full_of_streams else "uplink_uploads"
        busy = [name for name, rate in load.uploads.items() if rate > 0]
        said = {
            "used": _mbit(load.used),
            "line": _mbit(load.line),
            "count": str(len(load.streams)),
            "streams": _mbit(load.wanted),
            "uploads": _mbit(sum(load.uploads.values())),
            "clients": ", ".join(sorted(busy)) or "-",
        }
        evidence = {"cause": key, "advice": key, **said}
        return (
            Finding(
                source=self.id, rule="uplink_full", object=self.node, severity=Severity.WARNING,
                placeholders=said, evidence=evidence,
            ),
        )  # fmt: skip

    # What is so

    def line(self) -> float | None:
        """Return the upload that was measured, else the given one, bytes a second; None where nobody knows."""
        settings = self._guardian.settings
        state = self.hass.states.get(settings.upload_sensor) if settings.upload_sensor else None
        if state is not None:
            try:
                unit = state.attributes.get("unit_of_measurement")
                found = DataRateConverter.convert(float(state.state), unit, UnitOfDataRate.BYTES_PER_SECOND)
            except ValueError, HomeAssistantError:
                # it shows nothing, or something else than a speed
                found = 0.0
            if 0 < found < float("inf"):
                return found
        return settings.upload or None

    def load(self) -> Load | None:
        """Return what goes up, None where it is not known what the line carries."""
        if (line := self.line()) is None:
            return None
        streams = tuple(
            float(each.bandwidth)
            for source in self.mine(PlaysStreams)
            if source.judged and source.knows_streams
            for each in source.streams()
            if each.remote and each.plays
        )
        uploads = {source.name: float(source.line().up) for source in self._clients() if source.judged}
        return Load(line=line, streams=streams, uploads=uploads)

    def _clients(self) -> list[Any]:
        return [each for each in self.mine(LimitsBandwidth) if "up" in each.limits_bandwidth]

    @property
    def allowed(self) -> bool:
        """Return whether clients may be limited now: it was ticked, and nobody said to leave everything alone."""
        desk = self._guardian.desk
        ticked = self._guardian.settings.spare_uplink
        return ticked and desk.ready and not desk.helm.held and desk.helm.mode is not Mode.WATCH

    # Life

    @override
    async def async_start(self) -> None:
        """Follow the sources for as long as the server's entry is loaded, and give all back at its end."""
        await super().async_start()
        self.entry.async_on_unload(self.hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._stopping))
        self.entry.async_on_unload(self.async_end)

    async def async_end(self) -> None:
        """Give all back now: nobody looks any more."""
        self._ended = True
        async with self._lock:
            await self.lending.give_back()

    async def _stopping(self, event: Event) -> None:
        await self.async_end()

    # Looking

    @override
    async def look(self) -> None:
        """Judge the line, and see that clients keep to what is wanted."""
        if self._ended:
            return
        load = self.load()
        full = load is not None and load.is_full(was=self._full)
        told = full or full != self._full or not self.judged
        self._full, self.checked = full, clock.now()
        if told:
            self.tell()
        wanted = allowance(load) if load is not None and load.streams and self.allowed else None
        level = self.patience.follow(wanted, self.hass.loop.time())
        if level is None or not self.allowed:
            self.patience.level = None
            if wanted is None:
                self.lending.forgive()
            await self.lending.give_back()
            return
        await self.lending.limit([each for each in self._clients() if each.judged], level)


def _mbit(rate: float) -> str:
    return f"{rate / MBIT:.1f} Mbit/s"
