"""The simple rules that the model is compared with."""

import csv
from pathlib import Path

import numpy as np

from custom_components.home_server_monitor.prediction.counters import GROWING

from .data import PLACE, Array, Timeline

SCRUTINY = (5, 10, 187, 196, 197, 198)


def any_of(line: Timeline, drive: Array, day: Array, attributes: tuple[int, ...] = GROWING) -> Array:
    """Return how many of the counters are not zero; the rule alarms at one."""
    counts = np.nan_to_num(line.counts[line.at(drive, day)][:, [PLACE[each] for each in attributes]])
    return np.asarray((counts > 0).sum(axis=1).astype(float))


def scrutiny(line: Timeline, drive: Array, day: Array, table: Path) -> Array:
    """Return the highest annual failure rate of the buckets that the counters fall into; it alarms at 10 %.

    A count above every bucket counts as the highest of them.
    """
    rates = _buckets(table)
    counts = line.counts[line.at(drive, day)]
    worst = np.zeros(len(drive))
    for attribute in SCRUTINY:
        count, buckets = counts[:, PLACE[attribute]], rates[attribute]
        rate = np.zeros(len(drive))
        for low, high, value in reversed(buckets):
            rate = np.where((count >= low) & (count <= high), value, rate)
        rate = np.where(
            count > max(high for _, high, _ in buckets), max(value for *_, value in buckets), rate
        )
        worst = np.maximum(worst, np.nan_to_num(rate))
    return worst


def _buckets(table: Path) -> dict[int, list[tuple[float, float, float]]]:
    found: dict[int, list[tuple[float, float, float]]] = {attribute: [] for attribute in SCRUTINY}
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["protocol"] == "ata" and row["low"] and int(row["attribute_id"]) in found:
                bucket = float(row["low"]), float(row["high"]), float(row["annual_failure_rate"])
                found[int(row["attribute_id"])].append(bucket)
    return found
