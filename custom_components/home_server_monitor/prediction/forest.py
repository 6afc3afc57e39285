"""The shipped model file: read, checked, and made ready to be asked."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
import gzip
import hashlib
import itertools
import json
from math import exp, isfinite
from pathlib import Path
from typing import Any, Final
import zlib

from .features import FEATURES
from .quickscorer import Forest, Node, planted

FORMAT: Final = 2
HORIZONS: Final = (30, 90)
TIERS: Final = ("critical", "high", "elevated")
FILE: Final = Path(__file__).with_name("model.json.gz")
_LARGEST: Final = 8 << 20


class Fault(StrEnum):
    """Why there is no model."""

    MISSING = "missing"
    DAMAGED = "damaged"
    OTHER_FORMAT = "other_format"


@dataclass(frozen=True, slots=True)
class Unusable:
    """What is returned in place of a model that cannot be used; prediction is off, and nothing else."""

    fault: Fault
    detail: str


@dataclass(frozen=True, slots=True)
class Curve:
    """What the trees say → what is told, both in log-odds: `shifts` at `knots` are added, straight lines between them.

    It rises everywhere: a higher score of the trees is never told as a lower risk.
    """

    knots: tuple[float, ...]
    shifts: tuple[float, ...]

    def told(self, score: float) -> float:
        """Return the log-odds that are told."""
        place = bisect_right(self.knots, score)
        if place in {0, len(self.knots)}:
            return score + self.shifts[max(place - 1, 0)]
        low, high = self.knots[place - 1], self.knots[place]
        part = (score - low) / (high - low)
        return score + self.shifts[place - 1] + part * (self.shifts[place] - self.shifts[place - 1])


@dataclass(frozen=True, slots=True)
class Head:
    """The trees of the forest that were taught one horizon, what is added to their sum, and how that is told."""

    begin: int
    end: int
    baseline: float
    curve: Curve


@dataclass(frozen=True, slots=True)
class Model:
    """A model file that was read and checked. `limits` are chances within 30 days, by tier."""

    forest: Forest
    heads: Mapping[int, Head]
    limits: Mapping[str, float]
    about: Mapping[str, Any]

    def log_odds(self, values: Sequence[float]) -> dict[int, float]:
        """Return the log-odds by horizon; the longer one never seems safer."""
        leaves = self.forest.reached(values)
        told = {
            horizon: head.curve.told(sum(leaves[head.begin : head.end], head.baseline))
            for horizon, head in self.heads.items()
        }
        return told | {90: max(told[90], told[30])}


def chance(log_odds: float) -> float:
    """Return a probability, for any finite log-odds."""
    if log_odds >= 0:
        return 1 / (1 + exp(-log_odds))
    return exp(log_odds) / (1 + exp(log_odds))


def digest(body: Mapping[str, Any]) -> str:
    """Return the sha256 of everything in a model file but the sum itself."""
    kept = {key: value for key, value in body.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def load(path: Path = FILE) -> Model | Unusable:
    """Read and check a model file. Blocks for some 40 ms; never raises for what is in the file."""
    try:
        with gzip.open(path) as file:
            text = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return Unusable(Fault.MISSING, path.name)
    except (OSError, EOFError, zlib.error) as error:
        return Unusable(Fault.DAMAGED, type(error).__name__)
    try:
        body = json.loads(text)
        if not isinstance(body, dict) or body.get("sha256") != digest(body):
            return Unusable(Fault.DAMAGED, "the sum differs")
        if body.get("format") != FORMAT or tuple(body["features"]) != FEATURES:
            return Unusable(Fault.OTHER_FORMAT, f"format {body.get('format')}")
        return _model(body)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError) as error:
        return Unusable(Fault.DAMAGED, type(error).__name__)


def _model(body: Mapping[str, Any]) -> Model:
    trees: list[Node] = []
    heads = {}
    for horizon in HORIZONS:
        head, begin = body["heads"][str(horizon)], len(trees)
        trees += _trees(head)
        curve = _curve(*body["calibration"][str(horizon)])
        heads[horizon] = Head(begin, len(trees), _finite(head["baseline"]), curve)
    limits = {tier: _finite(body["limits"][tier]) for tier in TIERS}
    if not 1 > limits["critical"] >= limits["high"] >= limits["elevated"] > 0:
        raise ValueError("limits")
    return Model(planted(trees), heads, limits, dict(body["about"]))


def _curve(scores: Sequence[Any], told: Sequence[Any]) -> Curve:
    knots, values = tuple(map(_finite, scores)), tuple(map(_finite, told))
    shifts = tuple(value - knot for knot, value in zip(knots, values, strict=True))
    steps = [*itertools.pairwise(knots), *itertools.pairwise(values)]
    if not knots or any(low >= high for low, high in steps):
        raise ValueError("a curve that falls: more errors would lower the risk")
    return Curve(knots, shifts)


def _trees(head: Mapping[str, Any]) -> list[Node]:
    columns = [head[name] for name in ("feature", "value", "missing_left", "right")]
    if len({len(column) for column in columns}) != 1:
        raise ValueError("columns differ in length")
    return [_node(columns, root) for root in head["roots"]]


def _node(columns: Sequence[Sequence[Any]], at: int) -> Node:
    """Build a node: the left branch follows its parent, the right one begins at `right`; feature -1 is a leaf."""
    feature, value = columns[0][at], _finite(columns[1][at])
    if feature == -1:
        return value
    right = columns[3][at]
    if not 0 <= feature < len(FEATURES) or right <= at + 1:
        raise ValueError("a node is out of place")
    return int(feature), value, bool(columns[2][at]), _node(columns, at + 1), _node(columns, right)


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise ValueError("not a number")
    return float(value)
