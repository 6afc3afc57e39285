"""What the sources have read of disks: asked for, kept by serial, and judged beside the event loop."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
import itertools
import logging

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ...guardian.capabilities import ReadsSmart
from ...history import DailyHistory
from ...prediction.forest import Model
from ...prediction.reading import Reading
from ...sources.errors import ClientError, NotSupported, PermissionDenied
from .assessing import Assessment
from .record import DiskRecord, history_of
from .seeding import seed

_LOGGER = logging.getLogger(__name__)

LOOK = timedelta(minutes=5)
# a disk is asked again after this long; what is read more often is one reading a day all the same
AGAIN = timedelta(hours=6)
DENIED = timedelta(days=1)
# judged together, beside the event loop
BATCH = 16


class Listening:
    """The readings of one play. model: None where there is none that can be used."""

    def __init__(self, hass: HomeAssistant, server: str) -> None:
        self._hass = hass
        self._server = server
        self.model: Model | None = None
        self.records: dict[str, DiskRecord] = {}
        # by source id: when it may be asked again, on the loop's clock, which only runs forward
        self._due: dict[str, float] = {}
        # sources whose release has no SMART, or whose key may not read it
        self.dark: set[str] = set()
        # those of them that their key may not read
        self._denied: set[str] = set()
        # by serial: ids of the sources that told its past; and whether it was looked for in the statistics
        self._pasts: defaultdict[str, set[str]] = defaultdict(set)
        self._looked_up: set[str] = set()
        # by source id, and by that and serial: when it may be asked for the past again, after it did not answer
        self._past_due: dict[str | tuple[str, str], float] = {}

    async def ask(self, source: ReadsSmart) -> bool:
        """Take in the newest readings of a source; returns whether it was asked."""
        now, running = dt_util.utcnow(), self._hass.loop.time()
        if running < self._due.get(source.id, running):
            return False
        known = {
            serial
            for serial, record in self.records.items()
            if (taken := record.taken_by(source.id)) is not None and abs(now - taken) < AGAIN
        }
        try:
            readings = await source.read_smart(known)
        except (NotSupported, PermissionDenied) as err:
            _LOGGER.debug("%s gives no SMART: %s", source.name, err)
            if isinstance(err, PermissionDenied):
                # each denied question is written down there; that there is nothing to ask costs nobody anything
                self._due[source.id] = running + DENIED.total_seconds()
            known_dark = source.id in self.dark
            self.dark.add(source.id)
            (self._denied.add if isinstance(err, PermissionDenied) else self._denied.discard)(source.id)
            return not known_dark
        except ClientError as err:
            _LOGGER.debug("%s could not be asked for SMART: %s", source.name, err)
            self._due[source.id] = running + LOOK.total_seconds()
            return False
        self.dark.discard(source.id)
        listed = source.listed_disks()
        # a copy: the source may read another disk meanwhile
        for serial, reading in tuple(readings.items()):
            if listed is not None and serial not in listed:
                continue
            record = await self._record(serial, source)
            record.note(source.id, source.name, reading, now)
        return bool(readings)

    def may_read(self, source: str, serial: str) -> bool:
        """Return whether a source may read a disk again: it can now, or it did and only its key is in the way."""
        record = self.records.get(serial)
        has_read = record is not None and source in record.sources
        return source not in self.dark or (source in self._denied and has_read)

    async def _record(self, serial: str, source: ReadsSmart) -> DiskRecord:
        """Return the record of a disk; what it lacks is taken from what each source, and the recorder, have kept."""
        record = self.records.get(serial)
        if record is None:
            record = DiskRecord(serial, history_of(partial(DailyHistory, self._hass), serial))
            await record.async_load()
            self.records[serial] = record
        if source.id not in (asked := self._pasts[serial]):
            first = serial not in self._looked_up
            self._looked_up.add(serial)
            running = self._hass.loop.time()
            # one that did not answer is not asked for the next disk at once, and for this one again later
            due = max(self._past_due.get(key, running) for key in (source.id, (source.id, serial)))
            silent = running < due
            if await seed(self._hass, self._server, record, None if silent else source, first=first):
                asked.add(source.id)
            elif not silent:
                now = self._hass.loop.time()
                self._past_due[source.id] = now + LOOK.total_seconds() / 2
                self._past_due[source.id, serial] = now + AGAIN.total_seconds()
        return record

    async def judge(self, is_there: Callable[[str], bool]) -> bool:
        """Judge what has changed; returns whether anything has. is_there: whether a source, by id, still is."""
        for record in self.records.values():
            record.forget(is_there)
        waiting = [record for record in self.records.values() if record.changed]
        for batch in itertools.batched(waiting, BATCH, strict=False):
            work = [(record, reading) for record in batch if (reading := record.take_day()) is not None]
            found = await self._hass.async_add_executor_job(self._judged, work)
            for (record, _), assessment in zip(work, found, strict=True):
                record.found = assessment
        return bool(waiting)

    def _judged(self, work: Sequence[tuple[DiskRecord, Reading]]) -> list[Assessment | None]:
        return [self._judged_alone(record, reading) for record, reading in work]

    def _judged_alone(self, record: DiskRecord, reading: Reading) -> Assessment | None:
        """Judge one disk; None where that fails, which costs no other disk anything."""
        try:
            return record.judged(self.model, reading)
        except Exception:
            _LOGGER.exception("A disk cannot be judged: nothing is said of it until it is read again")
            return None
