"""What containers write. The regular lines are computed, so that a chatty container costs nothing."""

from collections.abc import Iterator
from itertools import islice

from .engine import Engine
from .errors import EngineError
from .model import Container

type Line = tuple[float, str, str]

MOST = 100_000
UNREADABLE = {"none", "syslog", "gelf", "fluentd", "awslogs"}


def lines(
    engine: Engine, container: Container, *, since: float = 0.0, until: float | None = None
) -> list[Line]:
    """When, on which stream, and what; oldest first."""
    driver = container.host["LogConfig"]["Type"]
    if driver in UNREADABLE:
        words = "configured logging driver does not support reading"
        raise EngineError(501 if engine.release.modern else 500, words)
    end = min(until or engine.now(), engine.now())
    regular = list(_regular(engine, container, max(since, container.started or 0.0), end))
    special = [line for line in container.said if since <= line[0] <= end]
    return sorted([*regular, *special]) if special else regular


def _regular(engine: Engine, container: Container, since: float, until: float) -> Iterator[Line]:
    acts = container.behaviour
    if container.started is None or acts.lines_a_minute <= 0 or not acts.lines:
        return
    stop = until if container.alive else min(until, container.finished or until)
    pause = 60.0 / acts.lines_a_minute
    first = max(0, int((since - container.started) / pause))
    last = int((stop - container.started) / pause)
    numbers = range(max(first, last - MOST), last + 1)
    for number in islice(numbers, MOST):
        at = container.started + number * pause
        if since <= at <= stop:
            yield at, "stdout", acts.lines[number % len(acts.lines)]
