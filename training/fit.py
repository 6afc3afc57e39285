"""The learners: gradient boosting with monotone constraints, and the plain logistic regression beside it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from custom_components.home_server_monitor.prediction.features import FEATURES
from custom_components.home_server_monitor.prediction.forest import HORIZONS

from .data import Array, Timeline
from .features import features
from .sampling import SEED, Rows, Sampling, outcome, training_rows

# More errors never lower the risk; more time since the last one never raises it.
SIGNS = {name: -1 if name == "since" else 1 for name in FEATURES}


@dataclass(frozen=True)
class Recipe:
    """One variant of the model.

    taught: the horizon of what both heads are taught, where it is not that of what they tell.
    """

    name: str
    learner: str = "boosting"
    names: tuple[str, ...] = FEATURES
    parameters: dict[str, Any] = field(default_factory=dict)
    monotone: bool = True
    interactions: str | None = None
    seeds: int = 1
    taught: int | None = None
    sampling: Sampling = field(default_factory=Sampling)

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


@dataclass(frozen=True)
class Fitted:
    """A fitted model: several learners are one by their mean."""

    recipe: Recipe
    learners: list[Any]

    def score(self, x: Array) -> Array:
        """Map rows × FEATURES to log-odds."""
        wanted = x[:, self.recipe.columns]
        if self.recipe.learner == "logistic":
            wanted = np.nan_to_num(wanted)
        return np.asarray(np.mean([each.decision_function(wanted) for each in self.learners], axis=0))


@dataclass(frozen=True)
class Taught:
    """The heads of both horizons."""

    heads: dict[int, Fitted]

    def score(self, x: Array) -> Array:
        """Map rows × FEATURES to two columns of log-odds, of 30 and 90 days."""
        return np.column_stack([self.heads[horizon].score(x) for horizon in HORIZONS])


@dataclass(frozen=True)
class Sample:
    """Rows to learn from up to the day `end`, with their features, and the group of each drive (see `study.split`)."""

    line: Timeline
    rows: Rows
    x: Array
    end: int
    group: Array
    tables: dict[int, tuple[Array, Array, Array, Array]] = field(default_factory=dict, repr=False)

    def table(self, horizon: int) -> tuple[Array, Array, Array, Array]:
        """Return features, failures, weights and groups, with labels that were known by the end, alike rows once."""
        if horizon not in self.tables:
            failed, known = outcome(self.line, self.rows.drive, self.rows.day, horizon, self.end)
            chosen = known & (self.rows.weight > 0)
            group = self.group[self.rows.drive[chosen]]
            self.tables[horizon] = joined(self.x[chosen], failed[chosen], self.rows.weight[chosen], group)
        return self.tables[horizon]

    def lesson(self, horizon: int, groups: Array | None) -> tuple[Array, Array, Array]:
        """Return features, failures and weights of the drives of some groups (a mask of groups), None for all."""
        x, failed, weight, group = self.table(horizon)
        chosen = np.ones(len(x), dtype=bool) if groups is None else groups[group]
        return x[chosen], failed[chosen], weight[chosen]

    def learn(self, recipe: Recipe, groups: Array | None = None) -> Taught:
        """Fit the heads of a recipe."""
        heads = {}
        for horizon in HORIZONS:
            x, failed, weight = self.lesson(recipe.taught or horizon, groups)
            heads[horizon] = fit(recipe, x[:, recipe.columns], failed, weight)
        return Taught(heads)


def sample(line: Timeline, begin: int, end: int, group: Array, sampling: Sampling) -> Sample:
    """Return what there is to learn between two days."""
    rows = training_rows(line, begin, end, sampling)
    return Sample(line, rows, features(line, rows.drive, rows.day, rows.since), end, group)


def marks(x: Array) -> Array:
    """Return a number per row that is the same for rows that are alike."""
    bits = np.ascontiguousarray(np.nan_to_num(x, nan=-1.0)).view(np.uint64)
    factors = np.random.default_rng(SEED).integers(1, 1 << 63, x.shape[1], dtype=np.uint64) | np.uint64(1)
    mixed = bits ^ (bits >> np.uint64(29))
    return np.asarray((mixed * factors).sum(axis=1, dtype=np.uint64))


def joined(x: Array, failed: Array, weight: Array, group: Array) -> tuple[Array, Array, Array, Array]:
    """Return each distinct row once, with its joint weight: most drives are clean, and so alike, on most days."""
    _, first, back = np.unique(
        marks(np.column_stack([x, failed, group])), return_index=True, return_inverse=True
    )
    return x[first], failed[first], np.bincount(back, weights=weight), group[first]


def fit(recipe: Recipe, x: Array, failed: Array, weight: Array) -> Fitted:
    """Fit a recipe on its own features."""
    if recipe.learner == "logistic":
        learner = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=300))
        learner.fit(np.nan_to_num(x), failed, logisticregression__sample_weight=weight)
        return Fitted(recipe, [learner])
    # scikit-learn cannot bin a column that is never known, as where all drives are of a maker that does not report it
    x = np.where(np.isnan(x).all(axis=0), 0.0, x)
    signs = [SIGNS[name] for name in recipe.names] if recipe.monotone else None
    learners = []
    for number in range(recipe.seeds):
        learner = HistGradientBoostingClassifier(
            **(BOOSTING | recipe.parameters),
            monotonic_cst=signs,
            interaction_cst=recipe.interactions,
            random_state=SEED + number,
        )
        learners.append(learner.fit(x, failed, sample_weight=weight))
    return Fitted(recipe, learners)
