"""Which services run on an engine, and where they answer from here."""

from collections.abc import Collection, Iterator, Sequence

from yarl import URL

from ...guardian.capabilities import Service, Way
from ...guardian.own_path import container_node, is_loopback
from .access import Access
from .model import JOINED, Container, Containers

HERE = "127.0.0.1"
# networks of every engine, in which names of containers mean nothing
_WITHOUT_NAMES = frozenset({"bridge", "host", "none"})


def own_of(data: Containers, home: Collection[str]) -> Container | None:
    """Return the container that Home Assistant runs in, where it is one of this engine's; home: node ids of it."""
    return next((each for each in data.containers.values() if container_node(each.id) in home), None)


def host_of(
    data: Containers, machine: str | None, socket: bool, page: str | None, own: Container | None
) -> str | None:
    """Return under which name the published ports of an engine are reached from here, or None.

    machine: of the engine's address, where that is an address. page: that of the Portainer that leads there.
    """
    if machine is not None:
        return machine
    if own is not None:
        return HERE if own.network == "host" else None
    if socket:
        return HERE
    return _portainers_host(data, URL(page)) if page else None


def _portainers_host(data: Containers, page: URL) -> str | None:
    """Return Portainer's host where the engine is the one that Portainer itself runs on; names alone prove nothing."""
    for each in data.containers.values():
        here = any(port.host_port == page.port and port.port in (9443, 9000) for port in each.ports)
        if here and "portainer" in each.image and "agent" not in each.image:
            return page.host
    return None


def services_here(data: Containers, access: Access, home: Collection[str]) -> Sequence[Service]:
    """Return what runs, and where it answers from here; home: node ids of what Home Assistant stands on."""
    own = own_of(data, home)
    socket = access.bare.address.socket is not None
    return services_of(data, host_of(data, access.machine, socket, access.page, own), own)


def services_of(data: Containers, host: str | None, own: Container | None) -> Sequence[Service]:
    """Return what runs; not what another source shows as its own."""
    return tuple(
        Service(
            name=name,
            images=(each.container.image,),
            containers=frozenset({each.container.id}),
            ways=tuple(_ways(data, each.container, host, own)),
            host=host if _owner(data, each.container).network == "host" else None,
        )
        for name, each in data.shown.items()
        if each.container.running
    )


def _ways(data: Containers, each: Container, host: str | None, own: Container | None) -> Iterator[Way]:
    """Yield the ways to a container: over a network that Home Assistant is in as well, its ports, its addresses."""
    owner = _owner(data, each)
    shared = own.networks.keys() & owner.networks.keys() - _WITHOUT_NAMES if own is not None else ()
    for port in owner.ports:
        if port.protocol != "tcp":
            continue
        if shared:
            yield Way(port.port, owner.name, port.port)
        elif (place := _place(port.host_ip, host)) and port.host_port:
            yield Way(port.port, place, port.host_port)


def _owner(data: Containers, each: Container) -> Container:
    """Return whose network a container lives in: its own, or that of one at any distance."""
    seen = {each.name}
    while (mode := each.network_mode or "").startswith(JOINED):
        other = data.containers.get(mode.removeprefix(JOINED))
        if other is None or other.name in seen:
            break
        seen.add(other.name)
        each = other
    return each


def _place(bound: str | None, host: str | None) -> str | None:
    """Return where a port that is bound to one address, or to all, is reached from here."""
    if host is not None and is_loopback(host):
        return host
    if bound is None:
        return host
    return None if is_loopback(bound) else bound
