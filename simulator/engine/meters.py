"""What a container uses: counters that only grow, and memory."""

from simulator.noise import wander

from .engine import Engine
from .model import Container, Meter

PERIOD = 60.0
CFS_PERIOD = 0.1


def start(engine: Engine, container: Container) -> None:
    """A new process begins at nothing."""
    container.meter = Meter(since=engine.now(), moved=engine.clock.motion())


def settle(engine: Engine, container: Container) -> None:
    """Keep what was counted so far: from now on it may use more or less."""
    container.meter = read(engine, container)


def limit_of(engine: Engine, container: Container) -> int:
    """Bytes that it may use: its own limit, or all there is."""
    limit: int = container.host["Memory"]
    return min(limit, engine.memory) if limit else engine.memory


def cores_of(engine: Engine, container: Container) -> float:
    """Cores that it may use."""
    host = container.host
    if host["NanoCpus"]:
        return float(host["NanoCpus"]) / 1e9
    if host["CpuQuota"] > 0:
        return float(host["CpuQuota"]) / float(host["CpuPeriod"] or 100_000)
    return float(engine.cpus)


def read(engine: Engine, container: Container) -> Meter:
    """The counters as they stand now: CPU in seconds, the rest in bytes.

    CPU runs with the clock, so that a frozen world shows a steady load; what wanders, and every byte, moves with
    the world's motion only.
    """
    meter, acts = container.meter, container.behaviour
    now, moved = engine.now(), engine.clock.motion()
    if not container.alive:
        return meter
    busy = 0.0 if container.state == "paused" else now - meter.since
    awake = 0.0 if container.state == "paused" else moved - meter.moved
    wanted = acts.cpu / 100.0
    allowed = min(wanted, cores_of(engine, container))
    limited = allowed < wanted
    # within three points of the load, and never backwards
    swing = 0.0 if limited else min(0.25 * wanted, 0.03) * PERIOD / 2
    drift = swing * _change(engine, container.ident, meter.moved)
    # bytes come in waves, too
    bytes_for = max(0.0, awake + PERIOD / 8 * _change(engine, f"io{container.ident}", meter.moved))
    return Meter(
        since=now,
        moved=moved,
        cpu=meter.cpu + max(0.0, allowed * busy + drift),
        received=meter.received + acts.received * bytes_for,
        sent=meter.sent + acts.sent * bytes_for,
        read=meter.read + acts.read * bytes_for,
        written=meter.written + acts.written * bytes_for,
        periods=meter.periods + (busy / CFS_PERIOD if cores_of(engine, container) < engine.cpus else 0.0),
        leaked=meter.leaked + acts.leak * busy / 3600.0,
        throttled=meter.throttled + (busy / CFS_PERIOD if limited else 0.0),
    )


def _change(engine: Engine, key: str, moved: float) -> float:
    """How far a drifting number has drifted since then."""
    return engine.wobble(key, PERIOD) - wander(engine.seed, key, moved, PERIOD)


def memory_of(engine: Engine, container: Container) -> tuple[int, int]:
    """Bytes in use, without the page cache, and the page cache."""
    acts = container.behaviour
    drift = 1.0 + 0.01 * engine.wobble(f"memory{container.ident}", PERIOD)
    limit = limit_of(engine, container)
    used = min(limit, int(acts.memory * drift + read(engine, container).leaked))
    return used, min(acts.cache, limit - used)


def seconds_to_limit(engine: Engine, container: Container) -> float | None:
    """When a leak will have filled the limit; None where that never happens."""
    acts = container.behaviour
    room = limit_of(engine, container) - acts.memory - read(engine, container).leaked
    if room <= 0:
        return 0.0
    return room / acts.leak * 3600.0 if acts.leak > 0 else None
