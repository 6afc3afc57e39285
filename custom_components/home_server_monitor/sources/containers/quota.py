"""Whether a container uses more than it may, and for long: one peak is no breach."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from .model import Usage

LASTING = 600.0
# every container is looked at at least every five minutes
LONGEST_GAP = 330.0
LEAST_SAMPLES = 3
# it is over once it is well below
CLEARS = 0.9
RESTARTS_WITHIN = 3600.0
# what is close to a limit of its own, in percent of that
NEAR_MEMORY = 95.0
NEAR_PIDS = 90.0
# in so many of its periods it had to wait for the processor
THROTTLED = 50.0


class Measure(StrEnum):
    """What is measured."""

    CPU = "cpu"
    MEMORY = "memory"
    PIDS = "pids"
    NETWORK = "network"
    LOG = "log"
    RESTARTS = "restarts"
    NEAR_MEMORY = "near_memory"
    NEAR_PIDS = "near_pids"
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a container may use for long; None is without a quota.

    Percent of one core, bytes, processes, bytes a second of both directions and of the log, starts in an hour;
    lasting: the seconds for which it may use more.
    """

    cpu: float | None = None
    memory: int | None = None
    pids: int | None = None
    network: float | None = None
    log: float | None = None
    restarts: int | None = None
    lasting: float = LASTING


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was measured at one moment of a clock that never jumps; restarts: as the engine counts them."""

    at: float
    usage: Usage
    restarts: int | None = None
    log_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """A quota that is exceeded: the mean `value` since `since`, of a `limit` in the same unit.

    holds: it is below what begins a breach, but not below what ends one.
    """

    measure: Measure
    value: float
    limit: float
    since: float
    holds: bool = False


def breaches(samples: Sequence[Sample], quota: Quota | None = None) -> tuple[Breach, ...]:
    """Return what is exceeded now, by samples in their order; without a quota what is close to a limit of its own."""
    if not samples:
        return ()
    wanted = quota or Quota()
    limits: dict[Measure, float | None] = {
        Measure.CPU: wanted.cpu,
        Measure.MEMORY: wanted.memory,
        Measure.PIDS: wanted.pids,
        Measure.NETWORK: wanted.network,
        Measure.LOG: wanted.log,
        Measure.NEAR_MEMORY: NEAR_MEMORY,
        Measure.NEAR_PIDS: NEAR_PIDS,
        Measure.THROTTLED: THROTTLED,
    }
    found = [
        breach
        for measure, limit in limits.items()
        if limit and (breach := _sustained(samples, measure, limit, wanted.lasting))
    ]
    if wanted.restarts is not None and (restarted := _restarted(samples, wanted.restarts)):
        found.append(restarted)
    return tuple(found)


def measured(sample: Sample, measure: Measure) -> float | None:
    """Return what a sample says, or None where that is not known or not this container's own."""
    usage = sample.usage
    match measure:
        case Measure.CPU:
            return usage.cpu_percent
        case Measure.MEMORY:
            return usage.memory
        case Measure.PIDS:
            return usage.pids
        case Measure.NETWORK:
            if usage.network != "own" or usage.rx_rate is None or usage.tx_rate is None:
                return None
            return usage.rx_rate + usage.tx_rate
        case Measure.LOG:
            return sample.log_rate
        case Measure.NEAR_MEMORY:
            return usage.memory_percent
        case Measure.NEAR_PIDS:
            return (
                100 * usage.pids / usage.pids_limit if usage.pids is not None and usage.pids_limit else None
            )
        case Measure.THROTTLED:
            return usage.throttled_percent
        case Measure.RESTARTS:
            return sample.restarts


def _sustained(samples: Sequence[Sample], measure: Measure, limit: float, lasting: float) -> Breach | None:
    """Return a breach where it never went well below the limit, and was above it on average, for long enough."""
    run = list(_run(samples, measure, limit * CLEARS))
    if len(run) < LEAST_SAMPLES or run[0][0] - run[-1][0] < lasting:
        return None
    recent = [value for at, value in run if run[0][0] - at <= lasting]
    mean = sum(recent) / len(recent)
    return Breach(measure, mean, limit, run[-1][0], holds=mean < limit)


def _run(samples: Sequence[Sample], measure: Measure, least: float) -> Iterator[tuple[float, float]]:
    """Yield the newest samples, from the last one back, without a gap and none below `least`."""
    later: float | None = None
    for sample in reversed(samples):
        value = measured(sample, measure)
        if value is None or value < least or (later is not None and later - sample.at > LONGEST_GAP):
            return
        yield sample.at, value
        later = sample.at


def _restarted(samples: Sequence[Sample], limit: int) -> Breach | None:
    now = samples[-1].at
    starts = [
        (after.at, after.restarts - before.restarts)
        for before, after in pairwise(samples)
        if before.restarts is not None and after.restarts is not None and after.restarts > before.restarts
        if now - after.at <= RESTARTS_WITHIN
    ]
    count = sum(number for _, number in starts)
    return Breach(Measure.RESTARTS, count, limit, starts[0][0]) if count > limit else None
