"""Validation inside the years that are learnt from: two cuts, and the months after each; the test year does not exist."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .data import Array, Timeline
from .evaluate import calibration, highest, ranking
from .sampling import CUT, Sampling, day_of
from .study import Split, probability, split

# learn before the first day, judge from there to before the second
WINDOWS = {"A": (day_of("2014-10-01"), day_of("2015-04-01")), "B": (day_of("2015-04-01"), CUT)}
# One rate of 0.1 % is decided by some 40 healthy drives: the mean of the recalls around it says more.
NEAR = (0.0005, 0.0007, 0.001, 0.0014, 0.002)
RATES = (0.001, 0.005, 0.01, 0.02)
_STILL_USED = 100


@dataclass(frozen=True)
class Window:
    """One cut: its split, and which drives are of models that are still in use at the end of what may be known."""

    name: str
    parts: Split
    kept: Array


def known_before(line: Timeline, end: int) -> Timeline:
    """Return what was known on the morning of `end`: no later row, and no later failure."""
    drives = line.drives
    rows = line.day < end
    past = replace(drives, last=np.minimum(drives.last, end - 1), failed=drives.failed & (drives.last < end))
    drive = line.drive[rows]
    cut = Timeline(
        past, drive, line.day[rows], line.counts[rows], np.searchsorted(drive, np.arange(len(drives)))
    )
    return cut.only(drives.first < end)


def windows(line: Timeline, sampling: Sampling) -> list[Window]:
    """Return both windows of the whole data."""
    past = known_before(line, CUT)
    models, number = np.unique(past.drives.model[past.drives.last >= CUT - 8], return_counts=True)
    kept = np.isin(past.drives.model, models[number >= _STILL_USED])
    return [
        Window(name, split(past, begin, end - 1, sampling), kept) for name, (begin, end) in WINDOWS.items()
    ]


def recalls(parts: Split, score: Array, rates: Sequence[float], among: Array | None = None) -> Array:
    """Return the recall where at most a share of healthy drives is above, by rate."""
    some = np.ones(len(parts.line.drives), dtype=bool) if among is None else among
    top = highest(parts.paper, score)
    healthy = np.sort(top[parts.paper.healthy & some])[::-1]
    failing = top[parts.paper.failing & some]
    return np.array([(failing > healthy[int(rate * len(healthy) + 1e-9)]).mean() for rate in rates])


def figures(found: Sequence[tuple[Window, Array]], calibrated: bool = True) -> dict[str, Any]:
    """Return the means over both windows, of all drives and of those of models that are still in use."""
    row: dict[str, Any] = {}
    for name, among in (("all", lambda _: None), ("kept", lambda window: window.kept)):
        near = [recalls(window.parts, score, NEAR, among(window)).mean() for window, score in found]
        each = np.mean(
            [recalls(window.parts, score, RATES, among(window)) for window, score in found], axis=0
        )
        row[name] = {
            "near": float(np.mean(near)),
            **dict(zip(map(str, RATES), map(float, each), strict=True)),
        }
    areas = [ranking(window.parts.paper, score) for window, score in found]
    row["pr_auc"] = float(np.mean([each.pr_auc for each in areas]))
    ratios = [
        calibration(window.parts.paper, probability(score), 30).ratio if calibrated else None
        for window, score in found
    ]
    failures = sum(int(window.parts.paper.failing.sum()) for window, _ in found)
    return row | {"ratio": ratios, "failures": failures}
