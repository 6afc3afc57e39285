"""Networks, addresses and published ports."""

import ipaddress
from typing import Any

from simulator.noise import digest

from .engine import Engine
from .errors import EngineError
from .model import Container, Doc, Endpoint, Network

FIXED = ("bridge", "host", "none")
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a text, not a socket of ours


def add_network(engine: Engine, name: str, **what: Any) -> Network:
    """Make a network; takes the next free subnet where none is named."""
    if name in engine.networks:
        raise EngineError(409, f"network with name {name} already exists")
    subnet = what.pop("subnet", None)
    driver = what.pop("driver", "bridge")
    if driver not in ("host", "null"):
        chosen = subnet or _free_subnet(engine)
        _check_overlap(engine, chosen)
        what.setdefault("gateway", str(ipaddress.ip_network(chosen)[1]))
        what["subnet"] = chosen
    ident = engine.new_ident("network", name)
    network = Network(ident, name, driver, engine.now(), **what)
    engine.networks[name] = network
    engine.tell_of("network", "create", ident, {"name": name, "type": driver})
    return network


def _free_subnet(engine: Engine) -> str:
    taken = {network.subnet for network in engine.networks.values()}
    pools = (f"172.{number}.0.0/16" for number in range(17, 32))
    more = (f"10.{high}.{low}.0/24" for high in range(64, 128) for low in range(256))
    for subnet in (*pools, *more) if len(taken) < 15 else more:
        if subnet not in taken:
            return subnet
    raise EngineError(
        500, "could not find an available, non-overlapping IPv4 address pool among the defaults"
    )


def _check_overlap(engine: Engine, subnet: str) -> None:
    wanted = ipaddress.ip_network(subnet)
    for network in engine.networks.values():
        if network.subnet and wanted.overlaps(ipaddress.ip_network(network.subnet)):
            words = "Pool overlaps with other one on this address space"
            raise EngineError(403, f"invalid pool request: {words}" if engine.release.modern else words)


def remove_network(engine: Engine, network: Network) -> None:
    """Remove it, unless something still is in it."""
    if network.name in FIXED:
        raise EngineError(403, f"{network.name} is a pre-defined network and cannot be removed")
    inside = [each for each in engine.containers.values() if each.alive and network.name in each.endpoints]
    if inside:
        if engine.release.modern:
            ends = " ".join(f'name:"{c.name}" id:"{c.endpoints[network.name].ident[:12]}"' for c in inside)
            words = f"network {network.name} has active endpoints ({ends})"
        else:
            words = f"network {network.name} id {network.ident} has active endpoints"
        raise EngineError(403, f"error while removing network: {words}")
    del engine.networks[network.name]
    engine.tell_of("network", "destroy", network.ident, {"name": network.name, "type": network.driver})


def _trouble(engine: Engine, words: str) -> str:
    return f"failed to set up container networking: {words}" if engine.release.modern else words


def join(engine: Engine, container: Container, endpoint: Endpoint) -> None:
    """Give a running container its place in a network."""
    try:
        network = engine.network(endpoint.network)
    except EngineError as error:
        raise EngineError(404, _trouble(engine, error.message)) from error
    endpoint.network_ident = network.ident
    endpoint.ident = engine.new_ident("endpoint", container.ident, network.name)
    if network.subnet is not None:
        _take_address(engine, network, container, endpoint)
    attributes = {"container": container.ident, "name": network.name, "type": network.driver}
    engine.tell_of("network", "connect", network.ident, attributes)


def _take_address(engine: Engine, network: Network, container: Container, endpoint: Endpoint) -> None:
    assert network.subnet is not None
    wanted = (endpoint.ipam or {}).get("IPv4Address")
    subnet = ipaddress.ip_network(network.subnet)
    if wanted:
        if ipaddress.ip_address(wanted) not in subnet:
            words = f"Invalid address {wanted}: It does not belong to any of this network's subnets"
            raise EngineError(500, _trouble(engine, words))
        if wanted in network.used:
            raise EngineError(403, _trouble(engine, "Address already in use"))
        address = wanted
    else:
        size = subnet.num_addresses
        first = int(subnet.network_address)
        for _ in range(size):
            address = str(ipaddress.ip_address(first + network.next_host))
            network.next_host = network.next_host + 1 if network.next_host < size - 2 else 2
            if address not in network.used and address != network.gateway:
                break
        else:
            raise EngineError(
                500, _trouble(engine, "no available IPv4 addresses on this network's address pools")
            )
    network.used[address] = container.ident
    endpoint.address = address
    endpoint.mac = endpoint.user_mac or _new_mac(engine, endpoint)


def _new_mac(engine: Engine, endpoint: Endpoint) -> str:
    """Old engines derive it from the address, new ones draw one at random."""
    if not engine.release.modern:
        return ":".join(["02", "42", *(f"{int(part):02x}" for part in endpoint.address.split("."))])
    text = digest(engine.seed, "mac", endpoint.ident)
    return ":".join([f"{int(text[:2], 16) & 0xFC | 2:02x}", *(text[at : at + 2] for at in range(2, 12, 2))])


