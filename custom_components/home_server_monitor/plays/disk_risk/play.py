"""Disk risk: SMART from all sources of one server, joined by serial, judged once a day and whenever it changes."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
import itertools
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...guardian.capabilities import DiskPlace, KnowsDisks, ReadsSmart
from ...guardian.contract import Action, Change, Finding, Missing, Node, Source
from ...guardian.finding import Register
from ...guardian.house import House
from ...history import DailyHistory
from ...issues import clear_prediction_off, raise_prediction_off
from ...prediction.forest import Model, load
from ...prediction.reading import Reading
from ...sources.errors import ClientError, NotSupported, PermissionDenied
from .assessing import Assessment
from .devices import clean_up, found_device, is_listed_by_nobody, own_device, own_identifier
from .entities import entity_of, missing_of
from .explain import explained
from .findings import Known, findings_of, still
from .record import SHOWN_FOR, DiskRecord, history_of
from .seeding import seed
from .unread import say_unread

_LOGGER = logging.getLogger(__name__)

LOOK = timedelta(minutes=5)
# a disk is asked again after this long; what is read more often is one reading a day all the same
AGAIN = timedelta(hours=6)
DENIED = timedelta(days=1)
# judged together, beside the event loop
BATCH = 16
# entities that are added at once: more would hold the event loop
ADDED = 25
# so long after a start a source may be silent before its disks count as unread, in seconds
PATIENCE = 600.0


class DiskRisk:
    """A source of its own for the guardian: it reads what others read, and judges it."""

    kind = "disk_risk"
    name = "Disk prediction"

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], house: House, register: Register
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._house = house
        self._register = register
        self.server = entry.unique_id or entry.entry_id
        self.id = f"disks:{self.server}"
        self.checked: float | None = None
        self.model: Model | None = None
        self.records: dict[str, DiskRecord] = {}
        # by source id: when it may be asked again
        self._due: dict[str, datetime] = {}
        # sources whose release has no SMART, or whose key may not read it
        self._dark: set[str] = set()
        # by serial: ids of the sources that were asked for its past
        # serials of those on a device of the server's own
        self._own: set[str] = set()
        self._pasts: defaultdict[str, set[str]] = defaultdict(set)
        self._lock = asyncio.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._adders: dict[Platform, Callable[[list[Any]], None]] = {}
        # keys of the entities that are there, by platform and serial
        self._made: defaultdict[tuple[Platform, str], set[str]] = defaultdict(set)
        self._started = hass.loop.time()
        self._again = False
        # it is to be told, also where nothing has changed: values grow old
        self._tell = True

    # As a source

    @property
    def judged(self) -> bool:
        """Return whether it has looked since the start."""
        return self.checked is not None

    @property
    def missing(self) -> Sequence[Missing]:
        """Return nothing: what cannot be read is said by whom it should come from."""
        return ()

    @property
    def nodes(self) -> Sequence[Node]:
        """Return nothing of its own: disks belong to their machines."""
        return (Node(id=f"host:{self.id}", kind="host", label=self.name),)

    @property
    def actions(self) -> Mapping[str, Action]:
        """Return nothing: a prediction does nothing to a disk."""
        return {}

    def changes_since_last(self) -> Sequence[Change]:
        """Return nothing."""
        return ()

    @property
    def findings(self) -> Sequence[Finding]:
        """Return what is wrong with disks; of those that were not read since the start it stays as it was.

        Shortly after the start also of those that nobody lists: who does may not be up yet.
        """
        today, known = dt_util.now().date(), self._known()
        found = [each for disk in known.values() for each in findings_of(self.id, disk, today)]
        there = None if self._is_new else self.places().keys()
        return [*found, *still(self.id, self._register.firing(), known.keys(), there)]

    @property
    def _is_new(self) -> bool:
        return self._hass.loop.time() - self._started < PATIENCE

    def _known(self) -> dict[str, Known]:
        places = self.places()
        return {
            serial: Known(
                serial,
                places[serial].label if serial in places else f"{found.reading.model} {serial[-4:]}",
                places.get(serial),
                found,
                record.differs,
            )
            for serial, record in self.records.items()
            if (found := record.found) is not None
        }

    # What others ask

    def shown(self, serial: str) -> Assessment | None:
        """Return what may be shown of a disk: nothing where its newest reading is too old."""
        record = self.records.get(serial)
        age = record.age(dt_util.utcnow()) if record else None
        return record.found if record and age is not None and age <= SHOWN_FOR else None

    def places(self) -> dict[str, DiskPlace]:
        """Return where the disks of this server are, by serial."""
        return {
            serial: place
            for source in self._mine(KnowsDisks)
            for serial, place in source.disk_places().items()
        }

    def explain_disk(self, wanted: str) -> Mapping[str, Any] | None:
        """Return all that is known of a disk (capability ExplainsDisks)."""
        known = self._known()
        ending = [serial for serial in known if serial.upper().endswith(wanted.strip().upper())]
        serial = wanted if wanted in known else ending[0] if len(ending) == 1 else None
        return None if serial is None else explained(known[serial], self.model, dt_util.utcnow())

    @callback
    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told when something was judged; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def join(self, platform: Platform, add: Callable[[list[Any]], None]) -> None:
        """Add entities of disks through a platform of the server, now and whenever there are more."""
        self._adders[platform] = add
        self._soon()

    def _mine(self, capability: Any) -> list[Any]:
        return [each for each in self._house.capable(capability) if each.server == self.server]

    # Life

    async def async_start(self) -> None:
        """Load the model, and follow the sources for as long as the server's entry is loaded."""
        found = await self._hass.async_add_executor_job(load)
        if isinstance(found, Model):
            self.model = found
            clear_prediction_off(self._hass)
        else:
            _LOGGER.error("Disk prediction is off: the model is %s (%s)", found.fault, found.detail)
            raise_prediction_off(self._hass, found.fault)
        self._entry.async_on_unload(self._house.attach(self))
        self._entry.async_on_unload(self._house.subscribe(self._heard))
        self._entry.async_on_unload(async_track_time_interval(self._hass, self._tick, LOOK))
        self._soon()

    @callback
    def _heard(self, source: Source) -> None:
        if (
            source is not self
            and source.server == self.server
            and isinstance(source, (ReadsSmart, KnowsDisks))
        ):
            self._soon()

    @callback
    def _tick(self, now: datetime) -> None:
        self._tell = True
        self._soon()

    @callback
    def _soon(self) -> None:
        """Look, unless somebody is looking; then once more."""
        if self._lock.locked():
            self._again = True
            return
        self._entry.async_create_background_task(self._hass, self.async_look(), f"{DOMAIN} disks")

    # Looking

    async def async_look(self) -> None:
        """Take in what the sources have read, judge what is new, and tell."""
        async with self._lock:
            self._again = False
            asked = [await self._ask(source) for source in self._mine(ReadsSmart) if source.judged]
            changed = await self._judge()
            if any(asked) or changed or self.checked is None:
                self.checked = dt_util.utcnow().timestamp()
            read = any(record.found for record in self.records.values())
            say_unread(self._hass, self._house, self.server, read=read, dark=self._dark, new=self._is_new)
            self._clean_up()
            await self._add_entities()
            if changed or any(asked) or self._tell:
                self._tell = False
                for listener in tuple(self._listeners):
                    listener()
                self._house.updated(self)
        if self._again:
            self._soon()

    async def _ask(self, source: ReadsSmart) -> bool:
        """Take in the newest readings of a source; returns whether it was asked."""
        now = dt_util.utcnow()
        if now < self._due.get(source.id, now):
            return False
        known = {
            serial
            for serial, record in self.records.items()
            if (taken := record.taken_by(source.id)) is not None and now - taken < AGAIN
        }
        try:
            readings = await source.read_smart(known)
        except (NotSupported, PermissionDenied) as err:
            _LOGGER.debug("%s gives no SMART: %s", source.name, err)
            if isinstance(err, PermissionDenied):
                # each denied question is written down there; that there is nothing to ask costs nobody anything
                self._due[source.id] = now + DENIED
            known_dark = source.id in self._dark
            self._dark.add(source.id)
            return not known_dark
        except ClientError as err:
            _LOGGER.debug("%s could not be asked for SMART: %s", source.name, err)
            self._due[source.id] = now + LOOK
            return False
        self._dark.discard(source.id)
        for serial, reading in readings.items():
            record = await self._record(serial, source)
            record.note(source.id, source.name, reading, now)
        return bool(readings)

    async def _record(self, serial: str, source: ReadsSmart) -> DiskRecord:
        """Return the record of a disk; what it lacks is taken from what each source, and the recorder, have kept."""
        record = self.records.get(serial)
        if record is None:
            record = DiskRecord(serial, history_of(partial(DailyHistory, self._hass), serial))
            await record.async_load()
            self.records[serial] = record
        if source.id not in (asked := self._pasts[serial]):
            first = not asked
            asked.add(source.id)
            await seed(self._hass, self.server, record, source, first=first)
        return record

    async def _judge(self) -> bool:
        """Judge what has changed; returns whether anything has."""
        for record in self.records.values():
            record.forget(lambda source: self._house.source(source) is not None)
        waiting = [record for record in self.records.values() if record.changed]
        for batch in itertools.batched(waiting, BATCH, strict=False):
            work = [(record, reading) for record in batch if (reading := record.take_day()) is not None]
            found = await self._hass.async_add_executor_job(self._judged, work)
            for (record, _), assessment in zip(work, found, strict=True):
                record.found = assessment
        return bool(waiting)

    def _judged(self, work: Sequence[tuple[DiskRecord, Reading]]) -> list[Assessment]:
        return [record.judged(self.model, reading) for record, reading in work]

    # Telling

    async def _add_entities(self) -> None:
        """Add what disks report and have no entity for yet, as soon as their device is there."""
        places = self.places()
        for platform, add in tuple(self._adders.items()):
            new = []
            for serial, record in self.records.items():
                made = self._made[platform, serial]
                wanted = missing_of(record.found, platform, made) if record.found is not None else ()
                device = self._device(serial, places.get(serial)) if wanted else None
                if device is not None:
                    new += [entity_of(self, serial, each, device) for each in wanted]
                    made |= {each.key for each in wanted}
            for batch in itertools.batched(new, ADDED, strict=False):
                add([*batch])
                await asyncio.sleep(0)

    @callback
    def _clean_up(self) -> None:
        """Remove what belongs to disks that nothing lists or reads."""
        there = set(self.places()) | {serial for serial, record in self.records.items() if record.reading}
        for platform, serial in clean_up(self._hass, self._entry, self.server, there, self._own):
            self._made.pop((Platform(platform), serial), None)

    def _device(self, serial: str, place: DiskPlace | None) -> dr.AnyDeviceEntry | None:
        """Return the device of a disk: that of the machine it is in, else of a source that reads it, else an own one."""
        record = self.records[serial]
        wanted = [place.device] if place else []
        wanted += [f"{source}_disk_{serial}" for source in sorted(record.sources)]
        found = found_device(self._hass, [*wanted, own_identifier(self.server, serial)])
        if found is not None or place is not None or record.reading is None:
            return found
        if self._is_new and not is_listed_by_nobody(self._hass, self.server):
            # who lists it may not have got that far
            return None
        self._own.add(serial)
        return own_device(self._hass, self._entry, self.server, serial, record.reading.model)
