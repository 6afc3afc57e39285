"""Which drives and days the model learns from, which it is judged on, and what happened after them."""

from dataclasses import dataclass
import hashlib

import numpy as np

from .data import Array, Timeline

FOLDS = 5
# Days between rows: of clean drives, and of others and those about to fail.
SPARSE = 60
DENSE = 7
# How often a drive is pretended to be new: no history, or at most 30 days of it.
NO_HISTORY = 0.20
SHORT_HISTORY = 0.35
SEED = 20160930


def day_of(text: str) -> int:
    """Return the day number of an ISO date."""
    return int(np.datetime64(text, "D").astype(np.int64))


# 187, 188 and 198 are kept since February 2014.
BEGIN = day_of("2014-03-01")
VALIDATION = day_of("2015-04-01")
CUT = day_of("2015-10-01")
END = day_of("2016-09-30")


@dataclass(frozen=True)
class Sampling:
    """Which rows are learnt from, beside those of a grid in time.

    changes: the days after each change as well; copies: each row with and without its history, in place of a draw.
    """

    changes: bool = False
    copies: bool = False


@dataclass(frozen=True)
class Rows:
    """Drives and days, with the days that each stands for, and the first day that counts as known."""

    drive: Array
    day: Array
    weight: Array
    since: Array


def folds(line: Timeline) -> Array:
    """Return a fold from 0 to 4 for each drive, by a hash of its serial."""
    names = (
        f"{serial or identity}" for serial, identity in zip(line.drives.serial, line.drives.ids, strict=True)
    )
    return np.array([hashlib.sha256(name.encode()).digest()[0] % FOLDS for name in names])


def grid(line: Timeline, begin: int, end: int, step: Array, seed: int = SEED) -> tuple[Array, Array]:
    """Return drives and days, from `begin` to before `end`, every `step[drive]` days with a random start."""
    start = np.maximum(line.drives.first, begin) + np.random.default_rng(seed).integers(0, step)
    stop = np.minimum(line.drives.last + ~line.drives.failed, end)
    number = np.maximum(-(-(stop - start) // step), 0)
    drive = np.repeat(np.arange(len(line.drives)), number)
    offset = np.arange(len(drive)) - np.repeat(np.cumsum(number) - number, number)
    return drive, start[drive] + offset * step[drive]


def weekly(line: Timeline, begin: int, end: int) -> tuple[Array, Array]:
    """Return every drive once a week while it was in use, the day of its failure left out."""
    return grid(line, begin, end, np.full(len(line.drives), 7))


def changed(line: Timeline, begin: int, end: int) -> tuple[Array, Array]:
    """Return the days on which a counter of a drive changed, the day of its failure left out."""
    last = line.drives.last[line.drive] + ~line.drives.failed[line.drive]
    rows = (line.day >= begin) & (line.day < np.minimum(last, end))
    return line.drive[rows], line.day[rows]


def after_changes(line: Timeline, begin: int, end: int) -> tuple[Array, Array]:
    """Return the days on which a counter of the model moved, and those on which that leaves a window of 1, 3 or 7 days.

    Without these a row on the day of a change would stand for the week after it, on which the growth of one day is over.
    """
    moved = np.append([True], (np.nan_to_num(line.counts[1:]) != np.nan_to_num(line.counts[:-1])).any(axis=1))
    moved &= np.append([False], line.drive[1:] == line.drive[:-1])
    drive = np.repeat(line.drive[moved], 4)
    day = (line.day[moved][:, None] + np.array([0, 1, 3, 7])).ravel()
    stop = np.minimum(line.drives.last[drive] + ~line.drives.failed[drive], end)
    kept = (day >= begin) & (day < stop)
    return drive[kept], day[kept]


def together(*parts: tuple[Array, Array]) -> tuple[Array, Array]:
    """Return the union of drives and days, sorted."""
    key = np.unique(np.concatenate([drive.astype(np.int64) * 1_000_000 + day for drive, day in parts]))
    return key // 1_000_000, key % 1_000_000


def training_rows(line: Timeline, begin: int, end: int, sampling: Sampling) -> Rows:
    """Return the rows to learn from, dense where a counter is not zero and before failures, sparse elsewhere.

    The weight is the number of days until the drive's next row, so that the sample stands for all days.
    """
    drive, day = grid(line, begin, end, np.full(len(line.drives), DENSE))
    near = line.drives.failed[drive] & (line.drives.last[drive] - day <= 120)
    unclean = line.dirty[line.at(drive, day)]
    parts = [
        grid(line, begin, end, np.full(len(line.drives), SPARSE)),
        (drive[near | unclean], day[near | unclean]),
    ]
    if sampling.changes:
        parts.append(after_changes(line, begin, end))
    drive, day = together(*parts)
    weight = np.clip(_weights(line, drive, day, end), 0, SPARSE).astype(float)
    return _copied(line, drive, day, weight) if sampling.copies else _drawn(line, drive, day, weight)


def _weights(line: Timeline, drive: Array, day: Array, end: int) -> Array:
    stop = np.minimum(line.drives.last[drive] + ~line.drives.failed[drive], end)
    following = np.append(day[1:], 0)
    same = np.append(drive[1:] == drive[:-1], [False])
    return np.where(same, following, stop) - day


def _drawn(line: Timeline, drive: Array, day: Array, weight: Array) -> Rows:
    """Pretend of some rows that the drive is new."""
    random = np.random.default_rng(SEED + 1)
    dice = random.random(len(drive))
    short = day - random.integers(1, 31, len(drive))
    since = np.where(
        dice < NO_HISTORY, day, np.where(dice < NO_HISTORY + SHORT_HISTORY, short, line.drives.first[drive])
    )
    return Rows(drive, day, weight, since)


def _copied(line: Timeline, drive: Array, day: Array, weight: Array) -> Rows:
    """Return each row three times, with its history, with a short one and without, and its weight shared out."""
    short = day - np.random.default_rng(SEED + 1).integers(1, 31, len(day))
    parts = (1 - SHORT_HISTORY - NO_HISTORY, SHORT_HISTORY, NO_HISTORY)
    return Rows(
        np.tile(drive, 3),
        np.tile(day, 3),
        np.concatenate([part * weight for part in parts]),
        np.concatenate([line.drives.first[drive], short, day]),
    )


def outcome(line: Timeline, drive: Array, day: Array, horizon: int, end: int) -> tuple[Array, Array]:
    """Return whether the drive failed within `horizon` days, and whether that could be known before `end`.

    Where the horizon reaches beyond `end` nothing is known, also of a drive that has failed by then: only its
    failures would be counted, and not the days of others.
    """
    left = line.drives.last[drive] - day
    failed = line.drives.failed[drive] & (left <= horizon)
    known = (day + horizon < end) & (failed | (left >= horizon))
    return failed & known, known
