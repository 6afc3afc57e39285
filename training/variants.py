"""Recipes that were tried, judged on the validation split: learn up to March 2015, judge April to September 2015."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
import json
from pathlib import Path
from typing import Any

import numpy as np

from custom_components.home_server_monitor.prediction.features import FEATURES

from .data import load
from .evaluate import RATES, at_rate, calibration, ranking
from .fit import Recipe
from .sampling import CUT, VALIDATION
from .study import Split, Tell, crossed, probability, split

OUT = Path(__file__).parent / "variants.json"

_SHORT = tuple(name for name in FEATURES if name not in {"peak_197_30", "level_10", "level_196"})
_LEVELS = tuple(name for name in FEATURES if name.startswith("level") or name == "nonzero")


@dataclass(frozen=True)
class Variant:
    """A recipe and what it is to show."""

    recipe: Recipe
    what: str


def _boosting(name: str, what: str, **parameters: Any) -> Variant:
    return Variant(Recipe(name, parameters=parameters), what)


VARIANTS = (
    Variant(Recipe("logistic", learner="logistic"), "plain logistic regression"),
    Variant(Recipe("boosting, monotone"), "200 trees of 12 leaves, rate 0.06"),
    Variant(Recipe("not monotone", monotone=False), "the same without the constraint"),
    Variant(Recipe("additive", interactions="no_interactions"), "no interactions"),
    Variant(Recipe("pairwise", interactions="pairwise"), "pairs only"),
    Variant(Recipe("levels only", names=_LEVELS), "no history at all"),
    Variant(Recipe("no 10, 196, peak", names=_SHORT), "fewer features"),
    _boosting("slow", "400 trees, rate 0.03", max_iter=400, learning_rate=0.03),
    _boosting("few", "100 trees, rate 0.06", max_iter=100),
    _boosting("small trees", "6 leaves", max_leaf_nodes=6),
    _boosting("large trees", "24 leaves", max_leaf_nodes=24),
    _boosting("large leaves", "at least 300 rows a leaf", min_samples_leaf=300),
    _boosting("stiff", "l2 100", l2_regularization=100.0),
    _boosting("fine bins", "255 bins", max_bins=255),
    Variant(
        Recipe("ensemble", seeds=3, parameters={"max_iter": 100, "max_features": 0.5}),
        "3 × 100 trees, half of the features",
    ),
    _boosting("half features", "each split sees half of the features", max_features=0.5),
    Variant(
        Recipe(
            "stiff ensemble",
            seeds=4,
            parameters={
                "max_iter": 60,
                "learning_rate": 0.08,
                "max_features": 0.4,
                "l2_regularization": 50.0,
            },
        ),
        "4 × 60 trees",
    ),
)


def judge(parts: Split, variant: Variant) -> dict[str, Any]:
    """Return the figures of one variant."""
    score = crossed(parts, variant.recipe)[:, 0]
    recalls = {str(rate): at_rate(parts.paper, score, rate).recall for rate in RATES[:4]}
    return (
        {"name": variant.recipe.name, "what": variant.what}
        | asdict(ranking(parts.paper, score))
        | recalls
        | {
            "ratio": calibration(parts.paper, probability(score), 30).ratio,
            "mean": float(np.mean([*recalls.values()])),
        }
    )


def try_all(data: Path, names: Sequence[str], tell: Tell) -> None:
    """Judge the variants (those named, or all), and keep their figures beside those that are there."""
    line = load(data / "changes_2013_2016.parquet", data / "drives_2013_2016.parquet")
    parts = split(line, VALIDATION, CUT - 1)
    tell(
        f"{len(parts.lesson.rows.day)} rows to learn from, {int(parts.paper.failing.sum())} failures to judge"
    )
    kept = {each["name"]: each for each in json.loads(OUT.read_text())} if OUT.exists() else {}
    for variant in VARIANTS:
        if not names or variant.recipe.name in names:
            kept[variant.recipe.name] = judge(parts, variant)
            tell(json.dumps(kept[variant.recipe.name]))
            OUT.write_text(
                json.dumps(
                    [kept[each.recipe.name] for each in VARIANTS if each.recipe.name in kept], indent=1
                )
                + "\n"
            )
