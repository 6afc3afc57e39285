"""How containers look in a listing."""

from dataclasses import dataclass

import orjson

from simulator.engine import Container, Engine
from simulator.engine.documents import command_of
from simulator.engine.model import Doc, Endpoint, Mount
from simulator.engine.releases import Api

from .times import span


def status_text(engine: Engine, container: Container) -> str:
    """`Up 3 hours (healthy)`."""
    now = engine.now()
    match container.state:
        case "running" | "paused":
            up = f"Up {span(now - (container.started or now))}"
            if container.state == "paused":
                return f"{up} (Paused)"
            if container.health is None:
                return up
            if container.health.status == "starting":
                return f"{up} (health: starting)"
            return f"{up} ({container.health.status})"
        case "restarting":
            return f"Restarting ({container.exit_code}) {span(now - (container.finished or now))} ago"
        case "removing":
            return "Removal In Progress"
        case "dead":
            return "Dead"
        case "created":
            return "Created"
    return f"Exited ({container.exit_code}) {span(now - (container.finished or now))} ago"


def endpoint_row(engine: Engine, container: Container, endpoint: Endpoint, api: Api, *, full: bool) -> Doc:
    """A container's place in a network; only inspect (`full`) shows the names that it has there."""
    network = engine.networks.get(endpoint.network)
    here = bool(endpoint.ident) and network is not None and network.subnet is not None
    row: Doc = {
        "IPAMConfig": endpoint.ipam,
        "Links": endpoint.links,
        "Aliases": _aliases(engine, container, endpoint) if full else None,
        "MacAddress": endpoint.mac,
        "DriverOpts": endpoint.options,
    }
    if api >= (1, 48):
        row["GwPriority"] = endpoint.priority
    row |= {
        "NetworkID": endpoint.network_ident,
        "EndpointID": endpoint.ident,
        "Gateway": network.gateway if here and network else "",
        "IPAddress": endpoint.address,
        "IPPrefixLen": int(network.subnet.partition("/")[2]) if here and network and network.subnet else 0,
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
    }
    if api >= (1, 44):
        row["DNSNames"] = _names(container, endpoint) if full else None
    return row


def _is_custom(endpoint: Endpoint) -> bool:
    return endpoint.network not in ("bridge", "host", "none")


def _aliases(engine: Engine, container: Container, endpoint: Endpoint) -> list[str] | None:
    """Old engines mix the container's own short id and host name in, once it has run."""
    if engine.release.modern or not _is_custom(endpoint) or not endpoint.network_ident:
        return endpoint.aliases
    own = [container.ident[:12]]
    if container.config["Hostname"] not in ("", container.ident[:12]):
        own.append(container.config["Hostname"])
    return [*(endpoint.aliases or []), *own]


def _names(container: Container, endpoint: Endpoint) -> list[str] | None:
    if not _is_custom(endpoint) or not endpoint.network_ident:
        return None
    names = [container.name, *(endpoint.aliases or []), container.ident[:12]]
    if container.config["Hostname"]:
        names.append(container.config["Hostname"])
    return list(dict.fromkeys(names))


def port_rows(container: Container) -> list[Doc]:
    """Published ports, and those that are merely exposed."""
    if not container.alive or not container.endpoints or container.network_mode == "host":
        return []
    rows: list[Doc] = []
    for port in container.config.get("ExposedPorts") or {}:
        inside, _, protocol = port.partition("/")
        bound = container.ports.get(port)
        if not bound:
            rows.append({"PrivatePort": int(inside), "Type": protocol or "tcp"})
        rows += [
            {
                "IP": binding["HostIp"],
                "PrivatePort": int(inside),
                "PublicPort": int(binding["HostPort"]),
                "Type": protocol or "tcp",
            }
            for binding in bound or ()
        ]
    return rows


def mount_row(mount: Mount, *, full: bool) -> Doc:
    """Something that is mounted; a listing keeps the place of a nameless volume to itself."""
    row: Doc = {"Type": mount.kind}
    if mount.kind == "volume":
        row["Name"] = mount.name
    source = mount.source if full or mount.kind != "volume" or mount.mode else ""
    row |= {"Source": source, "Destination": mount.target}
    if mount.kind == "volume":
        row["Driver"] = "local"
    return row | {"Mode": mount.mode, "RW": mount.writable, "Propagation": mount.propagation}


def descriptor(container: Container) -> Doc:
    """Which manifest a container is made of; the containerd store knows."""
    return {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": container.image.ident,
        "size": 405,
        "platform": {"architecture": "amd64", "os": "linux"},
    }


def container_row(engine: Engine, container: Container, api: Api, *, size: bool = False) -> Doc:
    """A row of the listing."""
    row: Doc = _kept(engine, container, api).row
    row = {**row, "State": container.state, "Status": status_text(engine, container)}
    if size:
        if container.size_rw:
            row["SizeRw"] = container.size_rw
        row["SizeRootFs"] = container.image.size + container.size_rw
    return row


def container_bytes(engine: Engine, container: Container, api: Api) -> bytes:
    """The same as JSON, for engines with a thousand of them."""
    kept = _kept(engine, container, api)
    text = f'"State":"{container.state}","Status":"{status_text(engine, container)}"'
    return kept.head + text.encode() + kept.tail


@dataclass(frozen=True, slots=True)
class _Kept:
    """What of a row only changes with the container itself, and its JSON around state and status."""

    key: tuple[int, Api]
    row: Doc
    head: bytes
    tail: bytes


def _kept(engine: Engine, container: Container, api: Api) -> _Kept:
    kept = container.cached
    key = (container.revision, api)
    if not isinstance(kept, _Kept) or kept.key != key:
        row = _fixed_row(engine, container, api)
        head, _, tail = orjson.dumps(row).partition(b'"State":"","Status":""')
        kept = container.cached = _Kept(key, row, head, tail)
    return kept


def _fixed_row(engine: Engine, container: Container, api: Api) -> Doc:
    image = container.image
    named = engine.find_image(container.reference) is image
    row: Doc = {
        "Id": container.ident,
        "Names": [f"/{container.name}"],
        "Image": container.reference if named else image.ident,
        "ImageID": image.ident,
        "Command": _command_text(command_of(container.config)),
        "Created": int(container.created),
        "Ports": port_rows(container),
        "Labels": container.labels,
        "State": "",
        "Status": "",
        "HostConfig": {"NetworkMode": container.network_mode},
        "NetworkSettings": {
            "Networks": {
                name: endpoint_row(engine, container, endpoint, api, full=False)
                for name, endpoint in container.endpoints.items()
            }
        },
        "Mounts": [mount_row(mount, full=False) for mount in container.mounts],
    }
    if engine.release.store == "containerd" and api >= (1, 48):
        row["ImageManifestDescriptor"] = descriptor(container)
    if api >= (1, 52):
        health = container.health
        streak = health.streak if health else 0
        row["Health"] = {"Status": health.status if health else "none", "FailingStreak": streak}
    return row


def _command_text(words: list[str]) -> str:
    head, *rest = words or [""]
    return " ".join([head, *(f"'{word}'" if " " in word else word for word in rest)])
