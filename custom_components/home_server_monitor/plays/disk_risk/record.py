"""One disk's memory: what each source said of it last, its days, and what was made of them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from ...history import DailyHistory
from ...prediction.forest import Model
from ...prediction.reading import Reading
from .assessing import COLUMNS, Assessment, Row, assess, row_of
from .merge import Contradiction, Said, contradiction, merged

KEEP_DAYS: Final = 400
# days that all of what the model looks at needs
YOUNG: Final = 30
# a value that is older is not shown as if it were of now
SHOWN_FOR: Final = timedelta(days=3)
_DAY: Final = 86400
# a reading from further ahead was not taken then
_AHEAD: Final = timedelta(days=1)


def day_of(taken: datetime) -> int:
    """Return the day number since 1970."""
    return int(taken.timestamp() // _DAY)


class DiskRecord:
    """See the module. `changed`: it has something that was not judged yet."""

    def __init__(self, serial: str, history: DailyHistory) -> None:
        self.serial = serial
        self.changed = False
        self.found: Assessment | None = None
        self._history = history
        # by source id
        self._said: dict[str, Said] = {}
        # what all sources together say of it
        self.reading: Reading | None = None

    async def async_load(self) -> None:
        """Read its days."""
        await self._history.async_load()

    def lacks_past(self, now: datetime) -> bool:
        """Return whether its days are few, or the last two are missing: somebody else may have kept what is missing."""
        days = self._history.days
        today = day_of(now)
        return not days or today - days[0] < YOUNG or today - days[-1] > 2

    @property
    def sources(self) -> frozenset[str]:
        """Return the ids of the sources that have read it since the start."""
        return frozenset(self._said)

    @property
    def differs(self) -> Contradiction | None:
        """Return what its sources contradict each other in."""
        return contradiction([*self._said.values()])

    def age(self, now: datetime) -> timedelta | None:
        """Return how old the newest reading is."""
        taken = self.reading.taken if self.reading is not None else None
        return None if taken is None else now - taken

    def taken_by(self, source: str) -> datetime | None:
        """Return when a source read it last."""
        return self._said[source].taken if source in self._said else None

    def seed(self, readings: Iterable[Reading], now: datetime) -> int:
        """Take over the days that a source has kept; returns how many are new."""
        rows = ((day_of(each.taken), row_of(each)) for each in readings if each.taken is not None)
        return self.seed_rows(rows, now)

    def seed_rows(self, rows: Iterable[tuple[int, Row]], now: datetime) -> int:
        """Take over rows by day, the highest value of each; returns how many are new."""
        today = day_of(now)
        added = sum(
            self._history.record(day, row, highest=True)
            for day, row in rows
            if today - KEEP_DAYS <= day <= today
        )
        self.changed |= bool(added) and self.reading is not None
        return added

    def note(self, source: str, name: str, reading: Reading, now: datetime) -> None:
        """Take in a reading; one that is not newer than what the source said before is no news."""
        latest = now + _AHEAD
        if reading.taken is None or not now - timedelta(days=KEEP_DAYS) <= reading.taken <= latest:
            # its clock is wrong, or it is too old to say anything of now
            return
        # what was read while the clock here was ahead would seem to be the newest for as long as it was
        self._said = {each: said for each, said in self._said.items() if said.taken <= latest}
        before = self._said.get(source)
        if before is not None and reading.taken <= before.taken:
            return
        self._said[source] = Said(name, reading)
        self._join()

    def forget(self, sources: Callable[[str], bool]) -> None:
        """Drop what sources said that are no more."""
        kept = {source: said for source, said in self._said.items() if sources(source)}
        if len(kept) != len(self._said):
            self._said = kept
            self._join()

    def let_go(self) -> None:
        """Drop all that was said of it: it is not there any more. Its days are kept."""
        self._said.clear()
        self.reading = self.found = None
        self.changed = False

    def _join(self) -> None:
        self.reading = merged(self._said.values()) if self._said else None
        self.changed = True

    def take_day(self) -> Reading | None:
        """Write the merged reading into its day; returns it for `judged`, or None where nothing was read."""
        self.changed = False
        if (reading := self.reading) is None or reading.taken is None:
            self.found = None
            return None
        self._history.record(day_of(reading.taken), row_of(reading), highest=True)
        return reading

    def judged(self, model: Model | None, reading: Reading) -> Assessment:
        """Judge it; not for the event loop, which must not note anything of it meanwhile."""
        known = self.found.folded if self.found else None
        # days that a clock once ran ahead to are not the newest ones
        last = day_of(reading.taken or datetime.now(UTC))
        rows = self._history.rows()
        return assess(model, [row for row in rows if row[0] <= last], reading, known)


def history_of(make: Callable[..., DailyHistory], serial: str) -> DailyHistory:
    """Return the days of a disk, which stay when its entry is removed and added."""
    return make("disk", serial, COLUMNS, keep=KEEP_DAYS)
