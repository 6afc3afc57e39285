"""Health checks: when they run, and what they find."""

from typing import Any

from .engine import Engine
from .model import SECOND, Container, Health, Probe

_DEFAULTS = {
    "Interval": 30 * SECOND,
    "Timeout": 30 * SECOND,
    "StartPeriod": 0,
    "StartInterval": 5 * SECOND,
    "Retries": 3,
}
_TOOK = 0.06
CAUGHT_UP = 6


def check_of(container: Container) -> dict[str, Any] | None:
    """The health check, with the engine's defaults; None where there is none."""
    check = container.config.get("Healthcheck")
    if not check or not check.get("Test") or check["Test"][0] == "NONE":
        return None
    return {**_DEFAULTS, **{key: value for key, value in check.items() if value}}


def seconds(check: dict[str, Any], key: str) -> float:
    """A duration of a health check."""
    return float(check[key]) / SECOND


def begin(engine: Engine, container: Container) -> None:
    """A new start: everything is open again, but the old probes are still told."""
    check = check_of(container)
    if check is None:
        container.health = None
        return
    health = container.health or Health()
    health.status, health.streak = "starting", 0
    container.health = health
    engine.later(container, _pause(engine, container, check), lambda: probe(engine, container))


def resume(engine: Engine, container: Container, delay: float) -> None:
    """Let a container that has been healthy for long go on with its probes."""
    if check_of(container) is not None:
        engine.later(container, delay, lambda: probe(engine, container))


def _pause(engine: Engine, container: Container, check: dict[str, Any]) -> float:
    starting = container.health is not None and container.health.status == "starting"
    in_grace = container.started is not None and engine.now() - container.started < seconds(
        check, "StartPeriod"
    )
    # the start interval came with API 1.44
    quick = starting and in_grace and engine.release.modern
    return seconds(check, "StartInterval" if quick else "Interval")


def probe(engine: Engine, container: Container) -> None:
    """Run the check once, and again after a while."""
    check, health = check_of(container), container.health
    if check is None or health is None:
        return
    if container.state == "running":
        _run(engine, container, check, health)
    pause = _pause(engine, container, check)
    # after a leap of the clock the last few probes are enough
    late = engine.clock.now() - engine.now() - CAUGHT_UP * pause
    engine.later(container, max(pause, late), lambda: probe(engine, container))


def _command(check: dict[str, Any]) -> str:
    kind, *words = check["Test"]
    return f"/bin/sh -c {words[0]}" if kind == "CMD-SHELL" else " ".join(words)


def _run(engine: Engine, container: Container, check: dict[str, Any], health: Health) -> None:
    now = engine.now()
    acts = container.behaviour
    age = now - (container.started or now)
    good = acts.healthy and age >= acts.ready_after
    output = "" if good else acts.probe_output or "connection refused\n"
    health.log.append(Probe(now, now + _TOOK, 0 if good else 1, output))
    ident, command = engine.new_ident("probe"), _command(check)
    engine.tell(container, f"exec_create: {command}", execID=ident)
    engine.tell(container, f"exec_start: {command}", execID=ident)
    engine.tell(container, "exec_die", execID=ident, exitCode="0" if good else "1")
    before = (health.status, health.streak)
    if good:
        health.status, health.streak = "healthy", 0
    elif health.status != "starting" or age >= seconds(check, "StartPeriod"):
        # failures of the grace period do not count
        health.streak += 1
        if health.streak >= check["Retries"]:
            health.status = "unhealthy"
    if (health.status, health.streak) != before:
        container.touch()
    if health.status != before[0]:
        engine.tell(container, f"health_status: {health.status}")


def end(container: Container) -> None:
    """A stopped container counts as unhealthy until it is started again."""
    if container.health is not None and check_of(container) is not None:
        container.health.status = "unhealthy"
