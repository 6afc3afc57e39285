"""`docker create`: what is refused, and what comes into being."""

import ipaddress
import re
from typing import Any

from .behaviour import Behaviour
from .documents import command_of, config_document, host_document
from .engine import Engine
from .errors import EngineError
from .limits import check_policy, check_resources
from .model import Container, Doc, Endpoint, Mount, Volume
from .networking import endpoint_of
from .releases import Api

_NAME = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+\Z")
ADJECTIVES = ("bold", "calm", "eager", "jolly", "nifty", "quirky", "vivid", "zen")
PEOPLE = ("curie", "darwin", "hopper", "lovelace", "noether", "tesla", "turing", "wozniak")
DISCARDED = "Published ports are discarded when using host network mode"


def check_name(engine: Engine, name: str, prefix: str = "") -> None:
    """Refuse a name that is none, or that another container has."""
    if not _NAME.match(name):
        raise EngineError(
            400, f"{prefix}Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        )
    holder = engine.names.get(name.removeprefix("/"))
    if holder is not None:
        raise EngineError(
            409,
            f'{prefix}Conflict. The container name "/{name.removeprefix("/")}" is already in use by container '
            f'"{holder.ident}". You have to remove (or rename) that container to be able to reuse that name.',
        )


def create(
    engine: Engine,
    name: str | None,
    body: Doc | None,
    *,
    api: Api | None = None,
    acts: Behaviour | None = None,
    ident: str | None = None,
) -> tuple[Container, list[str]]:
    """Make a container of the body of a request; returns it with the engine's warnings.

    `acts` is what its process does, where that is not its image's way; `ident` its id, where that is given.
    """
    api = api or engine.release.api
    given = _checked_body(engine, body)
    asked_host = given.get("HostConfig") or {}
    warnings = check_resources(engine, asked_host)
    check_policy(engine, asked_host.get("RestartPolicy"), auto_remove=bool(asked_host.get("AutoRemove")))
    host = host_document(engine, asked_host)
    _check_shared_network(engine, given, asked_host)
    image = engine.image(str(given["Image"]))
    endpoints = _endpoints(engine, given, host, api)
    ident = ident or engine.new_ident("container", name)
    name = (name or _any_name(engine)).removeprefix("/")
    check_name(engine, name)
    config = config_document(engine, given, image, ident, host)
    if not command_of(config):
        raise EngineError(400, "no command specified" if engine.release.modern else "No command specified")
    if host["NetworkMode"] == "host" and host["PortBindings"]:
        warnings.append(DISCARDED)
    _main_mac(config, endpoints, host["NetworkMode"], modern=engine.release.modern)
    mounts = _mounts(engine, host, config)
    container = Container(
        ident=ident,
        name=name,
        created=engine.now(),
        reference=str(given["Image"]),
        image=image,
        config=config,
        host=host,
        mounts=mounts,
        endpoints=endpoints,
        acts=acts,
        size_rw=4096 if engine.release.store == "containerd" else 0,
    )
    engine.containers[ident] = engine.names[name] = container
    engine.tell(container, "create")
    return container, warnings


def _checked_body(engine: Engine, body: Doc | None) -> Doc:
    modern = engine.release.modern
    if body is None:
        words = "invalid JSON: got EOF while reading request body" if modern else "EOF"
        raise EngineError(400 if modern else 500, words)
    if not body:
        word = "config" if modern else "Config"
        raise EngineError(400, f"{word} cannot be empty in order to create a container")
    if not body.get("Image"):
        raise EngineError(400, "no command specified" if modern else "No command specified")
    return body


def _any_name(engine: Engine) -> str:
    for first in ADJECTIVES:
        for second in PEOPLE:
            if f"{first}_{second}" not in engine.names:
                return f"{first}_{second}"
    return f"container_{len(engine.containers)}"


def _check_shared_network(engine: Engine, given: Doc, host: Doc) -> None:
    """What a container that joins another one's network must not ask for."""
    if not str(host.get("NetworkMode") or "").startswith("container:"):
        return
    conflicts = (
        (given.get("Hostname"), "hostname and the network mode"),
        (
            host.get("Links"),
            "container type network can't be used with links. This would result in undefined behavior",
        ),
        (host.get("Dns"), "dns and the network mode"),
        (host.get("ExtraHosts"), "custom host-to-IP mapping and the network mode"),
        (given.get("MacAddress") and not engine.release.modern, "mac-address and the network mode"),
        (host.get("PortBindings"), "port publishing and the container type network mode"),
        (given.get("ExposedPorts"), "port exposing and the container type network mode"),
    )
    for asked, words in conflicts:
        if asked:
            raise EngineError(400, f"conflicting options: {words}")


def _endpoints(engine: Engine, given: Doc, host: Doc, api: Api) -> dict[str, Endpoint]:
    mode: str = host["NetworkMode"]
    asked: dict[str, Any] = (given.get("NetworkingConfig") or {}).get("EndpointsConfig") or {}
    if mode.startswith("container:"):
        return {}
    main = "bridge" if mode == "default" else mode
    if api < (1, 44) and len(asked) > 1:
        names = ", ".join(sorted(asked))
        raise EngineError(400, f"Container cannot be connected to network endpoints: {names}")
    endpoints = {main: endpoint_of(main, asked.get(main) or asked.get(mode) or {})}
    for name, settings in asked.items():
        if name not in (main, mode):
            endpoints[name] = endpoint_of(name, settings or {})
    if engine.release.modern:
        for endpoint in endpoints.values():
            _check_address(engine, endpoint)
    return endpoints


def _check_address(engine: Engine, endpoint: Endpoint) -> None:
    """New engines refuse a foreign address when a container is created, old ones when it is started."""
    wanted = (endpoint.ipam or {}).get("IPv4Address")
    network = engine.networks.get(endpoint.network)
    if not wanted or network is None or network.subnet is None:
        return
    if ipaddress.ip_address(wanted) not in ipaddress.ip_network(network.subnet):
        words = f"no configured subnet or ip-range contain the IP address {wanted}"
        raise EngineError(
            400, f"invalid config for network {network.name}: invalid endpoint settings:\n{words}"
        )


def _main_mac(config: Doc, endpoints: dict[str, Endpoint], mode: str, *, modern: bool) -> None:
    """The main network's configured address is shown in `Config`, and the other way round."""
    endpoint = endpoints.get("bridge" if mode == "default" else mode)
    if endpoint is None:
        return
    endpoint.user_mac = endpoint.user_mac or config.get("MacAddress") or ""
    if endpoint.user_mac and modern:
        config["MacAddress"] = endpoint.user_mac


def _mounts(engine: Engine, host: Doc, config: Doc) -> list[Mount]:
    mounts: dict[str, Mount] = {}

    def add(mount: Mount) -> None:
        if mount.target in mounts:
            raise EngineError(400, f"Duplicate mount point: {mount.target}")
        mounts[mount.target] = mount

    for bind in host["Binds"] or []:
        add(_from_bind(engine, bind))
    for spec in host.get("Mounts") or []:
        add(_from_spec(engine, spec))
    taken = {*mounts, *(host.get("Tmpfs") or {})}
    for target in config["Volumes"] or {}:
        if target not in taken:
            add(_volume_mount(engine, "", target))
    for mount in mounts.values():
        if mount.kind == "volume" and mount.name not in engine.volumes:
            add_volume(engine, mount.name, anonymous=mount.mode == "")
    return list(mounts.values())


def _from_bind(engine: Engine, bind: str) -> Mount:
    source, _, rest = bind.partition(":")
    if not rest:
        return _volume_mount(engine, "", source)
    target, _, mode = rest.partition(":")
    writable = "ro" not in mode.split(",")
    if source.startswith("/"):
        return Mount("bind", source, target, mode=mode, writable=writable, propagation=_propagation(engine))
    return _volume_mount(engine, source, target, writable=writable, mode=mode or "z")


def _from_spec(engine: Engine, spec: Doc) -> Mount:
    target, writable = str(spec["Target"]), not spec.get("ReadOnly")
    match spec.get("Type"):
        case "bind":
            source = str(spec.get("Source"))
            if source.startswith("/nonexist"):
                words = f"bind source path does not exist: {source}"
                raise EngineError(400, f'invalid mount config for type "bind": {words}')
            return Mount("bind", source, target, writable=writable, propagation=_propagation(engine))
        case "tmpfs":
            return Mount("tmpfs", "", target)
    return _volume_mount(engine, spec.get("Source") or "", target, writable=writable, mode="z")


def _propagation(engine: Engine) -> str:
    return "rprivate" if engine.release.modern else "rslave"


def _volume_mount(engine: Engine, name: str, target: str, *, writable: bool = True, mode: str = "") -> Mount:
    anonymous = not name
    name = name or engine.new_ident("volume")
    source = f"{engine.root}/volumes/{name}/_data"
    return Mount("volume", source, target, name, "" if anonymous else mode, writable)


def add_volume(
    engine: Engine, name: str, labels: Doc | None = None, *, anonymous: bool = False, size: int = 0
) -> Volume:
    """Make a volume; engines since 24 mark those without a name."""
    if anonymous and engine.release.modern:
        labels = {"com.docker.volume.anonymous": "", **(labels or {})}
    volume = Volume(name, engine.now(), labels, size, anonymous)
    engine.volumes[name] = volume
    engine.tell_of("volume", "create", name, {"driver": "local"})
    return volume
