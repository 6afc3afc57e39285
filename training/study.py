"""The protocol: learn before a day on four fifths of the drives, judge after it on the other fifth, five times over."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import baselines
from .data import Array, Timeline
from .evaluate import RATES, Exam, at_rate, calibration, exam, interval, point, ranking
from .features import features
from .fit import Fitted, Recipe, Sample, distinct, sample
from .sampling import BEGIN, folds

type Tell = Callable[[str], None]

LOGISTIC = Recipe("logistic", learner="logistic")


@dataclass(frozen=True)
class Split:
    """What is learnt from before a day, and the exam after it."""

    line: Timeline
    lesson: Sample
    paper: Exam
    x: Array
    fold: Array


def split(line: Timeline, cut: int, end: int) -> Split:
    """Return the lesson before `cut` and the exam from there to `end`."""
    paper = exam(line, cut, end)
    return Split(line, sample(line, BEGIN, cut), paper, features(line, paper.drive, paper.day), folds(line))


def crossed(parts: Split, recipe: Recipe, horizon: int, numbers: tuple[int, ...] = (0, 1, 2, 3, 4)) -> Array:
    """Return log-odds for the exam's rows, each from a model that knows neither the drive nor the time."""
    score = np.full(len(parts.paper.day), -np.inf)
    for number in numbers:
        fitted = parts.lesson.learn(recipe, horizon, parts.fold != number)
        mine = parts.fold[parts.paper.drive] == number
        score[mine] = distinct(fitted.score, parts.x[mine])
    return score


def unseen(parts: Split, recipe: Recipe, names: dict[str, Array]) -> dict[str, Any]:
    """Return recall on groups of drives (masks by name), by a model that knows no drive like them."""
    found = {}
    for name, mask in names.items():
        fitted = parts.lesson.learn(recipe, 30, ~mask)
        rows = mask[parts.paper.drive]
        score = np.full(len(parts.paper.day), -np.inf)
        score[rows] = distinct(fitted.score, parts.x[rows])
        found[name] = score
    return found


def probability(log_odds: Array) -> Array:
    """Return chances."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -700, 700))))


def describe(paper: Exam, score: Array, runs: int = 500) -> dict[str, Any]:
    """Return a row of the comparison: areas, points at the stated rates, and intervals of their recall."""
    found: dict[str, Any] = asdict(ranking(paper, score))
    for rate in RATES:
        row = asdict(at_rate(paper, score, rate))
        if runs and rate <= 0.02:
            row["interval"] = interval(paper, score, rate, runs=runs)
        found[str(rate)] = row
    return found


def rules(parts: Split, data: Path) -> dict[str, Array]:
    """Return the scores of the simple rules on the exam."""
    paper = parts.paper
    where = parts.line, paper.drive, paper.day
    return {
        "any of 5, 187, 197, 198": baselines.any_of(*where),
        "count of non-zero of 5, 187, 188, 197, 198": baselines.any_of(*where, (5, 187, 188, 197, 198)),
        "Scrutiny buckets": baselines.scrutiny(*where, data / "scrutiny_afr.csv"),
    }


def groups(line: Timeline) -> dict[str, Array]:
    """Return masks of drives: by maker, and the families that a home may have."""
    model = line.drives.model
    named = {name: line.drives.vendor == name for name in ("Seagate", "HGST", "WD")}
    return named | {
        "ST4000DM000": model == "ST4000DM000",
        "ST3000DM001": model == "ST3000DM001",
        "WD Red": np.char.find(model.astype(str), "FRX") >= 0,
        "Seagate 6 and 8 TB": np.isin(model, ["ST6000DX000", "ST8000DM002", "ST8000NM0055"]),
    }


def silent(parts: Split) -> float:
    """Return the share of failed drives that show no error at all a day before: no rule on these counters sees them."""
    paper = parts.paper
    count = baselines.any_of(parts.line, paper.drive, paper.day, (5, 187, 188, 197, 198))
    top = np.zeros(len(parts.line.drives))
    np.maximum.at(top, paper.drive, count)
    return float((top[paper.failing] == 0).mean())


def judged(parts: Split, recipe: Recipe, data: Path, tell: Tell) -> tuple[dict[str, Any], Array]:
    """Return every table of the report, and the model's log-odds on the exam."""
    paper = parts.paper
    simple = rules(parts, data)
    tell("rules scored")
    logistic = crossed(parts, LOGISTIC, 30)
    tell("logistic regression done")
    score = crossed(parts, recipe, 30)
    tell("30 days done")
    long = np.maximum(crossed(parts, recipe, 90), score)
    tell("90 days done")
    columns = simple | {"logistic regression": logistic, "the model": score}
    any4 = simple["any of 5, 187, 197, 198"]
    own = point(paper, any4, 1)
    masks = groups(parts.line)
    apart = unseen(parts, recipe, {name: masks[name] for name in ("Seagate", "HGST", "WD", "ST4000DM000")})
    tell("unseen models done")
    limit = at_rate(paper, score, 0.01).threshold
    found: dict[str, Any] = {
        "drives": len(parts.line.drives),
        "failing": int(paper.failing.sum()),
        "healthy": int(paper.healthy.sum()),
        "rows": len(paper.day),
        "silent": silent(parts),
        "models": {name: describe(paper, each) for name, each in columns.items()},
        "any4": {
            "own": asdict(own),
            "model": asdict(at_rate(paper, score, own.false_alarms)),
            "lead": interval(paper, score, own.false_alarms, any4),
        },
        "scrutiny": asdict(point(paper, simple["Scrutiny buckets"], 0.1)),
        "groups": {name: asdict(point(paper, score, limit, mask)) for name, mask in masks.items()},
        "failing_of": {name: int((paper.failing & mask).sum()) for name, mask in masks.items()},
        "unseen": {name: asdict(point(paper, each, limit, masks[name])) for name, each in apart.items()},
        "calibration": {
            "30": asdict(calibration(paper, probability(score), 30)),
            "90": asdict(calibration(paper, probability(long), 90)),
        },
        "calibration_of": {
            name: calibration(paper, probability(score), 30, masks[name]).ratio
            for name in ("Seagate", "HGST", "WD")
        },
        "limits": {
            tier: float(probability(np.array(at_rate(paper, score, rate).threshold)))
            for tier, rate in (("critical", 0.001), ("high", 0.005), ("elevated", 0.01))
        },
    }
    return found, score


def final(line: Timeline, recipe: Recipe, end: int) -> dict[int, Fitted]:
    """Return the models that are shipped: the same recipe, on every drive and up to the end of the data."""
    lesson = sample(line, BEGIN, end)
    return {horizon: lesson.learn(recipe, horizon) for horizon in (30, 90)}
