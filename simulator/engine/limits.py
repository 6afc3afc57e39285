"""Limits: what an engine accepts when a container is made, and what it lets be changed later.

The rules of changes were measured on 20.10 and 28.5, with cgroup v1 and v2.
"""

from typing import Any

from .engine import Engine
from .errors import EngineError
from .meters import settle
from .model import Container, Doc

LEAST_MEMORY = 6 << 20
NO_WEIGHT = "Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded."
_PLAIN = (
    "CpuShares",
    "CpusetCpus",
    "CpusetMems",
    "MemoryReservation",
    "CpuRealtimePeriod",
    "CpuRealtimeRuntime",
)
_POLICIES = ("", "no", "always", "on-failure", "unless-stopped")


def check_resources(engine: Engine, asked: Doc) -> list[str]:
    """Refuse what no container may have; returns warnings and drops what is ignored."""
    warnings: list[str] = []
    memory, swap = asked.get("Memory") or 0, asked.get("MemorySwap") or 0
    if 0 < memory < LEAST_MEMORY:
        raise EngineError(400, "Minimum memory limit allowed is 6MB")
    if memory > 0 and 0 < swap < memory:
        raise EngineError(400, "Minimum memoryswap limit should be larger than memory limit, see usage")
    nano, period, quota = (asked.get(key) or 0 for key in ("NanoCpus", "CpuPeriod", "CpuQuota"))
    if nano and period:
        raise EngineError(400, "Conflicting options: Nano CPUs and CPU Period cannot both be set")
    if nano and quota:
        raise EngineError(400, "Conflicting options: Nano CPUs and CPU Quota cannot both be set")
    if nano and not 10_000_000 <= nano <= engine.cpus * 1_000_000_000:
        words = (
            f"ange of CPUs is from 0.01 to {engine.cpus}.00, as there are only {engine.cpus} CPUs available"
        )
        raise EngineError(400, f"{'r' if engine.release.modern else 'R'}{words}")
    if period and not 1000 <= period <= 1_000_000:
        words = "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)"
        raise EngineError(400, words)
    if 0 < quota < 1000:
        raise EngineError(400, "CPU cfs quota can not be less than 1ms (i.e. 1000)")
    _check_cpu_set(engine, asked.get("CpusetCpus") or "")
    if asked.get("BlkioWeight"):
        asked["BlkioWeight"] = 0
        warnings.append(NO_WEIGHT)
    return warnings


def _check_cpu_set(engine: Engine, text: str) -> None:
    numbers = [int(part) for group in text.split(",") if group for part in group.split("-")]
    if any(each >= engine.cpus for each in numbers):
        words = f"requested {text}, available: 0-{engine.cpus - 1}"
        raise EngineError(400, f"Requested CPUs are not available - {words}")


def check_policy(engine: Engine, policy: Doc | None, *, auto_remove: bool = False) -> None:
    """Refuse a restart policy that is none."""
    if not policy:
        return
    name, count = policy.get("Name") or "", policy.get("MaximumRetryCount") or 0
    modern = engine.release.modern
    if auto_remove and name not in ("", "no"):
        raise EngineError(400, "can't create 'AutoRemove' container with restart policy")
    if name not in _POLICIES:
        words = f"unknown policy '{name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
        raise EngineError(
            400, f"invalid restart policy: {words}" if modern else f"invalid restart policy '{name}'"
        )
    if count < 0:
        words = "maximum retry count cannot be negative"
        raise EngineError(400, f"invalid restart policy: {words}" if modern else words)
    if count and name != "on-failure":
        raise EngineError(
            400,
            "invalid restart policy: maximum retry count can only be used with 'on-failure'"
            if modern
            else f"maximum retry count cannot be used with restart policy '{name}'",
        )


def update(engine: Engine, container: Container, asked: Doc) -> list[str]:
    """`docker update`: a zero leaves things as they are, which is why some limits cannot be taken away again."""
    asked = dict(asked)
    warnings = check_resources(engine, asked)
    policy = asked.get("RestartPolicy") or {}
    check_policy(engine, policy)
    host = container.host
    changes: dict[str, Any] = {key: asked[key] for key in _PLAIN if asked.get(key)}
    if policy.get("Name"):
        if host["AutoRemove"]:
            words = "Restart policy cannot be updated because AutoRemove is enabled for the container"
            raise _refused(container, 409, words)
        count = policy.get("MaximumRetryCount") or 0
        changes["RestartPolicy"] = {"Name": policy["Name"], "MaximumRetryCount": count}
    changes |= _cpu(container, asked)
    changes |= _memory(container, asked)
    if asked.get("PidsLimit") is not None:
        changes["PidsLimit"] = max(0, asked["PidsLimit"])
    settle(engine, container)
    host.update(changes)
    container.touch()
    engine.tell(container, "update")
    return warnings


def _refused(container: Container, status: int, words: str) -> EngineError:
    return EngineError(status, f"Cannot update container {container.ident}: {words}")


def _cpu(container: Container, asked: Doc) -> Doc:
    host = container.host
    nano, period, quota = (asked.get(key) or 0 for key in ("NanoCpus", "CpuPeriod", "CpuQuota"))
    if nano and host["CpuPeriod"] > 0:
        words = "Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set"
        raise _refused(container, 409, words)
    if nano and host["CpuQuota"] > 0:
        words = "Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set"
        raise _refused(container, 409, words)
    if period > 0 and host["NanoCpus"]:
        words = "Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set"
        raise _refused(container, 409, words)
    if quota > 0 and host["NanoCpus"]:
        words = "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set"
        raise _refused(container, 409, words)
    return {key: asked[key] for key in ("NanoCpus", "CpuPeriod", "CpuQuota") if asked.get(key)}


def _memory(container: Container, asked: Doc) -> Doc:
    host = container.host
    memory, swap = asked.get("Memory") or 0, asked.get("MemorySwap") or 0
    if memory and not swap and memory > host["MemorySwap"]:
        words = "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time"
        raise _refused(container, 409, words)
    group = f"/sys/fs/cgroup/memory/docker/{container.ident}"
    if memory and swap == -1 and 0 < host["MemorySwap"] < memory:
        # the runtime sets the limit of memory first, and that is above the old limit of memory and swap
        raise _runtime(container, memory, f"{group}/memory.limit_in_bytes")
    if swap > 0 and not memory and 0 < swap < host["Memory"]:
        raise _runtime(container, swap, f"{group}/memory.memsw.limit_in_bytes")
    return {key: asked[key] for key in ("Memory", "MemorySwap") if asked.get(key)}


def _runtime(container: Container, value: int, path: str) -> EngineError:
    words = f'runc did not terminate successfully: exit status 1: failed to write "{value}": write {path}'
    return _refused(container, 500, f"{words}: invalid argument\n")
