"""What may be done about a container that uses more than it may, from the gentlest to the last."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .limiting import LEAST_MEMORY, cpu_body, memory_body, restart_body, restoring
from .model import Usage
from .quota import Breach, Measure
from .raw import Json, table, text, whole

MIB = 2**20
# a limit below what it uses now would end it: there has to be room
ROOM = 1.1
# how far above its limit a measurement may be, which is a mean over other seconds than the engine's
NOISE = 1.15
_LEAST_CORES = 0.05


class Rung(StrEnum):
    """The steps of the ladder."""

    NOTIFY = "notify"
    LIMIT = "limit"
    PAUSE = "pause"
    ROLL_BACK = "roll_back"
    RESTART = "restart"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What one rung does: `live` is the body of an update that comes first, `back` the one that takes it back.

    lines: of the service in the compose file, which make it last; takes_away: whether it does not run meanwhile.
    """

    rung: Rung
    live: Mapping[str, Any] = field(default_factory=dict)
    back: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    takes_away: bool = False


def ladder(
    breach: Breach, inspect: Json, info: Json, usage: Usage, *, after_update: bool = False
) -> tuple[Remedy, ...]:
    """Return the steps that make sense for a breach, in their order.

    after_update: whether it began after an update whose old container is kept.
    """
    return tuple(_steps(breach, table(inspect.get("HostConfig")), info, usage, after_update))


def _steps(
    breach: Breach, host: dict[str, Any], info: Json, usage: Usage, after_update: bool
) -> Iterator[Remedy]:
    yield Remedy(rung=Rung.NOTIFY, lines=_lines(breach))
    if after_update:
        yield Remedy(rung=Rung.ROLL_BACK, takes_away=True)
    if limit := _limit(breach, host, info, usage):
        yield Remedy(
            rung=Rung.LIMIT, live=limit, back=restoring(host, limit, info), lines=_lines(breach, limit)
        )
    if breach.measure is Measure.NETWORK:
        # the engine has no limit of bandwidth
        yield Remedy(rung=Rung.PAUSE, takes_away=True)
    # one that keeps ending is started often enough
    if breach.measure is not Measure.RESTARTS:
        yield Remedy(rung=Rung.RESTART, takes_away=True)
    # whoever is stopped must not be started again by the engine; it refuses another policy for one that removes itself
    live = {} if host.get("AutoRemove") or _policy(host) == "no" else restart_body("no")
    yield Remedy(rung=Rung.STOP, live=live, back=restoring(host, live, info), takes_away=True)


def _limit(breach: Breach, host: Json, info: Json, usage: Usage) -> dict[str, Any] | None:
    """Return the body of an update that keeps it at its quota, or None where the engine has no such limit."""
    match breach.measure:
        case Measure.CPU:
            cores = max(breach.limit / 100, _LEAST_CORES)
            # the engine refuses more than there are
            return cpu_body(host, cores) if cores < whole(info.get("NCPU")) else None
        case Measure.MEMORY:
            if usage.memory is None:
                return None
            # the engine, or the kernel, ends it where it uses more than that already
            limit = int(max(breach.limit, usage.memory * ROOM, LEAST_MEMORY))
            now = whole(host.get("Memory"))
            return memory_body(limit) if not now or limit < now else None
        case Measure.PIDS:
            limit = max(int(breach.limit), 1)
            now = whole(host.get("PidsLimit"))
            return {"PidsLimit": limit} if now <= 0 or limit < now else None
    return None


def _lines(breach: Breach, live: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """Return the lines of the compose file that make a limit last."""
    match breach.measure:
        case Measure.CPU:
            return (f"cpus: {max(breach.limit / 100, _LEAST_CORES):g}",)
        case Measure.MEMORY:
            size = -(-int((live or {}).get("Memory") or breach.limit) // MIB)
            return (f"mem_limit: {size}m", f"memswap_limit: {size}m")
        case Measure.PIDS:
            return (f"pids_limit: {int(breach.limit)}",)
        case Measure.LOG:
            return ("logging:", "  options:", '    max-size: "10m"', '    max-file: "3"')
        case Measure.RESTARTS:
            return ("restart: on-failure:5",)
    return ()


def _policy(host: Json) -> str:
    return text(table(host.get("RestartPolicy")).get("Name")) or "no"


def bites(live: Mapping[str, Any], inspect: Json, usage: Usage) -> bool | None:
    """Return whether a limit is in force, by an inspection and a measurement after it; None where that is not known.

    The engine may take a limit and not hold it: what is measured counts.
    """
    host = table(inspect.get("HostConfig"))
    if any(host.get(key) != value for key, value in live.items() if not isinstance(value, dict)):
        return False
    checks = list(_measured(live, usage))
    if False in checks:
        return False
    return True if checks and None not in checks else None


def _measured(live: Mapping[str, Any], usage: Usage) -> Iterator[bool | None]:
    if "NanoCpus" in live or "CpuQuota" in live:
        cores = (
            live["NanoCpus"] / 10**9
            if "NanoCpus" in live
            else live["CpuQuota"] / (whole(live.get("CpuPeriod")) or 100_000)
        )
        used = usage.cpu_percent
        yield None if used is None else used <= cores * 100 * NOISE
    if "Memory" in live:
        # with the page cache it is not above its limit either
        yield None if usage.memory is None else usage.memory <= live["Memory"]
        yield None if usage.memory_limit is None else usage.memory_limit <= live["Memory"]
    if "PidsLimit" in live:
        yield None if usage.pids_limit is None else usage.pids_limit == live["PidsLimit"]
