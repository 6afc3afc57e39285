"""A small sample of made-up drives, with what scikit-learn says of them: the tests hold the shipped code to it."""

from collections.abc import Mapping
import gzip
import json
from pathlib import Path
import random
from typing import Any

import numpy as np
import pandas as pd

from custom_components.home_server_monitor.prediction.counters import COUNTERS
from custom_components.home_server_monitor.prediction.forest import HORIZONS

from .calibrate import Curve, told
from .data import Array, Timeline, timeline
from .features import features
from .fit import Taught
from .sampling import SEED

DRIVES = 120
LOOKS = 3


def made_up(drives: int = DRIVES) -> Timeline:
    """Return drives with gaps, counters that fall, and counters that are not reported now and then."""
    dice = random.Random(SEED)  # noqa: S311
    changes, table = [], []
    for drive in range(drives):
        hidden = [dice.random() < 0.15 for _ in COUNTERS]
        level = [0] * len(COUNTERS)
        hours = 0
        for _ in range(dice.randint(1, 20)):
            row: dict[str, Any] = {"drive_id": drive, "tstart": hours, "tstop": hours + 24}
            for place, attribute in enumerate(COUNTERS):
                if dice.random() < 0.3:
                    level[place] = max(
                        0,
                        level[place] + dice.choice([1, 2, 8, 64, 500, -3 if attribute in {197, 198} else 5]),
                    )
                row[f"smart_{attribute}"] = None if hidden[place] or dice.random() < 0.05 else level[place]
            changes.append(row)
            hours += 24 * dice.choice([1, 1, 1, 2, 3, 7, 29, 30, 31, 89, 90, 91])
        table.append({"drive_id": drive, "last_date": "2016-01-01", "max_hours": hours, "failed": 0})
    return timeline(pd.DataFrame(changes), pd.DataFrame(table))


def sample(taught: Taught, curves: Mapping[int, Curve]) -> dict[str, Any]:
    """Return histories, the features that training sees in them, and the log-odds of scikit-learn."""
    line = made_up()
    random_days = np.random.default_rng(SEED)
    drive = np.repeat(np.arange(len(line.drives)), LOOKS)
    day = random_days.integers(line.drives.first[drive], line.drives.last[drive] + 1)
    x = features(line, drive, day)
    odds = {
        str(horizon): column.tolist()
        for horizon, column in zip(HORIZONS, told(taught.score(x), curves).T, strict=True)
    }
    return {
        "histories": [_history(line, each) for each in range(len(line.drives))],
        "drive": drive.tolist(),
        "day": day.tolist(),
        "features": [[None if np.isnan(value) else value for value in row] for row in x.tolist()],
        "log_odds": odds,
    }


def _history(line: Timeline, drive: int) -> list[list[float | None]]:
    rows = np.flatnonzero(line.drive == drive)
    return [[int(line.day[row]), *_known(line.counts[row])] for row in rows]


def _known(counts: Array) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in counts]


def write(taught: Taught, curves: Mapping[int, Curve], path: Path) -> None:
    """Write the sample; the same models give the same bytes."""
    path.write_bytes(gzip.compress(json.dumps(sample(taught, curves)).encode(), 9, mtime=0))
