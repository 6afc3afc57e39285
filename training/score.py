"""Scores drives with the shipped model file and the code that runs in Home Assistant: one row per drive and week."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from custom_components.home_server_monitor.prediction.features import Day
from custom_components.home_server_monitor.prediction.forest import Model, load as load_model
from custom_components.home_server_monitor.prediction.outlook import Prediction, predict
from custom_components.home_server_monitor.prediction.tiers import FALLS_AFTER, Standing

from .data import BadData, Tell, Timeline, load

WEEK = 7


class Scored(NamedTuple):
    """One row of the output. `day` is the day of the week on which the chance was highest, the first of them."""

    drive_id: int
    day: int
    p30: float
    p90: float
    tier: str


class Scorer:
    """Predicts day by day; what was seen before is not computed again, as most drives are clean most of the time."""

    def __init__(self, model: Model) -> None:
        """Take a model that was read from a file."""
        self._model = model
        self._clean: dict[tuple[tuple[float | None, ...], int], Prediction | None] = {}

    def predict(self, history: Sequence[Day], day: int, clean: bool) -> Prediction | None:
        """Return the prediction for a day, or None where nothing can be predicted. `clean`: never a count."""
        newest = history[-1].counts
        if not clean:
            return self._predict(history, day)
        key = newest, min(day - history[0].day, 90)
        if key not in self._clean:
            self._clean[key] = self._predict(history, day)
        return self._clean[key]

    def _predict(self, history: Sequence[Day], day: int) -> Prediction | None:
        found = predict(self._model, history, day, explain=False)
        return found if isinstance(found, Prediction) else None

    def weeks(self, history: Sequence[Day], last: int, drive: int) -> Iterator[Scored]:
        """Yield the weeks of a drive: read once a week, on each day with a change, and on the day after one."""
        first = history[0].day
        days = {*range(first, last + 1, WEEK), last}
        days |= {day for row in history for day in (row.day, row.day + 1) if first <= day <= last}
        standing, before, at, week = Standing(), first, 0, None
        best: Scored | None = None
        previous: Prediction | None = None
        spotless = next((index for index, row in enumerate(history) if any(row.counts)), len(history))
        for day in sorted(days):
            while at + 1 < len(history) and history[at + 1].day <= day:
                at += 1
            found = self.predict(history[: at + 1], day, at < spotless)
            if previous is not None:  # the days between said the same as the last one
                for _ in range(min(day - before - 1, FALLS_AFTER)):
                    standing = standing.step(previous.tier, previous.relaxed)
            before, previous = day, found
            if found is None:
                continue
            standing = standing.step(found.tier, found.relaxed)
            if best is not None and (day - first) // WEEK != week:
                yield best
                best = None
            week = (day - first) // WEEK
            best = _better(best, Scored(drive, day, found.p30, found.p90, standing.shown.key), standing)
        if best is not None:
            yield best


def _better(best: Scored | None, new: Scored, standing: Standing) -> Scored:
    """Return the riskier of two days of a week, with the tier that the week ends on or the higher one before."""
    if best is None or new.p30 > best.p30:
        return new
    return best._replace(tier=standing.shown.key) if _order(standing.shown.key) > _order(best.tier) else best


def _order(tier: str) -> int:
    return ("stable", "watch", "elevated", "high", "critical").index(tier)


def rows(line: Timeline, model: Model) -> Iterator[Scored]:
    """Yield every drive's weeks."""
    scorer = Scorer(model)
    ends = np.append(line.start[1:], len(line.day))
    for place, (begin, end) in enumerate(zip(line.start, ends, strict=True)):
        history = [
            Day(day, tuple(None if level != level else level for level in counts))  # noqa: PLR0124
            for day, counts in zip(line.day[begin:end].tolist(), line.counts[begin:end].tolist(), strict=True)
        ]
        yield from scorer.weeks(history, int(line.drives.last[place]), place)


def score_files(changes: Path, drives: Path, out: Path, tell: Tell) -> int:
    """Score two files into a third (drive_id, date, p30, p90, tier); returns the exit status."""
    model = load_model()
    if not isinstance(model, Model):
        tell(f"the model file is {model.fault.value}: {model.detail}")
        return 1
    try:
        line = load(changes, drives)
    except (BadData, OSError, ValueError) as error:
        tell(f"cannot be read: {error}")
        return 1
    silent = int((~np.isfinite(line.counts)).all(axis=1).sum())
    tell(f"{len(line.drives)} drives, {len(line.day)} rows, {silent} of them without a counter")
    table = pd.DataFrame(rows(line, model), columns=Scored._fields)
    table["drive_id"] = line.drives.ids[table["drive_id"].to_numpy(dtype=np.int64)]
    table["date"] = table.pop("day").to_numpy(dtype=np.int64).astype("datetime64[D]").astype("datetime64[s]")
    table = table[["drive_id", "date", "p30", "p90", "tier"]]
    table.to_parquet(out, index=False)
    tell(f"{len(table)} rows in {out.name}; {table.drive_id.nunique()} drives could be judged")
    return 0
