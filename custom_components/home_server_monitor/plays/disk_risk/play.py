"""Disk risk: SMART from all sources of one server, joined by serial, judged once a day and whenever it changes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
import logging
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ...edge.guardian import Guardian
from ...guardian.capabilities import DiskPlace, KnowsDisks, KnowsPools, PoolStand, ReadsSmart
from ...guardian.contract import Finding
from ...guardian.house import House
from ...issues import clear_prediction_off, raise_prediction_off
from ...prediction.forest import Model, load
from ...prediction.outlook import Blind
from ...prediction.tiers import Tier
from ..play import PlaySource
from .asked import AskedOfDisks
from .assessing import Assessment
from .explain import explained
from .findings import OF_READINGS, Known, findings_of, still
from .leaving import Leaving
from .listening import LOOK, Listening
from .moving import miss_no_more
from .record import SHOWN_FOR, DiskRecord
from .showing import Showing
from .tending import Tending
from .unread import say_unread
from .words import Words

_LOGGER = logging.getLogger(__name__)

# so long after a start a source may be silent before its disks count as unread, in seconds
PATIENCE = 600.0


class DiskRisk(AskedOfDisks, PlaySource):
    """A source of its own for the guardian: it reads what others read, and judges it."""

    key, kind = "disks", "disk_risk"
    name = "Disk prediction"
    follows = (ReadsSmart, KnowsDisks, KnowsPools)
    every = LOOK

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], house: House, guardian: Guardian
    ) -> None:
        super().__init__(hass, entry, house)
        self.guardian = guardian
        self.listening = Listening(hass, self.server)
        # by serial: where each disk was seen last
        self._placed: dict[str, DiskPlace] = {}
        self._showing = Showing(hass, entry, self)
        self.tending = Tending(hass, self)
        self._leaving = Leaving(hass, self)
        self._started = hass.loop.time()
        # it is to be told, also where nothing has changed: values grow old
        self._tell = True

    @property
    def records(self) -> dict[str, DiskRecord]:
        """Return what is known of each disk, by serial."""
        return self.listening.records

    # As a source

    @property
    @override
    def findings(self) -> Sequence[Finding]:
        """Return what is wrong with disks; of those that were not read since the start it stays as it was.

        Shortly after the start also of those that nobody lists: who does may not be up yet.
        """
        today, known, words = dt_util.now().date(), self._known(), self.words
        in_use = [disk for serial, disk in known.items() if not self.is_retired(serial)]
        found = [each for disk in in_use for each in findings_of(self.id, disk, today, words)]
        there = None if self.is_new else self.places().keys() - self._leaving.unread
        firing = [each for each in self.guardian.register.firing() if each.finding.rule in OF_READINGS]
        before = still(self.id, firing, known.keys(), there, self._leaving.is_silent)
        return [*found, *before, *self.tending.findings()]

    @property
    def words(self) -> Words:
        """Return what puts disks into the words of Home Assistant's language."""
        return Words(self.guardian.texts.common)

    @property
    def is_new(self) -> bool:
        """Return whether it has only just started, so that others may not have got that far."""
        return self.hass.loop.time() - self._started < PATIENCE

    def _known(self) -> dict[str, Known]:
        places, stands, now = self.places(), self.stands(), dt_util.utcnow().timestamp()
        # one that is gone is judged as where it was: it has not become worse by that
        self._placed |= places
        known = {}
        for serial, record in self.records.items():
            if (found := record.found) is None:
                continue
            place, order = self._placed.get(serial), self.tending.promises.ordered.get(serial)
            known[serial] = Known(
                serial,
                place.label if place else f"{found.reading.model} {serial[-4:]}",
                place,
                found,
                record.differs,
                stands.get(place.pool_id or "") if place else None,
                (order, order.state(found.tier, now)) if order else None,
                self.seen_by(serial),
            )
        return known

    # What others ask

    def shown(self, serial: str) -> Assessment | None:
        """Return what may be shown of a disk: nothing where its newest reading is too old."""
        record = self.records.get(serial)
        age = record.age(dt_util.utcnow()) if record else None
        return record.found if record and age is not None and age <= SHOWN_FOR else None

    def places(self) -> dict[str, DiskPlace]:
        """Return where the disks of this server are, by serial."""
        # a disk that was moved is where a machine that answers lists it
        return {
            serial: place
            for source in sorted(self.mine(KnowsDisks), key=lambda each: each.judged)
            for serial, place in source.disk_places().items()
        }

    def stands(self) -> dict[str, PoolStand]:
        """Return how the pools of this server stand, by guid; of a machine that is silent nothing."""
        return {
            guid: stand
            for source in self.mine(KnowsPools)
            if source.judged
            for guid, stand in source.pool_stands().items()
        }

    def label(self, serial: str) -> str:
        """Return what a disk is called, "" where nobody has seen it."""
        if (place := self.places().get(serial) or self._placed.get(serial)) is not None:
            return place.label
        return known.label if (known := self._known().get(serial)) else ""

    def seen_by(self, serial: str) -> tuple[str, ...]:
        """Return the ids of the sources that have read a disk, and of the machine that listed it last."""
        record, place = self.records.get(serial), self._placed.get(serial)
        read = record.sources if record else frozenset[str]()
        return tuple(sorted(read | {place.source} if place else read))

    def tier(self, serial: str) -> Tier:
        """Return how a disk is judged now."""
        found = record.found if (record := self.records.get(serial)) else None
        return found.tier if found else Tier.STABLE

    def is_unread(self, serial: str) -> bool:
        """Return whether nothing that could read a disk is left, and that for a day."""
        return serial in self._leaving.unread

    def explain_disk(self, wanted: str) -> Mapping[str, Any] | None:
        """Return all that is known of a disk (capability ExplainsDisks)."""
        known = self._known()
        if (serial := self.serial(wanted)) is None or serial not in known:
            return None
        answer = explained(known[serial], self.listening.model, dt_util.now(), self.words)
        return {**answer, **self.tending.explained(serial, known[serial].found.tier)}

    def count_disks(self) -> Mapping[str, Any]:
        """Return how many disks were read, and how they were judged (capability ExplainsDisks)."""
        found = [record.found for record in self.records.values() if record.found is not None]
        outlooks = [each.outlook for each in found if each.outlook is not None]
        return {
            "model": self.listening.model is not None,
            "listed": len(self.places()),
            "read": len(found),
            "kinds": Counter(each.reading.media.value for each in found),
            "tiers": Counter(each.judged.key if each.judged is not None else "not_judged" for each in found),
            "confidence": Counter(
                each.value if isinstance(each, Blind) else each.confidence.value for each in outlooks
            ),
            "contradictions": sum(record.differs is not None for record in self.records.values()),
            "sources_without_smart": len(self.listening.dark),
        }

    @callback
    def join(self, platform: Platform, add: Callable[[list[Any]], None]) -> None:
        """Add entities of disks through a platform of the server, now and whenever there are more."""
        self._showing.join(platform, add)
        self.soon()

    # Life

    @override
    async def async_start(self) -> None:
        """Load the model, and follow the sources for as long as the server's entry is loaded."""
        await self.tending.async_load()
        found = await self.hass.async_add_executor_job(load)
        if isinstance(found, Model):
            self.listening.model = found
            clear_prediction_off(self.hass)
        else:
            _LOGGER.error("Disk prediction is off: the model is %s (%s)", found.fault, found.detail)
            raise_prediction_off(self.hass, found.fault)
        await super().async_start()

    @callback
    @override
    def ticked(self, now: datetime) -> None:
        self._tell = True
        super().ticked(now)

    # Looking

    @override
    async def look(self) -> None:
        """Take in what the sources have read, judge what is new, and tell."""
        asked = [await self.listening.ask(source) for source in self.mine(ReadsSmart) if source.judged]
        changed = await self.listening.judge(lambda source: self.house.source(source) is not None)
        changed |= self._leaving.look()
        if moved := await miss_no_more(self):
            self._showing.move(moved)
        changed |= await self.tending.follow()
        fresh = changed or any(asked)
        if fresh or self.checked is None:
            self.checked = dt_util.utcnow().timestamp()
        read = any(record.found for record in self.records.values())
        dark = self.listening.dark
        say_unread(self.hass, self.house, self.server, read=read, dark=dark, new=self.is_new)
        self._showing.clean_up()
        await self._showing.add()
        if fresh or self._tell:
            self._tell = False
            await self.tell_in_turns()
