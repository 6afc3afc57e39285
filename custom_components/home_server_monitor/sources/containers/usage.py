"""What containers use, from two samples of their counters: rates that are right, and nothing where nothing is measured."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..records import at, instant, integer, number
from .model import Container, Usage

# closer samples tell more about clocks than about the container
SHORTEST = 1.0
# what the kernel writes for "no limit"
NO_LIMIT = 2**62


@dataclass(frozen=True, slots=True)
class Sample:
    """The counters of one container at one moment of the engine's clock.

    Nanoseconds of processor time of the container and of the host, bytes, periods of the processor quota; None is
    not told.
    """

    at: datetime
    cpu: int | None
    system: int | None
    cpus: int | None
    periods: int | None
    throttled: int | None
    memory: int | None
    memory_limit: int | None
    received: int | None
    sent: int | None
    read: int | None
    written: int | None
    pids: int | None
    pids_limit: int | None


def sample(raw: Any) -> Sample | None:
    """Parse `GET /containers/{id}/stats`; None where the container does not run, which an engine says with year 1."""
    moment = instant(at(raw, "read"))
    if moment is None:
        return None
    cpu, throttling = at(raw, "cpu_stats"), at(raw, "cpu_stats", "throttling_data")
    percpu = at(cpu, "cpu_usage", "percpu_usage")
    networks = at(raw, "networks")
    links = [*networks.values()] if isinstance(networks, dict) else []
    return Sample(
        at=moment,
        cpu=integer(at(cpu, "cpu_usage", "total_usage")),
        system=integer(at(cpu, "system_cpu_usage")),
        cpus=integer(at(cpu, "online_cpus")) or (len(percpu) if isinstance(percpu, list) else None) or None,
        periods=integer(at(throttling, "periods")),
        throttled=integer(at(throttling, "throttled_periods")),
        memory=_memory(at(raw, "memory_stats")),
        memory_limit=_limit(at(raw, "memory_stats", "limit")),
        received=_sum(at(link, "rx_bytes") for link in links),
        sent=_sum(at(link, "tx_bytes") for link in links),
        read=_blocks(raw, "read"),
        written=_blocks(raw, "write"),
        pids=integer(at(raw, "pids_stats", "current")),
        pids_limit=_limit(at(raw, "pids_stats", "limit")),
    )


def _memory(stats: Any) -> int | None:
    """Return the memory without the page cache that the kernel gives back first, as `docker stats` shows it.

    cgroup v1 names it `total_inactive_file`, v2 `inactive_file`; podman does not tell it.
    """
    usage = integer(at(stats, "usage"))
    if usage is None:
        return None
    for name in ("total_inactive_file", "inactive_file"):
        cache = integer(at(stats, "stats", name))
        if cache is not None:
            return usage - cache if 0 <= cache < usage else usage
    return usage


def _limit(value: Any) -> int | None:
    found = number(value)
    return int(found) if found is not None and 0 < found < NO_LIMIT else None


def _sum(values: Iterable[Any]) -> int | None:
    """Return the sum of what is told, None where nothing is."""
    found = [value for item in values if (value := integer(item)) is not None]
    return sum(found) if found else None


def _blocks(raw: Any, operation: str) -> int | None:
    """Return the bytes of one direction over all devices; the names differ in case between cgroup v1 and v2."""
    rows = at(raw, "blkio_stats", "io_service_bytes_recursive")
    return _sum(
        at(row, "value")
        for row in (rows if isinstance(rows, list) else [])
        if str(at(row, "op")).lower() == operation
    )


def usage(before: Sample | None, now: Sample, container: Container, host_memory: int | None = None) -> Usage:
    """Return what a container uses; rates need a sample of the same container `before`, and are None without.

    Its network is told only where it is its own: a container that lives in another one's network shows that one's
    counters, and with the host's network there are none.
    """
    seconds = (now.at - before.at).total_seconds() if before else 0.0
    # a restart begins all counters anew
    restarted = before is not None and _grown(before.cpu, now.cpu) is None
    alive = before if seconds >= SHORTEST and not restarted else None
    own = container.network == "own" and container.network_mode is not None
    limit = min(filter(None, (now.memory_limit, host_memory)), default=None)

    def rate(name: str) -> float | None:
        grown = _grown(getattr(alive, name, None), getattr(now, name))
        return None if grown is None else grown / seconds

    return Usage(
        cpu_percent=_cpu(alive, now, seconds),
        memory=now.memory,
        memory_limit=limit,
        memory_percent=100 * now.memory / limit if now.memory is not None and limit else None,
        rx_rate=rate("received") if own else None,
        tx_rate=rate("sent") if own else None,
        rx_total=now.received if own else None,
        tx_total=now.sent if own else None,
        read_rate=rate("read"),
        write_rate=rate("written"),
        pids=now.pids,
        pids_limit=container.limits.pids if container.inspected else now.pids_limit,
        throttled_percent=_throttled(alive, now),
        network=container.network,
    )


def _grown(before: int | None, now: int | None) -> int | None:
    """Return by how much a counter grew, None where it is not told or began anew; 0 is growth too."""
    return now - before if before is not None and now is not None and now >= before else None


def _cpu(before: Sample | None, now: Sample, seconds: float) -> float | None:
    """Return percent of one core, as `docker stats` counts: by the host's own time, which stands still when it is robbed."""
    if before is None or (used := _grown(before.cpu, now.cpu)) is None:
        return None
    if now.cpus and (system := _grown(before.system, now.system)):
        # what only a division leaves would be written as a change
        return round(100 * now.cpus * used / system, 8)
    return round(100 * used / (seconds * 1e9), 8)


def _throttled(before: Sample | None, now: Sample) -> float | None:
    if before is None or not (periods := _grown(before.periods, now.periods)):
        return None
    throttled = _grown(before.throttled, now.throttled)
    return None if throttled is None else 100 * throttled / periods


class Meters:
    """Remembers the last sample of each container, by its id: a name may pass to another container."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[Sample, Usage]] = {}

    def take(self, container: Container, raw: Any, host_memory: int | None = None) -> Usage | None:
        """Take a sample and return what the container uses, None where it does not run."""
        now = sample(raw)
        if now is None:
            self._last.pop(container.id, None)
            return None
        before, last = self._last.get(container.id, (None, None))
        if before and last and (now.at - before.at).total_seconds() < SHORTEST:
            # the engine told the same moment again: its rates are still the newest
            return replace(last, network=container.network)
        found = usage(before, now, container, host_memory)
        self._last[container.id] = now, found
        return found

    def keep(self, ids: Iterable[str]) -> None:
        """Forget all containers but these."""
        wanted = set(ids)
        self._last = {key: value for key, value in self._last.items() if key in wanted}
