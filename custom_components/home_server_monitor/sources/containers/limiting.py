"""Bodies of `POST /containers/{id}/update`: what engines were measured to accept, and what takes a limit back.

A zero means "leave as it is": a limit of memory or of cores cannot be taken away, only be set so high that it is none.
"""

from collections.abc import Mapping
from typing import Any

from .raw import Json, table, text, whole

NANO = 10**9
LEAST_MEMORY = 6 * 2**20
_PERIOD = 100_000


def memory_body(limit: int, swap: int | None = None) -> dict[str, Any]:
    """Return a limit of memory in bytes; `swap` is memory and swap together, as much as the memory without it.

    The engine refuses one without the other, and `-1` for the second where the first is raised. Raises ValueError
    below what the engine takes.
    """
    if limit < LEAST_MEMORY:
        raise ValueError(f"{limit} is less than any engine takes")
    return {"Memory": limit, "MemorySwap": limit if swap is None else max(swap, limit)}


def cpu_body(host: Json, cores: float) -> dict[str, Any]:
    """Return a limit of cores, in the way in which the container has, or had, one: the engine refuses to mix them."""
    period = whole(host.get("CpuPeriod"))
    if period or whole(host.get("CpuQuota")):
        period = period or _PERIOD
        return {"CpuPeriod": period, "CpuQuota": round(cores * period)}
    return {"NanoCpus": round(cores * NANO)}


def restart_body(policy: str, retries: int = 0) -> dict[str, Any]:
    """Return a restart policy."""
    return {"RestartPolicy": {"Name": policy, "MaximumRetryCount": retries}}


def restoring(host: Json, body: Mapping[str, Any], info: Json) -> dict[str, Any]:
    """Return the body that puts back what `host`, the HostConfig from before, had in place of `body`.

    What had no limit gets one that is none: all cores of the engine, all of its memory.
    """
    back: dict[str, Any] = {}
    if "Memory" in body:
        before, both = whole(host.get("Memory")), whole(host.get("MemorySwap"))
        everything = whole(info.get("MemTotal"))
        # the engine refuses -1 where the memory is raised with it
        back |= memory_body(before, both if both > 0 else everything) if before else memory_body(everything)
    if "NanoCpus" in body:
        back["NanoCpus"] = whole(host.get("NanoCpus")) or whole(info.get("NCPU")) * NANO
    if "CpuQuota" in body:
        back |= {
            "CpuPeriod": whole(host.get("CpuPeriod")) or _PERIOD,
            "CpuQuota": whole(host.get("CpuQuota")) or -1,
        }
    if "PidsLimit" in body:
        back["PidsLimit"] = whole(host.get("PidsLimit")) or -1
    if "RestartPolicy" in body:
        policy = table(host.get("RestartPolicy"))
        # Docker before 25 writes nothing for no policy
        back |= restart_body(text(policy.get("Name")) or "no", whole(policy.get("MaximumRetryCount")))
    return back
