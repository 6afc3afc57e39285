"""Disks that nobody lists any more are let go, in time: what is off or does not know proves nothing."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from homeassistant.core import HomeAssistant

from ...const import DOMAIN
from ...guardian.capabilities import DiskPlace, ReadsSmart
from ...guardian.contract import Finding
from ...guardian.house import House
from .findings import OF_READINGS
from .moving import MISSING, elsewhere
from .record import DiskRecord

if TYPE_CHECKING:
    from .play import DiskRisk

# for so long all that ever had a disk must answer and not list it, in seconds
GONE: Final = 86400.0
# what counts of the time between two looks at most: a machine that slept has not looked
STEP: Final = 900.0


class Seen(Protocol):
    """What was read and is listed, by serial."""

    house: House

    @property
    def records(self) -> Mapping[str, DiskRecord]:
        """Return what is known of each disk."""
        ...

    def places(self) -> Mapping[str, DiskPlace]:
        """Return where the disks of this server are."""
        ...

    def is_unread(self, serial: str) -> bool:
        """Return whether nothing that could read a disk is left."""
        ...


def why_ended(seen: Seen, finding: Finding) -> tuple[str, Mapping[str, str]] | None:
    """Return why what was found of a disk is over: it is not well, but gone, or elsewhere; None where that is not so."""
    serial = finding.object.removeprefix("disk:")
    if finding.rule == MISSING:
        machine = elsewhere(seen.house, finding.source, serial)
        return ("disk_moved", {"machine": machine}) if machine else None
    record = seen.records.get(serial)
    if finding.rule not in OF_READINGS or (record is not None and record.reading is not None):
        return None
    if serial not in seen.places():
        return ("disk_gone", {})
    return ("disk_unread", {}) if seen.is_unread(serial) else None


class Leaving:
    """Which disks of one play are gone."""

    def __init__(self, hass: HomeAssistant, play: DiskRisk) -> None:
        self._hass = hass
        self._play = play
        # by serial: for how many seconds it was listed by none, while all answered; and when that was looked at last,
        # on the loop's clock, which only runs forward
        self._away: dict[str, float] = {}
        self._looked = hass.loop.time()
        # by serial: for how many seconds nothing could read it, while all answered
        self._dark: dict[str, float] = {}
        # serials of those for which that is so for good
        self.unread: frozenset[str] = frozenset()

    def is_silent(self, sources: Collection[str]) -> bool:
        """Return whether one of these cannot say now which disks it has; one that was removed has none."""
        return any(self._is_silent(each) for each in sources)

    def _is_silent(self, source_id: str) -> bool:
        source = self._play.house.source(source_id)
        if source is None:
            entries = self._hass.config_entries.async_entries(DOMAIN, include_ignore=False)
            return any((entry.unique_id or entry.entry_id) == source_id for entry in entries)
        return not source.judged or (isinstance(source, ReadsSmart) and source.listed_disks() is None)

    def look(self) -> bool:
        """Let go of the disks that are gone; returns whether there are any."""
        now = self._hass.loop.time()
        step, self._looked = min(now - self._looked, STEP), now
        changed = self._look_for_readers(step)
        listed = {*self._play.places()}
        for source in self._play.mine(ReadsSmart):
            listed |= source.listed_disks() or frozenset()
        gone = []
        for serial, record in self._play.records.items():
            if serial in listed or record.reading is None:
                self._away.pop(serial, None)
            elif not self.is_silent(self._play.seen_by(serial)):
                self._away[serial] = self._away.get(serial, 0.0) + step
                if self._away[serial] >= GONE:
                    gone.append(serial)
        for serial in gone:
            del self._away[serial]
            self._play.records[serial].let_go()
        return changed or bool(gone)

    def _look_for_readers(self, step: float) -> bool:
        """Let go of what was read of disks that nothing can read any more; returns whether there are any new ones."""
        play, before = self._play, self.unread
        seen_by = {serial: {*play.seen_by(serial)} for serial, each in play.records.items() if each.reading}
        for finding in (each.finding for each in play.guardian.register.firing()):
            serial = finding.object.removeprefix("disk:")
            if finding.source == play.id and finding.rule in OF_READINGS and serial not in seen_by:
                noted = finding.evidence.get("seen_by")
                seen_by[serial] = {*map(str, noted)} if isinstance(noted, list | tuple) else set()
        reading = play.mine(ReadsSmart)
        answer = all(each.judged for each in reading)
        dark = {
            serial: self._dark.get(serial, 0.0) + step
            for serial in {*seen_by, *before}
            if answer and not any(play.listening.may_read(each.id, serial) for each in reading)
        }
        self._dark = dark
        self.unread = frozenset(
            serial
            for serial, seconds in dark.items()
            if seconds >= GONE and not self.is_silent(seen_by.get(serial, ()))
        )
        for serial in self.unread & play.records.keys():
            play.records[serial].let_go()
        return bool(self.unread - before)
