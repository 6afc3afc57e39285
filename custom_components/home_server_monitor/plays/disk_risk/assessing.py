"""One disk, judged: what the model and the rules make of its newest reading and of its days. Pure; not for the loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
import itertools
from typing import Final

from ...prediction.counters import COUNTERS
from ...prediction.features import LONGEST, Day
from ...prediction.forest import Model
from ...prediction.outlook import Blind, Prediction, predict, since_reset
from ...prediction.reading import Media, Reading
from ...prediction.rules import Case, Hit, errors_of, judge
from ...prediction.tiers import Standing, Tier
from ...prediction.wear import WearOut, wear_out

ERRORS: Final = ("cable", "media_errors", "ssd_uncorrectable", "grown_defects", "uncorrected_errors")
_LEVELS: Final = tuple(f"a{attribute}" for attribute in COUNTERS)
COLUMNS: Final = (*_LEVELS, "hours", "used", *ERRORS)
_RECENT: Final = 30
# so many days decide which tier is shown, with its slow fall
_REMEMBERED: Final = 60
_KINDS_OF_WEAR: Final = frozenset({Media.SSD, Media.NVME, Media.SAS_SSD})

type Row = Mapping[str, float | None]
type Rows = Sequence[tuple[int, Row]]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is known of a disk. outlook: None where no model may judge it; tier: the one that is shown.

    by_model: the tier of the model alone, after two readings; days: over how many the readings reach.
    """

    reading: Reading
    outlook: Prediction | Blind | None
    tier: Tier
    by_model: Tier
    hits: tuple[Hit, ...]
    wear: WearOut | None
    days: int
    folded: Folded | None = None

    @property
    def judged(self) -> Tier | None:
        """Return the tier that is shown; None where nothing judged the disk, which does not mean that it is well."""
        blind = self.reading.media is Media.HDD and not isinstance(self.outlook, Prediction)
        return None if blind and self.tier is Tier.STABLE else self.tier

    @property
    def wears(self) -> bool:
        """Return whether it is of a kind that writing uses up, and says how much."""
        return self.reading.media in _KINDS_OF_WEAR and self.reading.used is not None


@dataclass(frozen=True, slots=True)
class Folded:
    """The standing after the newest day (`now`), and what it was before that day, which may still get worse.

    `standing` is that after all days from `first` up to `last`, so that it need not be found anew.
    """

    first: int
    last: int
    standing: Standing
    now: Standing


def row_of(reading: Reading) -> dict[str, float | None]:
    """Return a reading as the row of its day."""
    counts = {f"a{attribute}": count for attribute, count in zip(COUNTERS, reading.counts, strict=True)}
    hours = None if reading.hours is None else float(reading.hours)
    return {**counts, "hours": hours, "used": reading.used, **errors_of(reading)}


def assess(model: Model | None, rows: Rows, reading: Reading, known: Folded | None = None) -> Assessment:
    """Judge a disk by its rows, of which the last is that of the newest reading. Takes a millisecond, at first 20."""
    days = [Day(day, tuple(_level(row.get(name)) for name in _LEVELS)) for day, row in rows]
    kept = since_reset(days, {day: row.get("hours") for day, row in rows})
    first = kept[0].day if kept else 0
    since = [(day, row) for day, row in rows if day >= first]
    used = [(day, value) for day, row in since if (value := row.get("used")) is not None]
    wear = wear_out(used, reading.hours) if reading.media in _KINDS_OF_WEAR else None
    grew = {name: _grew(since, name) for name in errors_of(reading)}
    hits = judge(Case(reading, grew, wear))
    outlook, folded = None, None
    if model is not None and reading.media is Media.HDD:
        outlook = predict(model, kept)
        folded = _fold(model, kept, known)
    by_model = folded.now.shown if folded else Tier.STABLE
    worst = max((hit.tier for hit in hits), default=Tier.STABLE)
    reach = kept[-1].day - first if kept else 0
    return Assessment(reading, outlook, max(by_model, worst), by_model, hits, wear, reach, folded)


def _level(value: float | None) -> float | None:
    """Return what a counter can be: a file that was damaged may hold anything."""
    return value if value is None or value >= 0 else None


def _grew(rows: Rows, name: str) -> float | None:
    """Return by how much a counter rose within 30 days; None where there is no older value."""
    known = [(day, value) for day, row in rows if (value := row.get(name)) is not None]
    if len(known) < 2:
        return None
    newest = known[-1][0]
    steps = itertools.pairwise(known)
    return sum(max(new - old, 0.0) for (_, old), (day, new) in steps if newest - day < _RECENT)


def _fold(model: Model, days: Sequence[Day], known: Folded | None) -> Folded | None:
    """Return the standing after the newest day; what is `known` of the days before it is taken over."""
    if not days:
        return None
    first, newest = days[0].day, days[-1].day
    standing, last = Standing(), newest - _REMEMBERED - 1
    if known is not None and known.first == first and last <= known.last < newest:
        standing, last = known.standing, known.last
    before, begun = Folded(first, last, standing, standing), 0
    found: Prediction | Blind | None = None
    for place, day in enumerate(days):
        if place and day.counts != days[place - 1].counts:
            begun = place
        if day.day <= last:
            continue
        before = replace(before, last=days[place - 1].day if place else last, standing=before.now)
        # where nothing has moved for longer than the model looks back, it says what it said the day before
        if found is None or place == begun or days[place - 1].day - days[begun].day <= LONGEST:
            found = predict(model, days[: place + 1], explain=False)
        if isinstance(found, Prediction):
            before = replace(before, now=before.now.step(found.tier, found.relaxed))
    return before
