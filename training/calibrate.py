"""Sets the chances right: what failed in the months after a cut, against what had been predicted for them.

Drives with errors are taken out of use sooner in later years than in those that are learnt from, so that the trees say
too little of them. How much too little is read off all months that were predicted ahead: for the model that is judged
those of the rolling validation, for the one that is shipped those of the test as well. Drives without errors are left
as they are: their rate of failures moves with the fleet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from custom_components.home_server_monitor.prediction.forest import HORIZONS

from .data import Array
from .evaluate import Exam
from .sampling import outcome

# by horizon; what is below the first is a drive without errors
_EDGES = {30: (0.0025, 0.01, 0.03, 0.1, 0.25, 1.0), 90: (0.0075, 0.025, 0.075, 0.2, 0.4, 1.0)}
_LEAST_FAILURES = 20
_FLATTEST = 0.1


@dataclass(frozen=True)
class Curve:
    """Log-odds of the trees → log-odds that are told: what is added is straight between the knots, and holds beyond them."""

    x: tuple[float, ...] = (0.0,)
    y: tuple[float, ...] = (0.0,)

    def __call__(self, score: Array) -> Array:
        """Return what is told."""
        return np.asarray(score + np.interp(score, self.x, np.array(self.y) - np.array(self.x)))


def told(score: Array, curves: Mapping[int, Curve]) -> Array:
    """Return both columns as they are told; the longer horizon never seems safer."""
    short, long = (curves[horizon](column) for horizon, column in zip(HORIZONS, score.T, strict=True))
    return np.column_stack([short, np.maximum(short, long)])


def curves(found: Sequence[tuple[Exam, Array]]) -> dict[int, Curve]:
    """Return the curves of both horizons, out of the exams of the rolling validation and their two columns of scores."""
    return {
        horizon: _curve([_rows(paper, score[:, place], horizon) for paper, score in found], _EDGES[horizon])
        for place, horizon in enumerate(HORIZONS)
    }


def _rows(paper: Exam, score: Array, horizon: int) -> tuple[Array, Array]:
    failed, known = outcome(paper.line, paper.drive, paper.day, horizon, paper.end + 1)
    rows = known & paper.weekly
    return score[rows], failed[rows]


def _curve(parts: Sequence[tuple[Array, Array]], edges: Sequence[float]) -> Curve:
    score, failed = (np.concatenate(each) for each in zip(*parts, strict=True))
    chance = 1 / (1 + np.exp(-score))
    x = [_odds(edges[0])]
    y = [x[0]]
    for low, high in pairwise(edges):
        rows = (chance >= low) & (chance < high)
        if _LEAST_FAILURES <= failed[rows].sum() < rows.sum():
            x.append(_odds(float(chance[rows].mean())))
            # more errors never lower the risk: the curve rises everywhere
            y.append(max(_odds(float(failed[rows].mean())), y[-1] + _FLATTEST * (x[-1] - x[-2])))
    return Curve(tuple(x), tuple(y))


def _odds(chance: float) -> float:
    return float(np.log(chance / (1 - chance)))
