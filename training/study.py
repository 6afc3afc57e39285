"""The protocol: learn before a day on four fifths of the drives, judge after it on the other fifth, five times over."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import islice
import multiprocessing
import os
from pathlib import Path
from typing import Any

import numpy as np

from custom_components.home_server_monitor.prediction.forest import HORIZONS

from . import baselines
from .calibrate import Curve, told
from .data import Array, Tell, Timeline
from .evaluate import (
    RATES,
    Exam,
    Point,
    at_rate,
    bands,
    calibration,
    exam,
    highest,
    interval,
    point,
    ranking,
    threshold,
)
from .features import features
from .fit import Recipe, Sample, Taught, marks, sample
from .sampling import BEGIN, FOLDS, Sampling, folds

# the share of healthy drives that ever reach a tier's limit
TIER_RATES = {"critical": 0.001, "high": 0.005, "elevated": 0.01}
LOGISTIC = Recipe("logistic", learner="logistic")


@dataclass(frozen=True)
class Split:
    """What is learnt from before a day, and the exam after it. A group is a fold of drives of one maker."""

    line: Timeline
    lesson: Sample
    paper: Exam
    x: Array
    group: Array

    @cached_property
    def alike(self) -> tuple[Array, Array]:
        """Return the first of the rows of the exam that are alike, and for each row which of them it is like."""
        _, first, back = np.unique(marks(self.x), return_index=True, return_inverse=True)
        return first, back


MAKERS = ("ST4000DM000", "other Seagate", "HGST", "WD", "other")


def grouped(line: Timeline) -> Array:
    """Return the group of each drive: its fold, and its maker; one family is apart, as it is most of the fleet."""
    vendor = np.where(line.drives.vendor == "Seagate", "other Seagate", line.drives.vendor.astype(object))
    vendor = np.where(line.drives.model == "ST4000DM000", "ST4000DM000", vendor)
    maker = [MAKERS.index(each) if each in MAKERS else len(MAKERS) - 1 for each in vendor]
    return np.asarray(folds(line) * len(MAKERS) + np.array(maker))


def split(line: Timeline, cut: int, end: int, sampling: Sampling) -> Split:
    """Return the lesson before `cut` and the exam from there to `end`."""
    paper, group = exam(line, cut, end), grouped(line)
    lesson = sample(line, BEGIN, cut, group, sampling)
    return Split(line, lesson, paper, features(line, paper.drive, paper.day), group)


@dataclass(frozen=True)
class Job:
    """What is to be taught: on the groups of `learn` (a mask, None for all), to score the other groups of the exam."""

    recipe: Recipe
    learn: Array | None

    def judges(self, parts: Split) -> Array:
        """Return a mask of the exam's rows."""
        assert self.learn is not None
        return np.asarray(~self.learn[parts.group[parts.paper.drive]])


# What the processes of the pool inherit by fork: it is too large to be sent.
_WORK: dict[str, tuple[Split, Sequence[Job]]] = {}


def _do(number: int) -> tuple[Taught, Array | None]:
    parts, jobs = _WORK["now"]
    job = jobs[number]
    taught = parts.lesson.learn(job.recipe, job.learn)
    if job.learn is None:
        return taught, None
    first, back = parts.alike
    wanted, place = np.unique(back[job.judges(parts)], return_inverse=True)
    return taught, taught.score(parts.x[first[wanted]])[place]


def work(parts: Split, jobs: Sequence[Job]) -> list[tuple[Taught, Array | None]]:
    """Do the jobs, as many at once as there are processors (or TRAINING_WORKERS)."""
    _WORK["now"] = parts, jobs
    for horizon in {*HORIZONS, *(job.recipe.taught or 30 for job in jobs)}:
        parts.lesson.table(horizon)
    workers = int(os.environ.get("TRAINING_WORKERS") or os.cpu_count() or 1)
    if workers == 1 or "fork" not in multiprocessing.get_all_start_methods():
        return [_do(number) for number in range(len(jobs))]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
        return list(pool.map(_do, range(len(jobs))))


def folded(recipe: Recipe) -> list[Job]:
    """Return the five jobs by which every row of the exam is scored by a model that knows neither drive nor time."""
    fold = np.arange(FOLDS * len(MAKERS)) // len(MAKERS)
    return [Job(recipe, fold != number) for number in range(FOLDS)]


def unseen(recipe: Recipe) -> dict[str, Job]:
    """Return jobs that judge the drives of a maker, or of one family, without having seen one of them."""
    maker = np.arange(FOLDS * len(MAKERS)) % len(MAKERS)
    named = {name: maker != MAKERS.index(name) for name in ("HGST", "WD", "ST4000DM000")}
    return {name: Job(recipe, learn) for name, learn in (named | {"Seagate": maker > 1}).items()}


def gathered(parts: Split, jobs: Sequence[Job], done: Sequence[tuple[Taught, Array | None]]) -> Array:
    """Return two columns of scores for the rows of the exam out of some jobs; -inf where none judged."""
    score = np.full((len(parts.paper.day), 2), -np.inf)
    for job, (_, found) in zip(jobs, done, strict=True):
        score[job.judges(parts)] = found
    return score


