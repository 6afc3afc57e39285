"""How volumes and networks look."""

from simulator.engine import Engine, Network, Volume
from simulator.engine.model import Doc

from .times import moment


def volume_row(engine: Engine, volume: Volume) -> Doc:
    """One volume."""
    return {
        "CreatedAt": f"{moment(volume.created)[:19]}Z",
        "Driver": "local",
        "Labels": volume.labels,
        "Mountpoint": f"{engine.root}/volumes/{volume.name}/_data",
        "Name": volume.name,
        "Options": None,
        "Scope": "local",
    }


def network_row(engine: Engine, network: Network, *, full: bool) -> Doc:
    """One network; only inspect (`full`) names who is in it."""
    config: list[Doc] | None = None if engine.release.modern else []
    if network.subnet is not None:
        pool = {"Subnet": network.subnet}
        config = [pool | ({"Gateway": network.gateway} if network.gateway_shown and network.gateway else {})]
    row: Doc = {
        "Name": network.name,
        "Id": network.ident,
        "Created": moment(network.created),
        "Scope": "local",
        "Driver": network.driver,
    }
    if engine.release.modern:
        row["EnableIPv4"] = True
    return row | {
        "EnableIPv6": False,
        "IPAM": {"Driver": "default", "Options": None, "Config": config},
        "Internal": network.internal,
        "Attachable": False,
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": _inside(engine, network) if full else {},
        "Options": network.options,
        "Labels": network.labels,
    }


def _inside(engine: Engine, network: Network) -> Doc:
    rows: Doc = {}
    length = network.subnet.partition("/")[2] if network.subnet else ""
    for container in engine.containers.values():
        endpoint = container.endpoints.get(network.name)
        if endpoint is not None and endpoint.ident:
            rows[container.ident] = {
                "Name": container.name,
                "EndpointID": endpoint.ident,
                "MacAddress": endpoint.mac,
                "IPv4Address": f"{endpoint.address}/{length}" if endpoint.address else "",
                "IPv6Address": "",
            }
    return rows
