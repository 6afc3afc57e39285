"""Recipes that were tried, judged by rolling validation (see `rolling`): the test is never looked at."""

from collections.abc import Callable, Mapping, Sequence
import json
from pathlib import Path
from typing import Any, NamedTuple

from . import baselines
from .data import Array, Tell, load
from .fit import Recipe
from .recipe import SHIPPED
from .rolling import Window, figures, windows
from .sampling import Sampling
from .study import Split, crossed

OUT = Path(__file__).parent / "variants.json"


class Variant(NamedTuple):
    """A recipe and what it is to show."""

    recipe: Recipe
    what: str


_ALL = SHIPPED.names
_OLD_NAMES = tuple(name for name in _ALL if name not in {"level_10", "level_196"})
_OLD_PARAMETERS = {"max_iter": 100, "learning_rate": 0.1, "min_samples_leaf": 15}
_LEVELS = tuple(name for name in _ALL if name.startswith("level") or name == "nonzero")


def _recipe(name: str, what: str, **more: Any) -> Variant:
    return Variant(Recipe(name, **{"names": _ALL, **more}), what)


def _l2(number: float, **more: float) -> dict[str, Any]:
    return {"parameters": {"l2_regularization": number, **more}}


VARIANTS = (
    _recipe("logistic", "plain logistic regression", learner="logistic"),
    _recipe(
        "before",
        "the recipe before: days after changes as rows, 100 trees, rate 0.1, 15 rows a leaf; its head of 30 days",
        names=_OLD_NAMES,
        parameters=_OLD_PARAMETERS,
        sampling=Sampling(changes=True),
    ),
    _recipe("base", "a weekly grid, 200 trees of 12 leaves, rate 0.06, 100 rows a leaf, l2 10"),
    _recipe("changes", "base, with the days after changes as rows", sampling=Sampling(changes=True)),
    _recipe("copies", "base, each row with and without its history", sampling=Sampling(copies=True)),
    _recipe("l2 0.1", "base, l2 0.1", **_l2(0.1)),
    _recipe("l2 30", "base, l2 30", **_l2(30.0)),
    _recipe("l2 100", "base, l2 100", **_l2(100.0)),
    _recipe("l2 1000", "base, l2 1000: this is shipped", **_l2(1000.0)),
    _recipe("small leaves", "base, 20 rows a leaf", **_l2(10.0, min_samples_leaf=20)),
    _recipe("large leaves", "base, 300 rows a leaf", **_l2(10.0, min_samples_leaf=300)),
    _recipe("small trees", "base, 6 leaves", **_l2(10.0, max_leaf_nodes=6)),
    _recipe("pairs", "base, interactions of two features only", interactions="pairwise"),
    _recipe("taught 90", "base, taught failures within 90 days", taught=90),
    _recipe("taught 180", "base, taught failures within 180 days", taught=180),
    _recipe("l2 1000, taught 90", "l2 1000, taught failures within 90 days", taught=90, **_l2(1000.0)),
    _recipe("levels", "base, levels only, taught 90 days", names=_LEVELS, taught=90),
    _recipe(
        "no day",
        "l2 1000, without the growth of one day",
        names=tuple(name for name in _ALL if not name.endswith("_1")),
        **_l2(1000.0),
    ),
    _recipe(
        "ensemble",
        "3 × 80 trees, rate 0.1, l2 100, each split sees half of the features",
        seeds=3,
        **_l2(100.0, max_features=0.5, max_iter=80, learning_rate=0.1),
    ),
)


def judge(found: Sequence[Window], variant: Variant) -> dict[str, Any]:
    """Return the figures of one variant."""
    scores = [(window, crossed(window.parts, variant.recipe)[:, 0]) for window in found]
    return {"name": variant.recipe.name, "what": variant.what} | figures(scores)


def try_all(data: Path, names: Sequence[str], tell: Tell) -> None:
    """Judge the variants (those named, or all), and keep their figures beside those that are there."""
    line = load(data / "changes_2013_2016.parquet", data / "drives_2013_2016.parquet")
    kept = {each["name"]: each for each in json.loads(OUT.read_text())} if OUT.exists() else {}
    found: dict[Sampling, list[Window]] = {}
    for variant in VARIANTS:
        if names and variant.recipe.name not in names:
            continue
        sampling = variant.recipe.sampling
        if sampling not in found:
            found[sampling] = windows(line, sampling)
        kept[variant.recipe.name] = judge(found[sampling], variant)
        tell(json.dumps(kept[variant.recipe.name]))
        OUT.write_text(json.dumps([*kept.values()], indent=1) + "\n")
    rules = [(name, baseline) for name, baseline in _rules(data).items() if not names or name in names]
    if rules:
        exams = found.get(Sampling()) or windows(line, Sampling())
        for name, baseline in rules:
            scores = [(window, baseline(window.parts)) for window in exams]
            kept[name] = {"name": name, "what": "rule"} | figures(scores, calibrated=False)
        OUT.write_text(json.dumps([*kept.values()], indent=1) + "\n")


def _rules(data: Path) -> Mapping[str, Callable[[Split], Array]]:
    def where(parts: Split) -> tuple[Any, Any, Any]:
        return parts.line, parts.paper.drive, parts.paper.day

    return {
        "any of 5, 187, 197, 198": lambda parts: baselines.any_of(*where(parts)),
        "Scrutiny buckets": lambda parts: baselines.scrutiny(*where(parts), data / "scrutiny_afr.csv"),
    }
