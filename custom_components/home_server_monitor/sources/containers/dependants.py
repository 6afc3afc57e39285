"""Which containers live in the namespaces of another one, and in which order they are created anew after it."""

from collections.abc import Iterable, Mapping

from .model import Container


def dependants_of(containers: Iterable[Container], container: Container) -> tuple[Container, ...]:
    """Return every container that uses the network, IPC or PID namespace of this one, also through others of them.

    Each comes after those whose namespaces it uses and after the services of its project that it waits for. They go
    on running on what is dead once their container is another one, and cannot be started again.
    """
    everything = [each for each in containers if each.id != container.id]
    found: dict[str, Container] = {}
    homes = {container.name, container.id}
    while more := [each for each in everything if each.name not in found and homes.intersection(each.joins)]:
        found |= {each.name: each for each in more}
        homes |= {known for each in more for known in (each.name, each.id)}
    return tuple(ordered(found))


def ordered(found: Mapping[str, Container]) -> list[Container]:
    """Return containers in the order in which they are made anew: after those that they need or live in, else by name."""
    waiting = dict(sorted(found.items()))
    placed: list[Container] = []
    while waiting:
        ready = (each for each in waiting.values() if not _waits(each, waiting.values()))
        # a circle is nobody's wish; it is cut where its first name stands
        chosen = next(ready, next(iter(waiting.values())))
        placed.append(waiting.pop(chosen.name))
    return placed


def _waits(container: Container, others: Iterable[Container]) -> bool:
    return any(
        other is not container
        and (
            other.name in container.joins
            or other.id in container.joins
            or (other.project == container.project and other.service in container.depends_on)
        )
        for other in others
    )
