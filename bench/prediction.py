"""What the disk model costs at home: a prediction, with and without its reasons, and reading its file."""

from collections.abc import Callable
from dataclasses import asdict
import json
import statistics
import time

from bench.rows import Row
from custom_components.home_server_monitor.prediction.counters import COUNTERS
from custom_components.home_server_monitor.prediction.features import Day
from custom_components.home_server_monitor.prediction.forest import FILE, Model, load
from custom_components.home_server_monitor.prediction.outlook import predict

RUNS = 200
DAYS = 400


def milliseconds(call: Callable[[], object], runs: int = RUNS) -> float:
    """Return the median of some runs."""
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


def history(sick: bool) -> list[Day]:
    """Return 400 days of a drive that is clean, or whose counters all rise every day of the last month."""
    return [
        Day(20000 + day, tuple(float(max(day - DAYS + 30, 0)) if sick else 0.0 for _ in COUNTERS))
        for day in range(DAYS)
    ]


def main() -> None:
    """Print the rows."""
    model = load()
    assert isinstance(model, Model), model
    clean, sick = history(False), history(True)
    rows = [
        Row(
            case="prediction",
            metric="a clean drive",
            value=milliseconds(lambda: predict(model, clean)),
            unit="ms",
            budget=1,
        ),
        Row(
            case="prediction",
            metric="a failing drive, without reasons",
            value=milliseconds(lambda: predict(model, sick, explain=False)),
            unit="ms",
            budget=1,
        ),
        Row(
            case="prediction",
            metric="a failing drive, with reasons",
            value=milliseconds(lambda: predict(model, sick)),
            unit="ms",
            budget=1,
        ),
        Row(case="prediction", metric="reading the model file", value=milliseconds(load, 5), unit="ms"),
        Row(
            case="prediction",
            metric="size of the model file",
            value=FILE.stat().st_size / 1024,
            unit="KiB",
            budget=200,
        ),
    ]
    print(json.dumps([asdict(row) for row in rows]))


if __name__ == "__main__":
    main()
