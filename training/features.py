"""The features of `prediction/features.py`, for many drives and days at once."""

import numpy as np

from custom_components.home_server_monitor.prediction.counters import GROWING
from custom_components.home_server_monitor.prediction.features import FEATURES, LONGEST, WINDOWS

from .data import GROWING_PLACES, PLACE, Array, Timeline

_GROWTHS = (*((PLACE[attribute], window) for attribute in GROWING for window in WINDOWS), (PLACE[188], 30))


def features(line: Timeline, drive: Array, day: Array, since: Array | None = None) -> Array:
    """Return rows × FEATURES, NaN where not known.

    `since` pretends that a drive was first read on that day; where it is the day itself, there is no history.
    """
    first = line.drives.first[drive]
    begin = first if since is None else np.maximum(first, since)
    now = line.at(drive, day)
    floor = line.at(drive, begin)
    levels = line.counts[now]
    columns = [*np.log1p(levels).T]
    fresh = day <= begin
    for place, window in _GROWTHS:
        back = np.maximum(line.at(drive, day - window), floor)
        growth = np.log1p(np.maximum(line.risen[now, place] - line.risen[back, place], 0))
        columns.append(np.where(fresh | np.isnan(levels[:, place]), np.nan, growth))
    columns.append(np.where(fresh, np.nan, _peak(line, drive, day, floor, now)))
    back = np.maximum(line.at(drive, day - 30), floor)
    columns.append(np.where(fresh, np.nan, line.events[now] - line.events[back]))
    columns.append(np.where(fresh, np.nan, _since(line, day, begin, floor, now)))
    columns.append((np.nan_to_num(levels[:, GROWING_PLACES]) > 0).sum(axis=1).astype(float))
    assert len(columns) == len(FEATURES)
    return np.column_stack(columns)


def _since(line: Timeline, day: Array, begin: Array, floor: Array, now: Array) -> Array:
    rise = line.last_rise[now]
    known = rise > floor
    age = day - line.day[np.maximum(rise, 0)]
    reach = np.minimum(day - begin, LONGEST)
    return np.where(known & (age < LONGEST), age, reach).astype(float)


def _peak(line: Timeline, drive: Array, day: Array, floor: Array, now: Array) -> Array:
    """Return the highest level of attribute 197 of the last 30 days: a range maximum over rows."""
    level = np.nan_to_num(line.counts[:, PLACE[197]], nan=-1)
    table = [level]
    low = np.maximum(line.at(drive, day - 29), floor)
    length = now - low + 1
    for power in range(int(np.log2(length.max())) if len(length) else 0):
        half = 1 << power
        above = table[-1].copy()
        above[:-half] = np.maximum(above[:-half], table[-1][half:])
        table.append(above)
    power = np.log2(length).astype(int)
    peak = np.maximum(np.stack(table)[power, low], np.stack(table)[power, now - (1 << power) + 1])
    return np.where(np.isnan(line.counts[now, PLACE[197]]), np.nan, np.log1p(np.maximum(peak, 0)))
