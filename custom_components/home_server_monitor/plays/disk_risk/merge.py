"""What several sources say of one disk, as one reading: the fresher one wins, and what they contradict is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from ...prediction.reading import Media, Reading

# what the fresher reading lacks is taken from one that is not older than this
FILLS: Final = timedelta(days=3)
# readings further apart than this may differ
TOGETHER: Final = timedelta(hours=36)
# attributes that never fall
_GROWS: Final = (5, 187)
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Said:
    """A reading and the source that it is from."""

    source: str
    reading: Reading

    @property
    def taken(self) -> datetime:
        """Return when it was read."""
        return self.reading.taken or _NEVER


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two sources that cannot both be right. what: of health, hours, counters or kind."""

    what: str
    newer: Said
    older: Said


def in_order(said: Iterable[Said]) -> list[Said]:
    """Return the freshest first; of two of one moment, the one that says more."""
    return sorted(said, key=lambda each: (each.taken, len(each.reading.attributes)), reverse=True)


def merged(said: Iterable[Said]) -> Reading:
    """Return one reading; `said` is not empty."""
    first, *others = in_order(said)
    reading = first.reading
    for other in others:
        if first.taken - other.taken > FILLS:
            break
        old = other.reading
        reading = replace(
            reading,
            model=reading.model or old.model,
            media=old.media if reading.media is Media.UNKNOWN else reading.media,
            capacity=reading.capacity or old.capacity,
            health=old.health if reading.health is None else reading.health,
            temperature=old.temperature if reading.temperature is None else reading.temperature,
            hours=old.hours if reading.hours is None else reading.hours,
            attributes={**old.attributes, **reading.attributes},
            nvme=reading.nvme or old.nvme,
            scsi=reading.scsi or old.scsi,
            tests=reading.tests or old.tests,
            used=old.used if reading.used is None else reading.used,
            used_by=reading.used_by or old.used_by,
        )
    return reading


def contradiction(said: Sequence[Said]) -> Contradiction | None:
    """Return what two sources say that cannot both be so."""
    ordered = in_order(said)
    for place, newer in enumerate(ordered):
        for older in ordered[place + 1 :]:
            if newer.taken - older.taken > TOGETHER:
                break
            if (what := _differs(newer.reading, older.reading)) is not None:
                return Contradiction(what, newer, older)
    return None


def _differs(new: Reading, old: Reading) -> str | None:
    if new.media is not old.media and Media.UNKNOWN not in (new.media, old.media):
        return "kind"
    if new.health is not None and old.health is not None and new.health != old.health:
        return "health"
    if new.hours is not None and old.hours is not None and new.hours < old.hours - 24:
        return "hours"
    for attribute in _GROWS:
        now, before = new.count(attribute), old.count(attribute)
        if now is not None and before is not None and now < before:
            return "counters"
    return None
