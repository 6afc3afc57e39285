"""How one container looks."""

from simulator.engine import Container, Engine
from simulator.engine.documents import command_of
from simulator.engine.model import Doc, Health
from simulator.engine.releases import Api
from simulator.noise import digest

from .rows import descriptor, endpoint_row, mount_row
from .times import moment


def inspect(engine: Engine, container: Container, api: Api) -> Doc:
    """`GET /containers/{id}/json`."""
    ident = container.ident
    parent = engine.parent_of(container)
    files = f"{engine.root}/containers/{parent.ident if parent else ident}"
    command = command_of(container.config)
    row: Doc = {
        "Id": ident,
        "Created": moment(container.created),
        "Path": command[0],
        "Args": command[1:],
        "State": state(container),
        "Image": container.image.ident,
        "ResolvConfPath": f"{files}/resolv.conf",
        "HostnamePath": f"{files}/hostname",
        "HostsPath": f"{files}/hosts",
        "LogPath": f"{engine.root}/containers/{ident}/{ident}-json.log",
        "Name": f"/{container.name}",
        "RestartCount": container.restarts,
        "Driver": engine.release.driver,
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": container.execs or None,
        "HostConfig": container.host,
        "GraphDriver": _layers(engine, container),
        "Mounts": [mount_row(mount, full=True) for mount in container.mounts],
        "Config": _config(container, api),
        "NetworkSettings": _network_settings(engine, container, api),
    }
    if engine.release.store == "containerd" and api >= (1, 48):
        row["ImageManifestDescriptor"] = descriptor(container)
    return row


def state(container: Container) -> Doc:
    """`State`: one that waits for its restart counts as running."""
    restarting = container.state == "restarting"
    row: Doc = {
        "Status": container.state,
        "Running": container.alive or restarting,
        "Paused": container.state == "paused",
        "Restarting": restarting,
        "OOMKilled": container.out_of_memory,
        "Dead": container.state == "dead",
        "Pid": container.pid,
        "ExitCode": container.exit_code,
        "Error": container.error,
        "StartedAt": moment(container.started),
        "FinishedAt": moment(container.finished),
    }
    if container.health is not None:
        row["Health"] = health_row(container.health)
    return row


def health_row(health: Health) -> Doc:
    """`State.Health`."""
    return {
        "Status": health.status,
        "FailingStreak": health.streak,
        "Log": [
            {"Start": moment(p.start), "End": moment(p.end), "ExitCode": p.code, "Output": p.output}
            for p in health.log
        ],
    }


def _layers(engine: Engine, container: Container) -> Doc:
    if engine.release.store == "containerd":
        return {"Data": None, "Name": engine.release.driver}
    upper, lower = (
        digest(engine.seed, "rw", container.ident),
        digest(engine.seed, "ro", container.image.ident),
    )
    folder = f"{engine.root}/{engine.release.driver}"
    data = {
        "LowerDir": f"{folder}/{upper}-init/diff:{folder}/{lower}/diff",
        "MergedDir": f"{folder}/{upper}/merged",
        "UpperDir": f"{folder}/{upper}/diff",
        "WorkDir": f"{folder}/{upper}/work",
    }
    if engine.release.modern:
        data = {"ID": container.ident, **data}
    return {"Data": data, "Name": engine.release.driver}


def _config(container: Container, api: Api) -> Doc:
    if api < (1, 52):
        return container.config
    gone = ("OnBuild", "MacAddress")
    return {key: value for key, value in container.config.items() if key not in gone}


def _network_settings(engine: Engine, container: Container, api: Api) -> Doc:
    keeps = container.alive or not engine.release.modern
    sandbox = container.sandbox if keeps and container.endpoints else ""
    key = ""
    if sandbox:
        name = "default" if container.network_mode == "host" else sandbox[:12]
        key = f"/var/run/docker/netns/{name}"
    networks = {
        name: endpoint_row(engine, container, endpoint, api, full=True)
        for name, endpoint in container.endpoints.items()
    }
    if api >= (1, 52):
        return {"SandboxID": sandbox, "SandboxKey": key, "Ports": _ports(container), "Networks": networks}
    bridge = container.endpoints.get("bridge")
    main = endpoint_row(engine, container, bridge, api, full=True) if bridge else {}
    return {
        "Bridge": "",
        "SandboxID": sandbox,
        "SandboxKey": key,
        "Ports": _ports(container),
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        "EndpointID": main.get("EndpointID", ""),
        "Gateway": main.get("Gateway", ""),
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "IPAddress": main.get("IPAddress", ""),
        "IPPrefixLen": main.get("IPPrefixLen", 0),
        "IPv6Gateway": "",
        "MacAddress": main.get("MacAddress", ""),
        "Networks": networks,
    }


def _ports(container: Container) -> Doc:
    if not container.alive or not container.endpoints or container.network_mode in ("host", "none"):
        return {}
    return {port: container.ports.get(port) for port in container.config.get("ExposedPorts") or {}}
