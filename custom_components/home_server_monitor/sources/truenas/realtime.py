"""The numbers that a NAS pushes every few seconds: load, memory, cache, traffic."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from .parse import Row, at, integer, number, record


@dataclass(frozen=True, slots=True)
class Rates:
    """Traffic of one network interface, bytes per second."""

    received: float | None
    sent: float | None


@dataclass(frozen=True, slots=True)
class Realtime:
    """One event of `reporting.realtime`: percent, °C, bytes."""

    cpu: float | None = None
    cpu_temperature: float | None = None
    memory_total: int | None = None
    memory_available: int | None = None
    arc_size: int | None = None
    arc_hits: float | None = None
    interfaces: Mapping[str, Rates] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def memory_percent(self) -> float | None:
        """Return how much memory is in use; what ZFS caches counts as free."""
        if not self.memory_total or self.memory_available is None:
            return None
        cached = self.arc_size or 0
        return max(0.0, 100.0 * (self.memory_total - self.memory_available - cached) / self.memory_total)


def realtime(raw: Any) -> Realtime:
    """Parse one event of `reporting.realtime`, of either shape (24.x; 25.04 and newer)."""
    row = record(raw)
    cpu, memory = row.get("cpu"), row.get("memory")
    old_heat = at(cpu, "temperature_celsius")
    heat = [
        found
        for value in (old_heat.values() if isinstance(old_heat, dict) else ())
        if (found := number(value))
    ]
    ratio = number(at(row, "zfs", "cache_hit_ratio"))
    arc_hits = _hits(row) if ratio is None else 100 * ratio
    interfaces = row.get("interfaces")
    return Realtime(
        cpu=_first(number(at(cpu, "cpu", "usage")), number(at(cpu, "average", "usage"))),
        cpu_temperature=_first(number(at(cpu, "cpu", "temp")), max(heat, default=None)),
        memory_total=_first(
            integer(at(memory, "physical_memory_total")), integer(at(row, "virtual_memory", "total"))
        ),
        # 0 is what the server says of a number that it does not have
        memory_available=_first(
            integer(at(memory, "physical_memory_available")), integer(at(row, "virtual_memory", "available"))
        )
        or None,
        arc_size=_first(
            integer(at(memory, "arc_size")),
            integer(at(row, "zfs", "arc_size")),
            integer(at(memory, "classes", "arc")),
        ),
        arc_hits=arc_hits,
        interfaces=MappingProxyType(
            {
                key: Rates(number(at(value, "received_bytes_rate")), number(at(value, "sent_bytes_rate")))
                for key, value in (interfaces.items() if isinstance(interfaces, dict) else ())
            }
        ),
    )


def _hits(row: Row) -> float | None:
    """Return the hit ratio of the ZFS cache in percent, from the counts: the server's own ratio is often 0."""
    hits, asked = (number(at(row, "zfs", f"demand_data_{kind}_per_second")) for kind in ("hits", "accesses"))
    return 100 * min(hits / asked, 1.0) if asked and hits is not None else None


def _first[T](*values: T | None) -> T | None:
    return next((value for value in values if value is not None), None)
