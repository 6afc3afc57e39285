"""Which containers of an engine could be stopped while the power is out, and in which order."""

from collections.abc import Callable, Iterator

from ...guardian.capabilities_load import STOP_WITHIN, Workload
from .container import HealthStatus
from .databases import keeps_a_database
from .member import DATABASE_STOP_WITHIN
from .model import Container, Containers
from .nodes import member_node


def workloads(source: str, data: Containers, touched: Callable[[str], frozenset[str]]) -> Iterator[Workload]:
    """Yield the containers that run. touched: the node ids of all that stands still with one of them."""
    for name, container in data.containers.items():
        if container.running:
            database = keeps_a_database(container.image)
            yield Workload(
                action="stop_container",
                target=name,
                name=name,
                node=member_node(source, name),
                nodes=touched(name),
                needs=_needs(container, data),
                last=database,
                seconds=DATABASE_STOP_WITHIN if database else STOP_WITHIN,
            )


def _needs(container: Container, data: Containers) -> frozenset[str]:
    """Return the names of the containers that it lives in, or waits for as its project says."""
    homes = {each for each in container.joins if each in data.containers}
    services = {
        name
        for name, other in data.containers.items()
        if other.project == container.project is not None and other.service in container.depends_on
    }
    return frozenset(homes | services) - {container.name}


def is_well(data: Containers, name: str) -> bool | None:
    """Return whether a container runs, and its health check does not say otherwise; None where it is not there."""
    if (found := data.containers.get(name)) is None:
        return None
    return found.running and found.health.status not in (HealthStatus.UNHEALTHY, HealthStatus.STARTING)