def leave(engine: Engine, container: Container, endpoint: Endpoint) -> None:
    """Give its place back; what the user asked for stays."""
    if not endpoint.ident:
        return
    network = engine.networks.get(endpoint.network)
    if network is not None:
        network.used.pop(endpoint.address, None)
        attributes = {"container": container.ident, "name": network.name, "type": network.driver}
        engine.tell_of("network", "disconnect", network.ident, attributes)
    endpoint.ident = endpoint.address = endpoint.mac = ""


def leave_all(engine: Engine, container: Container) -> None:
    """Give back every address and port."""
    for endpoint in container.endpoints.values():
        leave(engine, container, endpoint)
    for port, bindings in container.ports.items():
        for binding in bindings:
            holders = engine.ports.get(f"{binding['HostPort']}/{port.partition('/')[2]}", {})
            for host in [host for host, owner in holders.items() if owner is container]:
                del holders[host]
    container.ports = {}


def connect(engine: Engine, network: Network, container: Container, settings: Doc | None = None) -> None:
    """`docker network connect`."""
    mode = container.network_mode
    if mode.startswith("container:") or mode == "host":
        words = "container sharing network namespace with another container or host cannot be connected to any other network"
        raise EngineError(400, words)
    if network.name == "host":
        words = (
            "cannot connect container to host network - container must be created in host network mode"
            if engine.release.modern
            else "container cannot be disconnected from host network or connected to host network"
        )
        raise EngineError(400, words)
    if network.name == "none" or mode == "none":
        words = "container cannot be connected to multiple networks with one of the networks in private (none) mode"
        raise EngineError(400, words)
    if network.name in container.endpoints and container.alive:
        raise EngineError(
            403, f"endpoint with name {container.name} already exists in network {network.name}"
        )
    endpoint = endpoint_of(network.name, settings or {})
    container.endpoints[network.name] = endpoint
    if container.alive:
        join(engine, container, endpoint)
    container.touch()


def disconnect(engine: Engine, network: Network, container: Container) -> None:
    """`docker network disconnect`."""
    endpoint = container.endpoints.get(network.name)
    if endpoint is None:
        raise EngineError(500, f"container {container.ident} is not connected to network {network.name}")
    leave(engine, container, endpoint)
    del container.endpoints[network.name]
    container.touch()


def endpoint_of(network: str, settings: Doc) -> Endpoint:
    """What a user asked for."""
    ipam = settings.get("IPAMConfig")
    return Endpoint(
        network,
        ipam=dict(ipam) if ipam is not None else None,
        aliases=settings.get("Aliases"),
        links=settings.get("Links"),
        options=settings.get("DriverOpts"),
        user_mac=settings.get("MacAddress") or "",
        priority=settings.get("GwPriority") or 0,
    )


def publish(engine: Engine, container: Container) -> None:
    """Take its ports of the host; only exposed ones are published, whatever the bindings say."""
    found = container.ports = {}
    bindings = container.host.get("PortBindings") or {}
    try:
        for port in container.config.get("ExposedPorts") or {}:
            for binding in bindings.get(port) or []:
                found.setdefault(port, []).extend(_bind(engine, container, port, binding))
    except EngineError:
        leave_all(engine, container)
        raise


def _bind(engine: Engine, container: Container, port: str, binding: Doc) -> list[Doc]:
    host, number = binding.get("HostIp") or "", binding.get("HostPort") or ""
    protocol = port.partition("/")[2] or "tcp"
    if f"{number}/{protocol}" in engine.held_ports:
        raise EngineError(
            500, _trouble(engine, _held(engine, container, host or EVERYWHERE, number, protocol))
        )
    if not number:
        number = _free_port(engine, protocol, host)
    elif _taken(engine, number, protocol, host):
        ident = next(iter(container.endpoints.values())).ident
        words = (
            f"driver failed programming external connectivity on endpoint {container.name} ({ident}): "
            f"Bind for {host or EVERYWHERE}:{number} failed: port is already allocated"
        )
        raise EngineError(500, _trouble(engine, words))
    engine.ports.setdefault(f"{number}/{protocol}", {})[host] = container
    addresses = [host] if host and host != EVERYWHERE else [EVERYWHERE, "::"]
    return [{"HostIp": address, "HostPort": number} for address in addresses]


def _held(engine: Engine, container: Container, host: str, number: str, protocol: str) -> str:
    ident = next(iter(container.endpoints.values())).ident
    words = f"driver failed programming external connectivity on endpoint {container.name} ({ident}): "
    if engine.release.modern:
        return f"{words}failed to bind host port {host}:{number}/{protocol}: address already in use"
    return f"{words}Error starting userland proxy: listen {protocol}4 {host}:{number}: bind: address already in use"


def _taken(engine: Engine, number: str, protocol: str, host: str) -> bool:
    others = engine.ports.get(f"{number}/{protocol}")
    if not others:
        return False
    everywhere = ("", EVERYWHERE, "::")
    return host in everywhere or host in others or any(other in everywhere for other in others)


def _free_port(engine: Engine, protocol: str, host: str) -> str:
    first, last = 32768, 60999
    for _ in range(last - first):
        number = str(engine.next_port)
        engine.next_port = engine.next_port + 1 if engine.next_port < last else first
        if not _taken(engine, number, protocol, host):
            return number
    raise EngineError(500, _trouble(engine, "all ports are allocated"))
