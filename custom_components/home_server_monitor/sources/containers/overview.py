"""One engine at a glance, for the dashboard: out of the snapshot, so that looking at it asks nothing of the engine."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from .audit_case import Grade
from .leftovers import leftover
from .model import NO_USAGE, Containers, HealthStatus, State
from .view import latest, reclaimable


def overview(data: Containers, dark: Sequence[str]) -> dict[str, Any]:
    """Return the engine, its containers, stacks and compose projects; dark: what cannot be seen, in words.

    Bytes, bytes a second, percent of one core; None is not known.
    """
    engine = data.engine
    reports = [*([data.audit] if data.audit else ()), *data.audits.values()]
    return {
        "name": engine.name if engine else None,
        "version": engine.version if engine else None,
        "kind": engine.kind if engine else None,
        "running": sum(each.running for each in data.containers.values()),
        "total": sum(leftover(name) is None for name in data.containers),
        "unhealthy": sum(
            each.running and each.health.status is HealthStatus.UNHEALTHY for each in data.containers.values()
        ),
        "updates": sum(bool(each.update and each.update.available) for each in data.shown.values()),
        "cpu_percent": _sum(data, "cpu_percent"),
        "memory": _sum(data, "memory"),
        "machine_memory": engine.memory if engine else None,
        "rx_rate": _sum(data, "rx_rate"),
        "tx_rate": _sum(data, "tx_rate"),
        "reclaimable": None if "disk" in data.stale else reclaimable(data),
        "score": data.score,
        "serious": sum(check.grade >= Grade.HIGH for each in reports for check in each.open),
        "containers": list(_containers(data)),
        "stacks": list(_stacks(data)),
        "missing": list(dark),
    }


def _sum(data: Containers, name: str) -> float | None:
    found = [value for each in data.usage.values() if (value := getattr(each, name)) is not None]
    return sum(found) if found and "usage" not in data.stale else None


def _containers(data: Containers) -> Iterator[dict[str, Any]]:
    for name, each in data.containers.items():
        if leftover(name) is not None:
            continue
        # an app of a NAS has its update there, and its device
        watched, usage = data.shown.get(name), data.usage.get(name, NO_USAGE)
        new = watched is not None and watched.update is not None and watched.update.available is True
        yield {
            "name": name,
            "state": each.state,
            # a check that failed last says nothing of one that does not run
            "health": each.health.status if each.running else HealthStatus.NONE,
            "project": each.project,
            "cpu_percent": usage.cpu_percent,
            "memory": usage.memory,
            "rx_rate": usage.rx_rate,
            "tx_rate": usage.tx_rate,
            "score": watched.score if watched else None,
            "latest": latest(watched) if watched and new else None,
        }


def _stacks(data: Containers) -> Iterator[dict[str, Any]]:
    """Yield what was made in Portainer, and what compose made without it."""
    total = Counter(each.project for each in data.containers.values() if each.project)
    running = Counter(
        each.project for each in data.containers.values() if each.project and each.state is State.RUNNING
    )
    known = {each.project: each for each in data.stacks.values()}
    for project in sorted({*total, *known}):
        stack = known.get(project)
        yield {
            "name": stack.name if stack else project,
            "status": stack.status if stack else None,
            "running": running[project],
            "total": total[project],
        }
