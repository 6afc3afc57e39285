"""One look at a container: what of an inspection tells how it fares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..records import count, instant, integer, text as plain
from .model import HealthStatus
from .raw import Json, table, tables, text, whole

NANOSECONDS = 1e9
_CHECK_INTERVAL = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen of a container at one moment.

    at: seconds of a clock that never jumps; started: as the engine writes it, empty where it never ran; check: what
    its health check says, `none` where it has none; probe: whether the application itself answered, None where
    nobody asked it. `gone` where the engine does not know the container any more.
    """

    at: float
    id: str = ""
    status: str = ""
    restarting: bool = False
    restarts: int = 0
    started: str = ""
    exit_code: int | None = None
    oom: bool = False
    error: str = ""
    check: HealthStatus = HealthStatus.NONE
    failing_streak: int = 0
    output: str = field(default="", repr=False)
    check_code: int | None = None
    probe: bool | None = None
    gone: bool = False

    @property
    def running(self) -> bool:
        """Whether its processes run; the engine also says so of one that waits for its next start."""
        return self.status == "running" and not self.restarting

    @property
    def since(self) -> datetime | None:
        """Return when it was started last."""
        return instant(self.started)


def look(inspect: Json, at: float, probe: bool | None = None) -> Look:
    """Reduce an inspection to what is judged."""
    state = table(inspect.get("State"))
    health = table(state.get("Health"))
    last: Mapping[str, object] = next(reversed(tables(health.get("Log"))), {})
    lines = [line for line in text(last.get("Output")).splitlines() if line.strip()]
    return Look(
        at=at,
        id=text(inspect.get("Id")),
        status=text(state.get("Status")),
        restarting=state.get("Restarting") is True or state.get("Status") == "restarting",
        restarts=count(inspect.get("RestartCount")),
        started=text(state.get("StartedAt")) if instant(state.get("StartedAt")) else "",
        exit_code=integer(state.get("ExitCode")),
        oom=state.get("OOMKilled") is True,
        error=plain(state.get("Error"), 500) or "",
        check=_check(health),
        failing_streak=count(health.get("FailingStreak")),
        output=plain(lines[-1]) or "" if lines else "",
        check_code=integer(last.get("ExitCode")),
        probe=probe,
    )


def _check(health: Json) -> HealthStatus:
    try:
        return HealthStatus(text(health.get("Status")))
    except ValueError:
        return HealthStatus.NONE


@dataclass(frozen=True, slots=True)
class Check:
    """A health check's own times in seconds; how often it may fail is `retries`."""

    start_period: float
    interval: float
    timeout: float
    retries: int


def health_check(inspect: Json) -> Check | None:
    """Return the times of a container's health check, or None where it has none or it was switched off."""
    found = table(table(inspect.get("Config")).get("Healthcheck"))
    test = found.get("Test")
    if not isinstance(test, list) or not test or test == ["NONE"]:
        return None

    def seconds(key: str, default: float) -> float:
        return max(whole(found.get(key)), 0) / NANOSECONDS or default

    return Check(
        seconds("StartPeriod", 0.0),
        seconds("Interval", _CHECK_INTERVAL),
        seconds("Timeout", _CHECK_INTERVAL),
        whole(found.get("Retries")) or 3,
    )
