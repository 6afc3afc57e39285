"""Which services run on an engine, and where they answer from here: nothing is offered that cannot be reached."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
import ipaddress

from yarl import URL

from ...guardian.capabilities import Service, Way
from ...guardian.own_path import container_node, is_loopback
from .access import Access
from .model import JOINED, Container, Containers

HERE = "127.0.0.1"
# networks of every engine, in which names of containers mean nothing
_WITHOUT_NAMES = frozenset({"bridge", "host", "none"})


@dataclass(frozen=True, slots=True)
class Standpoint:
    """From where an engine is looked at.

    host: under which name its published ports are reached, or None; own: the container that Home Assistant runs in,
    where it is one of this engine's; same: whether Home Assistant runs on the engine's own machine.
    """

    host: str | None
    own: Container | None = None
    same: bool = False


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
    """Return what there is, and where it answers from here; home: node ids of what Home Assistant stands on."""
    own = own_of(data, home)
    socket = access.bare.address.socket is not None
    host = host_of(data, access.machine, socket, access.page, own)
    same = own is not None or socket or (host is not None and is_loopback(host))
    return services_of(data, Standpoint(host, own, same))


def services_of(data: Containers, seen: Standpoint) -> Sequence[Service]:
    """Return what there is, running or not; not what another source shows as its own."""
    return tuple(
        Service(
            name=name,
            images=(each.container.image,),
            containers=frozenset({each.container.id}),
            ways=tuple(_ways(data, each.container, seen)),
            host=_own_address(data, owner_of_network(data, each.container), seen),
            running=each.container.running,
        )
        for name, each in data.shown.items()
    )


def _ways(data: Containers, each: Container, seen: Standpoint) -> Iterator[Way]:
    """Yield the ways to a container: over a network that Home Assistant is in as well, its ports, its addresses."""
    owner, own = owner_of_network(data, each), seen.own
    shared = own.networks.keys() & owner.networks.keys() - _WITHOUT_NAMES if own is not None else ()
    for port in owner.ports:
        if port.protocol != "tcp":
            continue
        if shared:
            yield Way(port.port, owner.name, port.port)
        elif (place := _place(data, port.host_ip, seen)) and port.host_port:
            yield Way(port.port, place, port.host_port)


def owner_of_network(data: Containers, each: Container) -> Container:
    """Return whose network a container lives in: its own, or that of one at any distance."""
    seen = {each.name}
    while (mode := each.network_mode or "").startswith(JOINED):
        other = data.containers.get(mode.removeprefix(JOINED))
        if other is None or other.name in seen:
            break
        seen.add(other.name)
        each = other
    return each


def lan_addresses(data: Containers, each: Container) -> tuple[str, ...]:
    """Return the addresses that a container has for itself in the network that its machine is in, IPv4 first."""
    found = [
        address
        for network, addresses in each.networks.items()
        if (known := data.networks.get(network)) is not None and known.on_lan
        for address in addresses
    ]
    return () if not found else tuple(sorted(found, key=lambda address: ":" in address))


def _own_address(data: Containers, owner: Container, seen: Standpoint) -> str | None:
    """Return where every port of a container is reached: at its machine, whose network it shares, or at its own address.

    From its own machine nobody reaches a macvlan or an ipvlan: the kernel keeps the two apart.
    """
    if owner.network == "host":
        return seen.host
    return None if seen.same else next(iter(lan_addresses(data, owner)), None)


def _place(data: Containers, bound: str | None, seen: Standpoint) -> str | None:
    """Return where a port that is bound to one address, or to all, is reached from here."""
    if bound is None:
        return seen.host
    if is_loopback(bound):
        # it answers on its machine only, outside of other containers
        return bound if seen.host is not None and is_loopback(seen.host) else None
    return bound if seen.same or not _inside(data, bound) else None


def _inside(data: Containers, bound: str) -> bool:
    """Return whether an address is known on its machine only: that of a bridge, or one that no router passes on."""
    try:
        address = ipaddress.ip_address(bound)
    except ValueError:
        return True
    if address.is_link_local:
        return True
    for network in data.networks.values():
        if network.driver == "bridge" and any(_holds(subnet, address) for subnet in network.subnets):
            return True
    return False


def _holds(subnet: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(subnet, strict=False)
    except ValueError:
        return False
