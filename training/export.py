"""Writes a fitted model as the file that the integration ships."""

from collections.abc import Mapping, Sequence
import gzip
import json
from pathlib import Path
import sys
from typing import Any

from custom_components.home_server_monitor.prediction.features import FEATURES
from custom_components.home_server_monitor.prediction.forest import FORMAT, digest

from .calibrate import Curve
from .data import Array
from .fit import Fitted, Taught


def body(
    taught: Taught, curves: Mapping[int, Curve], limits: Mapping[str, float], about: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the content of a model file: flat arrays by horizon, limits by tier, and where it comes from."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "features": list(FEATURES),
        "heads": {str(horizon): _head(head) for horizon, head in taught.heads.items()},
        "calibration": {str(horizon): [[*curve.x], [*curve.y]] for horizon, curve in curves.items()},
        "limits": dict(limits),
        "about": dict(about),
    }
    return content | {"sha256": digest(content)}


def write(content: Mapping[str, Any], path: Path) -> None:
    """Write a model file; the same content gives the same bytes."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
    path.write_bytes(gzip.compress(text, 9, mtime=0))


def _head(fitted: Fitted) -> dict[str, Any]:
    flat: dict[str, list[Any]] = {"feature": [], "value": [], "missing_left": [], "right": []}
    roots = []
    number = len(fitted.learners)
    for learner in fitted.learners:
        for (predictor,) in learner._predictors:  # noqa: SLF001  # scikit-learn offers no other way; its version is pinned
            roots.append(len(flat["feature"]))
            _flatten(predictor.nodes, 0, fitted.recipe.columns, number, flat)
    baseline = sum(float(learner._baseline_prediction[0, 0]) for learner in fitted.learners) / number  # noqa: SLF001
    return {"baseline": baseline, "roots": roots} | flat


def _flatten(nodes: Array, at: int, columns: Sequence[int], number: int, flat: dict[str, list[Any]]) -> None:
    """Append a node and what is below it: the left branch right behind it, then the right one."""
    node = nodes[at]
    place = len(flat["feature"])
    leaf = bool(node["is_leaf"])
    flat["feature"].append(-1 if leaf else columns[int(node["feature_idx"])])
    # a split between known and unknown has an infinite threshold, which JSON cannot hold
    limit = min(float(node["num_threshold"]), sys.float_info.max)
    flat["value"].append(float(node["value"]) / number if leaf else limit)
    flat["missing_left"].append(int(not leaf and bool(node["missing_go_to_left"])))
    flat["right"].append(0)
    if not leaf:
        _flatten(nodes, int(node["left"]), columns, number, flat)
        flat["right"][place] = len(flat["feature"])
        _flatten(nodes, int(node["right"]), columns, number, flat)
