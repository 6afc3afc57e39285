"""A disk model of a few trees in the format of the shipped file: what it says can be worked out by hand."""

import gzip
import json
from math import log1p
from pathlib import Path

from custom_components.home_server_monitor.prediction.features import FEATURES
from custom_components.home_server_monitor.prediction.forest import FORMAT, digest

# (feature, its level, what is added to the log-odds above it)
_STEPS = (
    ("level_197", log1p(8), 1.8),
    ("growth_197_30", log1p(8), 1.8),
    ("growth_187_30", log1p(4), 1.8),
    ("level_5", log1p(100), 0.5),
)


def write(path: Path) -> Path:
    """Write it: 0.25 % for a disk without errors, 35 % and more for one whose pending sectors and errors grow."""
    head = {"baseline": -6.0, "roots": []}
    columns: dict[str, list[object]] = {"feature": [], "value": [], "missing_left": [], "right": []}
    for name, limit, more in _STEPS:
        root = len(columns["feature"])
        head["roots"] += [root]  # type: ignore[operator]
        for row in ((FEATURES.index(name), limit, True, root + 2), (-1, 0.0, False, 0), (-1, more, False, 0)):
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
    body = {
        "format": FORMAT,
        "features": list(FEATURES),
        "heads": {"30": head | columns, "90": head | columns},
        "calibration": {"30": [[0.0], [0.0]], "90": [[0.0], [0.5]]},
        "limits": {"critical": 0.25, "high": 0.13, "elevated": 0.027},
        "about": {"trained": "never: written for tests"},
    }
    path.write_bytes(gzip.compress(json.dumps(body | {"sha256": digest(body)}).encode()))
    return path
