"""Which containers of an engine could be stopped while the power is out, and in which order."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from ...guardian.capabilities_load import STOP_WITHIN, Workload
from .container import HealthStatus
from .databases import keeps_a_database
from .member import DATABASE_STOP_WITHIN
from .model import Container, Containers
from .nodes import member_node, touched
from .transport import STOPS


def workloads(source: str, data: Containers, machine: str | None) -> Iterator[Workload]:
    """Yield the containers that run. machine: the name or address of the engine's machine, where that is known."""
    homes = {home for each in data.containers.values() for home in each.joins}
    services = {(each.project, each.service): name for name, each in data.containers.items() if each.project}
    for name, container in data.containers.items():
        if container.running:
            # one that nobody lives in takes nobody with it: to look at all others would take long with a thousand
            near = (name, *(each for each in container.joins if each in data.containers))
            alone = replace(data, containers={each: data.containers[each] for each in near})
            around = data if name in homes else alone
            database = keeps_a_database(container.image)
            yield Workload(
                action="stop_container",
                target=name,
                name=name,
                node=member_node(source, name),
                nodes=touched(source, around, name, machine),
                needs=_needs(container, data, services),
                last=database,
                seconds=DATABASE_STOP_WITHIN if database else STOP_WITHIN,
                at_once=STOPS,
            )


def _needs(
    container: Container, data: Containers, services: Mapping[tuple[str, str | None], str]
) -> frozenset[str]:
    """Return the names of the containers that it lives in, or waits for as its project says."""
    homes = {each for each in container.joins if each in data.containers}
    waits = {services.get((container.project or "", each), "") for each in container.depends_on}
    return frozenset(homes | waits) - {container.name, ""}


def well(data: Containers, names: Collection[str]) -> dict[str, bool]:
    """Return whether containers run, and their health checks do not say otherwise; what is not there is left out."""
    found = {name: data.containers[name] for name in names if name in data.containers}
    unwell = (HealthStatus.UNHEALTHY, HealthStatus.STARTING)
    return {name: each.running and each.health.status not in unwell for name, each in found.items()}
