"""The outlook of one drive: history of counters → chances, tier, reasons, and what was not seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from .counters import COUNTERS
from .features import FEATURES, Day, Seen, seen, span
from .forest import Model, chance
from .tiers import FALLS_AT, Tier, tier

LOWEST, HIGHEST = 0.0005, 0.90
FULL: Final = 30
# Rows of one a day that reach beyond everything that the features look at.
_RECENT: Final = 120
_EVENTS: Final = FEATURES.index("events_30")
# A drive that reports neither of these tells nothing of its surface (most USB and RAID bridges).
_NEEDED: Final = (5, 197)
_REPORTED, _MOVED = COUNTERS.index(187), COUNTERS.index(196)


class Confidence(StrEnum):
    """How much of what the model was taught it has seen of this drive."""

    LEVEL_ONLY = "level_only"
    LEARNING = "learning"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Reason:
    """One counter's part in the risk. `share` of the whole (0 to 1), `grew` within 30 days, `log_odds` that it adds."""

    attribute: int
    share: float
    level: float
    grew: float
    log_odds: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of a hard disk. `p30` and `p90` are chances of failure within 30 and 90 days.

    `tier` is that of this reading alone, `relaxed` the one by which a shown tier may fall (see `tiers.Standing`).
    `unseen` are counters that the drive does not report.
    """

    p30: float
    p90: float
    tier: Tier
    relaxed: Tier
    reasons: tuple[Reason, ...]
    confidence: Confidence
    unseen: tuple[int, ...]


class Blind(StrEnum):
    """Why nothing is predicted. That is no statement about the drive's health."""

    NO_READING = "no_reading"
    NO_COUNTERS = "no_counters"


def predict(
    model: Model, history: Sequence[Day], today: int | None = None, explain: bool = True
) -> Prediction | Blind:
    """Return the outlook of a hard disk. `history` is sorted, one entry a day, and begins after the newest reset.

    Without `explain` there are no reasons, in less of the time.
    """
    if not history:
        return Blind.NO_READING
    newest = history[-1].counts
    if all(newest[COUNTERS.index(attribute)] is None for attribute in _NEEDED):
        return Blind.NO_COUNTERS
    drive = _as_taught(seen(history[-_RECENT:], today))
    values = drive.vector()
    odds = model.log_odds(values)
    p30 = chance(odds[30])
    grew = values[_EVENTS] > 0
    errors = any(newest)
    relaxed = {name: limit * FALLS_AT for name, limit in model.limits.items()}
    return Prediction(
        p30,
        chance(odds[90]),
        tier(p30, model.limits, grew, errors),
        tier(p30, relaxed, grew, errors),
        _reasons(model, drive, odds[30]) if explain else (),
        _confidence(history, today),
        tuple(attribute for attribute, level in zip(COUNTERS, newest, strict=True) if level is None),
    )


def _as_taught(drive: Seen) -> Seen:
    """Return a drive with 196 as zero where it reports neither that nor 187.

    Drives without 187 that were learnt from all had 196. Without either, its absence would be read as that of the one
    family which had no 188 and no 196, and died by the dozen.
    """
    if drive.counts[_REPORTED] is None and drive.counts[_MOVED] is None:
        return replace(drive, counts=(*drive.counts[:_MOVED], 0.0, *drive.counts[_MOVED + 1 :]))
    return drive


def shown(probability: float) -> float:
    """Return a chance as people are told it: never surer than the labels of the training data are."""
    return min(max(probability, LOWEST), HIGHEST)


def _confidence(history: Sequence[Day], today: int | None) -> Confidence:
    reach = span(history) + (0 if today is None else today - history[-1].day)
    if reach <= 0:
        return Confidence.LEVEL_ONLY
    return Confidence.FULL if reach >= FULL else Confidence.LEARNING


def _reasons(model: Model, drive: Seen, odds: float) -> tuple[Reason, ...]:
    """Return what each counter adds: the risk of this drive less that of the same one with this counter at zero.

    Never negative, because more errors never lower the risk.
    """
    parts = [
        (place, attribute, max(odds - model.log_odds(drive.vector(without=place))[30], 0.0))
        for place, attribute in enumerate(COUNTERS)
        if drive.counts[place] or drive.rises[place] or (attribute == 197 and drive.peak)
    ]
    whole = sum(part for *_, part in parts)
    found = [
        Reason(attribute, part / whole, drive.counts[place] or 0.0, drive.grown(place), part)
        for place, attribute, part in parts
        if part > 1e-9
    ]
    return tuple(sorted(found, key=lambda reason: -reason.share))


def since_reset(history: Sequence[Day], hours: Mapping[int, float | None]) -> Sequence[Day]:
    """Return the part of a history that is of one drive: from the newest day on which it was set back.

    `hours` are power-on hours by day. Hours that fall by more than a day, or a counter that only grows and falls
    to zero, mean another drive behind the same serial, or a firmware that began anew.
    """
    begin = 0
    lifelong = tuple(COUNTERS.index(attribute) for attribute in (5, 187))
    for index in range(1, len(history)):
        old, new = history[index - 1], history[index]
        before, after = hours.get(old.day), hours.get(new.day)
        fell = before is not None and after is not None and after < before - 24
        emptied = any(old.counts[place] and new.counts[place] == 0 for place in lifelong)
        if fell or emptied:
            begin = index
    return history[begin:]
