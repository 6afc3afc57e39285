"""The UPS service of a NAS: how it is set, where it answers, and on which UPS the NAS therefore hangs."""

from collections.abc import Iterable, Iterator

from ...guardian.capabilities import Service, Way
from ...guardian.capabilities_power import UpsService
from ...guardian.own_path import ups_node
from .model import TrueNas

# its key in `service.query`, and what it runs
KEY, PRODUCT, PORT = "ups", "Network UPS Tools", 3493


def ups_service_of(data: TrueNas | None) -> UpsService | None:
    """Return how it is set; None where that may not be read, or nobody has set it up."""
    if data is None or not data.ups or "ups" in data.stale:
        return None
    said = data.ups
    service = data.services.get(KEY) if "services" not in data.stale else None
    mode, shutdown = said.get("mode"), said.get("shutdown")
    return UpsService(
        primary=None if mode is None else mode == "MASTER",
        identifier=_text(said.get("identifier")),
        at_once_on_battery=None if shutdown is None else shutdown == "BATT",
        timer=_number(said.get("shutdowntimer")),
        hostsync=_number(said.get("hostsync")),
        remote=said.get("rmonitor") if isinstance(said.get("rmonitor"), bool) else None,
        host=_text(said.get("remotehost")),
        port=int(_number(said.get("remoteport")) or PORT),
        running=service.running if service else None,
    )


def offered(data: TrueNas, host: str) -> Iterator[Service]:
    """Yield it as a service that may be watched; where another machine speaks for the UPS, that one."""
    found = ups_service_of(data)
    if found is None or found.running is None:
        return
    place = host if found.primary is not False else found.host
    if place and found.port:
        yield Service(
            name=found.identifier or KEY,
            images=(),
            ways=(Way(PORT, place, found.port),),
            running=found.running,
            product=PRODUCT,
        )


def feeds(data: TrueNas, names: Iterable[str]) -> frozenset[str]:
    """Return the node ids of the UPS that feeds the NAS, by every name that its server may be known under."""
    found = ups_service_of(data)
    if found is None or not found.running or not found.identifier or not found.port:
        return frozenset()
    hosts = names if found.primary is not False else [found.host or ""]
    return frozenset(ups_node(host, found.port, found.identifier) for host in hosts if host)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
