"""What depends on what on one engine: the engine, its containers, and whose namespace or service they need."""

from collections.abc import Callable, Iterator, Sequence

from ...guardian.contract import Node
from ...guardian.own_path import SHORT_ID, address_node, container_node, endpoint_node, named_node
from .model import Container, Containers
from .redirect import is_home_assistant
from .services import lan_addresses


def machine_node(source: str) -> str:
    """Return the node id of the machine that the engine runs on, which may be one that another source watches."""
    return f"box:{source}"


def engine_node(source: str) -> str:
    """Return the node id of the engine: what falls silent with this source, and not the machine under it."""
    return f"host:{source}"


def member_node(source: str, name: str) -> str:
    """Return the node id of a container by its name, which survives its being made anew."""
    return f"member:{source}:{name}"


def stack_node(source: str, name: str) -> str:
    """Return the node id of a stack."""
    return f"stack:{source}:{name}"


# paths of the engine's machine → the node ids of what holds them
type Storage = Callable[[Sequence[str]], frozenset[str]]


def unknown(paths: Sequence[str]) -> frozenset[str]:
    """Return nothing: nobody knows what holds these paths."""
    return frozenset()


def nodes_of(
    source: str, data: Containers | None, host: str | None, storage: Storage = unknown
) -> tuple[Node, ...]:
    """Return the topology of one engine.

    host: the name or address of its machine, where that is known; storage: finds what holds paths of that machine.
    """
    return tuple(_nodes(source, data, host, storage)) if data is not None else ()


def _nodes(source: str, data: Containers, host: str | None, storage: Storage) -> Iterator[Node]:
    engine = data.engine
    label = engine.name if engine else ""
    at_home = frozenset({address_node(host)}) if host else frozenset()
    yield Node(id=machine_node(source), kind="host", label=label, aliases=at_home)
    yield Node(id=engine_node(source), kind="engine", label=label, runs_on=machine_node(source))
    for name in data.stacks:
        yield Node(id=stack_node(source, name), kind="stack", label=name, runs_on=engine_node(source))
    services: dict[tuple[str | None, str | None], str] = {
        (each.project, each.service): name for name, each in data.containers.items() if each.project
    }
    for name, each in data.containers.items():
        needed = [*each.joins]
        needed += [services.get((each.project, service), "") for service in each.depends_on]
        members = frozenset(member_node(source, other) for other in needed if other in data.containers)
        held = storage([mount.source for mount in each.mounts if mount.kind == "bind" and mount.source])
        yield Node(
            id=member_node(source, name),
            kind="container",
            label=name,
            aliases=frozenset({container_node(each.id), *_endpoints(data, each, host)}),
            runs_on=engine_node(source),
            needs=members | held,
        )


def _endpoints(data: Containers, container: Container, host: str | None) -> Iterator[str]:
    """Yield where it answers: at its machine's address, and at its own where it has one in the same network."""
    own = lan_addresses(data, container)
    for port in container.ports:
        if host and port.host_port:
            yield endpoint_node(host, port.host_port)
        yield from (endpoint_node(address, port.port) for address in own)


def touched(source: str, data: Containers, name: str, host: str | None) -> frozenset[str]:
    """Return all that loses service while a container stands still: it, and those inside its namespaces."""
    found: set[str] = set()
    for other in (name, *joined_to(data, name)):
        container = data.containers[other]
        found |= {member_node(source, other), container_node(container.id), named_node(other)}
        # all that one may know of the container that it runs in is its hostname, which begins the id
        found.add(container_node(container.id[:SHORT_ID]))
        if is_home_assistant(container.image):
            # inside it sees the files of the container whose network it shares, and takes that for its own
            found |= {
                container_node(data.containers[each].id)
                for each in container.joins
                if each in data.containers
            }
        found |= set(_endpoints(data, container, host))
    return frozenset(found)


def joined_to(data: Containers, name: str) -> tuple[str, ...]:
    """Return the names of the containers that live in a container's namespaces, at any distance."""
    found: dict[str, None] = {}
    wanted = [name]
    while wanted:
        inside = wanted.pop()
        for other, each in data.containers.items():
            if inside in each.joins and other != name and other not in found:
                found[other] = None
                wanted.append(other)
    return tuple(found)
