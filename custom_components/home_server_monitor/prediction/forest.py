"""The shipped model file, and the trees in it, walked in plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
import gzip
import hashlib
import json
from math import exp, isfinite
from pathlib import Path
from typing import Any, Final
import zlib

from .features import FEATURES

FORMAT: Final = 1
HORIZONS: Final = (30, 90)
FILE: Final = Path(__file__).with_name("model.json.gz")
_LARGEST: Final = 8 << 20

# An inner node is (feature, threshold, NaN goes left, left, right): left where value <= threshold. A leaf is a float.
type Node = float | tuple[int, float, bool, Node, Node]


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
class Head:
    """The trees of one horizon; their sum is a chance in log-odds."""

    baseline: float
    trees: tuple[Node, ...]

    def raw(self, values: Sequence[float]) -> float:
        """Return the sum of the trees."""
        total = self.baseline
        for root in self.trees:
            node = root
            while type(node) is tuple:
                feature, limit, missing_left, left, right = node
                value = values[feature]
                node = left if value <= limit or (missing_left and value != value) else right  # noqa: PLR0124
            total += node  # type: ignore[operator]  # a node that is no tuple is a leaf
        return total


@dataclass(frozen=True, slots=True)
class Model:
    """A model file that was read and checked. `limits` are chances within 30 days, by tier.

    `mix` is, by horizon, the weight of either head in its log-odds, and what is added: who is at risk for long is so
    for the next month as well, and one head of the two alone ranks worse.
    """

    heads: Mapping[int, Head]
    mix: Mapping[int, tuple[float, float, float]]
    limits: Mapping[str, float]
    about: Mapping[str, Any]

    def log_odds(self, values: Sequence[float]) -> dict[int, float]:
        """Return the log-odds by horizon; the longer one never seems safer."""
        short, long = (self.heads[horizon].raw(values) for horizon in HORIZONS)
        mixed = {horizon: a * short + b * long + c for horizon, (a, b, c) in self.mix.items()}
        return mixed | {90: max(mixed[90], mixed[30])}


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
    """Read and check a model file. Blocks for some 20 ms; never raises for what is in the file."""
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
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        return Unusable(Fault.DAMAGED, type(error).__name__)


def _model(body: Mapping[str, Any]) -> Model:
    heads = {horizon: _head(body["heads"][str(horizon)]) for horizon in HORIZONS}
    mix = {horizon: _mix(body["mix"][str(horizon)]) for horizon in HORIZONS}
    limits = {tier: _finite(body["limits"][tier]) for tier in ("critical", "high", "elevated")}
    if not 1 > limits["critical"] >= limits["high"] >= limits["elevated"] > 0:
        raise ValueError("limits")
    return Model(heads, mix, limits, dict(body["about"]))


def _mix(values: Sequence[Any]) -> tuple[float, float, float]:
    short, long, shift = map(_finite, values)
    if short < 0 or long < 0:
        raise ValueError("a weight below zero: more errors would lower the risk")
    return short, long, shift


def _head(head: Mapping[str, Any]) -> Head:
    columns = [head[name] for name in ("feature", "value", "missing_left", "right")]
    if len({len(column) for column in columns}) != 1:
        raise ValueError("columns differ in length")
    trees = tuple(_node(columns, root) for root in head["roots"])
    return Head(_finite(head["baseline"]), trees)


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
