"""The learners: gradient boosting with monotone constraints, and the plain logistic regression beside it."""

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
    # Whether what a drive does not report counts as zero: what is missing tells its maker.
    zero: bool = False
    # The part of the 90-day head in the log-odds of 30 days.
    blend: float = 0.0

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


@dataclass(frozen=True)
class Fitted:
    """A fitted model: several learners are one by their mean."""

    recipe: Recipe
    learners: list[Any]

    def score(self, x: Array) -> Array:
        """Map rows × FEATURES to log-odds."""
        wanted = prepared(self.recipe, x)
        if self.recipe.learner == "logistic":
            wanted = np.nan_to_num(wanted)
        return np.asarray(np.mean([each.decision_function(wanted) for each in self.learners], axis=0))


@dataclass(frozen=True)
class Pair:
    """The heads of both horizons; `mix` is the weight of either in the log-odds of 30 days, and what is added."""

    short: Fitted
    long: Fitted
    mix: tuple[float, float, float]

    def score(self, x: Array) -> Array:
        """Map rows × FEATURES to two columns of log-odds."""
        short, long = self.short.score(x), self.long.score(x)
        mixed = self.mix[0] * short + self.mix[1] * long + self.mix[2]
        return np.column_stack([mixed, np.maximum(mixed, long)])


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

    def learn(self, recipe: Recipe, groups: Array | None = None) -> Pair:
        """Fit both heads of a recipe, and how they are mixed."""
        x, failed, weight = self.lesson(30, groups)
        x90, failed90, weight90 = self.lesson(90, groups)
        short = fit(recipe, prepared(recipe, x), failed, weight)
        long = fit(recipe, prepared(recipe, x90), failed90, weight90)
        if not recipe.blend:
            return Pair(short, long, (1.0, 0.0, 0.0))
        mean = (1 - recipe.blend) * short.score(x) + recipe.blend * long.score(x)
        scale = LogisticRegression(C=1e6).fit(mean[:, None], failed, sample_weight=weight)
        slope, shift = float(scale.coef_[0, 0]), float(scale.intercept_[0])
        return Pair(short, long, (slope * (1 - recipe.blend), slope * recipe.blend, shift))


def sample(line: Timeline, begin: int, end: int, group: Array) -> Sample:
    """Return what there is to learn between two days."""
    rows = training_rows(line, begin, end)
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


__all__ = ["BOOSTING", "Fitted", "Pair", "Recipe", "Sample", "fit", "sample"]
