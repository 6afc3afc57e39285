"""The learners: gradient boosting with monotone constraints, and the plain logistic regression beside it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from custom_components.home_server_monitor.prediction.features import FEATURES

from .data import Array, Timeline
from .features import features
from .sampling import SEED, Rows, outcome, training_rows

# More errors never lower the risk; more time since the last one never raises it.
SIGNS = {name: -1 if name == "since" else 1 for name in FEATURES}


_SINCE = FEATURES.index("since")
_HISTORY = np.array([not name.startswith("level") and name != "nonzero" for name in FEATURES])


@dataclass(frozen=True)
class Recipe:
    """One variant of the model."""

    name: str
    learner: str = "boosting"
    names: tuple[str, ...] = FEATURES
    parameters: dict[str, Any] = field(default_factory=dict)
    monotone: bool = True
    interactions: str | None = None
    seeds: int = 1
    # What a drive does not report counts as zero: what is missing tells its maker, and so how its like fared then.
    zero: bool = True

    @property
    def columns(self) -> list[int]:
        """The places of its features."""
        return [FEATURES.index(name) for name in self.names]


BOOSTING: dict[str, Any] = {
    "max_iter": 200,
    "max_leaf_nodes": 12,
    "learning_rate": 0.06,
    "min_samples_leaf": 100,
    "l2_regularization": 10.0,
    "max_bins": 64,
    "early_stopping": False,
}


def prepared(recipe: Recipe, x: Array) -> Array:
    """Return the columns that a recipe looks at."""
    if recipe.zero:
        fresh = np.isnan(x[:, _SINCE])
        x = np.where(np.isnan(x) & ~(fresh[:, None] & _HISTORY), 0.0, x)
    return x[:, recipe.columns]


type Score = Callable[[Array], Array]


@dataclass(frozen=True)
class Fitted:
    """A fitted model; `score` maps rows × FEATURES to log-odds."""

    recipe: Recipe
    learners: list[Any]
    score: Score


@dataclass(frozen=True)
class Sample:
    """Rows to learn from up to the day `end`, with their features."""

    line: Timeline
    rows: Rows
    x: Array
    end: int

    def learn(self, recipe: Recipe, horizon: int, drives: Array | None = None) -> Fitted:
        """Fit a recipe on some drives (a mask), with the labels that were known by the end."""
        failed, known = outcome(self.line, self.rows.drive, self.rows.day, horizon, self.end)
        chosen = known & (self.rows.weight > 0)
        if drives is not None:
            chosen &= drives[self.rows.drive]
        x = prepared(recipe, self.x[chosen])
        return fit(recipe, *joined(x, failed[chosen], self.rows.weight[chosen]))


def sample(line: Timeline, begin: int, end: int, clean: int = 60, dirty: int = 7) -> Sample:
    """Return what there is to learn between two days."""
    rows = training_rows(line, begin, end, clean, dirty)
    return Sample(line, rows, features(line, rows.drive, rows.day, rows.since), end)


def marks(x: Array) -> Array:
    """Return a number per row that is the same for rows that are alike."""
    bits = np.ascontiguousarray(np.nan_to_num(x, nan=-1.0)).view(np.uint64)
    factors = np.random.default_rng(SEED).integers(1, 1 << 63, x.shape[1], dtype=np.uint64) | np.uint64(1)
    mixed = bits ^ (bits >> np.uint64(29))
    return np.asarray((mixed * factors).sum(axis=1, dtype=np.uint64))


def joined(x: Array, failed: Array, weight: Array) -> tuple[Array, Array, Array]:
    """Return each distinct row once, with its joint weight: most drives are clean, and so alike, on most days."""
    _, first, back = np.unique(marks(np.column_stack([x, failed])), return_index=True, return_inverse=True)
    return x[first], failed[first], np.bincount(back, weights=weight)


def fit(recipe: Recipe, x: Array, failed: Array, weight: Array) -> Fitted:
    """Fit a recipe on its own features."""
    if recipe.learner == "logistic":
        return _logistic(recipe, x, failed, weight)
    learners = []
    for number in range(recipe.seeds):
        learner = HistGradientBoostingClassifier(
            **(BOOSTING | recipe.parameters),
            monotonic_cst=[SIGNS[name] for name in recipe.names] if recipe.monotone else None,
            interaction_cst=recipe.interactions,
            random_state=SEED + number,
        )
        learner.fit(x, failed, sample_weight=weight)
        learners.append(learner)

    def score(all_features: Array) -> Array:
        wanted = prepared(recipe, all_features)
        return np.asarray(np.mean([each.decision_function(wanted) for each in learners], axis=0))

    return Fitted(recipe, learners, score)


def _logistic(recipe: Recipe, x: Array, failed: Array, weight: Array) -> Fitted:
    """A plain logistic regression; what is not known counts as zero."""
    learner = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=300))
    learner.fit(np.nan_to_num(x), failed, logisticregression__sample_weight=weight)

    def score(rows: Array) -> Array:
        return np.asarray(learner.decision_function(np.nan_to_num(prepared(recipe, rows))))

    return Fitted(recipe, [learner], score)


def distinct(score: Score, x: Array) -> Array:
    """Score rows, each distinct one once."""
    _, first, back = np.unique(marks(x), return_index=True, return_inverse=True)
    return score(x[first])[back]