def crossed(parts: Split, recipe: Recipe) -> Array:
    """Return log-odds for the exam's rows, each from a model that knows neither the drive nor the time."""
    jobs = folded(recipe)
    return gathered(parts, jobs, work(parts, jobs))


def probability(log_odds: Array) -> Array:
    """Return chances."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -700, 700))))


def describe(paper: Exam, score: Array, runs: int = 200) -> dict[str, Any]:
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


def silent(parts: Split, among: Array | None = None) -> float:
    """Return the share of failed drives that show no error at all a day before: no rule on these counters sees them."""
    paper = parts.paper
    count = baselines.any_of(parts.line, paper.drive, paper.day, (5, 187, 188, 197, 198))
    top = np.zeros(len(parts.line.drives))
    np.maximum.at(top, paper.drive, count)
    failing = paper.failing if among is None else paper.failing & among
    return float((top[failing] == 0).mean())


def _scores(parts: Split, recipe: Recipe) -> tuple[Array, Array, dict[str, Array]]:
    """Return the exam's log-odds: logistic regression, the model, and groups by models that know none of them."""
    apart = unseen(recipe)
    asked = [folded(LOGISTIC), folded(recipe), *([job] for job in apart.values())]
    done = iter(work(parts, [job for jobs in asked for job in jobs]))
    logistic, score, *known = (gathered(parts, jobs, [*islice(done, len(jobs))]) for jobs in asked)
    return logistic[:, 0], score, dict(zip(apart, known, strict=True))


def tiers(paper: Exam, score: Array) -> dict[str, Any]:
    """Return the limits of the tiers, as chances within 30 days, and what became of drives between them."""
    short, long = (probability(column) for column in score.T)
    limits = {
        tier: float(probability(np.array(at_rate(paper, score[:, 0], rate).threshold)))
        for tier, rate in TIER_RATES.items()
    }
    edges = (0, *sorted(limits.values()), 1.01)
    return {"limits": limits, "bands": [asdict(each) for each in bands(paper, {30: short, 90: long}, edges)]}


def judged(
    parts: Split, recipe: Recipe, curves: Mapping[int, Curve], data: Path, tell: Tell
) -> tuple[dict[str, Any], Array]:
    """Return every table of the report, and the log-odds of the trees for the exam's rows."""
    paper = parts.paper
    simple = rules(parts, data)
    masks = groups(parts.line)
    logistic, raw, apart = _scores(parts, recipe)
    tell("models judged")
    score, long = told(raw, curves).T
    apart = {name: told(each, curves)[:, 0] for name, each in apart.items()}
    columns = simple | {"logistic regression": logistic, "the model": score}
    any4 = simple["any of 5, 187, 197, 198"]
    own = point(paper, any4, 1)
    limit = at_rate(paper, score, 0.01).threshold
    found: dict[str, Any] = {
        "drives": len(parts.line.drives),
        "failing": int(paper.failing.sum()),
        "healthy": int(paper.healthy.sum()),
        "rows": len(paper.day),
        "silent": silent(parts),
        "silent_of": {name: silent(parts, mask) for name, mask in masks.items()},
        "models": {name: describe(paper, each) for name, each in columns.items()},
        "any4": {
            "own": asdict(own),
            "model": asdict(at_rate(paper, score, own.false_alarms)),
            "lead": interval(paper, score, own.false_alarms, any4),
        },
        "scrutiny": asdict(point(paper, simple["Scrutiny buckets"], 0.1)),
        "groups": {name: asdict(point(paper, score, limit, mask)) for name, mask in masks.items()},
        "failing_of": {name: int((paper.failing & mask).sum()) for name, mask in masks.items()},
        "unseen": {
            name: asdict(_as_rarely(paper, each, point(paper, score, limit, masks[name]), masks[name]))
            for name, each in apart.items()
        },
        "calibration": {
            "30": asdict(calibration(paper, probability(score), 30)),
            "90": asdict(calibration(paper, probability(long), 90)),
        },
        "calibration_of": {
            name: calibration(paper, probability(score), 30, masks[name]).ratio
            for name in ("Seagate", "HGST", "WD")
        },
    } | tiers(paper, np.column_stack([score, long]))
    return found, raw


def _as_rarely(paper: Exam, score: Array, seen: Point, among: Array) -> Point:
    """Judge a score where as many healthy drives of a group are above as are with another one.

    The ranking carries over to drives that were never seen, the chances less so.
    """
    healthy = highest(paper, score)[paper.healthy & among]
    return point(paper, score, threshold(healthy, seen.false_alarms), among)


def final(parts: Split, recipe: Recipe, end: int) -> Taught:
    """Return what is shipped: the same recipe, on every drive and up to the end of the data."""
    whole = replace(parts, lesson=sample(parts.line, BEGIN, end, parts.group, recipe.sampling))
    ((taught, _),) = work(whole, [Job(recipe, None)])
    return taught
