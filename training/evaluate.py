"""Judges scores per drive: recall at stated shares of false alarms, lead time, calibration, intervals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from .data import Array, Timeline
from .sampling import SEED, changed, outcome, together, weekly

RATES = (0.001, 0.005, 0.01, 0.02, 0.05)
BINS = (0, 0.001, 0.0025, 0.01, 0.03, 0.1, 0.25, 1.01)


@dataclass(frozen=True)
class Exam:
    """Drives and days to be scored between two days, and which drives count as failed or healthy."""

    line: Timeline
    begin: int
    end: int
    drive: Array
    day: Array
    failing: Array
    healthy: Array

    @cached_property
    def begins(self) -> Array:
        """Where the rows of each drive begin; they are sorted by drive and day."""
        return np.flatnonzero(np.append([True], self.drive[1:] != self.drive[:-1]))

    @cached_property
    def years(self) -> Array:
        """For how many years each drive was judged."""
        found = np.zeros(len(self.line.drives))
        ends = np.append(self.begins[1:], len(self.day)) - 1
        found[self.drive[self.begins]] = (self.day[ends] - self.day[self.begins] + 7) / 365.25
        return found

    @cached_property
    def weekly(self) -> Array:
        """Which rows are those of the weekly grid, all drives alike: for calibration."""
        drive, day = weekly(self.line, self.begin, self.end)
        return np.isin(self.drive * 1_000_000 + self.day, drive * 1_000_000 + day)


def exam(line: Timeline, begin: int, end: int) -> Exam:
    """Return every drive weekly and at each change, at least a day before its failure.

    Healthy drives are scored up to 30 days before they were last seen: what came after is not known.
    """
    drive, day = together(weekly(line, begin, end), changed(line, begin, end))
    failing = line.drives.failed & (line.drives.last > begin) & (line.drives.last <= end)
    settled = failing[drive] | (day + 30 <= np.minimum(line.drives.last[drive], end))
    drive, day = drive[settled], day[settled]
    seen = np.zeros(len(line.drives), dtype=bool)
    seen[drive] = True
    return Exam(line, begin, end, drive, day, failing & seen, ~line.drives.failed & seen)


def highest(paper: Exam, score: Array, lead: int = 1) -> Array:
    """Return per drive the highest score at least `lead` days before its failure; -inf where there is none."""
    late = paper.failing[paper.drive] & (paper.line.drives.last[paper.drive] - paper.day < lead)
    top = np.full(len(paper.line.drives), -np.inf)
    top[paper.drive[paper.begins]] = np.maximum.reduceat(np.where(late, -np.inf, score), paper.begins)
    return top


def threshold(healthy: Array, rate: float) -> float:
    """Return the lowest score that at most this share of healthy drives ever reach."""
    values, number = np.unique(healthy, return_counts=True)
    reached = np.cumsum(number[::-1])[::-1] / len(healthy)
    fits = np.flatnonzero(reached <= rate)
    return float(values[fits[0]]) if len(fits) else float(np.nextafter(values[-1], np.inf))


@dataclass(frozen=True)
class Point:
    """What an operating point does: rates per drive, leads in days."""

    threshold: float
    false_alarms: float
    recall: float
    recall_7: float
    recall_14: float
    median_lead: float
    precision: float
    alarms_per_year: float


def point(paper: Exam, score: Array, limit: float, among: Array | None = None) -> Point:
    """Judge one threshold, on all drives or some (a mask)."""
    some = np.ones(len(paper.line.drives), dtype=bool) if among is None else among
    bad, good = paper.failing & some, paper.healthy & some
    top = highest(paper, score)
    caught, false = top[bad] >= limit, top[good] >= limit
    over = score >= limit
    first = np.full(len(top), np.iinfo(np.int64).max)
    np.minimum.at(first, paper.drive[over], paper.day[over])
    leads = (paper.line.drives.last - first)[bad & (top >= limit)]
    years = float(paper.years[good].sum())
    total = caught.sum() + false.sum()
    return Point(
        limit,
        float(false.mean()) if len(false) else np.nan,
        float(caught.mean()) if len(caught) else np.nan,
        _ahead(paper, score, limit, bad, 7),
        _ahead(paper, score, limit, bad, 14),
        float(np.median(leads)) if len(leads) else np.nan,
        float(caught.sum() / total) if total else np.nan,
        float(false.sum() / years) if years else np.nan,
    )


def _ahead(paper: Exam, score: Array, limit: float, bad: Array, lead: int) -> float:
    """Return the recall at least so many days before the failure."""
    return float((highest(paper, score, lead)[bad] >= limit).mean()) if bad.any() else np.nan


def at_rate(paper: Exam, score: Array, rate: float) -> Point:
    """Judge the lowest threshold that keeps a share of false alarms."""
    return point(paper, score, threshold(highest(paper, score)[paper.healthy], rate))


@dataclass(frozen=True)
class Ranking:
    """How well drives are ranked by their highest score."""

    auc: float
    pr_auc: float


def ranking(paper: Exam, score: Array) -> Ranking:
    """Return the areas under the ROC and the precision-recall curve, of drives."""
    some = paper.failing | paper.healthy
    top = highest(paper, score)[some]
    top = np.where(np.isfinite(top), top, top[np.isfinite(top)].min())
    return Ranking(roc_auc_score(paper.failing[some], top), average_precision_score(paper.failing[some], top))


def interval(
    paper: Exam, score: Array, rate: float, other: Array | None = None, runs: int = 200
) -> tuple[float, float]:
    """Return the 95 % interval of recall at a rate (or of its lead over another score), drives drawn anew."""
    random = np.random.default_rng(SEED)
    tops = [highest(paper, each) for each in ([score] if other is None else [score, other])]
    found = []
    for _ in range(runs):
        bad = random.choice(np.flatnonzero(paper.failing), paper.failing.sum())
        good = random.choice(np.flatnonzero(paper.healthy), paper.healthy.sum())
        recalls = [float((top[bad] >= _quick(top[good], rate)).mean()) for top in tops]
        found.append(recalls[0] - (recalls[1] if other is not None else 0))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def _quick(healthy: Array, rate: float) -> float:
    """Return `threshold` by a partition instead of a sort."""
    allowed = int(rate * len(healthy) + 1e-9)
    place = len(healthy) - allowed - 1
    return float(np.nextafter(np.partition(healthy, place)[place], np.inf))


@dataclass(frozen=True)
class Calibration:
    """Expected and observed failures of weekly rows: in all, and by bins (rows, mean predicted, share observed)."""

    ratio: float
    bins: list[tuple[float, float, int, float, float]]


def calibration(paper: Exam, chance: Array, horizon: int, among: Array | None = None) -> Calibration:
    """Compare chances with what happened within the horizon, where that is known."""
    failed, known = outcome(paper.line, paper.drive, paper.day, horizon, paper.end + 1)
    rows = known & paper.weekly
    if among is not None:
        rows &= among[paper.drive]
    expected, observed = chance[rows], failed[rows]
    return Calibration(
        float(expected.sum() / max(observed.sum(), 1)),
        [*_bins(expected, observed)],
    )


@dataclass(frozen=True)
class Band:
    """Weekly rows between two chances within 30 days: drives, and by horizon the share expected and observed to fail."""

    low: float
    high: float
    rows: int
    drives: int
    expected: dict[int, float]
    observed: dict[int, float]


def bands(paper: Exam, chances: dict[int, Array], edges: Sequence[float]) -> list[Band]:
    """Return what happened to drives by their chance within 30 days, for each pair of neighbouring edges."""
    found = []
    known = {each: outcome(paper.line, paper.drive, paper.day, each, paper.end + 1) for each in chances}
    for low, high in pairwise(edges):
        inside = paper.weekly & (chances[30] >= low) & (chances[30] < high)
        rows = {each: inside & known[each][1] for each in chances}
        if all(each.any() for each in rows.values()):
            expected = {each: float(chances[each][rows[each]].mean()) for each in chances}
            observed = {each: float(known[each][0][rows[each]].mean()) for each in chances}
            drives = len(np.unique(paper.drive[inside]))
            found.append(Band(low, high, int(inside.sum()), drives, expected, observed))
    return found


def _bins(expected: Array, observed: Array) -> Iterator[tuple[float, float, int, float, float]]:
    for low, high in pairwise(BINS):
        rows = (expected >= low) & (expected < high)
        if rows.any():
            yield low, high, int(rows.sum()), float(expected[rows].mean()), float(observed[rows].mean())
